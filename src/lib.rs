//! obsgen compiles one policy into the whole observability of Redis on Kubernetes.
//!
//! The stages, in the order in which [`compile`] runs them; each knows only those before it:
//!
//! - `read`: text to a policy as written, with the place of every field;
//! - `model`: the policy resolved, valid by construction;
//! - `plan`: objects and files, as data; it cannot fail;
//! - `check`: findings; it changes nothing;
//! - `report`: of all that was found, what is said;
//! - `render`: bytes; no other stage writes YAML, JSON or templates;
//! - `write`: bytes to disk, all or nothing.
//!
//! Below them: `diag` (what is said to people), `value` (types that are valid by construction),
//! `effect` (what a change does to what runs),
//! `api` (the shapes that other systems accept), `catalog` (what the world exports), `promql` (what
//! an expression asks for, and the labels of its result), `routing` (who is told of an alert, by
//! Alertmanager's rules), `topologies` and `receivers` (closed sets, a file each), `operators` and
//! `alerts` (above the model, since they talk about instances). Between `plan` and `check`, `prove`
//! follows whole chains: what is scraped, selected, routed, logged, joined; and `coverage` says
//! which failure of which instance is told. Beside the stages, `init` writes the first policy of a
//! stack, as an example or from the manifests that run already, and `editor` makes the JSON Schema
//! of all of them; `diff` says what a change does, and `why` which fields of the policy decide a line
//! of the output. Nothing but `cli`, `files` and `write` touches the world: no clock, no environment,
//! no network; but for `push`, which brings a finished tree to a registry, and which a program
//! without the feature of that name does not have. The output is a function of the policy and of this
//! program.

pub mod alerts;
pub mod api;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod coverage;
pub mod diag;
pub mod diff;
pub mod editor;
pub mod effect;
pub mod files;
pub mod init;
pub mod model;
pub mod operators;
pub mod plan;
pub mod promql;
pub mod prove;
#[cfg(feature = "push")]
pub mod push;
pub mod read;
pub mod receivers;
pub mod render;
mod report;
pub mod routing;
pub mod topologies;
pub mod value;
pub mod why;
pub mod write;

use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::read::Document;
use crate::read::settings::Settings;
use crate::report::Found;

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
    compiled(files, path, &Settings::none(), true)
}

/// Compiles the policy at a path with values that are set over it.
///
/// They may change objects and bring some, but none that the policy alone makes may be missing: who
/// delivers the output would delete it, and not know from the policy why.
pub fn compile_with(files: &read::Files<'_>, path: &str, settings: &Settings) -> Compilation {
    let mut compilation = compiled(files, path, settings, true);
    if settings.is_empty() {
        return compilation;
    }
    let alone = compiled(files, path, &Settings::none(), false).output;
    if let (Some((_, plan)), Some((_, before))) = (&compilation.output, &alone)
        && let Some(finding) = read::settings::missing(&before.identities(), &plan.identities())
    {
        compilation
            .findings
            .push(finding.redacted(&compilation.document));
        compilation.output = None;
    }
    compilation
}

/// Compiles the policy at a path without the checks: what it delivers is known, and not whether that is
/// right. For a policy of the past, about which nothing can be done any more.
pub fn compile_unchecked(files: &read::Files<'_>, path: &str) -> Compilation {
    compiled(files, path, &Settings::none(), false)
}

fn compiled(
    files: &read::Files<'_>,
    path: &str,
    settings: &Settings,
    is_checked: bool,
) -> Compilation {
    let read::Reading {
        spec,
        document,
        findings,
        refused,
    } = read::read(files, path, settings);
    let mut found = Found {
        read: findings,
        refused,
        model: Vec::new(),
        check: Vec::new(),
    };
    let output = spec.map(|spec| {
        let (stack, wrong) = model::resolve(&spec);
        found.model = wrong;
        let plan = plan::plan(&stack);
        if is_checked {
            found.check = check::run(&stack, &plan);
        }
        (stack, plan)
    });
    // A waiver would seem to match nothing where nothing was looked for.
    let stack = output
        .as_ref()
        .map(|(stack, _)| stack)
        .filter(|_| is_checked);
    let mut findings = report::report(found, stack, &document);
    let is_refused = findings.iter().any(Diagnostic::is_error);
    diag::sort(&mut findings, &document);
    Compilation {
        document,
        findings,
        output: output.filter(|_| !is_refused),
    }
}
