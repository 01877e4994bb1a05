//! `obsgen check` as it is run: exit codes, and what goes to which stream.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{obsgen, repository, said};
use crate::stacks::root;

const FORMATS: &[&str] = &["text", "json", "sarif", "github", "gitlab"];

/// What a run of the program left.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A repository with files in it.
struct Sandbox(TempDir);

impl Sandbox {
    fn new(files: &[(&str, &str)]) -> Self {
        Self(repository(files))
    }

    /// Runs the program in a folder of the repository.
    fn run_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let output = obsgen(&self.0.path().join(folder), arguments);
        Run {
            code: output.status.code(),
            stderr: said(&output),
            stdout: String::from_utf8(output.stdout).unwrap(),
        }
    }

    fn check(&self, arguments: &[&str]) -> Run {
        self.run_in(".", &[&["check"], arguments].concat())
    }
}

/// A policy with no error and one warning: its instances have no password.
fn warned() -> String {
    let case = root().join("tests/checks/redis/unhardened.yaml");
    fs::read_to_string(case).unwrap()
}

/// The same without an error or a warning.
fn clean() -> String {
    warned() + "  allow: [{check: redis/unhardened, at: redis, reason: it is a test}]\n"
}

const BASE: &str = "apiVersion: obsgen/v1alpha1
kind: ObservabilityBase
metadata: {name: base}
spec:
  clustr: dev-1
";

fn stack(name: &str) -> String {
    format!(
        "apiVersion: obsgen/v1alpha1\nkind: Observability\nmetadata: {{name: {name}}}\n\
         spec: {{extends: [../base.yaml]}}\n"
    )
}

fn two_stacks() -> Sandbox {
    Sandbox::new(&[
        ("stacks/base.yaml", BASE),
        ("stacks/a/observability.yaml", &stack("a")),
        ("stacks/b/observability.yaml", &stack("b")),
    ])
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let sandbox = Sandbox::new(&[
        ("clean/observability.yaml", &clean()),
        ("warned/observability.yaml", &warned()),
        ("refused/observability.yaml", BASE),
    ]);
    for format in FORMATS {
        for (stack, level, code) in [
            ("clean", "warning", 0),
            ("warned", "error", 0),
            ("warned", "warning", 1),
            ("refused", "error", 1),
            ("refused", "warning", 1),
        ] {
            let run = sandbox.check(&[stack, "--format", format, "--fail-on", level]);
            assert_eq!(run.code, Some(code), "{stack} {format}: {}", run.stderr);
            let is_text = *format == "text";
            assert_eq!(run.stderr.is_empty(), !is_text, "{stack} {format}");
            let is_silent = is_text || *format == "github" && stack == "clean";
            assert_eq!(run.stdout.is_empty(), is_silent, "{stack} {format}");
        }
    }
}

#[test]
fn a_run_that_fails_prints_no_document() {
    let sandbox = Sandbox::new(&[("warned/observability.yaml", &warned())]);
    for format in FORMATS {
        for stacks in [&["absent"][..], &["warned", "absent"]] {
            let run = sandbox.check(&[stacks, &["--format", format]].concat());
            assert_eq!(run.code, Some(2), "{format}: {}", run.stderr);
            assert_eq!(run.stdout, "", "{format}");
            assert!(run.stderr.contains("absent"), "{format}: {}", run.stderr);
        }
    }
    let run = sandbox.check(&["warned", "--format", "xml"]);
    assert_eq!((run.code, &*run.stdout), (Some(2), ""));
}

#[test]
fn a_mistake_in_a_base_is_said_once() {
    let sandbox = two_stacks();
    let field = "there is no field `clustr` in `spec`";
    for format in FORMATS {
        let run = sandbox.check(&["stacks", "--format", format]);
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(shown.matches(field).count(), 1, "{format}: {shown}");
        assert_eq!(run.code, Some(1));
    }
    let text = sandbox.check(&["stacks"]).stderr;
    assert!(text.contains("of them shown above"), "{text}");
    let built = sandbox.run_in(".", &["build", "stacks"]);
    assert_eq!(built.stderr.matches(field).count(), 1, "{}", built.stderr);
}

