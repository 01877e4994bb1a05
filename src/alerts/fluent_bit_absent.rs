//! No Fluent Bit is scraped at all.

use crate::alerts::{Alert, Group, LOGS};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "FluentBitAbsent",
    group: Group::Logs,
    scope: LOGS,
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| format!("absent({})", q.any("up", component::FLUENT_BIT)),
    summary: "no Fluent Bit is there to be scraped in << namespace >>",
    description: "Prometheus finds no Fluent Bit of this stack: none runs, or none is discovered. Logs stay on the nodes, where the kubelet rotates them away.",
    runbook: include_str!("../../templates/runbooks/FluentBitAbsent.md.j2"),
};
