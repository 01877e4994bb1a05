//! Findings under the schema of SARIF 2.1.0.

use std::fs;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::run::run;
use crate::{tools, trees};

#[test]
fn what_is_found_in_every_broken_policy_is_sarif() {
    let Some(schema) = schema() else { return };
    let mut count = 0;
    for path in trees::files(&trees::root().join("tests/checks")) {
        let mut command = trees::obsgen();
        let said = run(command.args(["check", "--format", "sarif"]).arg(&path));
        assert!(matches!(said.code, Some(0 | 1)), "{}", said.stderr);
        assert_valid(&schema, &said.stdout);
        count += 1;
    }
    assert!(count > 0, "there is no broken policy");
}

#[test]
fn what_is_found_in_the_stacks_is_sarif() {
    let Some(schema) = schema() else { return };
    let mut command = trees::obsgen();
    command.args(["check", "--format", "sarif", "stacks"]);
    let said = run(command.current_dir(trees::root()));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_valid(&schema, &said.stdout);
}

#[test]
fn what_is_no_sarif_is_refused() {
    let Some(schema) = schema() else { return };
    let mut command = trees::obsgen();
    command.args(["check", "--format", "sarif"]);
    let said = run(command.arg(trees::root().join("tests/checks/redis/unhardened.yaml")));
    let change = |pointer: &str, value: Value| {
        let mut document: Value = serde_json::from_str(&said.stdout).expect("it is JSON");
        *document.pointer_mut(pointer).expect("it is there") = value;
        document
    };
    assert!(schema.is_valid(&change("/version", json!("2.1.0"))));
    for (pointer, value) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/columnKind", json!("bytes")),
        ("/runs/0/results/0/level", json!("bad")),
        ("/runs/0/results/0/message", json!({})),
        (
            "/runs/0/results/0/locations/0/physicalLocation/region/startLine",
            json!(0),
        ),
    ] {
        assert!(!schema.is_valid(&change(pointer, value)), "{pointer}");
    }
}

#[track_caller]
fn schema() -> Option<Validator> {
    let text = fs::read_to_string(tools::sarif_schema()?).expect("the file is text");
    let mut schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    // It has a bracket that opens nothing, which only JavaScript takes for itself; nothing of ours
    // has the field.
    for part in ["run", "toolComponent"] {
        schema["definitions"][part]["properties"]["language"] = json!(false);
    }
    let options = jsonschema::draft7::options().should_validate_formats(true);
    Some(options.build(&schema).expect("the schema is a schema"))
}

fn assert_valid(schema: &Validator, text: &str) {
    let document: Value = serde_json::from_str(text).expect("it is JSON");
    let wrong: Vec<String> = schema
        .iter_errors(&document)
        .map(|it| format!("{}: {it}", it.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{text}");
}
