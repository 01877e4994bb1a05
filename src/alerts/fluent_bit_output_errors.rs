//! Elasticsearch does not take logs.

use crate::alerts::{Alert, Group, LOGS};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "FluentBitOutputErrors",
    group: Group::Logs,
    scope: LOGS,
    severity: Severity::Warning,
    for_: Some(Duration::seconds(900)),
    threshold: None,
    expr: |q| {
        // What Elasticsearch refuses is tried again and counted as such; an error is a batch that is not.
        let rate = |metric: &str| {
            format!(
                "sum by (stack, namespace, pod) (rate({}[10m]))",
                q.any(metric, component::FLUENT_BIT)
            )
        };
        format!(
            "{} > 0\nor {} > 0",
            rate("fluentbit_output_errors_total"),
            rate("fluentbit_output_retries_total")
        )
    },
    summary: "Fluent Bit {{ $labels.pod }} cannot deliver logs",
    description: "For a quarter of an hour, Elasticsearch has not taken every batch of logs of {{ $labels.pod }} at the first try. A batch that it refuses whole is kept on the node and tried again; of one that it refuses in part, Fluent Bit keeps nothing.",
    runbook: include_str!("../../templates/runbooks/FluentBitOutputErrors.md.j2"),
};
