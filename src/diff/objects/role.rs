//! What an object is there for: what people call it, and in which part they look for it.

use serde_json::Value;

use crate::api::conventions::object_label;
use crate::diff::consequence::Part;
use crate::diff::objects::found::Subject;
use crate::diff::side::Id;

/// What an object is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It asks Redis for its metrics.
    Exporter,
    /// It ships logs.
    FluentBit,
    /// It hands notifications to group robots.
    Adapter,
    /// It tells Elasticsearch how logs are kept.
    Elasticsearch,
    /// It brings dashboards into Kibana.
    Kibana,
    /// It deletes old traces.
    TraceRetention,
    /// It takes and keeps traces.
    Tracing,
    /// It scrapes and evaluates.
    Prometheus,
    /// It notifies.
    Alertmanager,
    /// It is a dashboard of Grafana.
    Dashboard,
    /// Something else.
    Other,
}

impl Role {
    /// What an object is there for, by its kind, its label, its image, its documents.
    pub(super) fn of(object: &Value) -> Self {
        let kind = object["kind"].as_str().unwrap_or_default();
        let by_kind = match kind {
            "Prometheus" | "PrometheusAgent" => Some(Self::Prometheus),
            "Alertmanager" => Some(Self::Alertmanager),
            "Jaeger" | "OpenTelemetryCollector" => Some(Self::Tracing),
            "GrafanaDashboard" => Some(Self::Dashboard),
            _ => None,
        };
        let labels = &object["metadata"]["labels"];
        by_kind
            .or_else(|| Self::by_name(labels[object_label::NAME].as_str()?))
            .or_else(|| Self::by_image(object))
            .or_else(|| Self::by_documents(object))
            .unwrap_or(Self::Other)
    }

    fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "redis-exporter" | "prometheus-redis-exporter" => Self::Exporter,
            "fluent-bit" => Self::FluentBit,
            "alert-adapter" => Self::Adapter,
            "elasticsearch-setup" => Self::Elasticsearch,
            "kibana-import" => Self::Kibana,
            "trace-retention" => Self::TraceRetention,
            "prometheus" => Self::Prometheus,
            "alertmanager" => Self::Alertmanager,
            _ => return None,
        })
    }

    fn by_image(object: &Value) -> Option<Self> {
        let template = &object["spec"]["template"]["spec"];
        let of_job = &object["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        let mut images = [template, of_job]
            .into_iter()
            .flat_map(|it| it["containers"].as_array().into_iter().flatten())
            .filter_map(|it| it["image"].as_str());
        images.find_map(|image| {
            let (_, name) = image.rsplit_once('/').unwrap_or(("", image));
            Some(match name.split([':', '@']).next()? {
                "redis_exporter" => Self::Exporter,
                "fluent-bit" => Self::FluentBit,
                "prometheus-webhook-dingtalk" | "alertproxy" => Self::Adapter,
                "jaeger-es-index-cleaner" => Self::TraceRetention,
                "jaeger" | "all-in-one" | "jaeger-collector" => Self::Tracing,
                _ => return None,
            })
        })
    }

    fn by_documents(object: &Value) -> Option<Self> {
        documents(object).find_map(|(_, document)| match document {
            Value::Object(it) if it.contains_key("panels") => Some(Self::Dashboard),
            Value::Object(it)
                if it.contains_key("index_patterns")
                    || document.pointer("/policy/phases").is_some() =>
            {
                Some(Self::Elasticsearch)
            }
            Value::Object(it) if it.contains_key("pipeline") => Some(Self::FluentBit),
            Value::String(text) if text.lines().any(|it| it.trim() == "[INPUT]") => {
                Some(Self::FluentBit)
            }
            _ => None,
        })
    }
}

/// The documents that an object holds by their names.
pub(super) fn documents(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let field = match object["kind"].as_str() {
        Some("ConfigMap") => "data",
        Some("GrafanaDashboard") => "spec",
        _ => "",
    };
    let all = object[field].as_object().into_iter().flatten();
    all.map(|(key, document)| (key.as_str(), document))
}

