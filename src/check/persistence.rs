//! Data that the first restart loses.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Instance, Stack};
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["redis/no-persistence"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    for instance in &stack.instances {
        if let Some((place, lacks, why)) = loses(instance) {
            acc.push(
                Diagnostic::warning(
                    "redis/no-persistence",
                    place,
                    format!("`{}` loses its data when its pods restart", instance.name),
                )
                .note(why)
                .help(
                    "add `storage`, or accept it under `allow` with the reason: a cache may \
                     be lost",
                )
                .about(lacks),
            );
        }
    }
}

/// Returns where an instance says that it keeps nothing, the field that would keep it, and why.
fn loses(instance: &Instance) -> Option<(Place, FieldPath, &'static str)> {
    if instance.storage.is_none() {
        return Some((
            Place::Key(instance.at.clone()),
            instance.at.key("storage"),
            "it has no volume",
        ));
    }
    let off =
        |directive: &str, value: &str| instance.config.get(directive).is_some_and(|it| it == value);
    if off("appendonly", "no") && off("save", "") {
        let at = instance.at.key("config").key("appendonly");
        return Some((
            Place::Key(at.clone()),
            at,
            "neither the append-only file nor snapshots are written",
        ));
    }
    None
}
