//! What Prometheus makes of a monitor, as far as monitors use it: discovery, selection, relabelling.

use regex::Regex;
use serde_json::Value;

use crate::monitors::operators::{Labels, Pod, World, owned};

/// One pod as one endpoint of a monitor scrapes it.
pub(crate) struct Scrape<'a> {
    pub(crate) monitor: &'a str,
    pub(crate) endpoint: &'a Value,
    pub(crate) pod: &'a Pod,
    /// The labels after relabelling, those that begin with `__` too.
    pub(crate) labels: Labels,
}

/// What Prometheus scrapes for a monitor: discovery, the operator's own labels, then the monitor's.
pub(crate) fn scrape<'a>(monitor: &'a Value, world: &'a World) -> Vec<Scrape<'a>> {
    let spec = &monitor["spec"];
    let name = text(&monitor["metadata"]["name"]);
    let namespaces: Vec<&str> = spec["namespaceSelector"]["matchNames"]
        .as_array()
        .expect("a monitor names its namespaces")
        .iter()
        .map(text)
        .collect();
    let selected = |namespace: &str, labels: &Labels| {
        namespaces.contains(&namespace) && selects(&spec["selector"], labels)
    };
    let mut scrapes = Vec::new();
    if monitor["kind"] == "ServiceMonitor" {
        for endpoint in spec["endpoints"].as_array().unwrap() {
            let port = text(&endpoint["port"]);
            for service in &world.services {
                let Some(number) = service.ports.get(port) else {
                    continue;
                };
                if !selected(&service.namespace, &service.labels) {
                    continue;
                }
                let behind = world.pods.iter().filter(|it| {
                    it.namespace == service.namespace && contains(&it.labels, &service.selector)
                });
                for pod in behind {
                    let mut labels = discovered(endpoint, pod, *number);
                    meta(&mut labels, "service", &service.labels);
                    scrapes.push(scraped(name, endpoint, pod, labels));
                }
            }
        }
    } else {
        for endpoint in spec["podMetricsEndpoints"].as_array().unwrap() {
            let port = text(&endpoint["port"]);
            for pod in &world.pods {
                let Some(number) = pod.ports.get(port) else {
                    continue;
                };
                if selected(&pod.namespace, &pod.labels) {
                    let labels = discovered(endpoint, pod, *number);
                    scrapes.push(scraped(name, endpoint, pod, labels));
                }
            }
        }
    }
    scrapes
}

/// The labels of a target before the relabelling that the monitor asks for.
fn discovered(endpoint: &Value, pod: &Pod, port: u16) -> Labels {
    let path = endpoint["path"].as_str().unwrap_or("/metrics");
    let address = format!("{}:{port}", pod.ip);
    let mut labels = owned(&[
        ("__address__", &address),
        ("__metrics_path__", path),
        ("__meta_kubernetes_namespace", &pod.namespace),
        ("__meta_kubernetes_pod_name", &pod.name),
        ("namespace", &pod.namespace),
        ("pod", &pod.name),
    ]);
    meta(&mut labels, "pod", &pod.labels);
    labels
}

fn meta(acc: &mut Labels, of: &str, labels: &Labels) {
    for (name, value) in labels {
        let name: String = name
            .chars()
            .map(|it| if it.is_ascii_alphanumeric() { it } else { '_' })
            .collect();
        let name = format!("__meta_kubernetes_{of}_label_{name}");
        acc.insert(name, value.clone());
    }
}

fn scraped<'a>(
    monitor: &'a str,
    endpoint: &'a Value,
    pod: &'a Pod,
    mut labels: Labels,
) -> Scrape<'a> {
    for step in endpoint["relabelings"].as_array().unwrap() {
        relabel(step, &mut labels);
    }
    let address = labels["__address__"].clone();
    labels.entry("instance".to_owned()).or_insert(address);
    Scrape {
        monitor,
        endpoint,
        pod,
        labels,
    }
}

/// One step of relabelling, with the action `replace` (Prometheus, model/relabel).
fn relabel(step: &Value, labels: &mut Labels) {
    assert!(step.get("action").is_none_or(|it| it == "replace"));
    let default = |field: &str, default: &str| step[field].as_str().unwrap_or(default).to_owned();
    let sources: Vec<&str> = step["sourceLabels"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| labels.get(text(it)).map_or("", String::as_str))
        .collect();
    let source = sources.join(&default("separator", ";"));
    let regex = Regex::new(&format!("^(?s:{})$", default("regex", "(.*)"))).unwrap();
    let Some(captures) = regex.captures(&source) else {
        return;
    };
    let mut value = String::new();
    captures.expand(&default("replacement", "$1"), &mut value);
    let target = text(&step["targetLabel"]).to_owned();
    if value.is_empty() {
        labels.remove(&target);
    } else {
        labels.insert(target, value);
    }
}

fn selects(selector: &Value, labels: &Labels) -> bool {
    let expressions = selector["matchExpressions"].as_array();
    contains(labels, &labels_of(&selector["matchLabels"]))
        && expressions.into_iter().flatten().all(|it| {
            let values = it["values"].as_array().unwrap();
            let value = labels.get(text(&it["key"]));
            let is_one = value.is_some_and(|value| values.iter().any(|it| it == value));
            match text(&it["operator"]) {
                "In" => is_one,
                "NotIn" => !is_one,
                operator => panic!("the model does not know {operator}"),
            }
        })
}

/// Returns whether labels have every one of others.
pub(crate) fn contains(labels: &Labels, wanted: &Labels) -> bool {
    wanted
        .iter()
        .all(|(name, value)| labels.get(name) == Some(value))
}

/// Reads labels.
pub(crate) fn labels_of(value: &Value) -> Labels {
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(name, value)| (name.clone(), text(value).to_owned()))
        .collect()
}

/// Reads a text.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn relabelling_is_that_of_prometheus() {
    let relabel = |step: &str, labels: &[(&str, &str)]| {
        let mut labels = owned(labels);
        relabel(&serde_yaml::from_str(step).unwrap(), &mut labels);
        labels
    };
    let a = |value: &str| owned(&[("a", value)]);
    assert_eq!(relabel("{targetLabel: a, replacement: x}", &[]), a("x"));
    // The whole value has to match.
    let part = "{sourceLabels: [a], regex: cart, targetLabel: a, replacement: x}";
    assert_eq!(relabel(part, &[("a", "cart-2")]), a("cart-2"));
    assert_eq!(relabel(part, &[("a", "cart")]), a("x"));
    let either = "{sourceLabels: [a], regex: x|y, targetLabel: a, replacement: z}";
    assert_eq!(relabel(either, &[("a", "xy")]), a("xy"));
    // Labels that are not there are empty, and an empty result takes the label away.
    let joined = "{sourceLabels: [a, b], targetLabel: a}";
    assert_eq!(relabel(joined, &[("a", "1")]), a("1;"));
    assert_eq!(
        relabel("{sourceLabels: [b], targetLabel: a}", &[("a", "1")]),
        Labels::new()
    );
}
