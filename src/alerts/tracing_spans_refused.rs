//! The collectors send spans back.

use crate::alerts::query::Query;
use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::{Severity, TracingBackend};
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "TracingSpansRefused",
    group: Group::Tracing,
    scope: Scope::Stack {
        applies: |it| it.telemetry.tracing.is_some(),
        namespace: |it| it.telemetry.tracing.as_ref().map_or("", |it| &it.namespace),
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr,
    summary: "the tracing collectors in {{ $labels.namespace }} refuse spans",
    description: "{{ $value | humanize }} spans were refused within five minutes: traces have holes, or are missing.",
    runbook: include_str!("../../templates/runbooks/TracingSpansRefused.md.j2"),
};

fn expr(q: &Query<'_>) -> String {
    let backend = q.stack().telemetry.tracing.as_ref().map(|it| it.backend);
    let metric = match backend {
        Some(TracingBackend::JaegerOperator) => "jaeger_collector_spans_rejected_total",
        Some(TracingBackend::OtelOperator | TracingBackend::None) | None => {
            "otelcol_receiver_refused_spans_total"
        }
    };
    let refused = q.any(metric, component::TRACING);
    format!("sum by (stack, namespace) (increase({refused}[5m])) > 0")
}
