//! What is wrong with a stack and its output: an open set of checks, one file each.
//!
//! A check reads and reports; it changes nothing. Adding one: a file here, a line in [`CHECKS`], and
//! a case in `tests/checks`.

use std::collections::{BTreeMap, BTreeSet};

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
    let mut waivers: BTreeMap<(&str, FieldPath), Vec<usize>> = BTreeMap::new();
    for (index, waiver) in stack.waivers.iter().enumerate() {
        let places = waivers
            .entry((&waiver.check, waiver.at.clone()))
            .or_default();
        places.push(index);
    }
    let mut left = Vec::new();
    let mut errors = BTreeSet::new();
    for finding in found {
        let accepting: Vec<usize> = places(&finding)
            .filter_map(|it| waivers.get(&(finding.name, it)))
            .flatten()
            .copied()
            .collect();
        if finding.level == Level::Warning && !accepting.is_empty() {
            for index in accepting {
                used[index] = true;
            }
            continue;
        }
        if finding.is_error() {
            errors.extend(accepting);
        }
        left.push(finding);
    }
    let known: Vec<&str> = CHECKS.iter().flat_map(|it| it.names).copied().collect();
    for (index, waiver) in stack
        .waivers
        .iter()
        .enumerate()
        .filter(|(index, _)| !used[*index])
    {
        let at = FieldPath::spec(&["allow"]).index(index);
        if errors.contains(&index) {
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

/// The fields that a finding is in, from its own to the policy as a whole.
fn places(finding: &Diagnostic) -> impl Iterator<Item = FieldPath> {
    let path = match &finding.at {
        Place::Key(path) | Place::Value(path) => Some(path.clone()),
        Place::Span(_) | Place::Policy => None,
    };
    std::iter::successors(path, FieldPath::parent)
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
