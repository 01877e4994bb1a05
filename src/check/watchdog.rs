//! Alerting whose own failure nobody would hear.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::value::duration::Duration;

pub(super) static CHECK: Check = Check {
    names: &["alerts/heartbeat-too-short", "alerts/watchdog-missing"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let at = FieldPath::spec(&["routing"]);
    match &stack.routing.heartbeat {
        None => acc.push(
            Diagnostic::warning(
                "alerts/watchdog-missing",
                Place::Key(at),
                "nobody would hear that alerting is broken",
            )
            .note(
                "if Prometheus, Alertmanager or the way to them fails, no alert comes, and \
                 that looks like peace",
            )
            .help(
                "add `heartbeat: {receiver: …, period: 5m}` with a service outside the \
                 cluster that raises an alarm when it hears nothing",
            )
            .about(FieldPath::spec(&["routing", "heartbeat"])),
        ),
        Some(heartbeat) if heartbeat.period < Duration::seconds(60) => acc.push(
            Diagnostic::error(
                "alerts/heartbeat-too-short",
                Place::Value(at.key("heartbeat").key("period")),
                format!("a heartbeat cannot come twice in {}", heartbeat.period),
            )
            .note("rules are evaluated and groups looked at only a few times a minute")
            .help("write `1m` or more"),
        ),
        Some(_) => {}
    }
}
