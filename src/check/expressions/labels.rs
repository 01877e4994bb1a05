//! Labels that no series has where an expression names them, and sides that can never meet.

use crate::api::conventions::label as own;
use crate::check::expressions::Rule;
use crate::diag::{Diagnostic, nearest};
use crate::promql::problem::{Clause, Difference, Problem};

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    for problem in rule.problems {
        match problem {
            Problem::NothingSelected {
                metric,
                label,
                is_carried: false,
            } => acc.push(
                absent(
                    rule,
                    label,
                    &format!("no series of `{metric}` has a label `{label}`"),
                )
                .label(rule.dead())
                .note("a matcher on a label that is not there takes nothing, and nothing shows it"),
            ),
            Problem::LabelAbsent {
                label,
                clause,
                is_needed: true,
            } => {
                let headline = format!(
                    "no series has the label `{label}` that {} names",
                    clause.written()
                );
                acc.push(absent(rule, label, &headline).note(match clause {
                    Clause::On => "without it, series meet that do not belong together, or Prometheus refuses to match many with many",
                    Clause::Group => "the result does not get it, and loses it where it had it",
                    _ => "the result does not have it: series that it was to tell apart become one",
                }));
            }
            Problem::LabelAbsent {
                label,
                clause,
                is_needed: false,
            } if *clause != Clause::Without => acc.push(
                Diagnostic::warning(
                    "alerts/label-without-effect",
                    rule.place(),
                    format!(
                        "no series has the label `{label}` that {} names",
                        clause.written()
                    ),
                )
                .label("changes nothing")
                .note("it is believed to take something out, or to read something, and does not")
                .help("correct the label, or remove it")
                .of_this_stack(true),
            ),
            Problem::NoMatch {
                operator,
                label,
                difference,
            } => acc.push(no_match(rule, operator, label, *difference)),
            _ => {}
        }
    }
}

fn absent(rule: &Rule<'_>, label: &str, headline: &str) -> Diagnostic {
    let usual = own::ALL
        .iter()
        .chain(&["pod", "container", "instance", "job", "service"]);
    let near = nearest(label, usual.copied()).filter(|it| *it != label);
    Diagnostic::error("alerts/label-unknown", rule.place(), headline).help(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "write a label that the series have: those of the exporter, and `stack`, `namespace`, \
                     `instance_name`, `topology`, `team`, `tier`, `pod`"
                .to_owned()
        }
    })
}

fn no_match(rule: &Rule<'_>, operator: &str, label: &str, difference: Difference) -> Diagnostic {
    let why = match difference {
        Difference::OnlyLeft => {
            format!("only the left side of `{operator}` has the label `{label}`")
        }
        Difference::OnlyRight => {
            format!("only the right side of `{operator}` has the label `{label}`")
        }
        Difference::Values => {
            format!("no value of `{label}` is on both sides of `{operator}`")
        }
    };
    let note = match operator {
        "unless" => "series meet by labels that are equal on both sides: none ever is taken away",
        _ => "series meet by labels that are equal on both sides: there is never a result",
    };
    Diagnostic::error("alerts/impossible-match", rule.place(), why)
        .label("the sides never meet")
        .note(note)
        .help("name the labels to match with `on (…)`, keep them in the aggregation with `by (…)`, or leave others out with `ignoring (…)`")
}
