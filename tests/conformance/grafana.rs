//! Dashboards under Grafana's own schemas, and their expressions under promtool: those of the golden
//! trees, and those of the examples with Grafana added.

use std::fs;
use std::path::Path;
use std::process::Command;

use obsgen::render;
use serde::Deserialize as _;
use serde_json::Value;

use crate::tools;
use crate::with_grafana::{dashboards, examples};

#[test]
fn grafana_would_accept_every_dashboard() {
    let (Some(python), Some(promtool), Some(checker)) = (
        tools::python(),
        tools::tool("promtool"),
        tools::data("grafana_validate.py"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder for dashboards");
    let mut command = Command::new(python);
    command.arg(checker).arg("--promtool").arg(promtool);
    for (name, dashboard) in all() {
        let path = folder.path().join(format!("{name}.json"));
        fs::write(&path, dashboard.to_string()).expect("a dashboard is written");
        command.arg(path);
    }
    let output = command.output().expect("the checker runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Every dashboard, with a name that no other has.
fn all() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for example in examples() {
        let (_, plan) = example.compilation.output.expect("the examples compile");
        for (name, dashboard) in dashboards(&render::objects(&plan)) {
            all.push((format!("{} {name}", example.name), dashboard));
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    for entry in walkdir::WalkDir::new(golden).sort_by_file_name() {
        let path = entry.expect("a golden tree").into_path();
        let text = path.to_string_lossy().replace('\\', "/");
        if !text.contains("/grafana/") || !text.ends_with(".yaml") {
            continue;
        }
        let content = fs::read_to_string(&path).expect("a golden file");
        let objects: Vec<Value> = serde_yaml::Deserializer::from_str(&content)
            .map(|it| Value::deserialize(it).expect("a golden file is YAML"))
            .collect();
        for (name, dashboard) in dashboards(&objects) {
            all.push((format!("golden {} {name}", all.len()), dashboard));
        }
    }
    assert!(all.len() > 20, "only {} dashboards", all.len());
    all
}
