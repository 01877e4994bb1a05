//! Expressions that are not PromQL, or ask for a metric that nothing exports.

use std::collections::BTreeSet;

use crate::api::conventions::fact;
use crate::catalog;
use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, SUGGESTIONS, nearest};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::promql::read::{Reader, Refusal, metrics};

pub(super) static CHECK: Check = Check {
    names: &[
        "alerts/invalid-expression",
        "alerts/unknown-metric",
        "alerts/unused-external-metric",
    ],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let external = stack.external_metrics.iter().map(|it| it.name.as_str());
    let external: BTreeSet<&str> = external.collect();
    let mut used = BTreeSet::new();
    // One that cannot be read may use any metric.
    let mut are_read = true;
    let mut reader = Reader::default();
    for alert in &stack.custom {
        let at = Place::Value(alert.at.key("expr"));
        match reader.read(&alert.expr) {
            Err(Refusal::TooLong(what)) => {
                are_read = false;
                acc.push(too_long(at, what));
            }
            Err(Refusal::TooMany(what)) => {
                acc.push(too_long(at, what));
                return;
            }
            Err(Refusal::Invalid(why)) => {
                are_read = false;
                acc.push(
                    Diagnostic::error(
                        "alerts/invalid-expression",
                        at,
                        format!("this is not PromQL: {why}"),
                    )
                    .note("Prometheus refuses the whole resource for one rule that it cannot read")
                    .help(remedy(&alert.expr)),
                );
            }
            Ok(expression) => {
                let names = metrics(&expression);
                for name in &names {
                    if !is_exported(name, &external) {
                        let may_suggest = acc.len() < SUGGESTIONS;
                        acc.push(unknown(name, at.clone(), &external, may_suggest));
                    }
                }
                used.extend(names);
            }
        }
    }
    let is_unused = |name: &str| are_read && !used.contains(name);
    for name in external.iter().filter(|it| is_unused(it)) {
        acc.push(
            Diagnostic::warning(
                "alerts/unused-external-metric",
                Place::Key(FieldPath::spec(&["alerts", "externalMetrics", name])),
                format!("no alert uses `{name}`"),
            )
            .note("an alert that was to use it may have been lost, or asks for another name")
            .help("remove it, or write the alert that uses it"),
        );
    }
}

fn too_long(at: Place, what: &str) -> Diagnostic {
    Diagnostic::error("alerts/invalid-expression", at, what)
        .note("reading an expression takes time that grows faster than its length")
        .help("record parts of it by rules of their own")
}

fn is_exported(name: &str, external: &BTreeSet<&str>) -> bool {
    catalog::metric(name).is_some() || fact::ALL.contains(&name) || external.contains(name)
}

fn unknown(name: &str, at: Place, external: &BTreeSet<&str>, may_suggest: bool) -> Diagnostic {
    let near = may_suggest.then(|| {
        let mut known: Vec<&str> = catalog::names().collect();
        known.extend(fact::ALL);
        known.extend(external);
        nearest(name, known)
    });
    Diagnostic::error(
        "alerts/unknown-metric",
        at,
        format!("nothing in this stack exports `{name}`"),
    )
    .label("can never fire")
    .note("an alert on a metric that is not there is silent for ever")
    .help(match near.flatten() {
        Some(near) => {
            format!("did you mean `{near}`? Otherwise declare it under `alerts.externalMetrics`")
        }
        None => "declare it under `alerts.externalMetrics` if something outside this stack \
                 exports it"
            .to_owned(),
    })
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
