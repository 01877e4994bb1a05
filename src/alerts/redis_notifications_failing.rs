//! Alertmanager fails to notify.

use crate::alerts::{Alert, Group, Scope};
use crate::read::spec::Severity;
use crate::value::duration::Duration;
use crate::value::promql::Selector;

pub(super) static ALERT: Alert = Alert {
    name: "RedisNotificationsFailing",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |_| true,
        namespace: |it| &it.platform.alertmanager.namespace,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| {
        let namespace = &q.stack().platform.alertmanager.namespace;
        let failed =
            Selector::equal("namespace", namespace).on("alertmanager_notifications_failed_total");
        format!("sum by (namespace, integration) (increase({failed}[15m])) > 0")
    },
    summary: "Alertmanager fails to notify by {{ $labels.integration }}",
    description: "Alertmanager gave up on {{ $value | humanize }} notifications by {{ $labels.integration }} within fifteen minutes: somebody was not told.",
    runbook: include_str!("../../templates/runbooks/RedisNotificationsFailing.md.j2"),
};
