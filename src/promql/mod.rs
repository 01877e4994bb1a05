//! PromQL, read: what an expression asks for, and the labels that its result carries.
//!
//! Nothing here knows a stack: what there is to select comes through [`Series`].

pub mod flow;
pub mod meaning;
pub mod numbers;
pub mod problem;
pub mod read;
pub mod shape;
pub mod template;

use promql_parser::label::Matchers;

use crate::catalog;
use crate::promql::shape::Shape;
use crate::value::duration::Duration;

/// What there is to select from: every series that Prometheus will have.
pub trait Series {
    /// Returns what a selector finds.
    fn select(&self, metric: &str, matchers: &Matchers) -> Selected;
}

/// What a selector finds.
#[derive(Debug, Clone)]
pub enum Selected {
    /// Nothing exports a metric of that name.
    UnknownMetric,
    /// The metric is exported, and no series of it has what one of the matchers asks for.
    Nothing {
        /// The label of that matcher.
        label: String,
        /// Whether series of the metric have the label at all.
        is_carried: bool,
    },
    /// These series.
    Some(Found),
}

/// Series that a selector finds.
#[derive(Debug, Clone)]
pub struct Found {
    /// Their labels.
    pub shape: Shape,
    /// What they measure with; `None` where nobody says.
    pub kind: Option<catalog::Kind>,
    /// The longest time between two of their samples; `None` where nobody says.
    pub interval: Option<Duration>,
}
