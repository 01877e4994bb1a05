//! What the logs half tells others: bodies against Elasticsearch's own description of its interface, the
//! configuration against Fluent Bit itself.

use std::fs;
use std::process::Command;

use obsgen::compile;
use obsgen::render::objects;
use serde_json::Value;

use crate::logged::policy;
use crate::tools;

/// The kind of each body, as the checker calls it.
const BODIES: [(&str, &str); 5] = [
    ("policy.json", "ilm"),
    ("mappings.json", "component-template"),
    ("settings.json", "component-template"),
    ("index-template.json", "index-template"),
    ("first-index.json", "index"),
];

#[test]
fn elasticsearch_knows_every_field_of_the_bodies() {
    let (Some(python), Some(checker)) = (tools::python(), tools::data("es_validate.py")) else {
        return;
    };
    for version in ["8.17", "9.5"] {
        let description = format!("elasticsearch/elasticsearch-openapi-{version}.json");
        let Some(description) = tools::data(&description) else {
            return;
        };
        for mode in ["data-stream", "alias"] {
            let data = config_map(mode, "yaml", "lab-elasticsearch-setup");
            let folder = tempfile::tempdir().expect("a folder");
            for (name, kind) in BODIES {
                let Some(body) = data[name].as_str() else {
                    assert_eq!((name, mode), ("first-index.json", "data-stream"));
                    continue;
                };
                let path = folder.path().join(name);
                fs::write(&path, body).expect("a file in the folder");
                let mut command = Command::new(&python);
                command.arg(&checker).arg("--spec").arg(&description);
                succeeds(command.args(["--kind", kind]).arg(&path));
            }
        }
    }
}

#[test]
fn fluent_bit_takes_its_configuration() {
    // Debian has no Fluent Bit, so that not having it is never a failure.
    if Command::new("fluent-bit")
        .arg("--version")
        .output()
        .is_err()
    {
        println!("skipped: there is no fluent-bit on the PATH");
        return;
    }
    for (format, main) in [("yaml", "fluent-bit.yaml"), ("classic", "fluent-bit.conf")] {
        let data = config_map("data-stream", format, "lab-fluent-bit");
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in data.as_object().expect("data is a map") {
            let text = text.as_str().expect("data is text");
            fs::write(folder.path().join(name), text).expect("a file in the folder");
        }
        let mut command = Command::new("fluent-bit");
        command.current_dir(folder.path()).envs([
            ("POD_IP", "127.0.0.1"),
            ("ES_USER", "user"),
            ("ES_PASSWORD", "password"),
        ]);
        succeeds(command.args(["--dry-run", "-c", main]));
    }
}

#[track_caller]
fn succeeds(command: &mut Command) {
    let output = command.output().expect("the tool starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// The data of a ConfigMap of a stack with logs.
fn config_map(mode: &str, format: &str, name: &str) -> Value {
    let policy = policy("lab", "opstree", mode, format);
    let files = |path: &str| match path {
        "observability.yaml" => Ok(policy.clone()),
        _ => Err("cannot be read".to_owned()),
    };
    let compilation = compile(&files, "observability.yaml");
    let (_, plan) = compilation.output.expect("the policy compiles");
    let objects = objects(&plan);
    let found = objects
        .iter()
        .find(|it| it["kind"] == "ConfigMap" && it["metadata"]["name"] == name);
    found.expect("the ConfigMap is there")["data"].clone()
}
