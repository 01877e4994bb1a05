//! Resources of OT-CONTAINER-KIT's redis-operator: `redis.redis.opstreelabs.in/v1beta2`.

use serde::Serialize;

use crate::api::object::Map;

/// The API group and version.
pub const API_VERSION: &str = "redis.redis.opstreelabs.in/v1beta2";

/// A Redis, or a RedisReplication with its size.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedisSpec {
    /// Servers, the primary included; a standalone Redis has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_size: Option<u32>,
    /// Image, resources, password.
    pub kubernetes_config: KubernetesConfig,
    /// Who the pods run as.
    pub pod_security_context: PodSecurityContext,
    /// Directives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_config: Option<RedisConfig>,
    /// The exporter beside Redis.
    pub redis_exporter: Exporter,
    /// The volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// A RedisSentinel.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentinelSpec {
    /// Sentinels.
    pub cluster_size: u32,
    /// Image and resources.
    pub kubernetes_config: KubernetesConfig,
    /// Who the pods run as.
    pub pod_security_context: PodSecurityContext,
    /// The exporter beside Sentinel.
    pub redis_exporter: Exporter,
    /// What is watched.
    pub redis_sentinel_config: SentinelConfig,
}

/// What Sentinels watch; the operator takes numbers as text.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentinelConfig {
    /// The name of the primary.
    pub master_group_name: String,
    /// How many must agree that it is down.
    pub quorum: String,
    /// The RedisReplication.
    pub redis_replication_name: String,
    /// Its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_replication_password: Option<PasswordSource>,
}

/// Where a password comes from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordSource {
    /// A Secret.
    pub secret_key_ref: SecretKey,
}

/// A RedisCluster.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSpec {
    /// Primaries.
    pub cluster_size: u32,
    /// `v7` for Redis 7 and later.
    pub cluster_version: &'static str,
    /// Image, resources, password.
    pub kubernetes_config: KubernetesConfig,
    /// Whether the volume is used at all.
    pub persistence_enabled: bool,
    /// Who the pods run as.
    pub pod_security_context: PodSecurityContext,
    /// The exporter beside Redis.
    pub redis_exporter: Exporter,
    /// The primaries.
    pub redis_leader: ClusterRole,
    /// Their replicas.
    pub redis_follower: ClusterRole,
    /// The volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// One role of a cluster.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterRole {
    /// How many pods.
    pub replicas: u32,
    /// Directives: the operator reads them here only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_config: Option<RedisConfig>,
}

/// Image, resources, password.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesConfig {
    /// The image.
    pub image: String,
    /// Requests and limits.
    #[serde(skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// The password; the operator crashes if one of both fields is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_secret: Option<SecretKey>,
    /// Annotations that do not reach the pods.
    pub ignore_annotations: Vec<&'static str>,
}

/// Requests and limits.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Resources {
    /// The bound.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub limits: Map,
    /// Reserved.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub requests: Map,
}

impl Resources {
    fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.requests.is_empty()
    }
}

/// A key of a Secret.
#[derive(Debug, Clone, Serialize)]
pub struct SecretKey {
    /// The Secret.
    pub name: String,
    /// The key.
    pub key: String,
}

/// Who the pods run as.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSecurityContext {
    /// The user.
    pub run_as_user: u32,
    /// The group of the volume.
    pub fs_group: u32,
}

/// Directives.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedisConfig {
    /// The ConfigMap whose key `redis-additional.conf` is included at start.
    pub additional_redis_config: String,
    /// `directive value`, applied to the running server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dynamic_config: Vec<String>,
}

/// The exporter.
#[derive(Debug, Clone, Serialize)]
pub struct Exporter {
    /// Off by default.
    pub enabled: bool,
    /// The image.
    pub image: String,
    /// Settings of the exporter.
    pub env: Vec<Variable>,
    /// Requests and limits.
    pub resources: Resources,
}

/// A variable of the environment.
#[derive(Debug, Clone, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: &'static str,
}

/// The volumes of a pod.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// Without it the operator deletes the volumes with the resource.
    pub keep_after_delete: bool,
    /// Whether a cluster keeps its node identities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_conf_volume: Option<bool>,
    /// The volume of the node identities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_conf_volume_claim_template: Option<ClaimTemplate>,
    /// The volume of the data.
    pub volume_claim_template: ClaimTemplate,
}

/// A volume claim.
#[derive(Debug, Clone, Serialize)]
pub struct ClaimTemplate {
    /// What is claimed.
    pub spec: ClaimSpec,
}

/// What is claimed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimSpec {
    /// `ReadWriteOnce`.
    pub access_modes: [&'static str; 1],
    /// The size.
    pub resources: Resources,
    /// The storage class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class_name: Option<String>,
}
