//! The Prometheus operator's servers: Prometheus and Alertmanager of `monitoring.coreos.com/v1`.

use k8s_openapi::api::core::v1::{PodSecurityContext, ResourceRequirements};
use serde::Serialize;

use crate::api::monitoring::{API_VERSION, LabelSelector, Relabeling};
use crate::api::object::{Map, Metadata, Resource};

/// A Prometheus.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusSpec {
    /// How many do the same work.
    pub replicas: u32,
    /// The account that finds targets.
    pub service_account_name: String,
    /// Labels of all that leaves it.
    pub external_labels: Map,
    /// How often rules are evaluated.
    pub evaluation_interval: String,
    /// How long metrics are kept.
    pub retention: String,
    /// How many bytes are kept.
    pub retention_size: String,
    /// `EndpointSlice`.
    pub service_discovery_role: &'static str,
    /// The ServiceMonitors that it obeys.
    pub service_monitor_selector: LabelSelector,
    /// In which namespaces.
    pub service_monitor_namespace_selector: LabelSelector,
    /// The PodMonitors that it obeys.
    pub pod_monitor_selector: LabelSelector,
    /// In which namespaces.
    pub pod_monitor_namespace_selector: LabelSelector,
    /// The PrometheusRules that it evaluates.
    pub rule_selector: LabelSelector,
    /// In which namespaces.
    pub rule_namespace_selector: LabelSelector,
    /// Where alerts go.
    pub alerting: Alerting,
    /// Requests and limits.
    pub resources: ResourceRequirements,
    /// The volume.
    pub storage: Storage,
    /// Who it runs as.
    pub security_context: PodSecurityContext,
    /// How pods are spread.
    pub topology_spread_constraints: Vec<Spread>,
}

/// Where alerts go.
#[derive(Debug, Clone, Serialize)]
pub struct Alerting {
    /// The Alertmanagers.
    pub alertmanagers: Vec<AlertmanagerEndpoints>,
}

/// Alertmanagers behind a Service.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertmanagerEndpoints {
    /// The namespace of the Service.
    pub namespace: String,
    /// The Service.
    pub name: &'static str,
    /// The name of its port.
    pub port: &'static str,
    /// `v2`.
    pub api_version: &'static str,
    /// Which of the pods.
    pub relabelings: Vec<Relabeling>,
}

/// An Alertmanager.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertmanagerSpec {
    /// How many notify as one.
    pub replicas: u32,
    /// The Secrets that are mounted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// The AlertmanagerConfigs that it obeys; without it, the Secret is its whole configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alertmanager_config_selector: Option<LabelSelector>,
    /// In which namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alertmanager_config_namespace_selector: Option<LabelSelector>,
    /// Which alerts they see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alertmanager_config_matcher_strategy: Option<MatcherStrategy>,
    /// Requests and limits.
    pub resources: ResourceRequirements,
    /// The volume.
    pub storage: Storage,
    /// Who it runs as.
    pub security_context: PodSecurityContext,
    /// How pods are spread.
    pub topology_spread_constraints: Vec<Spread>,
}

/// Which alerts an AlertmanagerConfig sees.
#[derive(Debug, Clone, Serialize)]
pub struct MatcherStrategy {
    /// `None`, `OnNamespace` or `OnNamespaceExceptForAlertmanagerNamespace`.
    #[serde(rename = "type")]
    pub type_: &'static str,
}

/// The volume of each pod.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// The claim of each pod.
    pub volume_claim_template: VolumeClaimTemplate,
}

/// A claim.
#[derive(Debug, Clone, Serialize)]
pub struct VolumeClaimTemplate {
    /// What is claimed.
    pub spec: VolumeClaim,
}

/// What is claimed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeClaim {
    /// `ReadWriteOnce`.
    pub access_modes: [&'static str; 1],
    /// Its size.
    pub resources: VolumeSize,
    /// Its class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class_name: Option<String>,
}

/// The size of a volume.
#[derive(Debug, Clone, Serialize)]
pub struct VolumeSize {
    /// By resource: `storage`.
    pub requests: Map,
}

/// How pods are spread.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    /// Which pods are counted.
    pub label_selector: LabelSelector,
    /// By how many one place may have more than another.
    pub max_skew: u32,
    /// The label of nodes that makes a place.
    pub topology_key: &'static str,
    /// What happens where it cannot be held.
    pub when_unsatisfiable: &'static str,
}

impl Storage {
    /// A volume of a size for each pod.
    pub fn new(size: &str, class_name: Option<String>) -> Self {
        Self {
            volume_claim_template: VolumeClaimTemplate {
                spec: VolumeClaim {
                    access_modes: ["ReadWriteOnce"],
                    resources: VolumeSize {
                        requests: [("storage".to_owned(), size.to_owned())].into(),
                    },
                    storage_class_name: class_name,
                },
            },
        }
    }
}

impl Spread {
    /// One pod per node, as far as there are nodes.
    pub fn over_nodes(pods: Map) -> Self {
        Self {
            label_selector: LabelSelector {
                match_labels: pods,
                match_expressions: Vec::new(),
            },
            max_skew: 1,
            topology_key: "kubernetes.io/hostname",
            when_unsatisfiable: "ScheduleAnyway",
        }
    }
}

/// A Prometheus.
pub fn prometheus(metadata: Metadata, spec: PrometheusSpec) -> Resource<PrometheusSpec> {
    Resource {
        api_version: API_VERSION,
        kind: "Prometheus",
        metadata,
        spec,
    }
}

/// An Alertmanager.
pub fn alertmanager(metadata: Metadata, spec: AlertmanagerSpec) -> Resource<AlertmanagerSpec> {
    Resource {
        api_version: API_VERSION,
        kind: "Alertmanager",
        metadata,
        spec,
    }
}
