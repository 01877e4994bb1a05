//! Resources of the operator with the API group `redis.github.com`.

use serde::Serialize;

use crate::api::object::Map;
use crate::api::opstree::Resources;

/// The API group and version.
pub const API_VERSION: &str = "redis.github.com/v1";

/// A RedisInstance.
#[derive(Debug, Clone, Serialize)]
pub struct InstanceSpec {
    /// The image.
    pub image: String,
    /// Servers; left out, the operator makes none.
    pub replicas: u32,
    /// Requests and limits.
    pub resources: Resources,
    /// The volume.
    pub storage: Storage,
    /// Directives.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub config: Map,
}

/// A RedisMasterReplica.
#[derive(Debug, Clone, Serialize)]
pub struct MasterReplicaSpec {
    /// The image.
    pub image: String,
    /// The primary.
    pub master: Role,
    /// The replicas.
    pub replica: Role,
    /// Requests and limits.
    pub resources: Resources,
    /// The volume.
    pub storage: Storage,
    /// The password, which the operator ignores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
}

/// The primary or the replicas.
#[derive(Debug, Clone, Serialize)]
pub struct Role {
    /// How many; the primary is always one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// Requests and limits.
    pub resources: Resources,
    /// The volume: the operator can finish nothing without it, even where it ignores it.
    pub storage: Storage,
}

/// A RedisSentinel with the Redis that it watches.
#[derive(Debug, Clone, Serialize)]
pub struct SentinelSpec {
    /// The image.
    pub image: String,
    /// Sentinels.
    pub replicas: u32,
    /// Requests and limits of a Sentinel.
    pub resources: Resources,
    /// The volume of a Sentinel.
    pub storage: Storage,
    /// What Sentinels do.
    pub config: SentinelConfig,
    /// The password, which the operator ignores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// The Redis servers.
    pub redis: SentinelRedis,
}

/// What Sentinels do.
#[derive(Debug, Clone, Serialize)]
pub struct SentinelConfig {
    /// How many must agree that the primary is down.
    pub quorum: u32,
}

/// The Redis servers below Sentinels.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentinelRedis {
    /// The primary; its resources and volume are those of every server.
    pub master: Role,
    /// The replicas.
    pub replica: Role,
}

/// A RedisCluster.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSpec {
    /// The image.
    pub image: String,
    /// Primaries.
    pub masters: u32,
    /// Replicas of each.
    pub replicas_per_master: u32,
    /// Requests and limits.
    pub resources: Resources,
    /// The volume.
    pub storage: Storage,
    /// How the cluster behaves.
    pub config: ClusterConfig,
    /// The password, which the operator ignores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
}

/// How a cluster behaves; left out, the operator writes empty directives and Redis does not start.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterConfig {
    /// Ignored by the operator.
    pub cluster_config_epoch: u32,
    /// Milliseconds after which a node counts as lost.
    pub cluster_node_timeout: u32,
    /// Whether a cluster with a hole serves nothing: `yes` or `no`.
    pub cluster_require_full_coverage: &'static str,
    /// Replicas that a primary keeps when it gives one away.
    pub cluster_migration_barrier: u32,
}

/// A password.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Security {
    /// Whether there is one.
    pub auth_enabled: bool,
    /// Where it is.
    pub password_secret: crate::api::opstree::SecretKey,
}

/// A volume.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// Its size.
    pub size: String,
    /// Its class; left out, the operator asks for none, and no volume comes.
    pub storage_class_name: String,
}
