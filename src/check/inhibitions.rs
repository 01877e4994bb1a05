//! Inhibitions that silence more than they should.

use crate::check::Check;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["routing/inhibits-everything"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    for inhibition in stack
        .routing
        .inhibitions
        .iter()
        .filter(|it| it.equal.is_empty())
    {
        acc.push(
            Diagnostic::error(
                "routing/inhibits-everything",
                Place::Value(inhibition.at.key("equal")),
                "one alert of the source silences every alert of the target",
            )
            .label("no label must be the same")
            .note("a Redis that is down would silence the warnings of all the others")
            .help(
                "write the labels that both alerts share, such as `[stack, namespace, \
                 instance_name]`",
            ),
        );
    }
}
