//! Thresholds that nothing passes, or everything.

use crate::alerts;
use crate::alerts::parameters::{self, Amount, Fires, Threshold};
use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{AlertParameters, Stack};
use crate::plan::Plan;
use crate::value::percentage::Percentage;

pub(super) static CHECK: Check = Check {
    names: &["alerts/threshold-always", "alerts/threshold-unreachable"],
    run,
};

/// `repl-timeout` where the policy sets none (redis.conf).
const DEFAULT_TIMEOUT: u64 = 60;

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    for (tier, parameters) in &stack.tier_parameters {
        written(
            parameters,
            &FieldPath::spec(&["alerts", "tiers", tier]),
            acc,
        );
    }
    for instance in &stack.instances {
        written(&instance.alerts, &instance.at.key("alerts"), acc);
    }
    lag(stack, acc);
}

/// Looks at the thresholds that a layer of the policy says.
fn written(parameters: &AlertParameters, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
    for (name, parameters) in parameters {
        let threshold = alerts::find(name).and_then(|it| it.threshold);
        let (Some(threshold), Some(value)) = (threshold, &parameters.threshold) else {
            continue;
        };
        // In another unit it is refused as such.
        if let Ok(amount) = threshold.default.read_like(value) {
            let at = at.key(name).key("threshold");
            acc.extend(extreme(name, threshold, amount, at));
        }
    }
}

/// Says of a threshold at the end of what its value can be that the alert fires never or always.
fn extreme(name: &str, threshold: Threshold, amount: Amount, at: FieldPath) -> Option<Diagnostic> {
    let Threshold { of, fires, default } = threshold;
    let nothing = Amount::Share(Percentage::whole(0));
    let all = Amount::Share(Percentage::whole(100));
    let never = match fires {
        Fires::Above => amount == all,
        Fires::Below => amount == nothing,
    };
    let always = match fires {
        Fires::Above => amount == nothing,
        Fires::Below => amount == all,
    };
    let side = fires.side();
    let finding = if never {
        Diagnostic::error(
            "alerts/threshold-unreachable",
            Place::Value(at),
            format!("`{name}` can never fire {side} {amount}"),
        )
        .label(format!("nothing is {side} {amount} of {of}"))
        .note("the alert looks armed and is not")
    } else if always {
        Diagnostic::error(
            "alerts/threshold-always",
            Place::Value(at),
            format!("`{name}` fires as soon as there is any traffic"),
        )
        .label(format!("almost always {side} {amount} of {of}"))
        .note("an alert that always fires is soon silenced, and then tells nothing")
    } else {
        return None;
    };
    Some(finding.help(format!(
        "write a threshold between, such as `{default}`; to have no such alert, `enabled: false` with the reason"
    )))
}

/// A primary drops a replica that lags too much, so no lag is longer.
fn lag(stack: &Stack, acc: &mut Vec<Diagnostic>) {
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
