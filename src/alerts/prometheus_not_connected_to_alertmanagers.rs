//! Prometheus knows no Alertmanager.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "PrometheusNotConnectedToAlertmanagers",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |it| it.telemetry.managed.is_some(),
        namespace: |it| &it.platform.prometheus.namespace,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| {
        format!(
            "max_over_time({}[5m]) < 1",
            q.any(
                "prometheus_notifications_alertmanagers_discovered",
                component::PROMETHEUS
            )
        )
    },
    summary: "{{ $labels.pod }} knows no Alertmanager",
    description: "{{ $labels.pod }} finds no Alertmanager to send alerts to. The other replica may still reach one; if none does, nobody is told of anything.",
    runbook: include_str!("../../templates/runbooks/PrometheusNotConnectedToAlertmanagers.md.j2"),
};
