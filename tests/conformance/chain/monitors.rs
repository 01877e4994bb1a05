//! What prometheus-operator makes of a monitor: a scrape configuration, as `pkg/prometheus/promcfg.go`
//! of v0.93 writes it. Discovery is a file of targets that carry the labels which Kubernetes' discovery
//! would give them; what is selected and which labels it gets is left to Prometheus.
//!
//! Of what a monitor can say, this knows what the stacks use. All else is refused.

use serde_json::{Map, Value, json};

use crate::chain::scaled::{Factor, list};
use crate::chain::world::{Labels, Pod, World};

/// The file with the ports behind Services, and the one with the ports of pods.
pub(super) const ENDPOINTS: &str = "endpoints.json";
pub(super) const PODS: &str = "pods.json";

/// One job per endpoint of a monitor, where the names of Services lead to addresses. A scrape may take as long as its interval: the machine is slow
/// where the times are short.
pub(super) fn jobs(monitor: &Value, names: &[(&str, String)], factor: Factor) -> Vec<Value> {
    let (kind, endpoints) = match monitor["kind"].as_str() {
        Some("ServiceMonitor") => ("service", "endpoints"),
        Some("PodMonitor") => ("pod", "podMetricsEndpoints"),
        kind => panic!("{kind:?} is no monitor"),
    };
    let spec = &monitor["spec"];
    only(spec, &["namespaceSelector", "selector", endpoints]);
    let endpoints = list(&spec[endpoints]).enumerate();
    let job = |(number, endpoint)| {
        let mut job = job(monitor, kind, number, endpoint, factor);
        let steps = job["relabel_configs"].as_array_mut().expect("a list");
        steps.extend(
            names
                .iter()
                .map(|(name, address)| resolution(name, address)),
        );
        job
    };
    endpoints.map(job).collect()
}

/// What the name service of the cluster does, as a last step.
fn resolution(name: &str, address: &str) -> Value {
    json!({
        "source_labels": ["__address__"],
        "regex": regex::escape(name),
        "target_label": "__address__",
        "replacement": address,
    })
}

fn job(monitor: &Value, kind: &str, number: usize, endpoint: &Value, factor: Factor) -> Value {
    const FIELDS: &[&str] = &[
        "port",
        "path",
        "scheme",
        "interval",
        "scrapeTimeout",
        "honorLabels",
        "relabelings",
        // Of an endpoint that nothing answers here.
        "bearerTokenFile",
        "tlsConfig",
    ];
    only(endpoint, FIELDS);
    let metadata = &monitor["metadata"];
    let name = format!(
        "{}/{}",
        text(&metadata["namespace"]),
        text(&metadata["name"])
    );
    let port = text(&endpoint["port"]);
    let interval = factor.duration(text(&endpoint["interval"]));
    let spec = &monitor["spec"];
    only(&spec["namespaceSelector"], &["matchNames"]);
    let namespaces: Vec<&str> = list(&spec["namespaceSelector"]["matchNames"])
        .map(text)
        .collect();

    let mut steps = vec![
        // Discovery looks into these only.
        keep(&["namespace"], &namespaces.join("|")),
        replace(&["job"], "__tmp_prometheus_job_name"),
    ];
    steps.extend(selection(&spec["selector"], kind));
    if kind == "service" {
        steps.push(keep(&["endpoint_port_name"], port));
        let target = &[
            "endpoint_address_target_kind",
            "endpoint_address_target_name",
        ];
        steps.push(when(target, "Pod;(.*)", "pod"));
        steps.push(when(&["namespace"], "(.*)", "namespace"));
        steps.push(when(&["service_name"], "(.*)", "service"));
        steps.push(when(&["pod_name"], "(.*)", "pod"));
        steps.push(when(&["pod_container_name"], "(.*)", "container"));
    } else {
        steps.push(keep(&["pod_container_port_name"], port));
        steps.push(when(&["namespace"], "(.*)", "namespace"));
        steps.push(when(&["pod_container_name"], "(.*)", "container"));
        steps.push(when(&["pod_name"], "(.*)", "pod"));
    }
    let ended = meta(&["pod_phase"]);
    steps.push(json!({ "source_labels": ended, "action": "drop", "regex": "(Failed|Succeeded)" }));
    steps.push(match kind {
        "service" => when(&["service_name"], "(.*)", "job"),
        _ => json!({ "target_label": "job", "replacement": name }),
    });
    steps.push(json!({ "target_label": "endpoint", "replacement": port }));
    steps.extend(list(&endpoint["relabelings"]).map(relabeling));

    let file = if kind == "service" { ENDPOINTS } else { PODS };
    json!({
        "job_name": format!("{kind}Monitor/{name}/{number}"),
        "scrape_interval": interval,
        "scrape_timeout": interval,
        "honor_labels": endpoint["honorLabels"] == true,
        "metrics_path": endpoint["path"].as_str().unwrap_or("/metrics"),
        "scheme": endpoint["scheme"].as_str().unwrap_or("http"),
        "file_sd_configs": [{ "files": [file] }],
        "relabel_configs": steps,
    })
}

