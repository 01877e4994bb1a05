//! What the world exports: the metrics of each exporter, and the directives that Redis knows.
//!
//! Data with its source and version. That a metric of an expression exists is a look-up here.

mod condition;
mod exporter;
mod kind;
pub mod redis_advisories;
pub mod redis_config;
pub mod redis_effects;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use condition::{Circumstances, Condition, Held, Role, Scope, Since, Target};
pub use exporter::Exporter;
pub use kind::Kind;

/// One metric of one exporter. Where its labels or its condition changed between versions, it is
/// several, of which one is there at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its name; a histogram or summary is known by the name of its family.
    pub name: &'static str,
    /// What it measures with.
    pub kind: Kind,
    /// The labels that the exporter itself gives it, `le` and `quantile` left out. One that ends in
    /// `*` stands for every label that begins so.
    pub labels: Vec<&'static str>,
    /// Who exports it.
    pub exporter: Exporter,
    /// Which of its targets have it.
    pub scope: Scope,
    /// When they have it.
    pub condition: Condition,
    /// Which version of the exporter has it first.
    pub since: Since,
    /// What its numbers are: `bytes`, `seconds`, `count`, `bool`, `info`, …
    pub unit: &'static str,
    /// What it tells.
    pub meaning: &'static str,
}

impl Metric {
    fn parse(exporter: Exporter, line: &'static str) -> Option<Self> {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let [name, kind, labels, scope, condition, since, unit, meaning] = cells[..] else {
            return None;
        };
        Some(Self {
            name,
            kind: Kind::parse(kind)?,
            labels: labels.split(',').filter(|it| !it.is_empty()).collect(),
            exporter,
            scope: Scope::parse(scope)?,
            condition: Condition::parse(condition)?,
            since: Since::parse(since)?,
            unit,
            meaning,
        })
    }

    /// Returns whether a target has it, as far as it is known.
    pub fn held(&self, circumstances: &Circumstances<'_>) -> Held {
        condition::held(self.scope, self.since, &self.condition, circumstances)
    }

    /// Returns whether its series include some of that name: a histogram has none of the name of
    /// its family, unless native histograms are scraped.
    pub fn has_series(&self, name: &str) -> bool {
        let part = name.strip_prefix(self.name);
        match self.kind {
            Kind::Counter | Kind::Gauge => part == Some(""),
            Kind::Histogram => matches!(part, Some("_bucket" | "_sum" | "_count")),
            Kind::Summary => matches!(part, Some("" | "_sum" | "_count")),
        }
    }
}

/// Returns the labels that an exporter gives the series of a metric that have a name: `le` is one of
/// those of `…_bucket`, and `quantile` of those of a summary.
pub fn series_labels<'a>(
    metric: &'a Metric,
    name: &str,
) -> impl Iterator<Item = &'static str> + 'a {
    let own = match metric.kind {
        Kind::Histogram if name.strip_prefix(metric.name) == Some("_bucket") => Some("le"),
        Kind::Summary if name == metric.name => Some("quantile"),
        _ => None,
    };
    metric.labels.iter().copied().chain(own)
}

/// Returns whether an exporter may give a label to the series of a metric that have a name.
pub fn has_label(metric: &Metric, name: &str, label: &str) -> bool {
    series_labels(metric, name).any(|it| match it.strip_suffix('*') {
        Some(beginning) => label.starts_with(beginning),
        None => it == label,
    })
}

static METRICS: LazyLock<BTreeMap<&'static str, Vec<Metric>>> = LazyLock::new(|| {
    let mut metrics: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for exporter in Exporter::ALL {
        for line in lines(*exporter) {
            if let Some(metric) = Metric::parse(*exporter, line) {
                metrics.entry(metric.name).or_default().push(metric);
            }
        }
    }
    metrics
});

fn lines(exporter: Exporter) -> impl Iterator<Item = &'static str> {
    let lines = exporter.table().lines();
    lines.filter(|it| !it.starts_with('#'))
}

/// Returns the metrics of that name, those of an exporter beside each other. The series of a
/// histogram or summary are found under the name of their family.
pub fn metrics(name: &str) -> &'static [Metric] {
    if let Some(metrics) = METRICS.get(name) {
        return metrics;
    }
    let families = ["_bucket", "_sum", "_count"]
        .iter()
        .filter_map(|it| METRICS.get(name.strip_suffix(it)?));
    let mut families = families.filter(|it| it.iter().any(|it| it.has_series(name)));
    families.next().map_or(&[], Vec::as_slice)
}

/// Returns whether an exporter has series of that name for a target, as far as it is known.
pub fn held(exporter: Exporter, name: &str, circumstances: &Circumstances<'_>) -> Held {
    let metrics = metrics(name).iter();
    let of_exporter = metrics.filter(|it| it.exporter == exporter && it.has_series(name));
    let held = of_exporter.map(|it| it.held(circumstances));
    held.max().unwrap_or(Held::Never)
}

/// Everything that an exporter exports, by name.
pub fn of(exporter: Exporter) -> impl Iterator<Item = &'static Metric> {
    let metrics = METRICS.values().flatten();
    metrics.filter(move |it| it.exporter == exporter)
}

/// The names of all metrics, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    METRICS.keys().copied()
}

#[cfg(test)]
mod tests;
