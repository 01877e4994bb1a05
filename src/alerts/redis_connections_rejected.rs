//! Connections are being refused.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;

pub(super) static ALERT: Alert = Alert {
    name: "RedisConnectionsRejected",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Critical,
    for_: None,
    threshold: Some(Threshold {
        default: Amount::Number(0),
        of: "connections refused",
        fires: Fires::Above,
    }),
    expr: |q| {
        format!(
            "increase({}[{}]) > {}",
            q.redis("redis_rejected_connections_total"),
            q.window(),
            q.threshold()
        )
    },
    summary: "Redis {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} refuses connections",
    description: "Redis refused {{ $value | humanize }} connections in << window >> because maxclients are connected. Clients see errors now.",
    runbook: include_str!("../../templates/runbooks/RedisConnectionsRejected.md.j2"),
};
