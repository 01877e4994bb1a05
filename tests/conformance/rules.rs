//! The corpus of rules under `promtool check rules`: it takes every right one.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::run::run;
use crate::{tools, trees};

/// The rules of a corpus, as Prometheus takes them.
fn rules(name: &str) -> Vec<Value> {
    let path = trees::root().join("tests/rules").join(name);
    let text = fs::read_to_string(path).expect("it is there");
    let policy: Value = serde_yaml::from_str(&text).expect("YAML");
    let of = |list: &str| policy["alerts"][list].as_array().expect("a list").clone();
    let recordings = of("recording")
        .into_iter()
        .map(|it| json!({"record": it["name"], "expr": it["expr"]}));
    let alerts = of("custom").into_iter().map(|it| {
        let mut rule = json!({
            "alert": it["name"],
            "expr": it["expr"],
            "annotations": {"summary": it["summary"]},
        });
        if it["description"].is_string() {
            rule["annotations"]["description"] = it["description"].clone();
        }
        if it["for"].is_string() {
            rule["for"] = it["for"].clone();
        }
        rule
    });
    recordings.chain(alerts).collect()
}

fn check(promtool: &std::path::Path, rules: &[Value]) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rules.yaml");
    // JSON is YAML.
    let text = json!({"groups": [{"name": "corpus", "rules": rules}]}).to_string();
    fs::write(&path, text).expect("the folder is ours");
    let said = run(Command::new(promtool).args(["check", "rules"]).arg(&path));
    match said.code {
        Some(0) => Ok(()),
        _ => Err(format!("{}{}", said.stdout, said.stderr)),
    }
}

#[test]
fn prometheus_takes_every_right_rule() {
    let Some(promtool) = tools::next_tool("promtool") else {
        return;
    };
    let rules = rules("correct.yaml");
    assert!(rules.len() > 55);
    if let Err(why) = check(&promtool, &rules) {
        panic!("{why}");
    }
}

/// What is said to be no PromQL is none, and all the others are: they are wrong in what they mean.
#[test]
fn prometheus_refuses_what_is_no_expression() {
    let Some(promtool) = tools::next_tool("promtool") else {
        return;
    };
    let text =
        fs::read_to_string(trees::root().join("tests/rules/wrong.yaml")).expect("it is there");
    let is_invalid = |rule: &Value| {
        let name = rule["alert"]
            .as_str()
            .or(rule["record"].as_str())
            .expect("a name");
        let above = text
            .split(&format!("- name: {name}\n"))
            .next()
            .expect("a text");
        let above = above.lines().rev().nth(1).unwrap_or_default();
        above.contains("alerts/invalid-expression")
    };
    let mut refused = 0;
    for rule in rules("wrong.yaml") {
        let answer = check(&promtool, std::slice::from_ref(&rule));
        assert_eq!(answer.is_err(), is_invalid(&rule), "{rule}: {answer:?}");
        refused += usize::from(answer.is_err());
    }
    assert!(refused > 2, "{refused}");
}
