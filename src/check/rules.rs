//! Rules that are to be there, and are not.

use crate::check::Check;
use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::ruled;

pub(super) static CHECK: Check = Check {
    names: &[
        "alerts/fact-missing",
        "alerts/rule-missing",
        "scrape/meta-alerts-missing",
    ],
    run,
};

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    acc.extend(ruled::refuted(stack, plan));
}
