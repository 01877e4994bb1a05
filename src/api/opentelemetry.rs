//! The OpenTelemetry operator's resource: `opentelemetry.io/v1beta1`.

use k8s_openapi::api::core::v1::{
    EnvVar, PodSecurityContext, ResourceRequirements, SecurityContext, Volume, VolumeMount,
};
use serde::Serialize;
use serde_json::Value;

use crate::api::object::{Metadata, Resource};

/// The API group and version.
pub const API_VERSION: &str = "opentelemetry.io/v1beta1";

/// An OpenTelemetryCollector.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CollectorSpec {
    /// `deployment`.
    pub mode: &'static str,
    /// How many.
    pub replicas: u32,
    /// The collector, or a program that is one.
    pub image: String,
    /// `none`: the operator does not rewrite the configuration for another version.
    pub upgrade_strategy: &'static str,
    /// Environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// Ports that the operator does not find in the configuration.
    pub ports: Vec<Port>,
    /// Requests and limits.
    pub resources: ResourceRequirements,
    /// Who the pod runs as.
    pub pod_security_context: PodSecurityContext,
    /// What the container may do.
    pub security_context: SecurityContext,
    /// Volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// Where they are mounted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
    /// The configuration of the collector.
    pub config: Value,
}

/// A port of the collector's Service.
#[derive(Debug, Clone, Serialize)]
pub struct Port {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub port: u16,
}

/// An OpenTelemetryCollector.
pub fn collector(metadata: Metadata, spec: CollectorSpec) -> Resource<CollectorSpec> {
    Resource {
        api_version: API_VERSION,
        kind: "OpenTelemetryCollector",
        metadata,
        spec,
    }
}
