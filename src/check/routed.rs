//! What the proof of routing refutes: routes that no alert takes, pages that nobody gets,
//! inhibitions that silence too much or nothing.
//!
//! Where a label is not known, an alert may go either way, and nothing is said of it.

mod inhibitions;
mod pages;
mod routes;
mod timing;
mod watchdog;

use crate::check::Check;
use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::routed::Routed;
use crate::prove::routed::subjects::Subject;
use crate::read::spec::Severity;

pub(super) static CHECK: Check = Check {
    names: &[
        "alerts/owner-missing",
        "alerts/watchdog-unrouted",
        "routing/alert-to-heartbeat",
        "routing/alert-to-null",
        "routing/alert-unseen",
        "routing/continue-duplicate",
        "routing/group-by-pitfall",
        "routing/inhibit-self-overlap",
        "routing/inhibits-nothing",
        "routing/inhibits-page",
        "routing/mute-covers-page",
        "routing/page-to-default",
        "routing/route-unreachable",
        "routing/route-unused",
        "routing/single-channel-page",
        "routing/timing-inconsistent",
    ],
    run,
};

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    let Some(routed) = Routed::of(stack, plan) else {
        return;
    };
    routes::run(&routed, acc);
    pages::run(&routed, acc);
    inhibitions::run(&routed, acc);
    timing::run(stack, acc);
    watchdog::run(&routed, acc);
}

/// The alert that always fires.
const WATCHDOG: &str = "Watchdog";

/// Whether somebody is woken.
fn is_page(subject: &Subject<'_>) -> bool {
    subject.severity == Severity::Critical
}

/// An alert in words, with an instance of those that it is about.
fn named(routed: &Routed<'_>, subject: &Subject<'_>) -> String {
    match subject.instances.first() {
        Some(first) => {
            let instance = &routed.stack.instances[*first];
            format!("`{}` of `{}`", subject.alert, instance.name)
        }
        None => format!("`{}`", subject.alert),
    }
}
