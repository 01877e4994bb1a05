//! Pods that name what is not delivered with them.

use crate::check::Check;
use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::mounted;

pub(super) static CHECK: Check = Check {
    names: &["platform/object-missing"],
    run,
};

fn run(_: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    acc.extend(mounted::refuted(plan));
}
