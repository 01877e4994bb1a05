//! Who selects what by its labels: Prometheus its monitors and rules, a monitor its Services.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diff::fields::Field;
use crate::diff::objects::{Both, effect, items, named};
use crate::diff::pairs::Pair;
use crate::diff::side::{Id, Side};
use crate::effect::{Class, Effect};

const SELECTORS: &str = "prometheus-operator v0.93.0, Documentation/api-reference/api.md, serviceMonitorSelector and ruleSelector";

/// What Prometheus and Alertmanager select by labels.
const SELECTED: &[&str] = &[
    "ServiceMonitor",
    "PodMonitor",
    "Probe",
    "ScrapeConfig",
    "PrometheusRule",
    "AlertmanagerConfig",
];

/// What a change of labels does to who selects by them, and of a selector to what is selected.
pub(super) fn of_field(both: &Both<'_>, pair: &Pair, field: &Field) -> Option<Effect> {
    let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
    match (pair.id.kind.as_str(), path.as_slice()) {
        ("Service", ["metadata", "labels", ..]) => of_monitors(both, pair),
        (kind, ["metadata", "labels", key @ ..]) if SELECTED.contains(&kind) => {
            of_server(both, pair, key.first().copied())
        }
        ("ServiceMonitor" | "PodMonitor", ["spec", "namespaceSelector", ..]) => {
            of_namespaces(both, pair)
        }
        ("Prometheus" | "Alertmanager", ["spec", selector, ..])
            if selector.ends_with("Selector") =>
        {
            Some(of_selector(both, pair, selector))
        }
        _ => None,
    }
}

/// The selector of a server for a kind.
fn selector_for(kind: &str) -> &'static str {
    match kind {
        "ServiceMonitor" => "serviceMonitorSelector",
        "PodMonitor" => "podMonitorSelector",
        "Probe" => "probeSelector",
        "ScrapeConfig" => "scrapeConfigSelector",
        "AlertmanagerConfig" => "alertmanagerConfigSelector",
        _ => "ruleSelector",
    }
}

/// What selects a kind.
fn server_of(kind: &str) -> &'static str {
    match kind {
        "AlertmanagerConfig" => "Alertmanager",
        _ => "Prometheus",
    }
}

/// Whether a label selector selects; without one, it selects nothing.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    if !selector.is_object() {
        return false;
    }
    let at = |key: &str| labels[key].as_str();
    let by_labels = selector["matchLabels"].as_object();
    let mut by_labels = by_labels.into_iter().flatten();
    by_labels.all(|(key, value)| at(key) == value.as_str())
        && items(&selector["matchExpressions"]).all(|it| {
            let found = at(it["key"].as_str().unwrap_or_default());
            let is_one = found.is_some_and(|found| items(&it["values"]).any(|it| it == found));
            match it["operator"].as_str() {
                Some("In") => is_one,
                Some("NotIn") => !is_one,
                Some("Exists") => found.is_some(),
                Some("DoesNotExist") => found.is_none(),
                _ => false,
            }
        })
}

