//! What the world exports: the metrics of each exporter, and the directives that Redis knows.
//!
//! Data with its source and version. That a metric of an expression exists is a look-up here.

mod kind;
pub mod redis_advisories;
pub mod redis_config;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use kind::Kind;

/// Who exports a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exporter {
    /// oliver006/redis_exporter, beside or in front of Redis and Sentinel.
    Redis,
    /// An operator built with controller-runtime.
    ControllerRuntime,
    /// Prometheus, about itself and about each scrape.
    Prometheus,
    /// Alertmanager.
    Alertmanager,
    /// The collector of Jaeger v1.
    Jaeger,
    /// The collector of OpenTelemetry, and Jaeger v2, which is one.
    Otelcol,
    /// Fluent Bit, about itself.
    FluentBit,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its name; a histogram or summary is known by the name of its family.
    pub name: &'static str,
    /// counter, gauge, histogram or summary.
    pub kind: &'static str,
    /// The labels that the exporter itself gives it.
    pub labels: Vec<&'static str>,
    /// Who exports it.
    pub exporter: Exporter,
    /// What it tells.
    pub meaning: &'static str,
}

static METRICS: LazyLock<BTreeMap<&'static str, Metric>> = LazyLock::new(|| {
    let tables = [
        (Exporter::Redis, include_str!("redis_exporter.tsv")),
        (
            Exporter::ControllerRuntime,
            include_str!("controller_runtime.tsv"),
        ),
        (Exporter::Prometheus, include_str!("prometheus.tsv")),
        (Exporter::Alertmanager, include_str!("alertmanager.tsv")),
        (Exporter::Jaeger, include_str!("jaeger.tsv")),
        (Exporter::Otelcol, include_str!("otelcol.tsv")),
        (Exporter::FluentBit, include_str!("fluent_bit.tsv")),
    ];
    let mut metrics = BTreeMap::new();
    for (exporter, table) in tables {
        for line in table.lines().filter(|it| !it.starts_with('#')) {
            let cells: Vec<&'static str> = line.split('\t').collect();
            if let [name, kind, labels, .., meaning] = cells.as_slice() {
                let labels = labels.split(',').filter(|it| !it.is_empty()).collect();
                metrics.entry(*name).or_insert(Metric {
                    name,
                    kind,
                    labels,
                    exporter,
                    meaning,
                });
            }
        }
    }
    metrics
});

/// Returns the metric of that name. The series of a histogram or summary are found under the name
/// of their family.
pub fn metric(name: &str) -> Option<&'static Metric> {
    if let Some(metric) = METRICS.get(name) {
        return Some(metric);
    }
    let family = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))?;
    METRICS
        .get(family)
        .filter(|it| matches!(it.kind, "histogram" | "summary"))
}

/// The names of all metrics, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    METRICS.keys().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phantoms_of_published_examples_are_not_there() {
        for name in [
            "redis_instance_memory_limit_bytes",
            "redis_sentinel_quorum_required",
            "redis_operator_resource_status_total",
            "redis_memory_fragmentation_ratio",
        ] {
            assert_eq!(metric(name), None, "{name}");
        }
    }

    #[test]
    fn every_line_is_a_metric() {
        assert!(METRICS.len() > 300, "{}", METRICS.len());
        for metric in METRICS.values() {
            assert!(
                matches!(metric.kind, "counter" | "gauge" | "histogram" | "summary"),
                "{metric:?}"
            );
        }
        assert_eq!(
            metric("redis_commands_latencies_usec_bucket").map(|it| it.kind),
            Some("histogram")
        );
    }
}
