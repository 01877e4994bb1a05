//! Names that the Prometheus operator cannot make pods of.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["scrape/name-not-deployable"],
    run,
};

/// A pod carries the name of its StatefulSet and a hash of eleven characters in a label of 63.
const LONGEST: usize = 52;

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    if stack.telemetry.managed.is_none() {
        return;
    }
    let alertmanager = FieldPath::spec(&["platform", "alertmanager", "name"]);
    let servers = [
        ("prometheus", &stack.name, FieldPath::parse("metadata.name")),
        (
            "alertmanager",
            &stack.platform.alertmanager.name,
            alertmanager,
        ),
    ];
    for (kind, name, at) in servers {
        let longest = LONGEST - kind.len() - 1;
        if name.len() > longest {
            acc.push(
                Diagnostic::error(
                    "scrape/name-not-deployable",
                    Place::Value(at),
                    format!("the operator cannot make pods of `{kind}-{name}`"),
                )
                .note(
                    "a pod carries the name of its StatefulSet in a label of at most 63 characters",
                )
                .help(format!(
                    "use at most {longest} characters where Prometheus is managed"
                )),
            );
        }
    }
}
