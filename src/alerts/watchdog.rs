//! Always fires: its silence is the alarm.

use crate::alerts::{Alert, Group, Scope};
use crate::read::spec::Severity;

pub(super) static ALERT: Alert = Alert {
    name: "Watchdog",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |it| it.routing.heartbeat.is_some(),
        namespace: |it| &it.platform.prometheus.namespace,
    },
    severity: Severity::Info,
    for_: None,
    threshold: None,
    expr: |_| "vector(1)".to_owned(),
    summary: "alerting of the stack << stack >> works",
    description: "This alert always fires. It goes to a service outside the cluster that raises an alarm when it stops: then Prometheus, Alertmanager or the way to them is broken.",
    runbook: include_str!("../../templates/runbooks/Watchdog.md.j2"),
};
