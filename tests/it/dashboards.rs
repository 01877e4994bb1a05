//! What must be true of every Grafana dashboard.

use std::collections::BTreeSet;

use obsgen::alerts;
use obsgen::alerts::class::classes;
use obsgen::api::conventions::fact;
use obsgen::catalog;
use obsgen::model::stack::Stack;
use obsgen::promql::flow::flow;
use obsgen::promql::read::Reader;
use obsgen::prove::expressions::Expressions;
use obsgen::render;
use promql_parser::parser::{self, Expr, LabelModifier};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

use crate::outputs::selectors;
use crate::with_grafana::{compile, dashboards, examples};

/// The labels of what the policy says of an instance.
const OF_INSTANCES: &[&str] = &[
    "stack",
    "cluster",
    "namespace",
    "instance_name",
    "topology",
    "team",
    "tier",
];
/// The labels that scraped series have beside those of their exporter; what is about the operator
/// has no instance, and its expressions use none.
const OF_TARGETS: &[&str] = &["component", "pod", "instance", "job"];
/// The labels that Prometheus gives alerts, and those of the rules.
const OF_ALERTS: &[&str] = &["alertname", "alertstate", "severity", "pod"];

/// Calls a function with each stack, its dashboards and their panels.
fn for_each_panel(mut each: impl FnMut(&Stack, &str, &Value)) {
    let mut seen = 0;
    for_each_dashboard(|stack, name, dashboard| {
        for panel in panels(dashboard) {
            seen += 1;
            each(stack, name, panel);
        }
    });
    assert!(seen > 300, "only {seen} panels");
}

fn for_each_dashboard(mut each: impl FnMut(&Stack, &str, &Value)) {
    for example in examples() {
        let headlines: Vec<&str> = example
            .compilation
            .findings
            .iter()
            .map(|it| it.headline.as_str())
            .collect();
        assert!(headlines.is_empty(), "{}: {headlines:#?}", example.name);
        let (stack, plan) = example.compilation.output.expect("no finding");
        for (name, dashboard) in dashboards(&render::objects(&plan)) {
            each(&stack, &format!("{} {name}", example.name), &dashboard);
        }
    }
}

/// The panels of a dashboard, those below closed headings too.
fn panels(dashboard: &Value) -> Vec<&Value> {
    let items = dashboard["panels"].as_array().expect("panels");
    let mut panels = Vec::new();
    for item in items {
        match item["type"] == "row" {
            true => panels.extend(item["panels"].as_array().expect("a list")),
            false => panels.push(item),
        }
    }
    panels
}

fn expressions(panel: &Value) -> Vec<(String, &str)> {
    let targets = panel["targets"].as_array().expect("targets");
    targets
        .iter()
        .map(|it| {
            let legend = it["legendFormat"].as_str().expect("a legend");
            (filled(it["expr"].as_str().expect("an expression")), legend)
        })
        .collect()
}

/// An expression as Grafana sends it.
fn filled(expression: &str) -> String {
    let mut filled = expression
        .replace("$__rate_interval", "2m")
        .replace("$__range", "3h");
    for name in ["namespace", "instance_name", "team", "tier", "pod"] {
        filled = filled.replace(&format!("\"${name}\""), "\".+\"");
    }
    assert!(!filled.contains('$'), "{filled}");
    filled
}

fn is_alerts(metric: &str) -> bool {
    matches!(metric, "ALERTS" | "ALERTS_FOR_STATE")
}

#[test]
fn every_metric_is_there_and_every_selector_names_the_stack() {
    for_each_panel(|stack, name, panel| {
        for (expression, _) in expressions(panel) {
            for (metric, matchers) in selectors(&expression) {
                assert!(
                    !catalog::metrics(&metric).is_empty() || fact::ALL.contains(&metric.as_str()),
                    "{name}: nobody exports {metric}"
                );
                assert!(
                    matchers.contains(&("stack".to_owned(), stack.name.clone())),
                    "{name}: {metric} in {expression}"
                );
                let has_component = matchers.iter().any(|(label, _)| label == "component");
                assert_eq!(
                    has_component,
                    !catalog::metrics(&metric).is_empty() && !is_alerts(&metric),
                    "{name}: {metric} in {expression}"
                );
            }
        }
    });
}

