//! Functions: which labels they keep, take and make.

use promql_parser::label::{METRIC_NAME, MatchOp};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Call, Expr, VectorSelector};

use crate::promql::flow::replace::Replacement;
use crate::promql::flow::select::is_counter;
use crate::promql::flow::{Flow, Follower, Form, bare, in_policy};
use crate::promql::numbers::Numbers;
use crate::promql::problem::{Clause, Problem};
use crate::promql::shape::{Label, Shape, Values};

/// The label that tells the buckets of a histogram apart.
const BUCKET: &str = "le";

/// Functions that count restarts out: over what is no counter, each fall looks like a restart.
const OF_COUNTERS: &[&str] = &["rate", "irate", "increase", "resets"];
/// Functions that do not, so that a restart looks like a fall.
const OF_GAUGES: &[&str] = &["delta", "idelta"];
/// Functions that compare samples with each other: with one sample, they have no result.
const OF_TWO_SAMPLES: &[&str] = &[
    "rate",
    "irate",
    "increase",
    "delta",
    "idelta",
    "deriv",
    "predict_linear",
    "holt_winters",
    "double_exponential_smoothing",
];
/// Functions whose noise goes down with the number of samples in the window.
const OF_MANY_SAMPLES: &[&str] = &["rate", "increase"];