/// What becomes of a monitor, of rules, of routes whose labels change.
fn of_server(both: &Both<'_>, pair: &Pair, key: Option<&str>) -> Option<Effect> {
    let (before, after) = (pair.before.as_ref()?, pair.after.as_ref()?);
    let (verb, watches) = match pair.id.kind.as_str() {
        "PrometheusRule" => ("evaluated", "evaluates"),
        "AlertmanagerConfig" => ("obeyed", "obeys"),
        _ => ("scraped", "scrapes"),
    };
    let servers = [both.before, both.after].map(|side| servers(side, &pair.id.kind));
    if !servers[1].is_empty() {
        let selecting = |servers: &BTreeMap<&str, &Value>, object: &Value| -> BTreeSet<String> {
            let labels = &object["metadata"]["labels"];
            let all = servers.iter().filter(|(_, it)| selects(it, labels));
            all.map(|(name, _)| format!("{} {name}", server_of(&pair.id.kind)))
                .collect()
        };
        let was = selecting(&servers[0], before);
        let is = selecting(&servers[1], after);
        let names = |it: &BTreeSet<String>| named(&it.iter().cloned().collect::<Vec<_>>());
        return Some(match (is.is_superset(&was), is.is_empty(), was == is) {
            (false, ..) => effect(
                Class::MonitoringGap,
                format!(
                    "is no longer selected by {}, so it is no longer {verb}",
                    names(&was)
                ),
                "",
                "",
                SELECTORS,
            ),
            (true, false, false) => effect(
                Class::Hot,
                format!("is selected by {}, so it is {verb}", names(&is)),
                "",
                "",
                SELECTORS,
            ),
            (true, false, true) => effect(
                Class::None,
                format!(
                    "carries another label, and is selected by {} as before",
                    names(&is)
                ),
                "",
                "",
                SELECTORS,
            ),
            (true, true, _) => return None,
        });
    }
    let key = key?;
    let is_by_it = |side: &Side| {
        side.compiled
            .as_ref()
            .map(|it| match pair.id.kind.as_str() {
                "PrometheusRule" => it.rule_labels.contains_key(key),
                "AlertmanagerConfig" => it.config_labels.contains_key(key),
                _ => it.monitor_labels.contains_key(key),
            })
    };
    let may_select = match (is_by_it(both.before), is_by_it(both.after)) {
        (None, None) => !key.starts_with("app.kubernetes.io/") && key != "helm.sh/chart",
        (was, is) => was.unwrap_or(false) || is.unwrap_or(false),
    };
    may_select.then(|| {
        let label = |it: &Value| match it["metadata"]["labels"][key].as_str() {
            Some(value) => format!("`{key}: {value}`"),
            None => format!("nothing for `{key}`"),
        };
        effect(
            Class::MonitoringGap,
            format!(
                "carries {} instead of {}: {} that selects by the old one no longer {watches} it",
                label(after),
                label(before),
                match server_of(&pair.id.kind) {
                    "Prometheus" => "a Prometheus",
                    _ => "an Alertmanager",
                }
            ),
            "where its selector is still the old one, all of it is unwatched",
            "change the selector first, so that both are selected for a while",
            SELECTORS,
        )
    })
}

/// What becomes of a Service whose labels change, to the monitors that select it.
fn of_monitors(both: &Both<'_>, pair: &Pair) -> Option<Effect> {
    let (before, after) = (pair.before.as_ref()?, pair.after.as_ref()?);
    let namespace = pair.id.namespace.as_str();
    let lost: Vec<String> = both
        .after
        .objects
        .iter()
        .filter(|(id, it)| {
            let named = &it["spec"]["namespaceSelector"];
            let looks = named["any"] == true
                || items(&named["matchNames"]).any(|it| it == namespace)
                || (named["matchNames"].is_null() && id.namespace == namespace);
            id.kind == "ServiceMonitor" && looks
        })
        .filter(|(_, it)| {
            let selector = &it["spec"]["selector"];
            selects(selector, &before["metadata"]["labels"])
                && !selects(selector, &after["metadata"]["labels"])
        })
        .map(|(id, _)| id.to_string())
        .collect();
    (!lost.is_empty()).then(|| {
        effect(
            Class::MonitoringGap,
            format!(
                "is no longer selected by {}, so nothing behind it is scraped",
                named(&lost)
            ),
            "only an alert with `absent()` says so",
            "",
            SELECTORS,
        )
    })
}

