//! What is said to be covered is, and what is not is said, with its reason.

use std::collections::BTreeSet;

use obsgen::coverage::{self, Coverage, Row};
use obsgen::model::stack::Stack;
use obsgen::plan::{Content, Plan};
use serde_json::Value;

use crate::program::{obsgen, said};
use crate::stacks::{compile_over, compile_stack, root, stacks};

fn rules(plan: &Plan) -> BTreeSet<String> {
    let mut alerts = BTreeSet::new();
    for (_, file) in plan.files() {
        let Content::Objects(objects) = &file.content else {
            continue;
        };
        for rules in objects
            .iter()
            .filter(|it| it.object.kind() == "PrometheusRule")
        {
            let groups = rules.object.value()["spec"]["groups"].as_array().unwrap();
            let rules = groups.iter().flat_map(|it| it["rules"].as_array().unwrap());
            alerts.extend(
                rules
                    .filter_map(|it| it["alert"].as_str())
                    .map(str::to_owned),
            );
        }
    }
    alerts
}

fn row<'a, 'b>(coverage: &'b Coverage<'a>, mode: &str, instance: &str) -> &'b Row<'a> {
    let is_asked =
        |it: &&Row<'_>| it.mode.name == mode && it.instances.iter().any(|it| it.name == instance);
    coverage
        .rows
        .iter()
        .find(is_asked)
        .expect("the mode concerns the instance")
}

fn over_prod(policy: &str) -> (Stack, Plan) {
    compile_over("prod", policy)
        .output
        .expect("the policy compiles")
}

#[test]
fn the_alerts_that_tell_failures_are_those_of_the_tree() {
    for name in stacks() {
        let (stack, plan) = compile_stack(&name).output.expect("the stack compiles");
        let coverage = coverage::of(&stack, &plan);
        let told = coverage.rows.iter().flat_map(|it| &it.by.alerts);
        let mut told: BTreeSet<String> = told.map(|it| (*it).to_owned()).collect();
        told.extend(stack.custom.iter().map(|it| it.name.clone()));
        assert_eq!(told, rules(&plan), "{name}");
    }
}

#[test]
fn a_failure_concerns_an_instance_once() {
    let (stack, plan) = compile_stack("prod").output.expect("the stack compiles");
    let coverage = coverage::of(&stack, &plan);
    let mut seen = BTreeSet::new();
    for row in &coverage.rows {
        for instance in &row.instances {
            assert!(seen.insert((row.mode.name, &instance.name)));
        }
    }
    let of_catalog = |mode: &str| seen.iter().any(|it| it.0 == mode && *it.1 == "catalog");
    assert!(of_catalog("cluster-down") && of_catalog("replica-lag"));
    assert!(!of_catalog("quorum-lost") && !of_catalog("primary-missing"));
    let dashboards = &row(&coverage, "server-down", "catalog").by.dashboards;
    assert!(
        dashboards.iter().any(|it| it == "cluster"),
        "{dashboards:?}"
    );
    assert!(
        !dashboards.iter().any(|it| it == "sentinel"),
        "{dashboards:?}"
    );
}

#[test]
fn what_is_switched_off_is_not_covered_and_says_by_whom() {
    let (stack, plan) = over_prod(
        "  alerts: {tiers: {critical: {RedisDown: {enabled: false, reason: watched elsewhere}}}}\n",
    );
    let coverage = coverage::of(&stack, &plan);
    let own = row(&coverage, "misses", "session-cache");
    assert!(!own.is_told());
    assert_eq!(
        own.reasons(),
        ["RedisHitRateLow: switched off: sessions are mostly written"]
    );
    let of_tier = row(&coverage, "server-down", "cart");
    assert!(!of_tier.is_told());
    assert_eq!(
        of_tier.reasons(),
        ["RedisDown: switched off for its tier: watched elsewhere"]
    );
    assert!(row(&coverage, "server-down", "thumbnails").is_told());
    assert!(row(&coverage, "misses", "cart").is_told());
}

#[test]
fn without_logs_and_dashboards_none_covers() {
    let (stack, plan) = over_prod("");
    assert!(stack.telemetry.logging.is_none() && stack.telemetry.grafana.is_none());
    for row in &coverage::of(&stack, &plan).rows {
        assert_eq!((row.by.log, row.by.dashboards.len()), (None, 0));
        assert_ne!(row.mode.name, "logs-lost");
    }
}

#[test]
fn the_report_is_a_table_or_a_document() {
    let printed = |arguments: &[&str]| {
        let output = obsgen(&root(), arguments);
        assert_eq!(
            (output.status.code(), said(&output)),
            (Some(0), String::new())
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let text = printed(&["coverage", "stacks/prod"]);
    for line in [
        "a Redis server does not answer",
        "RedisHitRateLow: switched off: sessions are mostly written",
        "stacks/prod/observability.yaml:39:11",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let document: Value =
        serde_json::from_str(&printed(&["coverage", "stacks", "-o", "json"])).unwrap();
    let policies: Vec<&str> = document["stacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["stack"].as_str().unwrap())
        .collect();
    assert_eq!(policies, stacks());
    let rows = document["stacks"][1]["rows"].as_array().unwrap();
    let uncovered = rows
        .iter()
        .find(|it| it["mode"] == "misses" && it["alerts"] == serde_json::json!([]));
    let uncovered = uncovered.expect("the misses of session-cache");
    assert_eq!(uncovered["instances"][0]["name"], "session-cache");
    assert_eq!(
        uncovered["silent"][0]["at"],
        "stacks/prod/observability.yaml:39:11"
    );
}

#[test]
fn a_policy_at_fault_is_not_reported_on() {
    let output = obsgen(
        &root(),
        &["coverage", "tests/checks/references/unknown-team.yaml"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && said(&output).contains("obsgen check"));
}

#[test]
fn a_receiver_that_no_alert_reaches_is_named() {
    let (stack, plan) = compile_stack("prod").output.expect("the stack compiles");
    assert_eq!(coverage::of(&stack, &plan).unreached, Vec::<String>::new());
    // No alert of the stack is of severity info but the Watchdog.
    let (stack, plan) = over_prod(
        "  receivers: [{name: quiet, email: {to: [a@example.com], from: b@example.com, smarthost: \"smtp.example.com:587\"}}]\n\
        \x20 routing:\n    routes:\n      - {matchers: ['alertname=\"Watchdog\"', 'severity=\"info\"'], receiver: quiet}\n\
        \x20     - {matchers: ['severity=~\".+\"'], receiver: checkout-pager}\n",
    );
    let unreached = coverage::of(&stack, &plan).unreached;
    assert!(unreached.contains(&"quiet".to_owned()), "{unreached:?}");
    assert!(
        !unreached.contains(&"checkout-pager".to_owned()),
        "{unreached:?}"
    );
}
