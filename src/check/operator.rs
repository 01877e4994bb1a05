//! What the operator would ignore, refuse or break on.

use crate::check::Check;
use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::operators;
use crate::plan::Plan;

pub static CHECK: Check = Check {
    names: &[
        "redis/image-without-entrypoint",
        "redis/name-not-deployable",
        "redis/operator-changes",
        "redis/operator-ignores",
        "redis/storage-class-missing",
        "redis/storage-missing",
    ],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let operator = operators::of(stack);
    for instance in &stack.instances {
        operator.check(stack, instance, acc);
    }
}
