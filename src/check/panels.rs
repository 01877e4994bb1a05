//! Panels and built-in alerts that ask for what nothing exports.

use crate::check::Check;
use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::panels;
use crate::prove::series::World;

pub(super) static CHECK: Check = Check {
    names: &["alerts/dead-rule", "dashboards/dead-panel"],
    run,
};

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    let world = World::of(stack, plan);
    acc.extend(panels::rules(stack, plan, &world));
    acc.extend(panels::refuted(plan, &world));
}
