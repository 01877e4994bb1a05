//! obsgen compiles one policy into the whole observability of Redis on Kubernetes.
//!
//! The stages, in the order in which [`compile`] runs them; each knows only those before it:
//!
//! - `read`: text to a policy as written, with the place of every field;
//! - `model`: the policy resolved, valid by construction;
//! - `plan`: objects and files, as data; it cannot fail;
//! - `check`: findings; it changes nothing;
//! - `render`: bytes; no other stage writes YAML, JSON or templates;
//! - `write`: bytes to disk, all or nothing.
//!
//! Below them: `diag` (what is said to people), `value` (types that are valid by construction),
//! `api` (the shapes that other systems accept), `catalog` (what the world exports), `topologies`
//! and `receivers` (closed sets, a file each), `operators` and `alerts` (above the model, since they
//! talk about instances). Nothing but `cli`, `files` and `write` touches the world: no clock, no
//! environment, no network. The output is a function of the policy and of this program.

pub mod alerts;
pub mod api;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod diag;
pub mod files;
pub mod model;
pub mod operators;
pub mod plan;
pub mod read;
pub mod receivers;
pub mod render;
pub mod topologies;
pub mod value;
pub mod write;

use std::collections::BTreeSet;

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::read::Document;

/// What became of a policy.
pub struct Compilation {
    /// Its texts, and where every field is.
    pub document: Document,
    /// Everything that was found, in the order of the policy.
    pub findings: Vec<Diagnostic>,
    /// The stack and its plan, unless an error was found.
    pub output: Option<(Stack, Plan)>,
}

/// Compiles the policy at a path: reads it, resolves it, plans its output and checks both.
///
/// A policy that is wrong in one place is looked at in all others too: what a later stage finds is
/// reported with the rest, unless it only follows from a field that was refused before.
pub fn compile(files: &read::Files<'_>, path: &str) -> Compilation {
    let read::Reading {
        spec,
        document,
        mut findings,
        refused,
    } = read::read(files, path);
    let mut found = Vec::new();
    let output = spec.and_then(|spec| {
        let (stack, wrong) = model::resolve(&spec);
        found.extend(wrong);
        let stack = stack?;
        let plan = plan::plan(&stack);
        found.extend(check::run(&stack, &plan));
        Some((stack, plan))
    });
    let refused = refused.into_iter().collect();
    findings.extend(found.into_iter().filter(|it| !follows_from(it, &refused)));
    let mut findings = once(findings, &document);
    let is_refused = findings.iter().any(Diagnostic::is_error);
    diag::sort(&mut findings, &document);
    Compilation {
        document,
        findings,
        output: output.filter(|_| !is_refused),
    }
}

/// Returns whether a finding may only be there because a field was refused: it is about that field,
/// about something in it, or about the thing that now lacks it. What seems to have no effect may
/// have it by any of them.
fn follows_from(finding: &Diagnostic, refused: &BTreeSet<FieldPath>) -> bool {
    if finding.name == "policy/without-effect" && !refused.is_empty() {
        return true;
    }
    let (Place::Key(path) | Place::Value(path)) = &finding.at else {
        return false;
    };
    // In their order, what is within a path comes right after it.
    let mut after = refused.range(path..);
    after.next().is_some_and(|it| it.is_within(path))
        || path.parents().any(|it| refused.contains(&it))
}

/// Makes findings ready to be shown: nothing in them is a credential, and what instances take from
/// the defaults is found there, once.
fn once(findings: Vec<Diagnostic>, document: &Document) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    let mut left = Vec::new();
    for mut finding in findings {
        let places = finding.context.iter_mut().map(|(at, _)| at);
        let (mut moved, mut all) = (false, true);
        for at in std::iter::once(&mut finding.at).chain(places) {
            match in_defaults(at, document) {
                Some(place) => (*at, moved) = (place, true),
                None => all = false,
            }
        }
        // With a place at the instance, it is about that instance only.
        let is_new = !(moved && all)
            || match &finding.at {
                Place::Key(path) | Place::Value(path) => seen.insert((finding.name, path.clone())),
                Place::Span(_) | Place::Policy => true,
            };
        if is_new {
            left.push(finding.redacted());
        }
    }
    left
}

/// Returns where `redis.defaults` says what an instance does not say itself.
fn in_defaults(at: &Place, document: &Document) -> Option<Place> {
    let (Place::Key(path) | Place::Value(path)) = at else {
        return None;
    };
    let defaults = path.in_defaults()?;
    let is_moved = !document.has(path) && document.has(&defaults);
    is_moved.then_some(match at {
        Place::Key(_) => Place::Key(defaults),
        Place::Value(_) | Place::Span(_) | Place::Policy => Place::Value(defaults),
    })
}
