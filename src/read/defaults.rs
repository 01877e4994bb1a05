//! What holds where a policy does not say: the schema shows it, and `model` fills it in.

use crate::value::duration::Duration;

/// The exporter that the catalog was compared with. 1.87 and 1.88 send Redis three commands at each
/// scrape that it does not know, which count as its errors (oliver006/redis_exporter issue 1155).
pub const REDIS_EXPORTER: &str = "oliver006/redis_exporter:v1.86.0";
/// Any Python 3.11 or later with its standard library runs the adapter.
pub const PYTHON: &str = "python:3.13-alpine";
/// Any curl 7.18 or later beside a POSIX shell runs the Jobs.
pub const CURL: &str = "curlimages/curl:8.17.0";
/// The Jaeger that the generated configuration was written for.
pub const JAEGER: &str = "jaegertracing/jaeger:2.20.0";
/// Its tool of the same release.
pub const JAEGER_INDEX_CLEANER: &str = "jaegertracing/jaeger-es-index-cleaner:2.20.0";

/// The tier of an instance.
pub const TIER: &str = "standard";
/// The name under which Sentinels know a primary.
pub const MASTER_NAME: &str = "mymaster";
/// The interval of a scrape: Prometheus' own usual one.
pub const SCRAPE_INTERVAL: Duration = Duration::seconds(30);
/// How often rules are evaluated.
pub const EVALUATION_INTERVAL: Duration = Duration::seconds(30);

/// The labels that alerts of one notification share.
pub const GROUP_BY: [&str; 4] = ["alertname", "cluster", "namespace", "instance_name"];
/// How long a new group waits for more alerts.
pub const GROUP_WAIT: Duration = Duration::seconds(30);
/// How long until a change of a group is told.
pub const GROUP_INTERVAL: Duration = Duration::seconds(5 * 60);
/// How long until an unchanged group is told again.
pub const REPEAT_INTERVAL: Duration = Duration::seconds(4 * 3_600);

/// The age at which an index is rolled over.
pub const ROLLOVER_AGE: Duration = Duration::seconds(24 * 3_600);
/// The size of a primary shard at which an index is rolled over: what Elasticsearch advises.
pub const ROLLOVER_SIZE: &str = "50gb";
/// Primary shards of an index.
pub const SHARDS: u32 = 1;
/// Copies of each shard.
pub const REPLICAS: u32 = 1;

/// Room for the metrics of some hundred instances over a month.
pub const METRICS_VOLUME: &str = "50Gi";
/// What a Prometheus pod requests of processor time.
pub const METRICS_CPU_REQUEST: &str = "200m";
/// What it requests of memory.
pub const METRICS_MEMORY_REQUEST: &str = "1Gi";
/// What memory it is held to.
pub const METRICS_MEMORY_LIMIT: &str = "4Gi";

/// The uid of Grafana's Prometheus data source.
pub const DATASOURCE: &str = "prometheus";
/// The label by which grafana-operator's own examples select, with its value.
pub const INSTANCE_SELECTOR: (&str, &str) = ("dashboards", "grafana");
/// The folder of dashboards.
pub const FOLDER: &str = "Redis";
