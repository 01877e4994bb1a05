//! What the YAML writer wrote, read back by the programs that will read it: PyYAML, the reader of
//! `kubectl apply`, and the same after `kubectl kustomize` has written it anew.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::process::Command;

use obsgen::diag;
use obsgen::diag::report::Report;
use obsgen::render::yaml;
use serde_json::{Map, Value, json};

use crate::random::Random;
use crate::tools;

/// The data of one ConfigMap after another.
type Data = Map<String, Value>;

/// What PyYAML makes of a stream, as JSON. What JSON does not know, such as a date, must not pass
/// for a string.
const PYYAML: &str = "
import json, sys, yaml
loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader) if sys.argv[1] == 'C' else yaml.SafeLoader
documents = list(yaml.load_all(sys.stdin.buffer, loader))
json.dump(documents, sys.stdout, default=lambda it: {'not a string': repr(it)})
";

#[test]
fn pyyaml_reads_what_was_meant() {
    let (Some(python), Some(corpora)) = (tools::python(), corpora()) else {
        return;
    };
    for loader in ["Python", "C"] {
        let mut command = Command::new(&python);
        command.args(["-c", PYYAML, loader]);
        let read = output(&mut command, &yaml::stream(&config_maps(&corpora)));
        let documents: Vec<Value> = serde_json::from_str(&read).expect("PyYAML's JSON");
        compare(&documents, &corpora);
    }
}

#[test]
fn kubectl_reads_what_was_meant() {
    let (Some(kubectl), Some(corpora)) = (tools::tool("kubectl"), corpora()) else {
        return;
    };
    compare(
        &annotated(&kubectl, &yaml::stream(&config_maps(&corpora))),
        &corpora,
    );
}

#[test]
fn the_next_kubectl_reads_what_was_meant() {
    let (Some(kubectl), Some(corpora)) = (tools::next_tool("kubectl"), corpora()) else {
        return;
    };
    compare(
        &annotated(&kubectl, &yaml::stream(&config_maps(&corpora))),
        &corpora,
    );
}

#[test]
fn kustomize_keeps_what_was_meant() {
    let (Some(kubectl), Some(corpora)) = (tools::tool("kubectl"), corpora()) else {
        return;
    };
    let corpora = kept_by_kustomize(corpora);
    let built = kustomized(&kubectl, &yaml::stream(&config_maps(&corpora)));
    compare(&annotated(&kubectl, &built), &corpora);
}

#[test]
fn the_next_kustomize_keeps_what_was_meant() {
    let (Some(kubectl), Some(corpora)) = (tools::next_tool("kubectl"), corpora()) else {
        return;
    };
    let corpora = kept_by_kustomize(corpora);
    let built = kustomized(&kubectl, &yaml::stream(&config_maps(&corpora)));
    compare(&annotated(&kubectl, &built), &corpora);
}

/// What our own reader makes of the texts: an answer, whatever they are and wherever they stand.
#[test]
fn the_reader_of_policies_has_an_answer_to_everything() {
    let (Some(corpora), Some(crds)) = (corpora(), tools::data("crds")) else {
        return;
    };
    let mut texts: Vec<String> = Vec::new();
    for (index, (key, value)) in corpora.iter().flatten().enumerate() {
        let value = value.as_str().unwrap_or_default();
        for text in [key, value] {
            texts.push(text.to_owned());
            // As it is written, or as a text: half of them each, since there are ten thousand.
            texts.push(match index % 2 {
                0 => format!("metadata: {text}\nspec: {{cluster: {text}}}\n"),
                _ => {
                    let text = json!(text);
                    format!("metadata: {{name: {text}, {text}: a}}\n")
                }
            });
        }
    }
    for entry in walkdir::WalkDir::new(crds).into_iter().flatten() {
        texts.extend(fs::read_to_string(entry.path()));
    }
    assert!(texts.len() > 6_000, "{}", texts.len());
    for text in &texts {
        let files = |_: &str| Ok(text.clone());
        let compilation = obsgen::compile(&files, "observability.yaml");
        assert!(compilation.output.is_none(), "{text:?}");
        let (document, mut report) = (&compilation.document, Report::default());
        report.add(
            "observability.yaml",
            &compilation.findings,
            document,
            &str::to_owned,
        );
        diag::json::document(&report);
        for finding in compilation.findings.iter().take(3) {
            diag::text::render(finding, document, false);
        }
    }
}

