//! Prometheus stores nothing.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "PrometheusNotIngestingSamples",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |it| it.telemetry.managed.is_some(),
        namespace: |it| &it.platform.prometheus.namespace,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| {
        let appended = q.any(
            "prometheus_tsdb_head_samples_appended_total",
            component::PROMETHEUS,
        );
        let rules = q.any("prometheus_rule_group_rules", component::PROMETHEUS);
        // A server that has nothing to scrape or to evaluate stores nothing, and is well.
        format!(
            "sum without (type) (rate({appended}[5m])) <= 0\nand sum without (rule_group) ({rules}) > 0"
        )
    },
    summary: "{{ $labels.pod }} stores no samples",
    description: "{{ $labels.pod }} has rules and stores nothing: its alerts see an empty world.",
    runbook: include_str!("../../templates/runbooks/PrometheusNotIngestingSamples.md.j2"),
};
