//! Prometheus refuses its configuration.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "PrometheusBadConfig",
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
            "max_over_time({}[5m]) == 0",
            q.any(
                "prometheus_config_last_reload_successful",
                component::PROMETHEUS
            )
        )
    },
    summary: "{{ $labels.pod }} refuses its configuration",
    description: "{{ $labels.pod }} runs with the last configuration that it could read: new monitors and rules have no effect, and after a restart it may not start.",
    runbook: include_str!("../../templates/runbooks/PrometheusBadConfig.md.j2"),
};
