//! The Jaeger operator's resource: `jaegertracing.io/v1`, which deploys Jaeger v1.

use k8s_openapi::api::core::v1::{
    PodSecurityContext, ResourceRequirements, SecurityContext, Volume, VolumeMount,
};
use serde::Serialize;
use serde_json::Value;

use crate::api::object::{Metadata, Resource};

/// The API group and version.
pub const API_VERSION: &str = "jaegertracing.io/v1";

/// A Jaeger.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JaegerSpec {
    /// `production`: a collector and a query of their own.
    pub strategy: &'static str,
    /// What takes spans.
    pub collector: Component,
    /// What shows traces.
    pub query: Component,
    /// Whether the operator publishes the query.
    pub ingress: Switch,
    /// What clients are told to trace.
    pub sampling: Sampling,
    /// Where traces are kept.
    pub storage: Storage,
    /// Who every pod runs as.
    pub security_context: PodSecurityContext,
    /// What every container may do.
    pub container_security_context: SecurityContext,
    /// Volumes of every pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// Where they are mounted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
}

/// A part of Jaeger.
#[derive(Debug, Clone, Serialize)]
pub struct Component {
    /// How many; a number also switches the autoscaler off.
    pub replicas: u32,
    /// Requests and limits.
    pub resources: ResourceRequirements,
}

/// On or off.
#[derive(Debug, Clone, Serialize)]
pub struct Switch {
    /// Whether it is on.
    pub enabled: bool,
}

/// What clients are told to trace.
#[derive(Debug, Clone, Serialize)]
pub struct Sampling {
    /// Jaeger's own form.
    pub options: Value,
}

/// The keys that Jaeger v1 reads of the Secret with its login, the user's and the password's: each
/// becomes an environment variable of its own name.
pub const LOGIN_KEYS: [&str; 2] = ["ES_USERNAME", "ES_PASSWORD"];

/// Where traces are kept.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// `elasticsearch`.
    #[serde(rename = "type")]
    pub type_: &'static str,
    /// Jaeger's own flags, by their words.
    pub options: Value,
    /// The Secret that becomes environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,
    /// What deletes old indices.
    pub es_index_cleaner: IndexCleaner,
    /// What computes the graph of services.
    pub dependencies: Switch,
}

/// What deletes old indices.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexCleaner {
    /// Whether it runs.
    pub enabled: bool,
    /// The age of what is deleted.
    pub number_of_days: u64,
    /// When it runs.
    pub schedule: &'static str,
}

/// A Jaeger.
pub fn jaeger(metadata: Metadata, spec: JaegerSpec) -> Resource<JaegerSpec> {
    Resource {
        api_version: API_VERSION,
        kind: "Jaeger",
        metadata,
        spec,
    }
}
