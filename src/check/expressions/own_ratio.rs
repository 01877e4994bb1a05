//! Ratios of which each side meets the series that it is itself.

use std::collections::BTreeSet;

use promql_parser::parser::{BinaryExpr, Call, Expr, MatrixSelector, VectorSelector};

use crate::check::expressions::Rule;
use crate::diag::{Diagnostic, ticked};
use crate::promql::read::{each, metric_of};

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let mut found = None;
    each(rule.expression, &mut |it| {
        if let Expr::Binary(it) = it
            && it.op.to_string() == "/"
            && let Some(labels) = told_apart(it)
        {
            found = found.take().or(Some(labels));
        }
    });
    let Some(labels) = found else { return };
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    acc.push(
        Diagnostic::error(
            "alerts/ratio-of-itself",
            rule.place(),
            "this divides each series by itself",
        )
        .label("always 1")
        .note(match labels.as_slice() {
            [] => "both sides ask for the same".to_owned(),
            labels => format!(
                "a series is divided by the one with the same labels, and of those that {} tells apart \
                 each has its own",
                ticked(labels)
            ),
        })
        .help(match labels.as_slice() {
            [] => "write on each side what it is to count".to_owned(),
            labels => format!(
                "add up what they tell apart, on both sides: `sum without ({}) (…)`",
                labels.join(", ")
            ),
        }),
    );
}

/// The labels that one side asks for and the other does not, where both are the same but for that, and
/// every series of it meets itself.
fn told_apart(division: &BinaryExpr) -> Option<BTreeSet<String>> {
    let is_joined_otherwise = division
        .modifier
        .as_ref()
        .is_some_and(|it| it.matching.is_some());
    if is_joined_otherwise {
        return None;
    }
    let (left, right) = (selected(&division.lhs)?, selected(&division.rhs)?);
    if (&left.metric, &left.rest) != (&right.metric, &right.rest) {
        return None;
    }
    let is_within = left.matchers.is_subset(&right.matchers);
    (is_within || right.matchers.is_subset(&left.matchers)).then(|| {
        let other = left.matchers.symmetric_difference(&right.matchers);
        other.map(|(label, _)| label.clone()).collect()
    })
}

/// A selector, or the rate of one.
struct Selection {
    metric: String,
    /// Each label that is asked for, and the matcher.
    matchers: BTreeSet<(String, String)>,
    /// The function and the times.
    rest: String,
}

fn selected(expression: &Expr) -> Option<Selection> {
    match expression {
        Expr::Paren(it) => selected(&it.expr),
        Expr::VectorSelector(it) => of(it, String::new()),
        Expr::Call(Call { func, args }) => match args.args.as_slice() {
            [it] => match it.as_ref() {
                Expr::MatrixSelector(MatrixSelector { vs, range }) => {
                    of(vs, format!("{} {range:?}", func.name))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn of(selector: &VectorSelector, around: String) -> Option<Selection> {
    let matchers = selector.matchers.matchers.iter();
    Some(Selection {
        metric: metric_of(selector)?.to_owned(),
        matchers: matchers
            .map(|it| (it.name.clone(), it.to_string()))
            .collect(),
        rest: format!("{around} {:?} {:?}", selector.offset, selector.at),
    })
}