#[test]
fn every_label_of_an_expression_and_of_a_legend_is_there() {
    for_each_panel(|_, name, panel| {
        for (expression, legend) in expressions(panel) {
            let known = labels(&expression);
            for label in grouped(&expression) {
                assert!(known.contains(&*label), "{name}: {label} in {expression}");
            }
            for (metric, matchers) in selectors(&expression) {
                for (label, _) in matchers {
                    let own = labels(&format!("{metric}{{}}"));
                    assert!(own.contains(&*label), "{name}: {label} of {metric}");
                }
            }
            let kept = outermost(&expression);
            for part in legend.split("{{").skip(1) {
                let label = part.split("}}").next().unwrap_or_default();
                let is_kept = kept
                    .as_ref()
                    .is_none_or(|it| it.iter().any(|it| it == label));
                assert!(
                    known.contains(label) && is_kept,
                    "{name}: legend {legend} of {expression}"
                );
            }
        }
    });
}

/// The labels that the series of an expression can have.
fn labels(expression: &str) -> BTreeSet<&'static str> {
    let mut labels: BTreeSet<&str> = OF_INSTANCES.iter().copied().collect();
    for (metric, _) in selectors(expression) {
        if is_alerts(&metric) {
            labels.extend(OF_ALERTS);
            continue;
        }
        for found in catalog::metrics(&metric) {
            labels.extend(OF_TARGETS);
            labels.extend(catalog::series_labels(found, &metric));
        }
    }
    labels
}

/// The labels that an expression groups by, anywhere in it.
fn grouped(expression: &str) -> Vec<String> {
    struct Found(Vec<String>);
    impl ExprVisitor for Found {
        type Error = std::convert::Infallible;
        fn pre_visit(&mut self, expression: &Expr) -> Result<bool, Self::Error> {
            if let Expr::Aggregate(aggregate) = expression
                && let Some(LabelModifier::Include(labels)) = &aggregate.modifier
            {
                self.0.extend(labels.labels.iter().cloned());
            }
            Ok(true)
        }
    }
    let parsed = parser::parse(expression).unwrap_or_else(|why| panic!("{expression}: {why}"));
    let mut found = Found(Vec::new());
    let _ = walk_expr(&mut found, &parsed);
    found.0
}

/// The labels that the outermost aggregation leaves; `None` where there is none at the top.
fn outermost(expression: &str) -> Option<Vec<String>> {
    fn of(expression: &Expr) -> Option<Vec<String>> {
        match expression {
            Expr::Paren(inner) => of(&inner.expr),
            Expr::Aggregate(aggregate) => match &aggregate.modifier {
                Some(LabelModifier::Include(labels)) => Some(labels.labels.clone()),
                Some(LabelModifier::Exclude(_)) => None,
                None if aggregate.param.is_some() => of(&aggregate.expr),
                None => Some(Vec::new()),
            },
            _ => None,
        }
    }
    of(&parser::parse(expression).unwrap_or_else(|why| panic!("{expression}: {why}")))
}

/// A panel that is green while its alert fires, or red while it does not, is believed once.
#[test]
fn thresholds_are_those_of_the_alerts() {
    let mut compared = 0;
    for_each_panel(|stack, name, panel| {
        let description = panel["description"].as_str().expect("a description");
        let defaults = &panel["fieldConfig"]["defaults"]["thresholds"]["steps"];
        let overrides = panel["fieldConfig"]["overrides"]
            .as_array()
            .expect("a list");
        let mut steps = vec![(defaults, description.to_owned())];
        for it in overrides {
            let column = it["matcher"]["options"]["names"][0]
                .as_str()
                .expect("a name");
            for property in it["properties"].as_array().expect("a list") {
                if property["id"] == "thresholds" {
                    let said = description.split(&format!("{column}: ")).nth(1);
                    let said = said.unwrap_or_default().to_owned();
                    steps.push((&property["value"]["steps"], said));
                }
            }
        }
        for (steps, said) in steps {
            let steps = steps.as_array().expect("steps");
            assert_eq!(steps[0]["value"], Value::Null, "{name}");
            let Some(step) = steps.get(1) else { continue };
            // What is counted, or is a share of all that there is, is coloured at one.
            if step["value"] == 1 {
                continue;
            }
            let said = said
                .split(". ")
                .find(|it| it.contains(", where "))
                .unwrap_or_else(|| panic!("{name}: {} has a threshold of its own", panel["title"]));
            let alert = said
                .split(", where ")
                .nth(1)
                .and_then(|it| it.split(' ').next())
                .expect("the name of an alert");
            let amounts: BTreeSet<_> = classes(stack, alerts::find(alert).expect("an alert"))
                .iter()
                .filter_map(|it| it.parameters.threshold)
                .collect();
            let is_floor = said.contains("Worry below");
            let strictest = match is_floor {
                true => amounts.last(),
                false => amounts.first(),
            };
            let strictest = strictest.expect("a class").as_promql();
            let expected: f64 = strictest.parse().expect("a number");
            let shown = step["value"].as_f64().expect("a number");
            let above_nothing = expected == 0.0 && shown > 0.0 && shown < 0.001;
            assert!(
                shown == expected || above_nothing,
                "{name}: {alert}: {shown} is not {expected}"
            );
            assert_eq!(
                amounts.len() > 1,
                said.contains("the strictest"),
                "{name}: {said}"
            );
            assert_eq!(
                steps[if is_floor { 1 } else { 0 }]["color"],
                "green",
                "{name}"
            );
            compared += 1;
        }
    });
    assert!(compared > 60, "only {compared} thresholds compared");
}

