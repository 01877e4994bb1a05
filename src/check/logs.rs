//! Logs that do not arrive, or not as what they are.

use crate::check::Check;
use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::logged;

pub(super) static CHECK: Check = Check {
    names: &[
        "logs/configuration-not-mounted",
        "logs/field-unmapped",
        "logs/foreign-file",
        "logs/index-without-template",
        "logs/lifecycle-mismatch",
        "logs/monitoring-exposed",
        "logs/not-read",
        "logs/request-refused",
        "logs/retry-discards",
        "logs/tag-matches-nothing",
        "logs/template-shadowed",
        "logs/unbounded-buffer",
        "logs/wrong-field",
    ],
    run,
};

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    acc.extend(logged::refuted(stack, plan));
}
