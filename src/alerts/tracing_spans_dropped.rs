//! Spans that were taken are lost.

use crate::alerts::query::Query;
use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::{Severity, TracingBackend};
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "TracingSpansDropped",
    group: Group::Tracing,
    scope: Scope::Stack {
        applies: |it| it.telemetry.tracing.is_some(),
        namespace: |it| it.telemetry.tracing.as_ref().map_or("", |it| &it.namespace),
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr,
    summary: "the tracing collectors in {{ $labels.namespace }} lose spans",
    description: "{{ $value | humanize }} spans, or documents of them, were taken and then lost within five minutes: Elasticsearch does not take them, or not fast enough.",
    runbook: include_str!("../../templates/runbooks/TracingSpansDropped.md.j2"),
};

/// Both write to Elasticsearch in batches of which the sender hears nothing: what Elasticsearch does
/// not take is counted there only, and not tried again.
fn expr(q: &Query<'_>) -> String {
    let backend = q.stack().telemetry.tracing.as_ref().map(|it| it.backend);
    let metrics = match backend {
        Some(TracingBackend::JaegerOperator) => [
            "jaeger_collector_spans_dropped_total",
            "jaeger_bulk_index_errors_total",
        ],
        Some(TracingBackend::OtelOperator | TracingBackend::None) | None => [
            "otelcol_exporter_send_failed_spans_total",
            "jaeger_storage_bulk_index_errors_total",
        ],
    };
    metrics
        .map(|metric| {
            let lost = q.any(metric, component::TRACING);
            format!("sum by (stack, namespace) (increase({lost}[5m])) > 0")
        })
        .join("\nor ")
}
