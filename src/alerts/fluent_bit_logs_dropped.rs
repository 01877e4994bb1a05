//! Logs are lost.

use crate::alerts::{Alert, Group, LOGS};
use crate::api::conventions::component;
use crate::read::spec::Severity;

pub(super) static ALERT: Alert = Alert {
    name: "FluentBitLogsDropped",
    group: Group::Logs,
    scope: LOGS,
    severity: Severity::Warning,
    for_: None,
    threshold: None,
    expr: |q| {
        let dropped = q.any(
            "fluentbit_output_dropped_records_total",
            component::FLUENT_BIT,
        );
        format!("sum by (stack, namespace, pod) (increase({dropped}[15m])) > 0")
    },
    summary: "Fluent Bit {{ $labels.pod }} discards logs",
    description: "Within fifteen minutes, {{ $labels.pod }} discarded about {{ $value | humanize }} lines: its buffer is full, or a batch was damaged. They are not in Elasticsearch and will not be.",
    runbook: include_str!("../../templates/runbooks/FluentBitLogsDropped.md.j2"),
};
