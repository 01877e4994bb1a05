//! A plan that is changed as a defect of the program would change it is refused, by the right name.
//!
//! Each line says what is changed, in which stack, and what it is to be found as. A change that nothing
//! finds has to be in [`SURVIVORS`], with the reason.

use std::collections::BTreeSet;

use obsgen::check;
use obsgen::diag::Diagnostic;
use obsgen::model::stack::Stack;
use obsgen::plan::{Plan, Planned};
use serde_json::{Value, json};

use crate::stacks::{compile_stack, stacks};

/// Changes that nothing finds, and why that is right.
const SURVIVORS: &[(&str, &str)] = &[];

/// A change of a plan.
struct Mutation {
    what: &'static str,
    stack: &'static str,
    found_as: &'static str,
    change: Box<dyn Fn(&mut Planned) -> bool>,
}

/// Changes the objects of a kind.
fn of_kind(
    stack: &'static str,
    kind: &'static str,
    what: &'static str,
    found_as: &'static str,
    change: impl Fn(&mut Value) -> bool + 'static,
) -> Mutation {
    Mutation {
        what,
        stack,
        found_as,
        change: Box::new(move |planned| {
            planned.object.kind() == kind && change(planned.object.value_mut())
        }),
    }
}

/// Changes the first monitor of Redis of a stack.
fn monitor(
    stack: &'static str,
    what: &'static str,
    found_as: &'static str,
    change: impl Fn(&mut Value) -> bool + 'static,
) -> Mutation {
    Mutation {
        what,
        stack,
        found_as,
        change: Box::new(move |planned| {
            let is_monitor = matches!(planned.object.kind(), "ServiceMonitor" | "PodMonitor");
            let name = planned.object.name();
            is_monitor
                && name.starts_with(&format!("{stack}-redis-"))
                && !name.ends_with("-operator")
                && change(planned.object.value_mut())
        }),
    }
}

/// The endpoints of a monitor.
fn endpoints(monitor: &mut Value) -> &mut Vec<Value> {
    let field = match monitor["kind"].as_str() {
        Some("PodMonitor") => "podMetricsEndpoints",
        _ => "endpoints",
    };
    monitor["spec"][field].as_array_mut().unwrap()
}

/// Sets a field of the first endpoint.
fn set(field: &'static str, value: Value) -> impl Fn(&mut Value) -> bool {
    move |monitor| {
        endpoints(monitor)[0][field] = value.clone();
        true
    }
}

/// Changes the steps of relabelling of the first endpoint.
fn steps(change: impl Fn(&mut Vec<Value>) -> bool) -> impl Fn(&mut Value) -> bool {
    move |monitor| change(endpoints(monitor)[0]["relabelings"].as_array_mut().unwrap())
}

/// Takes away the steps that set a label.
fn without_step(label: &'static str) -> impl Fn(&mut Value) -> bool {
    steps(move |steps| {
        let before = steps.len();
        steps.retain(|it| it["targetLabel"] != label);
        steps.len() < before
    })
}

