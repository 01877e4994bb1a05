//! Facts about every golden tree that no single tool sees.

use obsgen::alerts::ALERTS;
use obsgen::api::conventions::fact;
use obsgen::catalog;
use obsgen::plan::ARTIFACTS;
use obsgen::render::{objects, render, yaml};
use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

use crate::stacks::{compile_over, compile_stack, stacks};

/// The objects of a stack, as they are delivered.
fn objects_of(stack: &str) -> Vec<Value> {
    let (_, plan) = compile_stack(stack).output.expect("the examples compile");
    objects(&plan)
}

#[test]
fn every_part_of_the_output_is_in_some_stack() {
    for artifact in ARTIFACTS {
        let found = stacks().iter().any(|stack| {
            let (_, plan) = compile_stack(stack).output.expect("the examples compile");
            plan.files().any(|(_, file)| file.owner == artifact.name)
        });
        assert!(found, "no stack has {}", artifact.name);
    }
}

#[test]
fn variables_of_programs_are_kept_from_flux() {
    let mut seen = 0;
    for stack in stacks() {
        for object in objects_of(&stack) {
            let has_variables = object.to_string().contains("${");
            let annotation =
                &object["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/substitute"];
            assert_eq!(
                annotation == "disabled",
                has_variables,
                "{stack}: {}",
                object["metadata"]
            );
            seen += usize::from(has_variables);
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn two_dollars_are_kept_from_flux_too() {
    let annotated = |summary: &str| {
        let policy = format!(
            "  alerts:
    custom:
      - name: Costly
        expr: redis_up == 0
        severity: warning
        team: web
        summary: '{summary}'
        runbook: https://git.example.com/costly.md
"
        );
        let compilation = compile_over("minimal", &policy);
        let (_, plan) = compilation.output.expect("no error");
        let mut objects = objects(&plan);
        objects.retain(|it| it.to_string().contains("Costly"));
        assert!(!objects.is_empty());
        objects.iter().all(|it| {
            it["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/substitute"] == "disabled"
        })
    };
    assert!(annotated("it costs $$"));
    assert!(annotated("it costs ${5}"));
    assert!(!annotated("it costs $5"));
}

#[test]
fn stacks_share_no_file_of_a_dashboard() {
    let mut seen = std::collections::BTreeSet::new();
    for stack in ["prod", "seed"] {
        let sidecars = objects_of(stack)
            .into_iter()
            .filter(|it| it["metadata"]["labels"]["grafana_dashboard"] == "1");
        for file in sidecars.flat_map(|it| it["data"].as_object().unwrap().clone()) {
            assert!(seen.insert(file.0.clone()), "{} is there twice", file.0);
        }
    }
    assert!(!seen.is_empty());
}

#[test]
fn every_alert_is_in_some_stack() {
    let mut seen = Vec::new();
    for stack in stacks() {
        for_each_rule(&stack, |rule| {
            seen.extend(rule["alert"].as_str().map(str::to_owned))
        });
    }
    for alert in ALERTS {
        assert!(
            seen.iter().any(|it| it == alert.name),
            "no stack has {}",
            alert.name
        );
    }
}

#[test]
fn every_metric_of_every_expression_is_exported_by_somebody() {
    for stack in stacks() {
        let (resolved, _) = compile_stack(&stack).output.expect("the examples compile");
        for_each_rule(&stack, |rule| {
            for metric in metrics(rule["expr"].as_str().unwrap()) {
                let external = resolved
                    .external_metrics
                    .iter()
                    .any(|it| it.name.as_str() == metric);
                assert!(
                    !catalog::metrics(&metric).is_empty()
                        || fact::ALL.contains(&metric.as_str())
                        || external,
                    "{stack}: {rule} uses {metric}"
                );
            }
        });
    }
}

/// Two stacks on one Prometheus or Alertmanager never answer for each other.
#[test]
fn every_selector_names_the_stack() {
    for stack in stacks() {
        for_each_rule(&stack, |rule| {
            let expression = rule["expr"].as_str().unwrap();
            for (metric, matchers) in selectors(expression) {
                // These are about Prometheus and Alertmanager themselves.
                let shared = metric == "alertmanager_notifications_failed_total";
                let group = format!(".*;{stack}\\..*");
                let own = matchers.iter().any(|(name, value)| {
                    name == "stack" && *value == stack || name == "rule_group" && *value == group
                });
                assert!(own || shared, "{stack}: {metric} in {expression}");
            }
            assert_eq!(rule["labels"]["stack"], stack, "{rule}");
            assert!(rule["labels"]["cluster"].is_string(), "{rule}");
        });
    }
}

#[test]
fn every_alert_says_what_who_and_where_to_read_on() {
    for stack in stacks() {
        for_each_rule(&stack, |rule| {
            if rule.get("alert").is_none() {
                return;
            }
            for annotation in ["summary", "description", "runbook_url"] {
                let text = rule["annotations"][annotation].as_str().unwrap_or_default();
                assert!(
                    !text.is_empty() && !text.contains("<<"),
                    "{stack}: {annotation} of {rule}"
                );
            }
            let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
            assert!(
                matches!(severity, "critical" | "warning" | "info"),
                "{rule}"
            );
        });
    }
}

/// The emitter wrote it; another implementation reads it back.
#[test]
fn every_document_is_read_back_as_what_was_meant() {
    for stack in stacks() {
        for object in objects_of(&stack) {
            let text = yaml::document(&object);
            let read: Value = serde_yaml::from_str(&text).unwrap();
            assert_eq!(read, object, "{text}");
        }
    }
}

#[test]
fn every_object_names_itself_once() {
    for stack in stacks() {
        let mut seen = std::collections::BTreeSet::new();
        for object in objects_of(&stack) {
            let keys: Vec<&str> = object
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .take(3)
                .collect();
            assert_eq!(keys, ["apiVersion", "kind", "metadata"]);
            let identity = format!("{} {}", object["kind"], object["metadata"]);
            let cluster_wide =
                object["kind"] == "ClusterRole" || object["kind"] == "ClusterRoleBinding";
            assert_eq!(
                object["metadata"]["namespace"].is_string(),
                !cluster_wide,
                "{identity}"
            );
            let key = (
                object["kind"].to_string(),
                object["metadata"]["namespace"].to_string(),
                object["metadata"]["name"].to_string(),
            );
            assert!(seen.insert(key), "{identity} occurs twice");
        }
    }
}

#[test]
fn a_tree_has_no_trailing_blanks_and_ends_its_lines() {
    for stack in stacks() {
        let (_, plan) = compile_stack(&stack).output.expect("the examples compile");
        for (path, file) in render(&plan).iter() {
            let text = std::str::from_utf8(&file.bytes).unwrap();
            assert!(
                text.ends_with('\n') && !text.ends_with("\n\n"),
                "{stack}/{path}"
            );
            assert!(!text.contains('\r'), "{stack}/{path}");
            for line in text.lines() {
                assert_eq!(line.trim_end(), line, "{stack}/{path}");
            }
        }
    }
}

fn for_each_rule(stack: &str, mut each: impl FnMut(&Value)) {
    for object in objects_of(stack)
        .iter()
        .filter(|it| it["kind"] == "PrometheusRule")
    {
        for group in object["spec"]["groups"].as_array().unwrap() {
            group["rules"]
                .as_array()
                .unwrap()
                .iter()
                .for_each(&mut each);
        }
    }
}

fn metrics(expression: &str) -> Vec<String> {
    selectors(expression)
        .into_iter()
        .map(|(metric, _)| metric)
        .collect()
}

/// The metrics of an expression, each with its matchers.
pub(crate) fn selectors(expression: &str) -> Vec<(String, Vec<(String, String)>)> {
    struct Found(Vec<(String, Vec<(String, String)>)>);
    impl ExprVisitor for Found {
        type Error = std::convert::Infallible;
        fn pre_visit(&mut self, expression: &Expr) -> Result<bool, Self::Error> {
            let selector = match expression {
                Expr::VectorSelector(selector) => selector,
                Expr::MatrixSelector(selector) => &selector.vs,
                _ => return Ok(true),
            };
            let matchers = &selector.matchers.matchers;
            self.0.push((
                selector.name.clone().unwrap_or_default(),
                matchers
                    .iter()
                    .map(|it| (it.name.clone(), it.value.clone()))
                    .collect(),
            ));
            Ok(true)
        }
    }
    let parsed = parser::parse(expression).unwrap_or_else(|why| panic!("{expression}: {why}"));
    let mut found = Found(Vec::new());
    let _ = walk_expr(&mut found, &parsed);
    found.0
}
