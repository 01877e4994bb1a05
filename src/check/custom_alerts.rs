//! Alerts of the user's own that take a name that is taken.

use crate::alerts;
use crate::check::Check;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["alerts/duplicate-alert"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    for alert in stack
        .custom
        .iter()
        .filter(|it| alerts::find(&it.name).is_some())
    {
        acc.push(
            Diagnostic::error(
                "alerts/duplicate-alert",
                Place::Key(alert.at.clone()),
                format!("obsgen already has an alert `{}`", alert.name),
            )
            .note("routes, silences and runbooks could not tell them apart")
            .help(
                "remove it, and set the parameters of obsgen's own under `alerts.tiers` or at the \
                 instance; or choose another name",
            ),
        );
    }
}
