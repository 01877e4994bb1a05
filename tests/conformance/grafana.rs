//! Dashboards under Grafana's own schemas, and their expressions under promtool: those of the golden
//! trees, and those of the examples with Grafana added.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use obsgen::catalog::{self, Exporter, Kind, Metric};
use obsgen::model::stack::Stack;
use obsgen::render;
use serde::Deserialize as _;
use serde_json::{Value, json};

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

/// An expression may parse, and name what exists, and still never have a result: because two sides
/// share no labels, or one has several partners. Here each is asked over series of every metric.
#[test]
fn every_expression_has_a_result_where_its_series_are() {
    let Some(promtool) = tools::tool("promtool") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder for a test");
    for example in examples() {
        let (stack, plan) = example.compilation.output.expect("the examples compile");
        let mut expressions = Vec::new();
        for (_, dashboard) in dashboards(&render::objects(&plan)) {
            targets(&dashboard, &mut expressions);
        }
        let asked: Vec<Value> = expressions
            .iter()
            .map(|it| json!({"expr": format!("absent({it})"), "eval_time": "90m", "exp_samples": []}))
            .collect();
        let test = json!({
            "rule_files": [],
            "evaluation_interval": "1m",
            "tests": [{
                "interval": "1m",
                "input_series": series(&stack, &expressions),
                "promql_expr_test": asked,
            }],
        });
        let path = folder.path().join("test.yaml");
        fs::write(&path, test.to_string()).expect("a test is written");
        let output = Command::new(&promtool)
            .args(["test", "rules"])
            .arg(&path)
            .output()
            .expect("promtool runs");
        assert!(
            output.status.success(),
            "{}: {}{}",
            example.name,
            String::from_utf8_lossy(&output.stdout).trim(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
}

/// The expressions of a dashboard, as Grafana sends them.
fn targets(value: &Value, acc: &mut Vec<String>) {
    if let Some(expression) = value["expr"]
        .as_str()
        .filter(|_| value["refId"].is_string())
    {
        let mut filled = expression
            .replace("$__rate_interval", "5m")
            .replace("$__range", "30m")
            // A week of samples would only be slow.
            .replace("offset 1w", "offset 10m");
        for name in ["namespace", "instance_name", "team", "tier", "pod"] {
            filled = filled.replace(&format!("\"${name}\""), "\".+\"");
        }
        acc.push(filled);
    }
    match value {
        Value::Array(items) => items.iter().for_each(|it| targets(it, acc)),
        Value::Object(fields) => fields.values().for_each(|it| targets(it, acc)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

type Labels = BTreeMap<String, String>;

/// What exports a metric; what Prometheus writes of alerts has the labels of those.
fn exported(name: &str) -> Option<&'static Metric> {
    let metrics = catalog::metrics(name).iter();
    let mut metrics = metrics.filter(|it| !it.name.starts_with("ALERTS"));
    metrics.next()
}

/// Series of every metric of the expressions, for two servers and two Sentinels of each instance.
fn series(stack: &Stack, expressions: &[String]) -> Vec<Value> {
    let mut names = BTreeSet::new();
    for expression in expressions {
        for before in expression.split('{') {
            let start = before
                .rfind(|it: char| !it.is_ascii_alphanumeric() && it != '_' && it != ':')
                .map_or(0, |it| it + 1);
            names.insert(&before[start..]);
        }
    }
    names.remove("");
    let mut series = Vec::new();
    for name in names {
        let metric = exported(name);
        let is_operator = metric.is_some_and(|it| it.exporter == Exporter::ControllerRuntime);
        if is_operator || name == "up" {
            let target = [("stack", stack.name.as_str()), ("component", "operator")];
            samples(name, &labels(&target), &mut series);
        }
        if is_operator {
            continue;
        }
        for instance in &stack.instances {
            let about = labels(&[
                ("stack", &stack.name),
                ("namespace", &instance.namespace),
                ("instance_name", &instance.name),
                ("topology", instance.topology.kind().name()),
                ("team", &instance.team),
                ("tier", &instance.tier),
            ]);
            let with = |more: &[(&str, &str)]| {
                let mut all = about.clone();
                all.extend(labels(more));
                all
            };
            if metric.is_none() {
                for alert in ["RedisDown", "Watchdog"] {
                    let mut all = with(&[("alertname", alert), ("severity", "critical")]);
                    if name == "ALERTS" {
                        all.insert("alertstate".to_owned(), "firing".to_owned());
                    }
                    let is_fact = name.contains(':');
                    samples(name, if is_fact { &about } else { &all }, &mut series);
                    if is_fact {
                        break;
                    }
                }
                continue;
            }
            for (pod, role) in [("0", "master"), ("1", "slave")] {
                for component in ["redis", "sentinel"] {
                    // A server tells of each of its replicas.
                    for replica in ["10.0.0.1", "10.0.0.2"] {
                        let target = with(&[
                            ("component", component),
                            ("pod", pod),
                            ("role", role),
                            ("slave_ip", replica),
                        ]);
                        let has_replicas = name.starts_with("redis_connected_slave_");
                        samples(name, &target, &mut series);
                        if !has_replicas {
                            break;
                        }
                    }
                }
            }
        }
    }
    series
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Adds the series of a metric for a target; of what the exporter itself labels, only those labels
/// that the metric has.
fn samples(name: &str, target: &Labels, acc: &mut Vec<Value>) {
    let metric = exported(name);
    let own = metric.map(|it| it.labels.as_slice()).unwrap_or_default();
    let mut all = target.clone();
    if metric.is_some() {
        all.retain(|key, _| !matches!(key.as_str(), "role" | "slave_ip") || own.contains(&&**key));
    }
    for label in own {
        let value = if *label == "err" { "MOVED" } else { "any" };
        all.entry((*label).to_owned())
            .or_insert_with(|| value.to_owned());
    }
    let grows = metric.is_some_and(|it| matches!(it.kind, Kind::Counter | Kind::Histogram));
    let buckets: &[(&str, &str)] = match name.ends_with("_bucket") {
        true => &[
            ("1", "0+300x100"),
            ("2", "0+600x100"),
            ("+Inf", "0+900x100"),
        ],
        false if grows => &[("", "0+900x100")],
        false => &[("", "1x100")],
    };
    for (le, values) in buckets {
        if !le.is_empty() {
            all.insert("le".to_owned(), (*le).to_owned());
        }
        let labels: Vec<String> = all
            .iter()
            .map(|(key, value)| format!("{key}=\"{value}\""))
            .collect();
        acc.push(json!({"series": format!("{name}{{{}}}", labels.join(",")), "values": values}));
    }
}
