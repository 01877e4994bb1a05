//! What is wrong with a stack and its output: an open set of checks, one file each.
//!
//! A check reads and reports; it changes nothing. Adding one: a file here, a line in [`CHECKS`], and
//! a case in `tests/checks`.

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Level, Place, nearest};
use crate::model::stack::Stack;
use crate::plan::Plan;

/// A check.
pub struct Check {
    /// The names of its findings.
    pub names: &'static [&'static str],
    /// Looks for them.
    pub run: fn(&Stack, &Plan, &mut Vec<Diagnostic>),
}

macro_rules! checks {
    ($($file:ident),+ $(,)?) => {
        $(mod $file;)+

        /// Every check.
        pub static CHECKS: &[&Check] = &[$(&$file::CHECK),+];
    };
}

checks! {
    alert_parameters,
    custom_alerts,
    expressions,
    inhibitions,
    managed,
    logging,
    logins,
    memory,
    name_collisions,
    operator,
    persistence,
    protection,
    receivers,
    replica_lag,
    tracing,
    watchdog,
}

/// The findings of checks that are warnings, which a policy can accept.
pub const WARNINGS: &[&str] = &[
    "alerts/unused-external-metric",
    "alerts/watchdog-missing",
    "platform/login-in-the-open",
    "receivers/unreached",
    "redis/maxmemory-over-limit",
    "redis/maxmemory-unset",
    "redis/no-persistence",
    "redis/operator-ignores",
    "redis/unhardened",
    "tracing/jaeger-v1-retired",
    "tracing/retention-rounded",
];

/// Runs every check, and takes out what the policy accepts.
pub fn run(stack: &Stack, plan: &Plan) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for check in CHECKS {
        (check.run)(stack, plan, &mut found);
    }
    waive(stack, found)
}

/// Takes out the warnings that the policy accepts. An error is never accepted: its output would be
/// refused or dead. What accepts nothing is an error itself, since it is believed to be needed.
fn waive(stack: &Stack, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut used = vec![false; stack.waivers.len()];
    let mut left = Vec::new();
    for finding in found {
        let mut accepted = false;
        for (waiver, used) in stack.waivers.iter().zip(&mut used) {
            if finding.level == Level::Warning
                && waiver.check == finding.name
                && is_at(&finding, &waiver.at)
            {
                *used = true;
                accepted = true;
            }
        }
        if !accepted {
            left.push(finding);
        }
    }
    let known: Vec<&str> = CHECKS.iter().flat_map(|it| it.names).copied().collect();
    for (index, waiver) in stack
        .waivers
        .iter()
        .enumerate()
        .filter(|(index, _)| !used[*index])
    {
        let at = FieldPath::spec(&["allow"]).index(index);
        let is_there = left
            .iter()
            .any(|it| it.name == waiver.check && it.is_error() && is_at(it, &waiver.at));
        if is_there {
            left.push(
                Diagnostic::error(
                    "policy/waiver-unused",
                    Place::Key(at.key("check")),
                    format!("`{}` is an error, which cannot be accepted", waiver.check),
                )
                .note("the output would be refused, dead or dangerous")
                .help("correct what it complains about, and remove this"),
            );
            continue;
        }
        let finding = Diagnostic::error(
            "policy/waiver-unused",
            Place::Key(at.key("check")),
            format!(
                "nothing at `{}` is found that `{}` could accept",
                waiver.at, waiver.check
            ),
        )
        .note("a waiver that is not needed hides the finding when it comes");
        left.push(match known.contains(&waiver.check.as_str()) {
            true => finding.help("remove it"),
            false => finding.help(name_for(&waiver.check)),
        });
    }
    left
}

fn is_at(finding: &Diagnostic, at: &FieldPath) -> bool {
    match &finding.at {
        Place::Key(path) | Place::Value(path) => path.is_within(at),
        Place::Span(_) | Place::Policy => false,
    }
}

/// Returns the help for a check that there is none of.
fn name_for(written: &str) -> String {
    let names = CHECKS.iter().flat_map(|it| it.names).copied();
    let last = |it: &str| it.rsplit('/').next().unwrap_or_default().to_owned();
    match names.clone().find(|it| last(it) == last(written)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => match nearest(written, names) {
            Some(name) => format!("did you mean `{name}`?"),
            None => {
                "write the name of a warning, as it stands in brackets behind `warning`".to_owned()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_found_by_its_last_part() {
        assert_eq!(name_for("unhardened"), "did you mean `redis/unhardened`?");
        assert_eq!(
            name_for("redis/unhardend"),
            "did you mean `redis/unhardened`?"
        );
        assert!(name_for("nonsense").contains("name of a warning"));
    }
}
