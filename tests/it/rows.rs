//! What obsgen says it verifies without a cluster, row by row: a finding where a policy can cause it,
//! an invariant that a test holds over every stack where only this program writes it, or the reason
//! why a policy cannot show it.

use std::collections::BTreeSet;

use obsgen::diag::pages::page;
use serde_json::Value;

use crate::stacks::{compile_stack, root, stacks};

/// How a row is held.
enum Held {
    /// By findings: these.
    Findings(&'static [&'static str]),
    /// By a test over every stack: its file and its name.
    Invariant(&'static str, &'static str),
    /// Not at all, since nothing of it is in a policy or in what is made of one.
    LeftOut(&'static str),
}

use Held::{Findings, Invariant, LeftOut};

#[rustfmt::skip]
const ROWS: &[(&str, Held)] = &[
    ("alerts/watchdog-missing", Findings(&["alerts/watchdog-missing", "scrape/meta-alerts-missing"])),
    ("alerts/watchdog-unrouted", Findings(&["alerts/watchdog-unrouted", "routing/alert-to-heartbeat", "alerts/heartbeat-too-short"])),
    ("alerts/watchdog-internal", LeftOut("the address of a receiver is in a Secret, which obsgen never reads")),
    ("alerts/absent-missing", Findings(&["alerts/rule-missing", "scrape/not-scraped", "scrape/meta-alerts-missing"])),
    ("alerts/absent-without-for", Findings(&["alerts/absent-without-for"])),
    ("alerts/absent-loses-labels", Findings(&["alerts/absent-loses-labels"])),
    ("alerts/rate-window-too-short", Findings(&["alerts/rate-window-too-short", "alerts/rate-window-noisy"])),
    ("alerts/rate-window-too-long", Findings(&["alerts/rate-window-too-long"])),
    ("alerts/rate-on-gauge-counter-raw", Findings(&["alerts/function-unfit", "alerts/counter-raw"])),
    ("alerts/sum-then-rate", Findings(&["alerts/sum-then-rate"])),
    ("alerts/metric-unknown", Findings(&["alerts/metric-unknown", "alerts/metric-absent", "alerts/dead-rule", "dashboards/dead-panel"])),
    ("alerts/label-unknown", Findings(&["alerts/label-unknown"])),
    ("alerts/impossible-match", Findings(&["alerts/impossible-match"])),
    ("alerts/no-comparison", Findings(&["alerts/no-comparison", "alerts/comparison-always-true", "alerts/comparison-never-true"])),
    ("alerts/for-missing-for-vs-interval", Findings(&["alerts/for-missing", "alerts/for-too-short", "alerts/for-not-multiple", "alerts/for-too-long"])),
    ("alerts/group-interval-over-lookback", Findings(&["alerts/group-interval-over-lookback"])),
    ("alerts/value-in-label", Invariant("rows", "no_label_of_a_rule_changes_with_a_value")),
    ("alerts/template-label-missing", Findings(&["alerts/template-label-missing"])),
    ("alerts/topk-in-alert", Findings(&["alerts/topk-in-alert"])),
    ("alerts/ratio-nan", Findings(&["alerts/ratio-nan"])),
    ("alerts/gauge-without-over-time", Findings(&["alerts/gauge-without-over-time"])),
    ("alerts/duplicate-alert", Findings(&["alerts/duplicate-alert"])),
    ("alerts/recording-rule-order", Findings(&["alerts/recording-rule-order"])),
    ("alerts/retention-exceeded", Findings(&["alerts/retention-exceeded"])),
    ("alerts/burn-rate-malformed", LeftOut("the language has no `slo` yet")),
    ("alerts/severity-missing-unknown", Findings(&["policy/unknown-value", "routing/page-to-default"])),
    ("alerts/runbook-missing", Findings(&["policy/missing-field", "policy/invalid-value"])),
    ("alerts/owner-missing", Findings(&["references/unknown-team", "alerts/owner-missing"])),
    ("routing/route-unreachable", Findings(&["routing/route-unreachable", "routing/route-unused", "routing/matches-everything"])),
    ("routing/alert-to-null", Findings(&["routing/alert-to-null", "routing/alert-unseen", "routing/page-to-default"])),
    ("routing/continue-duplicate", Findings(&["routing/continue-duplicate"])),
    ("routing/route-label-absent", Findings(&["routing/route-label-absent", "routing/external-label", "routing/unknown-value", "routing/value-absent"])),
    ("routing/group-by-pitfall", Findings(&["routing/group-by-pitfall"])),
    ("routing/timing-inconsistent", Findings(&["routing/timing-inconsistent"])),
    ("routing/inhibit-equal-missing", Findings(&["routing/inhibit-equal-missing", "routing/inhibits-everything", "routing/inhibits-nothing"])),
    ("routing/inhibit-self-overlap", Findings(&["routing/inhibit-self-overlap", "routing/inhibits-page"])),
    ("routing/mute-covers-page", Findings(&["routing/mute-covers-page", "references/unknown-mute-time", "routing/empty-mute-time"])),
    ("routing/matcher-utf8-disagreement", Invariant("rows", "every_matcher_is_quoted")),
    ("routing/receiver-undefined-empty", Findings(&["references/unknown-receiver", "receivers/no-channel", "receivers/no-recipient"])),
    ("routing/single-channel-page", Findings(&["routing/single-channel-page"])),
    ("scrape/meta-alerts-missing", Findings(&["scrape/meta-alerts-missing"])),
    ("scrape/monitor-not-selected", Findings(&["scrape/monitor-not-selected"])),
    ("scrape/port-mismatch", Findings(&["scrape/port-mismatch", "scrape/selects-nothing", "scrape/no-exporter"])),
    ("scrape/timeout", Findings(&["scrape/timeout", "scrape/interval-too-long"])),
    ("scrape/sample-limit-cliff", Findings(&["scrape/sample-limit-cliff"])),
    ("logs/retry-discards", Findings(&["logs/retry-discards"])),
    ("logs/tag-matches-nothing", Findings(&["logs/tag-matches-nothing"])),
    ("logs/unbounded-buffer", Findings(&["logs/unbounded-buffer"])),
    ("logs/monitoring-exposed", Findings(&["logs/monitoring-exposed"])),
    ("logs/template-shadowed", Findings(&["logs/template-shadowed", "logs/index-without-template", "logs/lifecycle-mismatch"])),
    ("redis/no-persistence", Findings(&["redis/no-persistence"])),
    ("redis/operator-ignores", Findings(&["redis/operator-ignores"])),
    ("redis/unhardened", Findings(&["redis/unhardened", "redis/forbidden-directive"])),
    ("redis/vulnerable-image", Findings(&["redis/vulnerable-image"])),
    ("redis/maxmemory-unset", Findings(&["redis/maxmemory-unset"])),
    ("metrics/cardinality", Findings(&["metrics/cardinality"])),
];

