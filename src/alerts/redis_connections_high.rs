//! Connections come near to maxclients.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;
use crate::value::percentage::Percentage;

pub(super) static ALERT: Alert = Alert {
    name: "RedisConnectionsHigh",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(300)),
    threshold: Some(Threshold {
        default: Amount::Share(Percentage::whole(80)),
        of: "`maxclients`",
        fires: Fires::Above,
    }),
    expr: |q| {
        format!(
            "{}\n/ {}\n> {}",
            q.redis("redis_connected_clients"),
            q.redis("redis_max_clients"),
            q.threshold()
        )
    },
    summary: "Redis {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} has {{ $value | humanizePercentage }} of its connections in use",
    description: "Over << threshold >> of maxclients are connected. At 100% Redis refuses new connections.",
    runbook: include_str!("../../templates/runbooks/RedisConnectionsHigh.md.j2"),
};
