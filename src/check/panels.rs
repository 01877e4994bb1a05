//! Panels that ask for what nothing exports.

use crate::check::Check;
use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::panels;
use crate::prove::series::World;

pub(super) static CHECK: Check = Check {
    names: &["dashboards/dead-panel"],
    run,
};

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    if stack.telemetry.grafana.is_some() {
        acc.extend(panels::refuted(plan, &World::of(stack, plan)));
    }
}