/// What becomes of what a monitor scrapes where it looks in other namespaces, which are named on both sides.
fn of_namespaces(both: &Both<'_>, pair: &Pair) -> Option<Effect> {
    let names = |it: &Option<Value>| -> BTreeSet<String> {
        let spec = it.iter().map(|it| &it["spec"]["namespaceSelector"]);
        let names = spec.flat_map(|it| items(&it["matchNames"]));
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (was, is) = (names(&pair.before), names(&pair.after));
    if was.is_empty() || is.is_empty() || was == is {
        return None;
    }
    let runs = |side: &Side, namespace: &str| {
        let mut ids = side.objects.keys().filter(|it| it.namespace == namespace);
        ids.any(|it| RUN.contains(&it.kind.as_str()))
    };
    let list = |it: Vec<&String>| named(&it.into_iter().cloned().collect::<Vec<_>>());
    let lost: Vec<&String> = was.difference(&is).collect();
    let moved = !lost.is_empty()
        && lost
            .iter()
            .all(|it| runs(both.before, it) && !runs(both.after, it));
    let gained = list(is.difference(&was).collect());
    Some(match (lost.is_empty(), moved) {
        (true, _) => effect(
            Class::Hot,
            format!("is also looked for in the namespace {gained}"),
            "",
            "",
            SELECTORS,
        ),
        (false, true) => effect(
            Class::Hot,
            format!("is looked for in the namespace {gained}, where it goes"),
            "the label `namespace` of its series changes with it, so each is a new one",
            "",
            SELECTORS,
        ),
        (false, false) => effect(
            Class::MonitoringGap,
            match gained.as_str() {
                "" => format!("is no longer looked for in the namespace {}", list(lost)),
                gained => format!(
                    "is looked for in the namespace {gained} instead of {}: what stays there is no longer scraped",
                    list(lost)
                ),
            },
            "",
            "",
            SELECTORS,
        ),
    })
}

/// Kinds that run pods.
const RUN: &[&str] = &[
    "DaemonSet",
    "Deployment",
    "Jaeger",
    "OpenTelemetryCollector",
    "Prometheus",
    "Alertmanager",
    "StatefulSet",
];

/// The selectors of each server of a side for a kind, by its name.
fn servers<'a>(side: &'a Side, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    let all = side
        .objects
        .iter()
        .filter(|(id, _)| id.kind == server_of(kind));
    all.map(|(id, it)| (id.name.as_str(), &it["spec"][selector_for(kind)]))
        .collect()
}

/// What becomes of monitors and rules where the selector of Prometheus changes.
fn of_selector(both: &Both<'_>, pair: &Pair, field: &str) -> Effect {
    if field.ends_with("NamespaceSelector") {
        return effect(
            Class::MonitoringGap,
            format!("looks in other namespaces for what it selects (`{field}`)"),
            "what is only in those of before is no longer watched",
            "",
            SELECTORS,
        );
    }
    let selected = |side: &Side, server: &Option<Value>| -> BTreeSet<String> {
        let selector = server
            .as_ref()
            .map_or(&Value::Null, |it| &it["spec"][field]);
        let of_kind =
            |id: &Id| SELECTED.contains(&id.kind.as_str()) && selector_for(&id.kind) == field;
        let all = side.objects.iter().filter(|(id, _)| of_kind(id));
        all.filter(|(_, it)| selects(selector, &it["metadata"]["labels"]))
            .map(|(id, _)| id.to_string())
            .collect()
    };
    let was = selected(both.before, &pair.before);
    let is = selected(both.after, &pair.after);
    let still_there = |it: &&String| both.after.objects.keys().any(|id| id.to_string() == **it);
    let lost: Vec<String> = was.difference(&is).filter(still_there).cloned().collect();
    let gained: Vec<String> = is.difference(&was).cloned().collect();
    let others = "what is not of this side may be selected by one of both only";
    match (lost.is_empty(), gained.is_empty()) {
        (false, _) => effect(
            Class::MonitoringGap,
            format!("no longer selects {}", named(&lost)),
            others,
            "",
            SELECTORS,
        ),
        (true, false) => effect(
            Class::Hot,
            format!("also selects {}", named(&gained)),
            others,
            "",
            SELECTORS,
        ),
        (true, true) => effect(
            Class::Hot,
            format!("selects the same of this side, by another `{field}`"),
            others,
            "",
            SELECTORS,
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_selects_as_kubernetes_says() {
        let labels = json!({"app": "a", "release": "x"});
        assert!(selects(&json!({}), &labels));
        assert!(!selects(&Value::Null, &labels));
        assert!(selects(&json!({"matchLabels": {"app": "a"}}), &labels));
        assert!(!selects(&json!({"matchLabels": {"app": "b"}}), &labels));
        let by = |operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": "app", "operator": operator, "values": values}]});
        assert!(selects(&by("In", &["a", "b"]), &labels));
        assert!(!selects(&by("NotIn", &["a"]), &labels));
        assert!(selects(&by("Exists", &[]), &labels));
        assert!(!selects(&by("DoesNotExist", &[]), &labels));
    }
}
