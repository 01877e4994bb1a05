//! What is wrong with a stack and its output: an open set of checks, one file each.
//!
//! A check reads and reports; it changes nothing. Adding one: a file here with its `mod` line, a
//! line in [`CHECKS`], a case in `tests/checks`, and a page in `templates/findings`.

mod alert_parameters;
mod cardinality;
mod custom_alerts;
mod default_webhook;
mod evaluation;
mod expressions;
mod images;
mod inhibitions;
mod logins;
mod logs;
mod managed;
mod matchers;
mod memory;
mod mounts;
mod name_collisions;
mod operator;
mod panels;
mod persistence;
mod protection;
mod receivers;
mod routed;
mod rules;
mod scraping;
mod sizes;
mod thresholds;
mod tracing;
mod watchdog;

use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;

/// A check.
pub struct Check {
    /// The names of its findings.
    pub names: &'static [&'static str],
    /// Looks for them.
    pub run: fn(&Stack, &Plan, &mut Vec<Diagnostic>),
}

/// Every check.
pub static CHECKS: &[&Check] = &[
    &alert_parameters::CHECK,
    &cardinality::CHECK,
    &custom_alerts::CHECK,
    &default_webhook::CHECK,
    &evaluation::CHECK,
    &expressions::CHECK,
    &images::CHECK,
    &inhibitions::CHECK,
    &logins::CHECK,
    &logs::CHECK,
    &managed::CHECK,
    &matchers::CHECK,
    &memory::CHECK,
    &mounts::CHECK,
    &name_collisions::CHECK,
    &operator::CHECK,
    &panels::CHECK,
    &persistence::CHECK,
    &protection::CHECK,
    &receivers::CHECK,
    &routed::CHECK,
    &rules::CHECK,
    &scraping::CHECK,
    &sizes::CHECK,
    &thresholds::CHECK,
    &tracing::CHECK,
    &watchdog::CHECK,
];

/// The findings of every stage that are warnings, which a policy can accept.
pub const WARNINGS: &[&str] = &[
    "alerts/absent-loses-labels",
    "alerts/absent-without-for",
    "alerts/for-missing",
    "alerts/for-not-multiple",
    "alerts/for-too-long",
    "alerts/for-too-short",
    "alerts/gauge-without-over-time",
    "alerts/label-without-effect",
    "alerts/metric-misleading",
    "alerts/names-exporter",
    "alerts/no-comparison",
    "alerts/over-memory-limit",
    "alerts/owner-missing",
    "alerts/pending-counted",
    "alerts/rate-window-noisy",
    "alerts/rate-window-too-long",
    "alerts/ratio-nan",
    "alerts/ratio-since-start",
    "alerts/retention-exceeded",
    "alerts/topk-in-alert",
    "alerts/unused-external-metric",
    "alerts/watchdog-missing",
    "metrics/cardinality",
    "platform/login-in-the-open",
    "policy/override-without-change",
    "receivers/unencrypted-login",
    "receivers/unreached",
    "redis/maxmemory-over-limit",
    "redis/maxmemory-unset",
    "redis/no-persistence",
    "redis/operator-ignores",
    "redis/unhardened",
    "redis/vulnerable-image",
    "routing/alert-to-heartbeat",
    "routing/alert-unseen",
    "routing/continue-duplicate",
    "routing/default-acts",
    "routing/external-label",
    "routing/group-by-pitfall",
    "routing/inhibit-self-overlap",
    "routing/inhibits-nothing",
    "routing/inhibits-page",
    "routing/mute-covers-page",
    "routing/page-to-default",
    "routing/route-unused",
    "routing/single-channel-page",
    "routing/timing-inconsistent",
    "routing/value-absent",
    "tracing/jaeger-v1-retired",
    "tracing/retention-rounded",
];

/// What the operator of Redis would ignore, refuse or break on.
pub use operator::CHECK as OPERATOR;

/// Runs every check.
pub fn run(stack: &Stack, plan: &Plan) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for check in CHECKS {
        (check.run)(stack, plan, &mut found);
    }
    found
}
