//! Undelivered logs fill the buffer of a node.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, LOGS};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;
use crate::value::percentage::Percentage;

pub(super) static ALERT: Alert = Alert {
    name: "FluentBitBufferFilling",
    group: Group::Logs,
    scope: LOGS,
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: Some(Threshold {
        default: Amount::Share(Percentage::whole(70)),
        of: "the buffer of a node",
        fires: Fires::Above,
    }),
    expr: |q| {
        let free = q.any(
            "fluentbit_output_chunk_available_capacity_percent",
            component::FLUENT_BIT,
        );
        format!(
            "1 - min by (stack, namespace, pod) ({free}) / 100\n> {}",
            q.threshold()
        )
    },
    summary: "{{ $value | humanizePercentage }} of the log buffer of {{ $labels.pod }} is used",
    description: "Logs that Elasticsearch has not taken use over << threshold >> of what this node may keep. When the buffer is full, the oldest are discarded.",
    runbook: include_str!("../../templates/runbooks/FluentBitBufferFilling.md.j2"),
};
