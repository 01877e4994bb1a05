//! The collectors send spans back.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::{Severity, TracingBackend};
use crate::value::duration::Duration;

/// Jaeger v1 has no such alert: what it cannot take counts as dropped, and its counter of rejected
/// spans is that of a filter which lets everything through.
pub(super) static ALERT: Alert = Alert {
    name: "TracingSpansRefused",
    group: Group::Tracing,
    scope: Scope::Stack {
        applies: |it| {
            let tracing = it.telemetry.tracing.as_ref();
            tracing.is_some_and(|it| it.backend == TracingBackend::OtelOperator)
        },
        namespace: |it| it.telemetry.tracing.as_ref().map_or("", |it| &it.namespace),
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| {
        let refused = q.any("otelcol_receiver_refused_spans_total", component::TRACING);
        format!("sum by (stack, namespace) (increase({refused}[5m])) > 0")
    },
    summary: "the tracing collectors in {{ $labels.namespace }} refuse spans",
    description: "{{ $value | humanize }} spans were refused within five minutes: traces have holes, or are missing.",
    runbook: include_str!("../../templates/runbooks/TracingSpansRefused.md.j2"),
};
