//! Alertmanager fails to notify.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisNotificationsFailing",
    group: Group::Pipeline,
    scope: Scope::Stack {
        // kube-prometheus has AlertmanagerFailedToSendAlerts, for an Alertmanager that is the cluster's.
        applies: |it| it.telemetry.managed.is_some(),
        namespace: |it| &it.platform.alertmanager.namespace,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| {
        let failed = q.any(
            "alertmanager_notifications_failed_total",
            component::ALERTMANAGER,
        );
        format!("sum by (namespace, integration) (increase({failed}[15m])) > 0")
    },
    summary: "Alertmanager fails to notify by {{ $labels.integration }}",
    description: "Alertmanager gave up on {{ $value | humanize }} notifications by {{ $labels.integration }} within fifteen minutes: somebody was not told.",
    runbook: include_str!("../../templates/runbooks/RedisNotificationsFailing.md.j2"),
};
