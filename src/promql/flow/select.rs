//! Selectors: where labels come from.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::VectorSelector;

use crate::catalog::{self, Kind};
use crate::promql::flow::{Flow, Follower, Form, NAME, back};
use crate::promql::numbers::Numbers;
use crate::promql::problem::{Clause, Problem};
use crate::promql::read::metric_of;
use crate::promql::shape::{Label, Shape, Values};
use crate::promql::{Found, Selected};

/// What Prometheus writes for an alert while it waits or fires, and only then (rules/alerting.go).
const ALERTS: &str = "ALERTS";

impl Follower<'_> {
    pub(super) fn select(&mut self, selector: &VectorSelector) -> Flow {
        let reach = back(selector.offset.as_ref());
        let Some(metric) = metric_of(selector) else {
            // Many metrics at once: whichever are there.
            let mut shape = Shape::unknown();
            shape.set(NAME, Label::always(Values::Any));
            for matcher in &selector.matchers.matchers {
                shape.taken_by(matcher);
            }
            return Flow {
                form: Form::Vector,
                is_empty: shape.is_contradiction(),
                shape,
                may_be_empty: true,
                reach,
                ..Flow::scalar(Numbers::ANY)
            };
        };
        let found = match self.series.select(metric, &selector.matchers) {
            Selected::Some(found) => found,
            Selected::UnknownMetric => {
                self.problems.push(Problem::UnknownMetric {
                    metric: metric.to_owned(),
                });
                return Flow::nothing();
            }
            Selected::Nothing { label, is_carried } => {
                self.nothing(metric, &label, is_carried);
                return Flow::nothing();
            }
        };
        let Found { mut shape, .. } = found;
        shape.set(NAME, Label::always(Values::one(metric)));
        for matcher in &selector.matchers.matchers {
            let before = shape.label(&matcher.name);
            shape.taken_by(matcher);
            if shape.label(&matcher.name).is_contradiction() {
                self.nothing(metric, &matcher.name, !before.is_absent());
                return Flow::nothing();
            }
            if before.is_absent() && is_idle(matcher) {
                self.problems.push(Problem::LabelAbsent {
                    label: matcher.name.clone(),
                    clause: Clause::Matcher,
                    is_needed: false,
                });
            }
        }
        let counts = is_counter(metric, found.kind);
        Flow {
            form: Form::Vector,
            shape,
            is_empty: false,
            may_be_empty: true,
            is_filtered: metric == ALERTS,
            numbers: match counts {
                Some(true) => Numbers::between(0.0, f64::INFINITY),
                _ => numbers_of(metric),
            },
            counter: (counts == Some(true)).then(|| metric.to_owned()),
            reach,
        }
    }

    fn nothing(&mut self, metric: &str, label: &str, is_carried: bool) {
        self.problems.push(Problem::NothingSelected {
            metric: metric.to_owned(),
            label: label.to_owned(),
            is_carried,
        });
    }

    /// What a selector finds, without saying what is wrong with it again.
    pub(super) fn found(&self, selector: &VectorSelector) -> Option<Found> {
        match self.series.select(metric_of(selector)?, &selector.matchers) {
            Selected::Some(found) => Some(found),
            Selected::UnknownMetric | Selected::Nothing { .. } => None,
        }
    }
}

/// Returns whether a matcher excludes a value that is never there.
fn is_idle(matcher: &Matcher) -> bool {
    matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRe(_)) && matcher.is_match("")
}

/// Returns whether series of a metric only rise, where that is known. Those of a histogram are counters,
/// and those of a summary but for its quantiles.
pub(super) fn is_counter(metric: &str, kind: Option<Kind>) -> Option<bool> {
    let is_part = ["_bucket", "_count", "_sum"]
        .iter()
        .any(|it| metric.ends_with(it));
    match kind? {
        Kind::Counter => Some(true),
        Kind::Gauge => match only_rises(metric) {
            true => None,
            false => Some(false),
        },
        Kind::Histogram | Kind::Summary if is_part => Some(true),
        // A native histogram is one too; it is taken apart by functions of its own.
        Kind::Histogram => None,
        Kind::Summary => Some(false),
    }
}

/// Returns whether an exporter calls a gauge what only rises, so that a rate of it makes sense.
fn only_rises(metric: &str) -> bool {
    let is_told = catalog::metrics(metric)
        .iter()
        .any(|it| it.meaning.contains("monotonic"));
    is_told || metric.starts_with("redis_cluster_stats_messages_") || RISING.contains(&metric)
}

/// Gauges that only rise: counts of things that go on, and what is numbered in their order.
const RISING: &[&str] = &[
    "redis_cluster_current_epoch",
    "redis_cluster_my_epoch",
    "redis_sentinel_master_config_epoch",
    "redis_slowlog_last_id",
    "redis_uptime_in_seconds",
];

/// What the values of a gauge surely are.
fn numbers_of(metric: &str) -> Numbers {
    let known = catalog::metrics(metric);
    let is_all = |unit: &str| !known.is_empty() && known.iter().all(|it| it.unit == unit);
    // What is lost to fragmentation can be less than nothing.
    match metric {
        _ if is_all("bool") => Numbers::between(0.0, 1.0),
        _ if is_all("bytes") && !metric.contains("frag") => Numbers::between(0.0, f64::INFINITY),
        _ => Numbers::ANY,
    }
}