fn monitors() -> Vec<Mutation> {
    let renamed = |from: &'static str, to: &'static str| {
        steps(move |steps| {
            let step = steps.iter_mut().find(|it| it["targetLabel"] == from);
            step.is_some_and(|it| {
                it["targetLabel"] = json!(to);
                true
            })
        })
    };
    let replaced = |label: &'static str, value: &'static str| {
        steps(move |steps| {
            let step = steps.iter_mut().find(|it| it["targetLabel"] == label);
            step.is_some_and(|it| {
                it["replacement"] = json!(value);
                true
            })
        })
    };
    let mut all = Vec::new();
    for stack in ["minimal", "prod", "staging"] {
        all.extend([
            monitor(
                stack,
                "the port of a monitor",
                "scrape/port-mismatch",
                set("port", json!("metrics")),
            ),
            monitor(
                stack,
                "the path of a monitor",
                "scrape/no-exporter",
                set("path", json!("/metric")),
            ),
            monitor(
                stack,
                "a monitor over https",
                "scrape/no-exporter",
                set("scheme", json!("https")),
            ),
            monitor(
                stack,
                "a timeout above the interval",
                "scrape/timeout",
                set("scrapeTimeout", json!("2m")),
            ),
            monitor(
                stack,
                "an interval of ten minutes",
                "scrape/timeout",
                set("interval", json!("10m")),
            ),
            monitor(stack, "every namespace", "scrape/foreign-target", |it| {
                it["spec"]["namespaceSelector"] = json!({"any": true});
                it["spec"]["selector"]["matchExpressions"] = json!([]);
                true
            }),
            monitor(
                stack,
                "the monitor's own namespace",
                "scrape/selects-nothing",
                |it| {
                    it["spec"]["namespaceSelector"] = json!({});
                    true
                },
            ),
            monitor(
                stack,
                "a selector without names",
                "scrape/foreign-target",
                |it| {
                    it["spec"]["selector"]
                        .as_object_mut()
                        .unwrap()
                        .shift_remove("matchExpressions")
                        .is_some()
                },
            ),
            monitor(
                stack,
                "a selector without the component",
                "scrape/scraped-twice",
                |it| {
                    it["spec"]["selector"]
                        .as_object_mut()
                        .unwrap()
                        .shift_remove("matchLabels")
                        .is_some()
                },
            ),
            monitor(stack, "another component", "scrape/selects-nothing", |it| {
                it["spec"]["selector"]["matchLabels"] =
                    json!({"app.kubernetes.io/component": "metric"});
                true
            }),
            monitor(
                stack,
                "no stack",
                "scrape/wrong-label",
                without_step("stack"),
            ),
            monitor(stack, "no team", "scrape/wrong-label", without_step("team")),
            monitor(stack, "no tier", "scrape/wrong-label", without_step("tier")),
            monitor(
                stack,
                "no topology",
                "scrape/wrong-label",
                without_step("topology"),
            ),
            monitor(
                stack,
                "no component",
                "scrape/wrong-label",
                without_step("component"),
            ),
            monitor(
                stack,
                "a team by another name",
                "scrape/wrong-label",
                renamed("team", "owner"),
            ),
            monitor(
                stack,
                "another stack",
                "scrape/wrong-label",
                replaced("stack", "other"),
            ),
            monitor(
                stack,
                "the other team",
                "scrape/wrong-label",
                replaced("team", "others"),
            ),
            monitor(
                stack,
                "a step that is none",
                "scrape/relabeling-refused",
                steps(|steps| {
                    steps[0]["regex"] = json!("(");
                    true
                }),
            ),
            monitor(
                stack,
                "the names last",
                "scrape/wrong-label",
                steps(|steps| {
                    steps.reverse();
                    true
                }),
            ),
            monitor(
                stack,
                "the namespace overwritten",
                "scrape/wrong-label",
                steps(|steps| {
                    steps.push(json!({"targetLabel": "namespace", "replacement": "monitoring"}));
                    true
                }),
            ),
            monitor(
                stack,
                "targets dropped",
                "scrape/not-scraped",
                steps(|steps| {
                    steps.push(
                        json!({"sourceLabels": ["namespace"], "regex": ".+", "action": "drop"}),
                    );
                    true
                }),
            ),
        ]);
    }
    for (stack, kind) in [
        ("prod", "PodMonitor"),
        ("staging", "PodMonitor"),
        ("seed", "ServiceMonitor"),
    ] {
        all.push(of_kind(
            stack,
            kind,
            "labels of the operator's series",
            "scrape/labels-renamed",
            |it| {
                let is_operator = it["metadata"]["name"]
                    .as_str()
                    .unwrap()
                    .ends_with("-operator");
                is_operator
                    && endpoints(it)[0]
                        .as_object_mut()
                        .unwrap()
                        .shift_remove("honorLabels")
                        .is_some()
            },
        ));
    }
    all.extend([
        monitor(
            "seed",
            "no exporter asked",
            "scrape/no-exporter",
            without_step("__address__"),
        ),
        monitor(
            "seed",
            "no target named",
            "scrape/no-exporter",
            without_step("__param_target"),
        ),
        monitor(
            "seed",
            "another exporter",
            "scrape/no-exporter",
            replaced("__address__", "exporter.redis.svc:9121"),
        ),
        monitor(
            "seed",
            "the path of the exporter itself",
            "scrape/no-exporter",
            set("path", json!("/metrics")),
        ),
        of_kind(
            "seed",
            "Service",
            "the port of an exporter",
            "scrape/no-exporter",
            |it| {
                it["spec"]["ports"][0]["port"] = json!(9122);
                true
            },
        ),
        of_kind(
            "seed",
            "Service",
            "the selector of an exporter",
            "scrape/no-exporter",
            |it| {
                it["spec"]["selector"]["app.kubernetes.io/name"] = json!("exporter");
                true
            },
        ),
    ]);
    all
}

/// What is new among the findings of a changed plan.
fn new(stack: &Stack, plan: &Plan, changed: &Plan) -> BTreeSet<&'static str> {
    let said = |findings: Vec<Diagnostic>| -> BTreeSet<(&'static str, String)> {
        findings
            .into_iter()
            .map(|it| (it.name, it.headline))
            .collect()
    };
    let before = said(check::run(stack, plan));
    let after = said(check::run(stack, changed));
    after.difference(&before).map(|(name, _)| *name).collect()
}

fn survivors(mutations: Vec<Mutation>) -> (usize, Vec<String>) {
    let mut survivors = Vec::new();
    let mut tried = 0;
    for name in stacks() {
        let (stack, plan) = compile_stack(&name).output.expect("the stack compiles");
        for mutation in mutations.iter().filter(|it| it.stack == name) {
            let mut is_changed = false;
            let changed = plan.with(|_, objects| {
                for object in objects {
                    if !is_changed {
                        is_changed = (mutation.change)(object);
                    }
                }
            });
            if !is_changed {
                survivors.push(format!(
                    "{name}: {}: there is nothing to change",
                    mutation.what
                ));
                continue;
            }
            tried += 1;
            let found = new(&stack, &plan, &changed);
            if !found.contains(mutation.found_as) {
                let what = mutation.what;
                survivors.push(format!(
                    "{name}: {what}: {found:?}, not {}",
                    mutation.found_as
                ));
            }
        }
    }
    (tried, survivors)
}

#[test]
fn a_changed_monitor_is_found() {
    let (tried, survivors) = survivors(monitors());
    assert!(
        survivors.is_empty(),
        "of {tried}:\n{}",
        survivors.join("\n")
    );
}

#[test]
fn every_survivor_has_a_reason() {
    assert!(
        SURVIVORS
            .iter()
            .all(|(what, why)| !what.is_empty() && !why.is_empty())
    );
}
