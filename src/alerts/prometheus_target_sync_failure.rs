//! Prometheus drops targets whose labels it cannot take.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "PrometheusTargetSyncFailure",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |it| it.telemetry.managed.is_some(),
        namespace: |it| &it.platform.prometheus.namespace,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| {
        format!(
            "sum by (stack, namespace, scrape_job) (increase({}[30m])) > 0",
            q.any("prometheus_target_sync_failed_total", component::PROMETHEUS)
        )
    },
    summary: "Prometheus drops targets of {{ $labels.scrape_job }}",
    description: "What a monitor makes of discovered pods is no valid target: they are not scraped, and no alert about them can fire.",
    runbook: include_str!("../../templates/runbooks/PrometheusTargetSyncFailure.md.j2"),
};