fn selection(selector: &Value, kind: &str) -> Vec<Value> {
    only(selector, &["matchLabels", "matchExpressions"]);
    let both = |label: &str| {
        let label = sanitized(label);
        [
            format!("{kind}_label_{label}"),
            format!("{kind}_labelpresent_{label}"),
        ]
    };
    let step = |label: &str, regex: String, action: &str| {
        let both = both(label);
        let labels = meta(&[&both[0], &both[1]]);
        json!({ "source_labels": labels, "action": action, "regex": regex })
    };
    let equal = selector["matchLabels"].as_object().into_iter().flatten();
    let mut steps: Vec<Value> = equal
        .map(|(label, value)| step(label, format!("({});true", text(value)), "keep"))
        .collect();
    for expression in list(&selector["matchExpressions"]) {
        let values: Vec<&str> = list(&expression["values"]).map(text).collect();
        let action = match text(&expression["operator"]) {
            "In" => "keep",
            "NotIn" => "drop",
            operator => panic!("{operator} is not used"),
        };
        let regex = format!("({});true", values.join("|"));
        steps.push(step(text(&expression["key"]), regex, action));
    }
    steps
}

/// A step as a monitor writes it, as Prometheus reads it.
fn relabeling(step: &Value) -> Value {
    let names = [
        ("sourceLabels", "source_labels"),
        ("separator", "separator"),
        ("regex", "regex"),
        ("targetLabel", "target_label"),
        ("replacement", "replacement"),
        ("action", "action"),
    ];
    only(step, &names.map(|it| it.0));
    let fields = names
        .iter()
        .filter_map(|(from, to)| Some(((*to).to_owned(), step.get(*from)?.clone())));
    Value::Object(fields.collect())
}

fn keep(labels: &[&str], regex: &str) -> Value {
    json!({ "source_labels": meta(labels), "action": "keep", "regex": regex })
}

fn when(labels: &[&str], regex: &str, target: &str) -> Value {
    json!({ "source_labels": meta(labels), "regex": regex, "target_label": target })
}

fn replace(labels: &[&str], target: &str) -> Value {
    json!({ "source_labels": labels, "target_label": target })
}

fn meta(labels: &[&str]) -> Vec<String> {
    let full = |it: &&str| format!("__meta_kubernetes_{it}");
    labels.iter().map(full).collect()
}

/// The targets of Kubernetes' role `endpoints`: each port of each Service, for each pod behind it.
pub(super) fn endpoints(world: &World, address: impl Fn(&Pod, u16) -> String) -> Value {
    let mut targets = Vec::new();
    for (number, service) in world.services.iter().enumerate() {
        let selected = |it: &&Pod| {
            it.namespace == service.namespace
                && (service.selector.iter()).all(|(name, value)| it.labels.get(name) == Some(value))
        };
        let behind = world.pods.iter().filter(selected);
        for pod in behind {
            for (name, port) in &service.ports {
                let mut labels = discovered(pod);
                let app = service.labels.get("app").map_or("service", String::as_str);
                let metrics = service.labels.get("app.kubernetes.io/component");
                let service_name = match metrics {
                    Some(component) => format!("{app}-{component}"),
                    None => format!("{app}-{number}"),
                };
                insert(&mut labels, "service_name", &service_name);
                insert(&mut labels, "endpoint_port_name", name);
                insert(&mut labels, "endpoint_address_target_kind", "Pod");
                insert(&mut labels, "endpoint_address_target_name", &pod.name);
                add(&mut labels, "service", &service.labels);
                targets.push(json!({ "targets": [address(pod, *port)], "labels": labels }));
            }
        }
    }
    Value::Array(targets)
}

/// The targets of Kubernetes' role `pod`: each port of each pod.
pub(super) fn pods(world: &World, address: impl Fn(&Pod, u16) -> String) -> Value {
    let mut targets = Vec::new();
    for pod in &world.pods {
        for (name, port) in &pod.ports {
            let mut labels = discovered(pod);
            insert(&mut labels, "pod_container_port_name", name);
            targets.push(json!({ "targets": [address(pod, *port)], "labels": labels }));
        }
    }
    Value::Array(targets)
}

fn discovered(pod: &Pod) -> Map<String, Value> {
    let mut labels = Map::new();
    insert(&mut labels, "namespace", &pod.namespace);
    insert(&mut labels, "pod_name", &pod.name);
    insert(&mut labels, "pod_ip", &pod.ip);
    insert(&mut labels, "pod_phase", "Running");
    insert(&mut labels, "pod_container_name", "redis-exporter");
    add(&mut labels, "pod", &pod.labels);
    labels
}

fn add(labels: &mut Map<String, Value>, of: &str, more: &Labels) {
    for (name, value) in more {
        let name = sanitized(name);
        insert(labels, &format!("{of}_label_{name}"), value);
        insert(labels, &format!("{of}_labelpresent_{name}"), "true");
    }
}

fn insert(labels: &mut Map<String, Value>, name: &str, value: &str) {
    labels.insert(format!("__meta_kubernetes_{name}"), json!(value));
}

fn sanitized(name: &str) -> String {
    let safe = |it: char| if it.is_ascii_alphanumeric() { it } else { '_' };
    name.chars().map(safe).collect()
}

fn only(object: &Value, known: &[&str]) {
    for (field, _) in object.as_object().into_iter().flatten() {
        assert!(known.contains(&field.as_str()), "{field} is not known here");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