#[test]
fn programs_are_told_the_path_in_the_repository() {
    let sandbox = two_stacks();
    let run = |format: &str| {
        let arguments = ["check", "a", "../stacks/b", "--format", format];
        sandbox.run_in("stacks", &arguments).stdout
    };
    let value = |format: &str| serde_json::from_str::<Value>(&run(format)).unwrap();
    let sarif = value("sarif");
    let run_of = &sarif["runs"][0];
    assert_eq!(
        run_of["automationDetails"]["id"],
        "obsgen/stacks/a,stacks/b/"
    );
    let of = |list: &Value, key: &str| -> Value {
        let mut items = list.as_array().unwrap().iter();
        let item = items.find(|it| it[key] == "policy/unknown-field");
        item.unwrap().clone()
    };
    let location = &of(&run_of["results"], "ruleId")["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "stacks/base.yaml");
    let issue = of(&value("gitlab"), "check_name");
    assert_eq!(issue["location"]["path"], "stacks/base.yaml");
    assert!(run("github").contains("::error file=stacks/base.yaml,line=5,"));
    let finding = of(&value("json")["findings"], "name");
    assert_eq!(finding["file"], "base.yaml");
}

#[test]
fn the_schema_of_findings_can_be_asked_for() {
    let sandbox = Sandbox::new(&[]);
    let run = sandbox.run_in(".", &["schema", "findings"]);
    let written = fs::read_to_string(root().join("schemas/findings.schema.json")).unwrap();
    assert_eq!((run.code, run.stdout), (Some(0), written));
}

#[test]
fn two_stacks_of_one_name_are_told_apart() {
    let broken = clean() + "  clustr: dev-1\n";
    let sandbox = Sandbox::new(&[
        ("a/observability.yaml", &clean()),
        ("b/observability.yaml", &broken),
    ]);
    let name = "policy/stack-name-taken";
    for format in FORMATS {
        let run = sandbox.check(&["a", "b", "--format", format]);
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(run.code, Some(1), "{format}: {shown}");
        assert!(shown.contains(name), "{format}: {shown}");
        assert!(
            shown.contains("`a/observability.yaml` has the name"),
            "{format}: {shown}"
        );
        let is_other_found = shown.contains("policy/unknown-field");
        assert!(is_other_found, "{format}: {shown}");
    }
    let json = sandbox.check(&["a", "b", "--format", "json"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let errors = |stack: usize| json["stacks"][stack]["errors"].as_u64().unwrap();
    assert_eq!((errors(0), errors(1)), (0, 2));

    fs::write(sandbox.0.path().join("b/observability.yaml"), clean()).unwrap();
    let built = sandbox.run_in(".", &["build", "a", "b"]);
    assert_eq!(built.code, Some(1), "{}", built.stderr);
    assert!(built.stderr.contains(name), "{}", built.stderr);
    assert!(!sandbox.0.path().join("build").exists());

    let other = clean().replace("metadata: {name: ", "metadata: {name: other-");
    fs::write(sandbox.0.path().join("b/observability.yaml"), other).unwrap();
    // One file by two paths is one stack.
    for arguments in [["a", "b"], ["a", "b/../a"]] {
        let run = sandbox.check(&arguments);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
}

#[test]
fn the_page_to_read_is_that_of_an_error_if_there_is_one() {
    let sandbox = Sandbox::new(&[
        ("a/observability.yaml", &warned()),
        (
            "b/observability.yaml",
            &(clean() + "  clustr: dev-1\n")
                .replace("metadata: {name: ", "metadata: {name: other-"),
        ),
    ]);
    for (stacks, page) in [
        (&["a"][..], "redis/unhardened"),
        (&["a", "b"], "policy/unknown-field"),
    ] {
        let text = sandbox.check(stacks).stderr;
        assert!(
            text.ends_with(&format!("obsgen explain {page}\n")),
            "{text}"
        );
    }
}