impl Follower<'_> {
    pub(super) fn call(&mut self, call: &Call) -> Flow {
        let name = call.func.name;
        let arguments: Vec<&Expr> = call.args.args.iter().map(|it| bare(it)).collect();
        // The second argument of `info` is no selector of series, though it looks like one.
        let followed = match name {
            "info" => arguments.get(..1).unwrap_or_default(),
            _ => &arguments[..],
        };
        let flows: Vec<Flow> = followed.iter().map(|it| self.follow(it)).collect();
        let reach = flows.iter().map(|it| it.reach).max().unwrap_or_default();
        for (argument, flow) in followed.iter().zip(&flows) {
            self.window(name, argument, flow);
        }
        if call.func.return_type == ValueType::Scalar {
            let numbers = match name {
                // NaN where there is not exactly one series.
                "scalar" => Numbers {
                    may_be_nan: true,
                    ..flows.first().map_or(Numbers::ANY, |it| it.numbers)
                },
                _ => Numbers::ANY,
            };
            return Flow {
                reach,
                ..Flow::scalar(numbers)
            };
        }
        let of_series = |it: &&Flow| matches!(it.form, Form::Vector | Form::Range);
        let Some(operand) = flows.iter().find(of_series).cloned() else {
            // `vector(1)`, `hour()`: one series without labels.
            let numbers = match name {
                "vector" => flows.first().map_or(Numbers::ANY, |it| it.numbers),
                _ => Numbers::ANY,
            };
            return Flow {
                reach,
                ..Flow::one(numbers)
            };
        };
        let operand = Flow {
            form: Form::Vector,
            reach,
            ..operand
        };
        let text = |index: usize| match arguments.get(index) {
            Some(Expr::StringLiteral(it)) => Some(it.val.as_str()),
            _ => None,
        };
        match name {
            "absent" | "absent_over_time" => Flow {
                shape: arguments.first().map_or_else(Shape::bare, |it| missing(it)),
                may_be_empty: true,
                is_filtered: true,
                reach,
                ..Flow::one(Numbers::between(0.0, 1.0))
            },
            "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" | "last_over_time"
            | "first_over_time" => operand,
            "info" => informed(operand),
            "label_replace" => self.replaced(operand, [text(1), text(2), text(3), text(4)]),
            "label_join" => {
                let sources = (3..arguments.len()).filter_map(text).collect();
                self.joined_labels(operand, text(1), text(2), sources)
            }
            "histogram_quantile" | "histogram_fraction" => self.quantile(name, operand),
            "histogram_quantiles" => {
                let mut flow = self.quantile(name, operand);
                let named = arguments.iter().find_map(|it| match it {
                    Expr::StringLiteral(it) => Some(it.val.as_str()),
                    _ => None,
                });
                if let Some(label) = named {
                    flow.shape.set(label, Label::always(Values::Any));
                }
                flow
            }
            _ => {
                let numbers = self.computed(name, &operand, &flows);
                operand.computed(numbers)
            }
        }
    }

    fn computed(&self, name: &str, operand: &Flow, flows: &[Flow]) -> Numbers {
        let numbers = operand.numbers;
        match name {
            "rate" | "irate" | "increase" | "changes" | "resets" | "count_over_time" => {
                Numbers::between(0.0, f64::INFINITY)
            }
            "min_over_time" | "max_over_time" => numbers,
            "avg_over_time" | "quantile_over_time" if numbers.low >= 0.0 => numbers,
            "sum_over_time" => numbers.summed(),
            "clamp_max" | "clamp_min" | "clamp" => {
                let bounds: Vec<f64> = flows
                    .iter()
                    .skip(1)
                    .filter_map(|it| it.numbers.constant())
                    .collect();
                match (name, bounds.as_slice()) {
                    ("clamp_max", [high]) => Numbers {
                        low: numbers.low.min(*high),
                        high: numbers.high.min(*high),
                        ..numbers
                    },
                    ("clamp_min", [low]) => Numbers {
                        low: numbers.low.max(*low),
                        high: numbers.high.max(*low),
                        ..numbers
                    },
                    ("clamp", [low, high]) if low <= high => Numbers {
                        low: numbers.low.clamp(*low, *high),
                        high: numbers.high.clamp(*low, *high),
                        ..numbers
                    },
                    _ => Numbers::ANY,
                }
            }
            _ => Numbers::ANY,
        }
    }

    /// Looks at a range by the function that takes it.
    fn window(&mut self, function: &'static str, argument: &Expr, flow: &Flow) {
        match argument {
            Expr::MatrixSelector(range) => self.samples(function, &range.vs, range.range),
            Expr::Subquery(range) => {
                // A counter is one no more when it is added up.
                if OF_COUNTERS.contains(&function)
                    && flow.counter.is_some()
                    && let Expr::Aggregate(aggregate) = bare(&range.expr)
                {
                    self.problems.push(Problem::AggregatedBeforeRate {
                        function,
                        aggregation: aggregate.op.to_string(),
                    });
                }
            }
            _ => {}
        }
    }

    fn samples(
        &mut self,
        function: &'static str,
        selector: &VectorSelector,
        window: std::time::Duration,
    ) {
        let Some(metric) = crate::promql::read::metric_of(selector) else {
            return;
        };
        let Some(found) = self.found(selector) else {
            return;
        };
        let metric = metric.to_owned();
        match is_counter(&metric, found.kind) {
            Some(false) if OF_COUNTERS.contains(&function) => {
                self.problems.push(Problem::NotACounter {
                    metric: metric.clone(),
                    function,
                });
            }
            Some(true) if OF_GAUGES.contains(&function) => {
                self.problems.push(Problem::NotAGauge {
                    metric: metric.clone(),
                    function,
                });
            }
            _ => {}
        }
        if let Some(interval) = found.interval {
            let length = in_policy(window);
            let is_blind = OF_TWO_SAMPLES.contains(&function) && length < interval.times(2);
            let is_noisy = OF_MANY_SAMPLES.contains(&function) && length < interval.times(4);
            if is_blind || is_noisy {
                self.problems.push(Problem::WindowTooShort {
                    metric,
                    function,
                    window: length,
                    interval,
                    is_blind,
                });
            }
        }
    }

    fn quantile(&mut self, function: &'static str, operand: Flow) -> Flow {
        if !operand.is_empty && !operand.shape.can_have(BUCKET) {
            self.problems.push(Problem::BucketsLost { function });
        }
        let mut flow = operand.computed(Numbers::ANY);
        flow.shape.drop(BUCKET);
        Flow {
            may_be_empty: true,
            ..flow
        }
    }

    fn replaced(&mut self, operand: Flow, texts: [Option<&str>; 4]) -> Flow {
        let [Some(target), Some(replacement), Some(source), Some(regex)] = texts else {
            return operand;
        };
        self.reads(&operand, source);
        let replaced = Replacement {
            replacement,
            regex,
            source: operand.shape.label(source),
            target: operand.shape.label(target),
        }
        .result();
        let mut flow = operand;
        flow.shape.set(target, replaced);
        flow
    }

    fn joined_labels(
        &mut self,
        operand: Flow,
        target: Option<&str>,
        separator: Option<&str>,
        sources: Vec<&str>,
    ) -> Flow {
        let (Some(target), Some(separator)) = (target, separator) else {
            return operand;
        };
        for source in &sources {
            self.reads(&operand, source);
        }
        let parts: Vec<Label> = sources.iter().map(|it| operand.shape.label(it)).collect();
        let mut flow = operand;
        flow.shape
            .set(target, super::replace::joined(&parts, separator));
        flow
    }

    fn reads(&mut self, operand: &Flow, source: &str) {
        // An empty name reads nothing on purpose: the label becomes a constant.
        if !source.is_empty() && !operand.is_empty && !operand.shape.can_have(source) {
            self.problems.push(Problem::LabelAbsent {
                label: source.to_owned(),
                clause: Clause::Source,
                is_needed: false,
            });
        }
    }
}

/// The labels of what says that a selector finds nothing: those that it compares for equality.
fn missing(argument: &Expr) -> Shape {
    let matchers = match argument {
        Expr::VectorSelector(it) => &it.matchers.matchers,
        Expr::MatrixSelector(it) => &it.vs.matchers.matchers,
        _ => return Shape::bare(),
    };
    let mut shape = Shape::bare();
    let mut seen = std::collections::BTreeSet::new();
    for matcher in matchers.iter().filter(|it| it.name != METRIC_NAME) {
        // A label that is compared twice is left out.
        let is_first = seen.insert(matcher.name.as_str());
        match matcher.op {
            MatchOp::Equal if is_first && !matcher.value.is_empty() => {
                let value = Label::always(Values::one(&matcher.value));
                shape.set(&matcher.name, value);
            }
            _ => shape.drop(&matcher.name),
        }
    }
    shape
}

/// The labels of info metrics come beside those that are there.
fn informed(mut operand: Flow) -> Flow {
    operand.shape.is_open = true;
    operand.may_be_empty = true;
    operand
}
