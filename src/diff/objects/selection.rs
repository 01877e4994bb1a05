//! Who selects what by its labels: Prometheus its monitors and rules, a monitor its Services.

use serde_json::Value;

use crate::diff::fields::Field;
use crate::diff::objects::{Both, effect, items, named};
use crate::diff::pairs::Pair;
use crate::diff::side::Side;
use crate::effect::{Class, Effect};

const SELECTORS: &str = "prometheus-operator v0.93.0, Documentation/api-reference/api.md, serviceMonitorSelector and ruleSelector";

/// What a change of labels does to who selects by them, and of a selector to what is selected.
pub(super) fn of_field(both: &Both<'_>, pair: &Pair, field: &Field) -> Option<Effect> {
    let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
    match (pair.id.kind.as_str(), path.as_slice()) {
        (kind, ["metadata", "labels", ..]) => match kind {
            "ServiceMonitor" | "PodMonitor" | "Probe" | "ScrapeConfig" | "PrometheusRule" => {
                of_prometheus(both, pair, path.get(2).copied())
            }
            "Service" => of_monitors(both, pair),
            _ => None,
        },
        ("Prometheus", ["spec", selector, ..]) if selector.ends_with("Selector") => {
            Some(of_selector(both.after, pair, selector))
        }
        _ => None,
    }
}

/// The selector of a Prometheus for a kind.
fn selector_for(kind: &str) -> &'static str {
    match kind {
        "ServiceMonitor" => "serviceMonitorSelector",
        "PodMonitor" => "podMonitorSelector",
        "Probe" => "probeSelector",
        "ScrapeConfig" => "scrapeConfigSelector",
        _ => "ruleSelector",
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

/// What becomes of a monitor or of rules whose labels change.
fn of_prometheus(both: &Both<'_>, pair: &Pair, key: Option<&str>) -> Option<Effect> {
    let (before, after) = (pair.before.as_ref()?, pair.after.as_ref()?);
    let (verb, watches) = match pair.id.kind.as_str() {
        "PrometheusRule" => ("evaluated", "evaluates"),
        _ => ("scraped", "scrapes"),
    };
    let mut servers = both
        .after
        .objects
        .values()
        .filter(|it| it["kind"] == "Prometheus")
        .peekable();
    if servers.peek().is_some() {
        let field = selector_for(&pair.id.kind);
        let (mut lost, mut gained) = (Vec::new(), Vec::new());
        for server in servers {
            let name = format!(
                "Prometheus {}",
                server["metadata"]["name"].as_str().unwrap_or_default()
            );
            let selector = &server["spec"][field];
            let labels = |it: &Value| it["metadata"]["labels"].clone();
            match (
                selects(selector, &labels(before)),
                selects(selector, &labels(after)),
            ) {
                (true, false) => lost.push(name),
                (false, true) => gained.push(name),
                _ => {}
            }
        }
        return match (lost.is_empty(), gained.is_empty()) {
            (false, _) => Some(effect(
                Class::MonitoringGap,
                format!(
                    "is no longer selected by {}, so it is no longer {verb}",
                    named(&lost)
                ),
                "",
                "",
                SELECTORS,
            )),
            (true, false) => Some(effect(
                Class::Hot,
                format!("is selected by {}, so it is {verb}", named(&gained)),
                "",
                "",
                SELECTORS,
            )),
            (true, true) => None,
        };
    }
    let key = key?;
    let is_by_it = |side: &Side| {
        side.compiled
            .as_ref()
            .map(|it| match pair.id.kind.as_str() {
                "PrometheusRule" => it.rule_labels.contains_key(key),
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
                "carries {} instead of {}: a Prometheus that selects by the old one no longer {watches} it",
                label(after),
                label(before)
            ),
            "where its selector is still the old one, all of it is unwatched",
            "change the selector of Prometheus first, so that both are selected for a while",
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

/// What becomes of monitors and rules where the selector of Prometheus changes.
fn of_selector(side: &Side, pair: &Pair, field: &str) -> Effect {
    if field.ends_with("NamespaceSelector") {
        return effect(
            Class::MonitoringGap,
            format!("looks in other namespaces for what it selects (`{field}`)"),
            "what is only in those of before is no longer watched",
            "",
            SELECTORS,
        );
    }
    let at = |it: &Option<Value>| {
        it.as_ref()
            .map_or(Value::Null, |it| it["spec"][field].clone())
    };
    let (was, is) = (at(&pair.before), at(&pair.after));
    let (mut lost, mut gained) = (Vec::new(), Vec::new());
    for (id, object) in side
        .objects
        .iter()
        .filter(|(id, _)| selector_for(&id.kind) == field)
    {
        let is_of_it = matches!(
            id.kind.as_str(),
            "ServiceMonitor" | "PodMonitor" | "Probe" | "ScrapeConfig" | "PrometheusRule"
        );
        if !is_of_it {
            continue;
        }
        let labels = &object["metadata"]["labels"];
        match (selects(&was, labels), selects(&is, labels)) {
            (true, false) => lost.push(id.to_string()),
            (false, true) => gained.push(id.to_string()),
            _ => {}
        }
    }
    let others = "what is not of this side is selected by the new one too, or no longer";
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
            Class::MonitoringGap,
            format!("selects the same of this side by another `{field}`"),
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
