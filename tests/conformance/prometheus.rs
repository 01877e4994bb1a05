//! The rules under `promtool check rules`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::run::run;
use crate::{tools, trees};

#[test]
fn promtool_finds_nothing() {
    if let Some(promtool) = tools::tool("promtool") {
        finds_nothing(&promtool);
    }
}

#[test]
fn the_next_promtool_finds_nothing() {
    if let Some(promtool) = tools::next_tool("promtool") {
        finds_nothing(&promtool);
    }
}

#[test]
fn promtool_can_find_something() {
    let Some(promtool) = tools::tool("promtool") else {
        return;
    };
    let rule = json!({"alert": "Twice", "expr": "up == 0"});
    let lint = check(&promtool, &json!([{"name": "a", "rules": [rule, rule]}]));
    assert!(lint.is_err_and(|it| it.contains("duplicate rule")));
    let rule = json!({"alert": "Wrong", "expr": "up =="});
    assert!(check(&promtool, &json!([{"name": "a", "rules": [rule]}])).is_err());
}

fn finds_nothing(promtool: &Path) {
    let mut complaints = Vec::new();
    for stack in trees::stacks() {
        let groups: Vec<Value> = trees::of_kind(&stack, "PrometheusRule")
            .iter()
            .flat_map(|it| it["spec"]["groups"].as_array().expect("groups").clone())
            .collect();
        let rules = |it: &Value| it["rules"].as_array().map_or(0, Vec::len);
        let count: usize = groups.iter().map(rules).sum();
        assert!(count > 0, "{stack} has no rule");
        match check(promtool, &json!(groups)) {
            Ok(said) => assert!(
                said.contains(&format!("SUCCESS: {count} rules found")),
                "{said}"
            ),
            Err(complaint) => complaints.push(format!("{stack}: {complaint}")),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Returns what promtool says about these groups: as an error when it does not like them.
fn check(promtool: &Path, groups: &Value) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rules.yaml");
    // JSON is YAML.
    fs::write(&path, json!({ "groups": groups }).to_string()).expect("the folder is ours");
    let mut command = Command::new(promtool);
    command
        .args(["check", "rules", "--lint=all", "--lint-fatal"])
        .arg(&path);
    let said = run(&mut command);
    if said.code == Some(0) && said.stderr.is_empty() {
        Ok(said.stdout)
    } else {
        Err(format!(
            "exit {:?}\n{}{}",
            said.code, said.stdout, said.stderr
        ))
    }
}
