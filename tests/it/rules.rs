//! Rules as users write them, over the stack `prod`: of the right ones nothing is said, and of the wrong
//! ones what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use obsgen::alerts::Scope;
use obsgen::diag::Diagnostic;
use obsgen::diag::path::Segment;
use obsgen::promql::flow::flow;
use obsgen::promql::read::Reader;
use obsgen::promql::template::{self, Read};
use obsgen::prove::alerts::labels_of;
use obsgen::prove::expressions::Expressions;

use crate::stacks::{compile_over, compile_stack, root, stacks};

fn corpus(name: &str) -> String {
    fs::read_to_string(root().join("tests/rules").join(name)).unwrap()
}

/// The rule that a finding is about: its list, and its name.
fn rule(finding: &Diagnostic) -> Option<(&str, &str)> {
    match finding.field()?.segments() {
        [_, _, Segment::Key(list), Segment::Key(name), ..] => Some((list, name)),
        _ => None,
    }
}

#[test]
fn nothing_is_said_of_correct_rules() {
    let text = corpus("correct.yaml");
    let count = text
        .lines()
        .filter(|it| it.starts_with("        runbook:"))
        .count();
    assert!(count >= 55, "{count}");
    let compilation = compile_over("prod", &text);
    let said: Vec<String> = compilation
        .findings
        .iter()
        .map(|it| format!("{}: {:?}: {}", it.name, rule(it), it.headline))
        .collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
    assert!(compilation.output.is_some());
}

#[test]
fn what_is_wrong_with_a_rule_is_said() {
    let text = corpus("wrong.yaml");
    let mut expected: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut names = None;
    for line in text.lines() {
        if let Some(found) = line.trim_start().strip_prefix("# finds ") {
            names = Some(found.split(", ").collect::<BTreeSet<_>>());
        }
        if let Some(name) = line.trim_start().strip_prefix("- name: ") {
            expected.insert(name, names.take().unwrap_or_default());
        }
    }
    let wrong = expected.values().filter(|it| !it.is_empty()).count();
    assert!(wrong >= 40, "{wrong}");
    let compilation = compile_over("prod", &text);
    let mut found: BTreeMap<&str, BTreeSet<&str>> =
        expected.keys().map(|it| (*it, BTreeSet::new())).collect();
    for finding in &compilation.findings {
        let (_, name) = rule(finding).unwrap_or_else(|| panic!("{finding:?}"));
        found.entry(name).or_default().insert(finding.name);
    }
    let differing: Vec<String> = expected
        .iter()
        .filter(|(name, names)| found[*name] != **names)
        .map(|(name, names)| format!("{name}: {names:?}, but found {:?}", found[name]))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// What obsgen writes itself is right by the same measure.
#[test]
fn nothing_is_wrong_with_the_rules_of_a_stack() {
    let mut count = 0;
    for name in stacks() {
        let compilation = compile_stack(&name);
        let (stack, plan) = compilation.output.as_ref().unwrap();
        let known = Expressions::of(stack, plan).known;
        for object in plan.objects() {
            if object.object.kind() != "PrometheusRule" {
                continue;
            }
            let groups = object.object.value()["spec"]["groups"].as_array().unwrap();
            for rule in groups.iter().flat_map(|it| it["rules"].as_array().unwrap()) {
                count += 1;
                let text = rule["expr"].as_str().unwrap();
                let expression = Reader::default().read(text).unwrap();
                let followed = flow(&expression, &known);
                assert_eq!(followed.problems, [], "{name}: {text}");
                assert!(!followed.flow.is_empty, "{name}: {text}");
                let Some(alert) = rule["alert"].as_str() else {
                    continue;
                };
                assert!(
                    followed.flow.is_filtered || alert == "Watchdog",
                    "{name}: {alert} compares nothing"
                );
                for (_, text) in rule["annotations"].as_object().unwrap() {
                    for read in template::labels(text.as_str().unwrap()) {
                        let Read::OfSeries(label) = &read else {
                            panic!("{name}: {alert}: {read:?}")
                        };
                        assert!(
                            followed.flow.shape.can_have(label),
                            "{name}: {alert} shows {label}, and has {:?}",
                            followed.flow.shape.labels.keys()
                        );
                    }
                }
            }
        }
    }
    assert!(count > 200, "{count}");
}

/// The labels by which people are told which instance it is.
#[test]
fn every_alert_of_an_instance_says_which() {
    let compilation = compile_stack("prod");
    let (stack, plan) = compilation.output.as_ref().unwrap();
    let carried = labels_of(stack, plan);
    assert!(carried.len() > 30, "{}", carried.len());
    for alert in &carried {
        let built_in = obsgen::alerts::find(&alert.alert);
        let is_of_instance = built_in.is_some_and(|it| matches!(it.scope, Scope::Instances { .. }));
        for label in ["stack", "cluster", "severity", "alertname"] {
            assert!(
                alert.shape.label(label).is_always,
                "{}: {label}",
                alert.alert
            );
        }
        for label in ["namespace", "instance_name", "topology", "team", "tier"] {
            assert!(
                !is_of_instance || alert.shape.can_have(label),
                "{} has no {label}",
                alert.alert
            );
        }
        assert!(!alert.shape.can_have("__name__"), "{}", alert.alert);
    }
}