/// Where logs go, as the objects that tell Elasticsearch of it say.
pub(super) fn target(object: &Value) -> Option<String> {
    let of_template = documents(object).find_map(|(_, it)| it["index_patterns"][0].as_str());
    if let Some(pattern) = of_template {
        let name = pattern.trim_end_matches('*').trim_end_matches('-');
        return Some(name.strip_suffix(".log").unwrap_or(name).to_owned());
    }
    let containers = object["spec"]["template"]["spec"]["containers"].as_array()?;
    let mut env = containers
        .iter()
        .flat_map(|it| it["env"].as_array().into_iter().flatten());
    let target = env.find(|it| it["name"] == "ES_TARGET")?;
    target["value"].as_str().map(str::to_owned)
}

/// What an object is called, and in which part it is told of.
pub(super) fn subject(id: &Id, object: &Value) -> Subject {
    let Id {
        namespace, name, ..
    } = id;
    let (part, name) = match (Role::of(object), id.kind.as_str()) {
        (_, "ServiceMonitor" | "PodMonitor" | "Probe" | "ScrapeConfig") => {
            (Part::Metrics, of_monitor(id, object))
        }
        (_, "PrometheusRule" | "AlertmanagerConfig") => (Part::Alerts, id.to_string()),
        (Role::Exporter, _) => {
            let secret = name.split_once("redis-exporter-").map(|(_, it)| it);
            let which = secret.map_or(String::new(), |it| format!(" with {it}"));
            (Part::Metrics, format!("the exporter of {namespace}{which}"))
        }
        (Role::FluentBit, _) if namespace.is_empty() => (Part::Logs, "Fluent Bit".to_owned()),
        (Role::FluentBit, _) => (Part::Logs, format!("Fluent Bit in {namespace}")),
        (Role::Adapter, _) => (
            Part::Alerts,
            format!("the adapter of robots in {namespace}"),
        ),
        (Role::Elasticsearch, _) => {
            let target = target(object).unwrap_or_else(|| "Elasticsearch".to_owned());
            (Part::Logs, format!("logs in {target}"))
        }
        (Role::Kibana, _) => (Part::Dashboards, "Kibana".to_owned()),
        (Role::TraceRetention, _) => (Part::Tracing, format!("old traces in {namespace}")),
        (Role::Tracing, _) => (Part::Tracing, format!("tracing by {namespace}/{name}")),
        (Role::Prometheus, "Prometheus") => {
            (Part::Metrics, format!("Prometheus {namespace}/{name}"))
        }
        (Role::Prometheus, _) if namespace.is_empty() => (Part::Metrics, "Prometheus".to_owned()),
        (Role::Prometheus, _) => (Part::Metrics, format!("Prometheus in {namespace}")),
        (Role::Alertmanager, "Alertmanager") => {
            (Part::Alerts, format!("Alertmanager {namespace}/{name}"))
        }
        (Role::Alertmanager, _) => (Part::Alerts, format!("Alertmanager in {namespace}")),
        (Role::Dashboard, _) => (Part::Dashboards, id.to_string()),
        (Role::Other, _) => (Part::Other, id.to_string()),
    };
    Subject::of(part, name)
}

/// What a monitor scrapes, where it says so.
fn of_monitor(id: &Id, object: &Value) -> String {
    let component = super::scrapes::endpoints(object)
        .flat_map(|it| it["relabelings"].as_array().into_iter().flatten())
        .find(|it| it["targetLabel"] == "component" && it.get("sourceLabels").is_none())
        .and_then(|it| it["replacement"].as_str());
    match component {
        Some("operator") => "the metrics of the operator".to_owned(),
        Some("fluent-bit") => "the metrics of Fluent Bit".to_owned(),
        Some("tracing") => "the metrics of tracing".to_owned(),
        Some("prometheus") => "the metrics of Prometheus".to_owned(),
        Some("alertmanager") => "the metrics of Alertmanager".to_owned(),
        _ => id.to_string(),
    }
}
