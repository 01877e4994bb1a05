//! The alerting rules of the golden trees, run by promtool on series as a scrape gives them: each
//! alert fires with the labels and texts that a person will read, and stays silent beside it.
//!
//! A file of `alerts/` tests a group. It names the rules that it loads `<stack>-<file>`, after the
//! files of `golden/<stack>/prometheus/rules`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use obsgen::alerts::{ALERTS, find};
use serde::Deserialize as _;
use serde_json::{Value, json};

/// The stacks whose rules are run: both operators, with and without tiers.
const STACKS: &[&str] = &["prod", "seed", "staging"];

/// It fires by design: it cannot be shown to be silent.
const NEVER_SILENT: &str = "Watchdog";

macro_rules! groups {
    ($($group:ident),+) => {
        $(mod $group {
            #[test]
            fn promtool_agrees() {
                super::run(crate::tools::tool("promtool"), stringify!($group));
            }

            #[test]
            fn the_next_promtool_agrees() {
                super::run(crate::tools::next_tool("promtool"), stringify!($group));
            }
        })+

        #[test]
        fn every_file_is_run() {
            let run: BTreeSet<String> = [$(stringify!($group)),+]
                .map(|it| format!("{it}.yaml"))
                .into();
            assert_eq!(files(&folder()), run);
        }
    };
}

groups! { cluster, instance, logs, managed, operator, pipeline, replication, sentinel, tracing }

#[test]
fn every_alert_is_shown_to_fire_and_to_be_silent() {
    let cases = cases();
    let shown = |name: &str, fires: bool| {
        cases
            .iter()
            .any(|it| it["alertname"] == name && expected(it).is_empty() != fires)
    };
    let missing: Vec<String> = ALERTS
        .iter()
        .flat_map(|it| [(it.name, true), (it.name, false)])
        .filter(|(name, fires)| (*fires || *name != NEVER_SILENT) && !shown(name, *fires))
        .map(|(name, fires)| format!("{name} {}", if fires { "fires" } else { "is silent" }))
        .collect();
    assert!(missing.is_empty(), "no case says: {missing:#?}");
}

/// An alert can have a rule for each tier and more for instances of their own: each has a case.
#[test]
fn every_rule_is_shown_to_fire() {
    let cases = cases();
    let missing: Vec<String> = rules("prod")
        .iter()
        .filter(|rule| find(text(&rule["alert"])).is_some())
        .filter(|rule| !cases.iter().any(|it| fires(it, rule)))
        .map(|rule| format!("{}: {}", rule["alert"], rule["expr"]))
        .collect();
    assert!(missing.is_empty(), "no case fires these: {missing:#?}");
}

/// Returns whether a case expects an alert that can only be that of a rule: the same name, the
/// static labels, and the description up to the first value in it.
fn fires(case: &Value, rule: &Value) -> bool {
    let labels = rule["labels"].as_object().expect("a rule has labels");
    let description = text(&rule["annotations"]["description"]);
    let literal = description.split("{{").next().unwrap_or_default();
    case["alertname"] == rule["alert"]
        && expected(case).iter().any(|alert| {
            labels
                .iter()
                .all(|(label, value)| alert["exp_labels"][label] == *value)
                && text(&alert["exp_annotations"]["description"]).starts_with(literal)
        })
}

/// Runs the file of a group beside the rules that it names.
fn run(promtool: Option<PathBuf>, group: &str) {
    let Some(promtool) = promtool else {
        return;
    };
    let directory = tempfile::tempdir().expect("a folder");
    for stack in STACKS {
        for name in files(&golden(stack)) {
            let object = read(&golden(stack).join(&name)).remove(0);
            if object["kind"] == "PrometheusRule" {
                let rules = json!({ "groups": object["spec"]["groups"] }).to_string();
                let path = directory.path().join(format!("{stack}-{name}"));
                fs::write(path, rules).expect("a file in the folder");
            }
        }
    }
    let name = format!("{group}.yaml");
    fs::copy(folder().join(&name), directory.path().join(&name)).expect("a file in the folder");
    let output = Command::new(&promtool)
        .args(["test", "rules", &name])
        .current_dir(directory.path())
        .output()
        .expect("promtool starts");
    assert!(
        output.status.success(),
        "{} of tests/conformance/alerts/{name}:\n{}{}",
        promtool.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

/// Every expectation of every file.
fn cases() -> Vec<Value> {
    let mut cases = Vec::new();
    for name in files(&folder()) {
        let file = read(&folder().join(name)).remove(0);
        for test in file["tests"].as_array().expect("a list of tests") {
            let expectations = test["alert_rule_test"].as_array();
            // A test may also be about an expression alone.
            cases.extend(expectations.cloned().unwrap_or_default());
        }
    }
    cases
}

/// The alerting rules of a stack.
fn rules(stack: &str) -> Vec<Value> {
    let list = |it: &Value| it.as_array().cloned().unwrap_or_default();
    files(&golden(stack))
        .iter()
        .flat_map(|name| read(&golden(stack).join(name)))
        .flat_map(|object| list(&object["spec"]["groups"]))
        .flat_map(|group| list(&group["rules"]))
        .filter(|rule| rule.get("alert").is_some())
        .collect()
}

fn expected(case: &Value) -> Vec<&Value> {
    // promtool takes a case without expectations for one that expects nothing.
    let alerts = case["exp_alerts"].as_array();
    alerts.into_iter().flatten().collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn folder() -> PathBuf {
    root().join("tests/conformance/alerts")
}

fn golden(stack: &str) -> PathBuf {
    root().join("golden").join(stack).join("prometheus/rules")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .expect("the folder is there")
        .filter_map(Result::ok)
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .collect()
}

/// The documents of a YAML file.
fn read(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the file is there");
    serde_yaml::Deserializer::from_str(&text)
        .map(|it| Value::deserialize(it).expect("the file is YAML"))
        .collect()
}