#[test]
fn a_switched_off_alert_colours_nothing() {
    let compilation = compile("minimal", "delivery: sidecar", |text| {
        text.replacen(
            "\n  runbooks:",
            "\n  alerts: {tiers: {standard: {RedisMemoryHigh: {enabled: false, reason: it is a cache}}}}\n  runbooks:",
            1,
        )
    });
    let headlines: Vec<&str> = compilation
        .findings
        .iter()
        .map(|it| it.headline.as_str())
        .collect();
    assert!(headlines.is_empty(), "{headlines:#?}");
    let (_, plan) = compilation.output.expect("no error");
    let found = dashboards(&render::objects(&plan));
    let panel = found
        .iter()
        .flat_map(|(_, dashboard)| panels(dashboard))
        .find(|it| it["title"] == "Fullest")
        .expect("a panel");
    let steps = &panel["fieldConfig"]["defaults"]["thresholds"]["steps"];
    assert_eq!(steps.as_array().map(Vec::len), Some(1));
    let description = panel["description"].as_str().unwrap_or_default();
    assert!(description.contains("switched off"), "{description}");
}

#[test]
fn panels_have_numbers_of_their_own_and_fill_the_grid() {
    for_each_dashboard(|_, name, dashboard| {
        let mut ids = BTreeSet::new();
        let items = dashboard["panels"].as_array().expect("panels");
        let mut layouts = vec![items.iter().collect::<Vec<_>>()];
        for item in items {
            assert!(ids.insert(item["id"].as_u64()), "{name}: {item}");
            let inner: Vec<&Value> = item["panels"].as_array().into_iter().flatten().collect();
            for it in &inner {
                assert!(ids.insert(it["id"].as_u64()), "{name}: {it}");
            }
            layouts.push(inner);
        }
        for layout in layouts {
            let mut y = None;
            let mut x = 24;
            let mut height = 0;
            for panel in layout {
                let at = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
                if x == 24 {
                    y = Some(y.map_or(at("y"), |it: u64| it + height));
                    (x, height) = (0, at("h"));
                }
                // From left to right, without gap or overlap, each line of one height.
                assert_eq!(
                    (at("x"), Some(at("y")), at("h")),
                    (x, y, height),
                    "{name}: {panel}"
                );
                x += at("w");
                assert!(x <= 24, "{name}: {panel}");
            }
            assert_eq!(x, 24, "{name}: a line is not full");
        }
    });
}

#[test]
fn every_panel_says_what_it_tells() {
    for_each_panel(|_, name, panel| {
        let text = |key: &str| panel[key].as_str().unwrap_or_default();
        assert!(
            !text("title").is_empty() && text("title").len() <= 200,
            "{name}"
        );
        assert!(text("description").len() > 20, "{name}: {}", text("title"));
        assert!(!text("description").contains("<<"), "{name}");
        assert_ne!(text("type"), "text", "{name}");
    });
}

#[test]
fn variables_are_defined_before_they_are_used_and_links_are_addresses() {
    for_each_dashboard(|stack, name, dashboard| {
        let mut known: BTreeSet<String> = BTreeSet::new();
        for variable in dashboard["templating"]["list"].as_array().expect("a list") {
            let query = variable["query"].as_str().expect("a query");
            assert!(used(query).is_subset(&known), "{name}: {query}");
            if variable["type"] == "query" {
                let series = query
                    .strip_prefix("label_values(")
                    .and_then(|it| it.rsplit_once(", "))
                    .map(|(series, label)| (filled(series), label.trim_end_matches(')')));
                let (series, label) = series.expect("a query for the values of a label");
                assert!(labels(&series).contains(label), "{name}: {query}");
                for (_, matchers) in selectors(&series) {
                    assert!(matchers.contains(&("stack".to_owned(), stack.name.clone())));
                }
            }
            known.insert(variable["name"].as_str().expect("a name").to_owned());
        }
        known.extend(["__rate_interval", "__range"].map(str::to_owned));
        for panel in panels(dashboard) {
            for target in panel["targets"].as_array().expect("targets") {
                let expression = target["expr"].as_str().expect("an expression");
                assert!(used(expression).is_subset(&known), "{name}: {expression}");
            }
        }
        let text = dashboard.to_string();
        for part in text.split("\"url\":\"").skip(1) {
            assert!(part.starts_with("https://"), "{name}: {part:.60}");
        }
    });
}

