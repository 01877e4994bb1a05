//! Labels through an expression: those of every selector, followed through functions, aggregations and
//! operators to those of the result, as Prometheus does it (promql/engine.go, functions.go).
//!
//! What is said holds for every evaluation: a label of a result is among those of the [`Shape`], with a
//! value that it allows; what it says is always there is on every series; what is said to be empty is.

mod aggregate;
mod binary;
mod call;
mod replace;
mod select;

use promql_parser::parser::{Expr, Offset};

use crate::promql::Series;
use crate::promql::numbers::Numbers;
use crate::promql::problem::Problem;
use crate::promql::shape::Shape;
use crate::value::duration::Duration;

/// The label under which a series has the name of its metric.
const NAME: &str = "__name__";

/// What is known of the result of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// What it is.
    pub form: Form,
    /// The labels of its series; of a range, those that it is taken from.
    pub shape: Shape,
    /// Whether it surely has no series.
    pub is_empty: bool,
    /// Whether it may have no series. A selector may: its targets may be gone.
    pub may_be_empty: bool,
    /// Whether it is there for what it says: something was compared, missed, or joined away. Without, there
    /// is a result as long as there are series.
    pub is_filtered: bool,
    /// What its values are.
    pub numbers: Numbers,
    /// The counter that its values are those of, by addition at most: they only rise until a process
    /// starts anew.
    pub counter: Option<String>,
    /// How far back it looks.
    pub reach: std::time::Duration,
}

/// What an expression results in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One number.
    Scalar,
    /// A text.
    Text,
    /// Series with a number each.
    Vector,
    /// Series with the numbers of a while.
    Range,
}

impl Flow {
    fn scalar(numbers: Numbers) -> Self {
        Self {
            form: Form::Scalar,
            shape: Shape::bare(),
            is_empty: false,
            may_be_empty: false,
            is_filtered: false,
            numbers,
            counter: None,
            reach: std::time::Duration::ZERO,
        }
    }

    fn text() -> Self {
        Self {
            form: Form::Text,
            ..Self::scalar(Numbers::ANY)
        }
    }

    /// Exactly one series, without labels.
    fn one(numbers: Numbers) -> Self {
        Self {
            form: Form::Vector,
            ..Self::scalar(numbers)
        }
    }

    fn nothing() -> Self {
        Self {
            is_empty: true,
            may_be_empty: true,
            is_filtered: true,
            ..Self::one(Numbers::ANY)
        }
    }

    /// The same series with other values, for which the name of the metric does not hold.
    fn computed(mut self, numbers: Numbers) -> Self {
        self.shape.drop(NAME);
        self.numbers = numbers;
        self.counter = None;
        self
    }
}

/// What is found about an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// What is known of its result.
    pub flow: Flow,
    /// What cannot be as it has it, in the order in which it is evaluated.
    pub problems: Vec<Problem>,
}

/// Follows the labels through an expression.
pub fn flow(expression: &Expr, series: &dyn Series) -> Followed {
    let mut follower = Follower {
        series,
        problems: Vec::new(),
    };
    let flow = follower.follow(expression);
    let mut problems: Vec<Problem> = Vec::new();
    for problem in follower.problems {
        // The same selector often stands on both sides.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Followed { flow, problems }
}

struct Follower<'a> {
    series: &'a dyn Series,
    problems: Vec<Problem>,
}

impl Follower<'_> {
    fn follow(&mut self, expression: &Expr) -> Flow {
        match expression {
            Expr::NumberLiteral(it) => Flow::scalar(Numbers::exactly(it.val)),
            Expr::StringLiteral(_) => Flow::text(),
            Expr::Paren(it) => self.follow(&it.expr),
            Expr::Unary(it) => {
                let flow = self.follow(&it.expr);
                let numbers = flow.numbers.negated();
                flow.computed(numbers)
            }
            Expr::VectorSelector(it) => self.select(it),
            Expr::MatrixSelector(it) => {
                let flow = self.select(&it.vs);
                Flow {
                    form: Form::Range,
                    reach: flow.reach + it.range,
                    ..flow
                }
            }
            Expr::Subquery(it) => {
                let flow = self.follow(&it.expr);
                Flow {
                    form: Form::Range,
                    reach: flow.reach + it.range + back(it.offset.as_ref()),
                    ..flow
                }
            }
            Expr::Call(it) => self.call(it),
            Expr::Aggregate(it) => self.aggregate(it),
            Expr::Binary(it) => self.binary(it),
            // The parser makes none.
            Expr::Extension(_) => Flow {
                shape: Shape::unknown(),
                may_be_empty: true,
                ..Flow::one(Numbers::ANY)
            },
        }
    }
}

/// How far an offset looks back.
fn back(offset: Option<&Offset>) -> std::time::Duration {
    match offset {
        Some(Offset::Pos(it)) => *it,
        Some(Offset::Neg(_)) | None => std::time::Duration::ZERO,
    }
}

/// The same time as a value of the policy.
fn in_policy(time: std::time::Duration) -> Duration {
    Duration::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// An expression without the brackets around it.
fn bare(mut expression: &Expr) -> &Expr {
    while let Expr::Paren(it) = expression {
        expression = &it.expr;
    }
    expression
}
