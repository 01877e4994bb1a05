//! Expressions that are not PromQL, or ask for a metric that nothing exports.

use std::collections::BTreeSet;

use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};

use crate::api::conventions::fact;
use crate::catalog;
use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, SUGGESTIONS, nearest};
use crate::model::stack::Stack;
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &[
        "alerts/invalid-expression",
        "alerts/unknown-metric",
        "alerts/unused-external-metric",
    ],
    run,
};

/// Reading an expression takes time that grows faster than its length.
const LONGEST: usize = 16 * 1024;
/// Brackets one within another, or signs in a row, that no expression needs; reading them takes time
/// that grows with the square of their number.
const DEEPEST: usize = 32;
/// Names, numbers and operators of one expression, and of all together, for the same reason.
const MOST_WORDS: usize = 1_000;
const MOST_WORDS_TOGETHER: usize = 1_000_000;

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let external = stack.external_metrics.iter().map(|it| it.name.as_str());
    let external: BTreeSet<&str> = external.collect();
    let mut used = BTreeSet::new();
    // One that cannot be read may use any metric.
    let mut are_read = true;
    let mut words = 0;
    for alert in &stack.custom {
        let at = Place::Value(alert.at.key("expr"));
        if let Some(what) = too_long(&alert.expr, &mut words) {
            are_read = false;
            acc.push(
                Diagnostic::error("alerts/invalid-expression", at, what)
                    .note("reading an expression takes time that grows faster than its length")
                    .help("record parts of it by rules of their own"),
            );
            if words > MOST_WORDS_TOGETHER {
                return;
            }
            continue;
        }
        match metrics(&alert.expr) {
            Err(why) => {
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
            Ok(names) => {
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

/// Returns why an expression is not read, if it would take too long. `words` counts those of all.
fn too_long(expression: &str, words: &mut usize) -> Option<&'static str> {
    if expression.len() > LONGEST {
        return Some("this expression is over 16 KiB");
    }
    let size = Size::of(expression);
    *words += size.words;
    if *words > MOST_WORDS_TOGETHER {
        Some("the expressions of this policy are too long together")
    } else if size.depth > DEEPEST {
        Some("this expression is nested deeper than 32 levels")
    } else if size.words > MOST_WORDS {
        Some("this expression has over 1,000 names and operators")
    } else {
        None
    }
}

fn is_exported(name: &str, external: &BTreeSet<&str>) -> bool {
    !catalog::metrics(name).is_empty() || fact::ALL.contains(&name) || external.contains(name)
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

/// How much there is to read in an expression.
struct Size {
    /// The most brackets that are open, or signs that follow each other, anywhere.
    depth: usize,
    /// Names, numbers, texts and operators.
    words: usize,
}

impl Size {
    /// Measures an expression without reading it; what its texts say does not count.
    fn of(expression: &str) -> Self {
        let (mut open, mut signs) = (0_usize, 0_usize);
        let mut size = Self { depth: 0, words: 0 };
        let mut text: Option<char> = None;
        let (mut is_escaped, mut in_word) = (false, false);
        for it in expression.chars() {
            if let Some(quote) = text {
                if is_escaped {
                    is_escaped = false;
                } else if it == '\\' && quote != '`' {
                    is_escaped = true;
                } else if it == quote {
                    text = None;
                }
                continue;
            }
            match it {
                '"' | '\'' | '`' => text = Some(it),
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' => open = open.saturating_sub(1),
                '+' | '-' => signs += 1,
                _ => {}
            }
            if !matches!(it, '+' | '-') && !it.is_whitespace() {
                signs = 0;
            }
            let is_inside = it.is_alphanumeric() || matches!(it, '_' | ':' | '.');
            if !is_inside && !it.is_whitespace() || is_inside && !in_word {
                size.words += 1;
            }
            in_word = is_inside;
            size.depth = size.depth.max(open).max(signs);
        }
        size
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

/// Returns the metrics that an expression asks for, or why it cannot be read.
pub(crate) fn metrics(expression: &str) -> Result<BTreeSet<String>, String> {
    let parsed = parser::parse(expression)?;
    let mut names = Names(BTreeSet::new());
    let _ = walk_expr(&mut names, &parsed);
    Ok(names.0)
}

struct Names(BTreeSet<String>);

impl ExprVisitor for Names {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, Self::Error> {
        let selector = match expression {
            Expr::VectorSelector(selector) => Some(selector),
            Expr::MatrixSelector(selector) => Some(&selector.vs),
            // The parameter of an aggregation is an expression that the walk leaves out.
            Expr::Aggregate(aggregate) => {
                if let Some(parameter) = &aggregate.param {
                    let _ = walk_expr(self, parameter);
                }
                None
            }
            _ => None,
        };
        if let Some(selector) = selector {
            let quoted = selector
                .matchers
                .matchers
                .iter()
                .find(|it| it.name == "__name__");
            self.0.extend(
                selector
                    .name
                    .clone()
                    .or_else(|| quoted.map(|it| it.value.clone())),
            );
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_to_read_is_seen_before() {
        for text in [
            "-".repeat(16_000),
            "- + ".repeat(50),
            "(".repeat(50),
            "a[".repeat(50),
        ] {
            assert!(Size::of(&text).depth > DEEPEST, "{text}");
        }
        for text in [
            format!("a{{b=\"{}\"}}", "(".repeat(50)),
            "(a) - ".repeat(50),
            "a{b='\\'((((('}".to_owned(),
        ] {
            assert!(Size::of(&text).depth < 4, "{text}");
        }
    }

    #[test]
    fn what_is_long_is_seen_before() {
        for text in ["+1".repeat(1_000), " or a".repeat(1_000)] {
            assert!(Size::of(&text).words > MOST_WORDS, "{text}");
        }
        assert_eq!(
            Size::of("sum(rate(a_total{b=\"c d e\"}[5m])) > 1.5").words,
            17
        );
    }

    #[test]
    fn a_comparison_with_one_sign_is_corrected() {
        assert!(remedy("redis_up = 0").contains("`==`"));
        assert!(remedy("redis_up{a=\"b\"} = 0").contains("`==`"));
        assert!(!remedy("redis_up{a=\"b\"} == ").contains("`==`"));
    }

    #[test]
    fn every_metric_of_an_expression_is_seen() {
        let names = metrics(
            "sum by (a) (rate(x_total[5m])) / on (a) {\"y\"} > scalar(z) and topk(scalar(p), q)",
        )
        .unwrap();
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            ["p", "q", "x_total", "y", "z"]
        );
    }
}
