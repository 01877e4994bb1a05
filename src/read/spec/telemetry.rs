//! Logs, traces, metrics and dashboards: how they are kept and shown.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::read::defaults;
use crate::read::spec::{ResourcesSpec, StorageSpec};
use crate::value::duration::Duration;
use crate::value::index_size::IndexSize;
use crate::value::percentage::Percentage;
use crate::value::reference::Folder;

/// Logs in Elasticsearch.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LoggingSpec {
    /// How indices are named and rolled over.
    pub mode: LoggingMode,
    /// How long logs are kept.
    #[schemars(example = &"90d")]
    pub retention: Duration,
    /// The age at which an index is rolled over.
    #[serde(default)]
    #[schemars(extend("default" = defaults::ROLLOVER_AGE.to_string()))]
    #[schemars(example = &"1d")]
    pub rollover_age: Option<Duration>,
    /// The size at which an index is rolled over, such as `50gb`.
    #[serde(default)]
    #[schemars(extend("default" = defaults::ROLLOVER_SIZE))]
    pub rollover_size: Option<IndexSize>,
    /// Primary shards of an index; Elasticsearch takes no more than 1024.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_024), extend("default" = defaults::SHARDS))]
    pub shards: Option<u32>,
    /// Copies of each shard; each is on a node of its own.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000), extend("default" = defaults::REPLICAS))]
    pub replicas: Option<u32>,
}

/// How indices are named and rolled over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum LoggingMode {
    /// A data stream, whose backing indices Elasticsearch makes and rolls over.
    DataStream,
    /// An alias to write to, over indices that are rolled over.
    Alias,
}

/// Traces.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracingSpec {
    /// The share of requests that are traced.
    #[schemars(example = &"10%")]
    pub sampling: Percentage,
    /// How long traces are kept.
    #[schemars(example = &"7d")]
    pub retention: Duration,
}

/// How long metrics are kept, and on what.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricsRetentionSpec {
    /// How long Prometheus keeps metrics, while its volume has room.
    #[schemars(example = &"30d")]
    pub retention: Duration,
    /// The volume of each Prometheus pod; without a class, of the cluster's default one.
    #[serde(default)]
    #[schemars(extend("default" = {"size": defaults::METRICS_VOLUME}))]
    pub storage: Option<StorageSpec>,
    /// Requests and limits of each Prometheus pod.
    #[serde(default)]
    #[schemars(extend("default" = {
        "requests": {"cpu": defaults::METRICS_CPU_REQUEST, "memory": defaults::METRICS_MEMORY_REQUEST},
        "limits": {"memory": defaults::METRICS_MEMORY_LIMIT}
    }))]
    pub resources: Option<ResourcesSpec>,
}

/// Dashboards.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardsSpec {
    /// Whether Grafana dashboards are generated.
    #[serde(default)]
    pub grafana: bool,
    /// Whether Kibana dashboards are generated.
    #[serde(default)]
    pub kibana: bool,
    /// The folder that they are put into.
    #[serde(default)]
    #[schemars(extend("default" = defaults::FOLDER))]
    pub folder: Option<Folder>,
}
