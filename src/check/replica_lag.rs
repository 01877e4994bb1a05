//! A lag that no replica can have: its primary drops it before.

use crate::alerts;
use crate::alerts::parameters::{self, Amount};
use crate::check::Check;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["alerts/threshold-unreachable"],
    run,
};

/// `repl-timeout` where the policy sets none (redis.conf).
const DEFAULT_TIMEOUT: u64 = 60;

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let Some(alert) = alerts::find("RedisReplicaLagHigh") else {
        return;
    };
    for instance in stack.instances.iter().filter(|it| alert.applies_to(it)) {
        let timeout = instance
            .config
            .get("repl-timeout")
            .and_then(|it| it.parse().ok())
            .unwrap_or(DEFAULT_TIMEOUT);
        let parameters = parameters::of_instance(stack, alert, instance);
        let Some(Amount::Time(threshold)) = parameters.and_then(|it| it.threshold) else {
            continue;
        };
        if threshold.as_secs() >= timeout {
            acc.push(
                Diagnostic::error(
                    "alerts/threshold-unreachable",
                    Place::Value(instance.at.key("alerts").key(alert.name).key("threshold")),
                    format!("no replica of `{}` can lag by {threshold}", instance.name),
                )
                .label(format!("never above {timeout}s"))
                .note(
                    "a primary drops a replica that has been silent for `repl-timeout`, and its lag is \
                     measured no more: the alert could never fire",
                )
                .help(format!("write less than {timeout}s, or set `config: {{repl-timeout: …}}`")),
            );
        }
    }
}