/// Strings as values, strings as keys, and random strings as both.
#[track_caller]
fn corpora() -> Option<Vec<Data>> {
    let read = |path| {
        let text = fs::read_to_string(path).expect("the file is there");
        let object: Value = serde_json::from_str(&text).expect("the file is JSON");
        object["data"].as_object().cloned().expect("a ConfigMap")
    };
    let values = read(tools::data("yaml/nasty.json")?);
    let mut keys = read(tools::data("yaml/nasty_keys.json")?);
    // No reader takes a longer key that is not marked with `?`, and Kubernetes has none.
    keys.retain(|key, _| key.len() <= 1024);

    let mut random = Random::new(4);
    let random_values = (0..5_000)
        .map(|it| (format!("k{it}"), json!(random.text())))
        .collect();
    let random_keys = (0..1_000)
        .map(|it| (random.text(), json!(it.to_string())))
        .collect();
    Some(vec![values, keys, random_values, random_keys])
}

/// Leaves out what `kubectl kustomize` itself changes, however it is written.
fn kept_by_kustomize(mut corpora: Vec<Data>) -> Vec<Data> {
    // It writes these raw, however they were escaped, and cannot read them then: U+007F to U+009F
    // (U+0085 becomes a space), U+FFFE and U+FFFF.
    let has_lost = |text: &str| {
        text.contains(|it| matches!(it, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'))
    };
    for data in &mut corpora {
        data.retain(|key, value| {
            // It takes the key for a merge, in quotes too.
            key != "<<" && !has_lost(key) && !value.as_str().is_some_and(has_lost)
        });
    }
    corpora
}

fn config_maps(corpora: &[Data]) -> Vec<Value> {
    let config_map = |(index, data): (usize, &Data)| {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": format!("corpus-{index}") },
            "data": data,
        })
    };
    corpora.iter().enumerate().map(config_map).collect()
}

#[track_caller]
fn compare(documents: &[Value], corpora: &[Data]) {
    assert_eq!(documents.len(), corpora.len());
    for (document, meant) in documents.iter().zip(corpora) {
        let read = document["data"].as_object().expect("data is a map");
        let wrong: Vec<_> = meant
            .iter()
            .filter(|(key, value)| read.get(*key) != Some(value))
            .map(|(key, value)| (key, value, read.get(key)))
            .collect();
        assert!(wrong.is_empty(), "{} wrong: {wrong:?}", wrong.len());
        assert_eq!(read.len(), meant.len());
    }
}

/// Returns the objects as the reader of `kubectl apply` sees them, without a cluster.
fn annotated(kubectl: &Path, text: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(kubectl);
    command
        .args(["annotate", "--local", "-f", "-", "-o", "json", "zz=1"])
        .env("HOME", folder.path());
    let read = output(&mut command, text);
    serde_json::Deserializer::from_str(&read)
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("kubectl's JSON")
}

fn kustomized(kubectl: &Path, text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("a file in the folder");
    };
    write("kustomization.yaml", "resources:\n- corpora.yaml\n");
    write("corpora.yaml", text);
    let mut command = Command::new(kubectl);
    command
        .arg("kustomize")
        .arg(folder.path())
        .env("HOME", folder.path());
    output(&mut command, "")
}

fn output(command: &mut Command, input: &str) -> String {
    // A file and not a pipe: a tool that writes before it has read all would wait for us forever.
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(input.as_bytes()).expect("the file is ours");
    file.rewind().expect("the file is ours");
    let output = command.stdin(file).output().expect("the tool starts");
    // A complaint quotes the whole input and ends with the reason.
    let complaint = String::from_utf8_lossy(&output.stderr);
    let reason = complaint.trim_end().rsplit(": ").next();
    assert!(output.status.success(), "{command:?}: {reason:?}");
    String::from_utf8(output.stdout).expect("the tool writes text")
}
