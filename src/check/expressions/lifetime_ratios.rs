//! Ratios of counters since their processes began.

use promql_parser::parser::Expr;

use crate::catalog::{self, Kind};
use crate::check::expressions::Rule;
use crate::diag::Diagnostic;
use crate::promql::read::{each, metric_of, metrics};

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let mut counter = None;
    each(rule.expression, &mut |it| {
        if let Expr::Binary(it) = it
            && it.op.to_string() == "/"
            && is_counted(&it.lhs)
            && is_counted(&it.rhs)
        {
            counter = counter
                .take()
                .or_else(|| metrics(&it.lhs).into_iter().next());
        }
    });
    let Some(counter) = counter else { return };
    acc.push(
        Diagnostic::warning(
            "alerts/ratio-since-start",
            rule.place(),
            "this is a ratio over all the time that the process has run",
        )
        .label("counters, divided as they are")
        .note("after days nothing that happens now moves it: it tells too late, and is right again too late")
        .help(format!(
            "divide what is counted now: `rate({counter}[5m]) / …`, on both sides"
        )),
    );
}

/// Returns whether an expression is a count since the start, or a sum of such.
fn is_counted(expression: &Expr) -> bool {
    match expression {
        Expr::Paren(it) => is_counted(&it.expr),
        Expr::Aggregate(it) => it.op.to_string() == "sum" && is_counted(&it.expr),
        Expr::Binary(it) => it.op.to_string() == "+" && is_counted(&it.lhs) && is_counted(&it.rhs),
        Expr::VectorSelector(it) => metric_of(it).is_some_and(|it| {
            let of_catalog = catalog::metrics(it);
            !of_catalog.is_empty() && of_catalog.iter().all(|it| it.kind == Kind::Counter)
        }),
        _ => false,
    }
}
