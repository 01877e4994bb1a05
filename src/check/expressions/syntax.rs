//! Expressions that are not PromQL.

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::promql::read::Refusal;
use crate::prove::expressions::Expressions;

pub(super) fn look(expressions: &Expressions<'_>, acc: &mut Vec<Diagnostic>) {
    let recordings = expressions.recordings.iter();
    let recordings = recordings.map(|it| (&it.rule.at, it.rule.expr.as_str(), &it.read));
    let alerts = expressions.alerts.iter();
    let alerts = alerts.map(|it| (&it.rule.at, it.rule.expr.as_str(), &it.read));
    let mut is_over = false;
    for (at, text, read) in recordings.chain(alerts) {
        if let Err(refusal) = read {
            // Said once of all that come after.
            if matches!(refusal, Refusal::TooMany(_)) && std::mem::replace(&mut is_over, true) {
                continue;
            }
            acc.push(refused(refusal, at, text));
        }
    }
}

fn refused(refusal: &Refusal, at: &FieldPath, text: &str) -> Diagnostic {
    let at = Place::Value(at.key("expr"));
    let name = "alerts/invalid-expression";
    match refusal {
        Refusal::TooLong(what) | Refusal::TooMany(what) => Diagnostic::error(name, at, *what)
            .note("reading an expression takes time that grows faster than its length")
            .help("record parts of it under `alerts.recording`"),
        Refusal::Invalid(why) => Diagnostic::error(name, at, format!("this is not PromQL: {why}"))
            .note("Prometheus refuses the whole resource for one rule that it cannot read")
            .help(remedy(text)),
    }
}

/// Returns what to write instead of an expression that is none.
fn remedy(expression: &str) -> &'static str {
    let compares = |it: &str| expression.contains(it);
    let outside = expression.split(['{', '}']).step_by(2).any(|it| {
        let it = ["==", "!=", ">=", "<=", "=~", "!~"]
            .iter()
            .fold(it.to_owned(), |it, known| it.replace(known, ""));
        it.contains('=')
    });
    if outside {
        "two values are compared by `==`; a single `=` stands between a label and its value, \
         in braces"
    } else if compares("&&") || compares("||") {
        "write `and` and `or`"
    } else {
        "try the expression in the Graph page of Prometheus"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_with_one_sign_is_corrected() {
        assert!(remedy("redis_up = 0").contains("`==`"));
        assert!(remedy("redis_up{a=\"b\"} = 0").contains("`==`"));
        assert!(!remedy("redis_up{a=\"b\"} == ").contains("`==`"));
    }
}
