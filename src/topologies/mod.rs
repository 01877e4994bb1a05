//! How a Redis is laid out: the closed set of topologies, and what follows from each alone.

use schemars::JsonSchema;
use serde::Deserialize;

/// The kind of a topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Kind {
    /// One server.
    Standalone,
    /// A primary and its replicas, without automatic failover.
    Replication,
    /// A primary and its replicas, watched by Sentinels that fail over.
    Sentinel,
    /// Several primaries that share the keys, each with its replicas.
    Cluster,
}

/// A topology with its numbers, as resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Standalone,
    /// A primary and its replicas.
    Replication {
        /// Servers, the primary included.
        redis_pods: u32,
    },
    /// A primary, its replicas and Sentinels.
    Sentinel {
        /// Servers, the primary included.
        redis_pods: u32,
        /// Sentinels.
        sentinels: u32,
        /// Sentinels that must agree that the primary is down.
        quorum: u32,
        /// The name under which Sentinels know the primary.
        master_name: String,
    },
    /// Several primaries.
    Cluster {
        /// Primaries.
        masters: u32,
        /// Replicas of each.
        replicas_per_master: u32,
    },
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Standalone,
        Self::Replication,
        Self::Sentinel,
        Self::Cluster,
    ];

    /// The word for it in the policy and in the label `topology`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::Replication => "replication",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
        }
    }
}

impl Topology {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Standalone => Kind::Standalone,
            Self::Replication { .. } => Kind::Replication,
            Self::Sentinel { .. } => Kind::Sentinel,
            Self::Cluster { .. } => Kind::Cluster,
        }
    }

    /// How many Redis servers there are.
    pub fn redis_pods(&self) -> u32 {
        match self {
            Self::Standalone => 1,
            Self::Replication { redis_pods } | Self::Sentinel { redis_pods, .. } => *redis_pods,
            Self::Cluster {
                masters,
                replicas_per_master,
            } => masters * (1 + replicas_per_master),
        }
    }

    /// How many Sentinels there are.
    pub fn sentinels(&self) -> u32 {
        match self {
            Self::Sentinel { sentinels, .. } => *sentinels,
            Self::Standalone | Self::Replication { .. } | Self::Cluster { .. } => 0,
        }
    }

    /// Whether one primary has replicas that follow it.
    pub fn is_replicated(&self) -> bool {
        match self {
            Self::Replication { redis_pods } | Self::Sentinel { redis_pods, .. } => *redis_pods > 1,
            Self::Standalone | Self::Cluster { .. } => false,
        }
    }
}
