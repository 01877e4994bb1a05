//! What is wrong with a stack and its output: an open set of checks, one file each.
//!
//! A check reads and reports; it changes nothing. Adding one: a file here, a line in [`CHECKS`], a
//! case in `tests/checks`, and a page in `templates/findings`.

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
    matchers,
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

/// The findings of every stage that are warnings, which a policy can accept.
pub const WARNINGS: &[&str] = &[
    "alerts/unused-external-metric",
    "alerts/watchdog-missing",
    "platform/login-in-the-open",
    "policy/override-without-change",
    "receivers/unencrypted-login",
    "receivers/unreached",
    "redis/maxmemory-over-limit",
    "redis/maxmemory-unset",
    "redis/no-persistence",
    "redis/operator-ignores",
    "redis/unhardened",
    "routing/external-label",
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