#[test]
fn every_row_is_held_by_something_that_there_is() {
    let names: BTreeSet<&str> = ROWS.iter().map(|it| it.0).collect();
    assert_eq!(names.len(), ROWS.len(), "a row is there twice");
    for (row, held) in ROWS {
        match held {
            Findings(findings) => {
                for finding in *findings {
                    assert!(
                        page(finding).is_some(),
                        "{row}: there is no finding {finding}"
                    );
                }
            }
            Invariant(file, test) => {
                let path = root().join("tests/it").join(format!("{file}.rs"));
                let text = std::fs::read_to_string(path).unwrap();
                let test = format!("#[test]\nfn {test}() {{");
                assert!(text.contains(&test), "{row}: {file} has no {test}");
            }
            LeftOut(why) => assert!(why.len() > 20, "{row}"),
        }
    }
}

/// Every rule of every stack.
fn rules() -> Vec<Value> {
    let mut all = Vec::new();
    for name in stacks() {
        let (_, plan) = compile_stack(&name).output.expect("the stack compiles");
        for object in obsgen::render::objects(&plan) {
            if object["kind"] == "PrometheusRule" {
                for group in object["spec"]["groups"].as_array().unwrap() {
                    all.extend(group["rules"].as_array().unwrap().iter().cloned());
                }
            }
        }
    }
    all
}

/// An alert whose labels change is another alert, and its `for` begins anew.
#[test]
fn no_label_of_a_rule_changes_with_a_value() {
    let rules = rules();
    assert!(rules.len() > 100);
    for rule in &rules {
        for (label, value) in rule["labels"].as_object().unwrap() {
            let value = value.as_str().expect("a label is a text");
            assert!(!value.contains("{{"), "{label} of {rule}");
        }
    }
}

/// What stands without quotes is read in two ways since Alertmanager 0.27.
#[test]
fn every_matcher_is_quoted() {
    let mut seen = 0;
    let mut check = |value: &Value| {
        each_matcher(value, &mut |matcher| {
            let text = matcher.as_str().expect("a matcher is a text");
            let quoted = ["=~\"", "!~\"", "!=\"", "=\""]
                .iter()
                .any(|it| text.contains(it));
            assert!(quoted && text.ends_with('"'), "{text}");
            seen += 1;
        });
    };
    for name in stacks() {
        let (_, plan) = compile_stack(&name).output.expect("the stack compiles");
        for object in obsgen::render::objects(&plan) {
            if let Some(text) = object["stringData"]["alertmanager.yaml"].as_str() {
                check(&serde_yaml::from_str(text).unwrap());
            }
        }
    }
    assert!(seen > 10);
}

fn each_matcher(value: &Value, take: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_array() {
                    Some(matchers) if key.ends_with("matchers") => {
                        matchers.iter().for_each(&mut *take)
                    }
                    _ => each_matcher(value, take),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| each_matcher(it, take)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
