//! What cannot be as an expression has it.

use crate::promql::numbers::Numbers;
use crate::value::duration::Duration;

/// Something in an expression that cannot work, or does not do what it says.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// Nothing exports a metric of that name.
    UnknownMetric {
        /// The metric.
        metric: String,
    },
    /// The metric is exported, and no series of it has what the matchers ask for.
    NothingSelected {
        /// The metric.
        metric: String,
        /// The label of the matcher that takes nothing.
        label: String,
        /// Whether series of the metric have the label at all.
        is_carried: bool,
    },
    /// A label that no series has where it is named.
    LabelAbsent {
        /// The label.
        label: String,
        /// Where it is named.
        clause: Clause,
        /// Whether something is lost by it; else it only does nothing.
        is_needed: bool,
    },
    /// Two sides that are joined have no labels in common that could be equal.
    NoMatch {
        /// The operator.
        operator: String,
        /// The label that differs.
        label: String,
        /// What is known of it on the left and on the right.
        difference: Difference,
    },
    /// A histogram without its buckets: `le` is gone before the quantile is taken.
    BucketsLost {
        /// The function.
        function: &'static str,
    },
    /// A window in which there are no two samples to compare.
    WindowTooShort {
        /// The metric.
        metric: String,
        /// The function.
        function: &'static str,
        /// The window.
        window: Duration,
        /// The time between two samples.
        interval: Duration,
        /// Whether there are fewer than two samples at times; else there are two or three.
        is_blind: bool,
    },
    /// A function for counters over what is none.
    NotACounter {
        /// The metric.
        metric: String,
        /// The function.
        function: &'static str,
    },
    /// A function for gauges over a counter, which begins anew when its process does.
    NotAGauge {
        /// The metric.
        metric: String,
        /// The function.
        function: &'static str,
    },
    /// A counter is compared with a number: once it is above, it stays.
    CounterCompared {
        /// The metric.
        metric: String,
    },
    /// A rate over a sum of counters: each restart of one of them looks like a jump.
    AggregatedBeforeRate {
        /// The function.
        function: &'static str,
        /// The aggregation.
        aggregation: String,
    },
    /// A comparison that comes out one way whatever happens.
    Certain {
        /// The operator.
        operator: String,
        /// What the left side surely is.
        left: Numbers,
        /// What the right side surely is.
        right: Numbers,
        /// Whether it is always true; else never.
        is_true: bool,
    },
}

/// Where a label is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clause {
    /// Between the braces of a selector.
    Matcher,
    /// `by (…)`
    By,
    /// `without (…)`
    Without,
    /// `on (…)`
    On,
    /// `ignoring (…)`
    Ignoring,
    /// `group_left (…)` or `group_right (…)`
    Group,
    /// The label that `label_replace` or `label_join` reads.
    Source,
}

impl Clause {
    /// How it is written.
    pub fn written(self) -> &'static str {
        match self {
            Self::Matcher => "a matcher",
            Self::By => "`by`",
            Self::Without => "`without`",
            Self::On => "`on`",
            Self::Ignoring => "`ignoring`",
            Self::Group => "`group_left` or `group_right`",
            Self::Source => "`label_replace` or `label_join`",
        }
    }
}

/// How a label differs between two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Only the left side has it.
    OnlyLeft,
    /// Only the right side has it.
    OnlyRight,
    /// Both have it, with other values.
    Values,
}
