//! Divisions by what can be 0, where the alert then fires, or never does.

use promql_parser::parser::{BinaryExpr, Expr};

use crate::check::expressions::Rule;
use crate::diag::Diagnostic;
use crate::promql::read::{each, metric_of, metrics};

/// 0 where the policy sets no limit (redis.conf, "maxmemory").
const LIMIT: &str = "redis_memory_max_bytes";

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let mut found = None;
    each(rule.expression, &mut |it| {
        if let Expr::Binary(comparison) = it
            && comparison.op.is_comparison_operator()
            && let Some(division) = division(&comparison.lhs)
        {
            let operator = comparison.op.to_string();
            found = found.take().or_else(|| wrong(rule, &operator, division));
        }
    });
    acc.extend(found);
}

/// The division that is compared.
fn division(mut expression: &Expr) -> Option<&BinaryExpr> {
    loop {
        match expression {
            Expr::Paren(it) => expression = &it.expr,
            Expr::Binary(it) if it.op.to_string() == "*" => match it.rhs.as_ref() {
                Expr::NumberLiteral(_) => expression = &it.lhs,
                _ => expression = &it.rhs,
            },
            Expr::Binary(it) if it.op.to_string() == "/" => {
                return match it.rhs.as_ref() {
                    Expr::NumberLiteral(_) => division(&it.lhs),
                    _ => Some(it),
                };
            }
            _ => return None,
        }
    }
}

fn wrong(rule: &Rule<'_>, operator: &str, division: &BinaryExpr) -> Option<Diagnostic> {
    let fires = match operator {
        ">" | ">=" => true,
        "<" | "<=" => false,
        _ => return None,
    };
    if is_guarded(&division.rhs) {
        return None;
    }
    let below = metrics(&division.rhs);
    if below.len() == 1 && below.contains(LIMIT) && is_selected(&division.rhs) {
        let without = rule
            .stack
            .instances
            .iter()
            .find(|it| it.maxmemory().is_none())?;
        return Some(
            said(rule, fires, &format!("`{LIMIT}` of `{}` is 0: it has no `maxmemory`", without.name))
                .help(format!("set `maxmemory` of `{}`, or compare only where there is a limit: `/ ({LIMIT} > 0)`", without.name))
                .of_this_stack(true),
        );
    }
    // A rate of 0 under what is not 0 then.
    let is_rate = is_rate(&division.rhs);
    if fires && is_rate && is_gauge(&division.lhs) {
        return Some(
            said(
                rule,
                true,
                "this divides by a rate, which is 0 when nothing happens",
            )
            .help("divide only where something happens: `/ (… > 0)`"),
        );
    }
    None
}

fn said(rule: &Rule<'_>, fires: bool, headline: &str) -> Diagnostic {
    Diagnostic::warning("alerts/ratio-nan", rule.place(), headline)
        .label("divided by 0")
        .note(match fires {
            true => "a number divided by 0 is infinite for Prometheus, which is above every threshold: it fires",
            false => "a number divided by 0 is infinite for Prometheus, which is below no threshold: it never fires",
        })
}

/// Returns whether what is divided by is compared before.
fn is_guarded(expression: &Expr) -> bool {
    let mut is_guarded = false;
    each(expression, &mut |it| match it {
        Expr::Binary(it) if it.op.is_comparison_operator() => is_guarded = true,
        Expr::Call(it) if matches!(it.func.name, "clamp_min" | "clamp") => is_guarded = true,
        _ => {}
    });
    is_guarded
}

/// Returns whether an expression is a selector, aggregated or not.
fn is_selected(expression: &Expr) -> bool {
    match expression {
        Expr::Paren(it) => is_selected(&it.expr),
        Expr::Aggregate(it) => is_selected(&it.expr),
        Expr::VectorSelector(it) => metric_of(it).is_some(),
        _ => false,
    }
}

/// Returns whether an expression is a rate, aggregated or not.
fn is_rate(expression: &Expr) -> bool {
    match expression {
        Expr::Paren(it) => is_rate(&it.expr),
        Expr::Aggregate(it) => is_rate(&it.expr),
        Expr::Call(it) => matches!(it.func.name, "rate" | "irate" | "increase"),
        _ => false,
    }
}

/// Returns whether an expression is what a gauge says, aggregated or not.
fn is_gauge(expression: &Expr) -> bool {
    is_selected(expression)
}