/// The variables in a text.
fn used(text: &str) -> BTreeSet<String> {
    text.split('$')
        .skip(1)
        .map(|it| {
            it.chars()
                .take_while(|it| it.is_ascii_alphanumeric() || *it == '_')
                .collect()
        })
        .collect()
}

#[test]
fn each_delivery_has_what_it_needs() {
    for example in examples() {
        let (_, plan) = example.compilation.output.expect("no error");
        let objects = render::objects(&plan);
        let mut uids = BTreeSet::new();
        for (_, dashboard) in dashboards(&objects) {
            let uid = dashboard["uid"].as_str().expect("a uid").to_owned();
            assert!(uid.len() <= 40 && uids.insert(uid));
            assert_eq!(dashboard["refresh"], "30s");
        }
        for object in &objects {
            let metadata = &object["metadata"];
            let text = match object["kind"].as_str() {
                Some("GrafanaDashboard") => {
                    let spec = &object["spec"];
                    assert_eq!(
                        spec["instanceSelector"]["matchLabels"]["dashboards"],
                        "grafana"
                    );
                    assert_eq!(spec["allowCrossNamespaceImport"], true);
                    assert_eq!(spec["folder"], "Redis");
                    spec["json"].as_str()
                }
                Some("ConfigMap") if metadata["labels"]["grafana_dashboard"] == "1" => {
                    assert_eq!(metadata["annotations"]["grafana_folder"], "Redis");
                    let data = object["data"].as_object().expect("data");
                    assert_eq!(data.len(), 1);
                    data.values().next().and_then(Value::as_str)
                }
                _ => continue,
            };
            let text = text.expect("a dashboard");
            assert!(text.len() < 256 << 10, "{} bytes", text.len());
            let guarded = &metadata["annotations"]["kustomize.toolkit.fluxcd.io/substitute"];
            assert_eq!(guarded == "disabled", text.contains("${"), "{metadata}");
        }
    }
}

#[test]
fn only_what_the_stack_has_is_shown() {
    let names = |stack: &str| -> Vec<String> {
        let compilation = compile(stack, "delivery: sidecar", |it| it);
        let (_, plan) = compilation.output.expect("no error");
        let paths = plan.files().map(|(path, _)| path.to_owned());
        paths.filter(|it| it.starts_with("grafana/")).collect()
    };
    let all = |it: &str| format!("grafana/{it}.yaml");
    assert_eq!(
        names("minimal"),
        ["instance", "kustomization", "overview", "performance"].map(all)
    );
    assert_eq!(
        names("prod"),
        [
            "cluster",
            "instance",
            "kustomization",
            "overview",
            "performance",
            "sentinel"
        ]
        .map(all)
    );
}

/// Dashboards have variables, not copies.
#[test]
fn one_more_instance_changes_no_dashboard() {
    let made = |change: fn(String) -> String| {
        let compilation = compile("prod", "delivery: sidecar", change);
        let (_, plan) = compilation.output.expect("no error");
        dashboards(&render::objects(&plan))
    };
    let more = made(|text| {
        text.replacen(
            "      # Team catalog.\n",
            "      - name: one-more\n        namespace: shop\n        team: checkout\n        tier: standard\n        auth: {secretRef: {name: cart, key: password}}\n",
            1,
        )
    });
    assert!(made(|it| it) == more);
}

#[test]
fn labels_that_select_a_grafana_need_the_operator_of_grafana() {
    let findings = |fields: &str| -> Vec<String> {
        let compilation = compile("minimal", fields, |it| it);
        compilation
            .findings
            .into_iter()
            .map(|it| it.headline)
            .collect()
    };
    assert_eq!(
        findings("delivery: sidecar, instanceSelector: {a: b}").len(),
        1
    );
    assert!(findings("delivery: grafana-operator, instanceSelector: {a: b}").is_empty());
}

#[test]
fn nothing_is_wrong_with_an_expression_of_a_panel() {
    let mut count = 0;
    for_each_dashboard(|stack, name, dashboard| {
        let plan = obsgen::plan::plan(stack);
        let known = Expressions::of(stack, &plan).known;
        for (expression, _) in panels(dashboard).into_iter().flat_map(expressions) {
            count += 1;
            let read = Reader::default().read(&expression).unwrap();
            let followed = flow(&read, &known);
            assert_eq!(followed.problems, [], "{name}: {expression}");
        }
    });
    assert!(count > 300, "{count}");
}
