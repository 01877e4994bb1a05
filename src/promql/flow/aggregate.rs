//! Aggregations: which labels are left.

use promql_parser::parser::{AggregateExpr, Expr, LabelModifier};

use crate::promql::flow::{Flow, Follower, Form, NAME, bare};
use crate::promql::numbers::Numbers;
use crate::promql::problem::{Clause, Problem};
use crate::promql::shape::{Label, Shape, Values};

impl Follower<'_> {
    pub(super) fn aggregate(&mut self, aggregate: &AggregateExpr) -> Flow {
        let parameter = aggregate.param.as_deref();
        let text = match parameter.map(bare) {
            Some(Expr::StringLiteral(it)) => Some(it.val.as_str()),
            Some(it) => {
                self.follow(it);
                None
            }
            None => None,
        };
        let operand = self.follow(&aggregate.expr);
        let name = aggregate.op.to_string();
        if !operand.is_empty {
            self.groups(aggregate, &operand, text);
        }
        let numbers = match name.as_str() {
            "sum" => operand.numbers.summed(),
            "min" | "max" | "topk" | "bottomk" | "limitk" | "limit_ratio" => operand.numbers,
            "avg"
                if operand.numbers.low > f64::NEG_INFINITY || operand.numbers.high.is_finite() =>
            {
                operand.numbers
            }
            // At least 1 where there is a result; that it is compared with 0 says whether there is one.
            "count" | "count_values" => Numbers::between(0.0, f64::INFINITY),
            "group" => Numbers::between(0.0, 1.0),
            "stddev" | "stdvar" => Numbers {
                low: 0.0,
                ..Numbers::ANY
            },
            _ => Numbers::ANY,
        };
        let selects = matches!(name.as_str(), "topk" | "bottomk" | "limitk" | "limit_ratio");
        let keeps = selects || matches!(name.as_str(), "sum" | "min" | "max" | "avg");
        let counter = operand.counter.clone().filter(|_| keeps);
        let shape = match selects {
            // These choose series and change none.
            true => operand.shape,
            false => grouped(&operand.shape, aggregate.modifier.as_ref(), text),
        };
        Flow {
            form: Form::Vector,
            is_empty: operand.is_empty || shape.is_contradiction(),
            shape,
            // `topk(0, …)` is empty, and a ratio may be.
            may_be_empty: operand.may_be_empty || selects,
            is_filtered: operand.is_filtered,
            numbers,
            counter,
            reach: operand.reach,
        }
    }

    fn groups(&mut self, aggregate: &AggregateExpr, operand: &Flow, made: Option<&str>) {
        let (labels, clause) = match &aggregate.modifier {
            Some(LabelModifier::Include(labels)) => (labels, Clause::By),
            Some(LabelModifier::Exclude(labels)) => (labels, Clause::Without),
            None => return,
        };
        for label in &labels.labels {
            if Some(label.as_str()) != made && !operand.shape.can_have(label) {
                self.problems.push(Problem::LabelAbsent {
                    label: label.clone(),
                    clause,
                    is_needed: clause == Clause::By,
                });
            }
        }
    }
}

/// The labels of the groups; `made` is the label that `count_values` makes.
fn grouped(operand: &Shape, modifier: Option<&LabelModifier>, made: Option<&str>) -> Shape {
    let mut shape = operand.clone();
    if let Some(made) = made {
        shape.set(made, Label::always(Values::Any));
    }
    match modifier {
        Some(LabelModifier::Exclude(labels)) => {
            for label in labels.labels.iter().map(String::as_str).chain([NAME]) {
                shape.drop(label);
            }
            shape
        }
        Some(LabelModifier::Include(labels)) => {
            let labels = labels.labels.iter().map(String::as_str);
            shape.keep(labels.chain(made))
        }
        None => shape.keep(made),
    }
}
