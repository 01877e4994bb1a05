//! The Prometheus operator's resources: `monitoring.coreos.com/v1`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::object::{Map, Metadata, Resource};

/// The API group and version.
pub const API_VERSION: &str = "monitoring.coreos.com/v1";

/// What a ServiceMonitor scrapes.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceMonitorSpec {
    /// How each port is scraped.
    pub endpoints: Vec<Endpoint>,
    /// In which namespaces.
    pub namespace_selector: NamespaceSelector,
    /// Which Services.
    pub selector: LabelSelector,
}

/// What a PodMonitor scrapes.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodMonitorSpec {
    /// In which namespaces.
    pub namespace_selector: NamespaceSelector,
    /// How each port is scraped.
    pub pod_metrics_endpoints: Vec<Endpoint>,
    /// Which pods.
    pub selector: LabelSelector,
}

/// How a port is scraped.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The name of the port.
    pub port: String,
    /// The path, where it is not `/metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The scheme, where it is not `http`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<&'static str>,
    /// How often.
    pub interval: String,
    /// How long a scrape may take; never over the interval.
    pub scrape_timeout: String,
    /// Whether a label of a metric wins over the target's of the same name.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub honor_labels: bool,
    /// The file with the token that authorizes Prometheus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer_token_file: Option<&'static str>,
    /// How the certificate is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<TlsConfig>,
    /// What is done to the labels of the target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relabelings: Vec<Relabeling>,
}

/// How a certificate is checked.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsConfig {
    /// Whether any certificate is taken.
    pub insecure_skip_verify: bool,
}

/// One step of relabelling.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Relabeling {
    /// The labels whose values are joined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_labels: Vec<String>,
    /// What joins them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<&'static str>,
    /// What must match, at both ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// The label that is set.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_label: String,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// What is done, where it is not setting a label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
}

impl Relabeling {
    /// Gives a label a value.
    pub fn set(label: &str, value: &str) -> Self {
        Self {
            target_label: label.to_owned(),
            replacement: Some(value.to_owned()),
            ..Self::default()
        }
    }

    /// Gives a label a value where others match a regular expression.
    pub fn set_where(label: &str, value: &str, sources: &[&str], regex: &str) -> Self {
        Self {
            source_labels: sources.iter().map(|it| (*it).to_owned()).collect(),
            regex: Some(regex.to_owned()),
            ..Self::set(label, value)
        }
    }

    /// Drops a target unless a label has a value.
    pub fn keep(source: &str, value: &str) -> Self {
        Self {
            source_labels: vec![source.to_owned()],
            regex: Some(crate::value::promql::escape(value)),
            action: Some("keep"),
            ..Self::default()
        }
    }

    /// Copies a label.
    pub fn copy(from: &str, to: &str) -> Self {
        Self {
            source_labels: vec![from.to_owned()],
            target_label: to.to_owned(),
            ..Self::default()
        }
    }
}

/// Namespaces by name.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceSelector {
    /// Their names.
    pub match_names: Vec<String>,
}

/// Objects by label.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels with one value each.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub match_labels: Map,
    /// Labels with one of several values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelRequirement>,
}

/// A label with one of several values.
#[derive(Debug, Clone, Serialize)]
pub struct LabelRequirement {
    /// The label.
    pub key: String,
    /// `In` or `NotIn`.
    pub operator: &'static str,
    /// The values.
    pub values: Vec<String>,
}

impl LabelRequirement {
    /// The label has one of the values.
    pub fn one_of(key: &str, values: impl IntoIterator<Item = String>) -> Self {
        Self {
            key: key.to_owned(),
            operator: "In",
            values: values.into_iter().collect(),
        }
    }

    /// The label has none of the values, or is not there.
    pub fn none_of(key: &str, values: impl IntoIterator<Item = String>) -> Self {
        Self {
            key: key.to_owned(),
            operator: "NotIn",
            values: values.into_iter().collect(),
        }
    }
}

/// Rules in groups.
#[derive(Debug, Clone, Serialize)]
pub struct PrometheusRuleSpec {
    /// The groups; the name of each is unique in the resource.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated one after the other.
#[derive(Debug, Clone, Serialize)]
pub struct RuleGroup {
    /// Its name.
    pub name: String,
    /// How often it is evaluated.
    pub interval: String,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// An alerting or recording rule.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Rule {
    /// Fires while its expression has a result.
    Alert(AlertRule),
    /// Writes the result of its expression as a metric.
    Record(RecordingRule),
}

/// An alerting rule.
#[derive(Debug, Clone, Serialize)]
pub struct AlertRule {
    /// The name of the alert.
    pub alert: String,
    /// The condition.
    pub expr: String,
    /// How long it must hold.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub for_: Option<String>,
    /// Labels of the alert, beside those of the series.
    pub labels: BTreeMap<String, String>,
    /// Texts for people.
    pub annotations: BTreeMap<String, String>,
}

/// A recording rule.
#[derive(Debug, Clone, Serialize)]
pub struct RecordingRule {
    /// The name of the metric.
    pub record: String,
    /// Its value.
    pub expr: String,
    /// Its labels, beside those of the result.
    pub labels: BTreeMap<String, String>,
}

/// A ServiceMonitor.
pub fn service_monitor(
    metadata: Metadata,
    spec: ServiceMonitorSpec,
) -> Resource<ServiceMonitorSpec> {
    Resource {
        api_version: API_VERSION,
        kind: "ServiceMonitor",
        metadata,
        spec,
    }
}

/// A PodMonitor.
pub fn pod_monitor(metadata: Metadata, spec: PodMonitorSpec) -> Resource<PodMonitorSpec> {
    Resource {
        api_version: API_VERSION,
        kind: "PodMonitor",
        metadata,
        spec,
    }
}

/// A PrometheusRule.
pub fn prometheus_rule(
    metadata: Metadata,
    spec: PrometheusRuleSpec,
) -> Resource<PrometheusRuleSpec> {
    Resource {
        api_version: API_VERSION,
        kind: "PrometheusRule",
        metadata,
        spec,
    }
}
