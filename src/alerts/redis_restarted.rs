//! A server started a short time ago.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisRestarted",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Info,
    for_: None,
    threshold: Some(Threshold {
        default: Amount::Time(Duration::seconds(300)),
        of: "the time since the server started",
        fires: Fires::Below,
    }),
    expr: |q| format!("{} < {}", q.redis("redis_uptime_in_seconds"), q.threshold()),
    summary: "Redis {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} started {{ $value | humanizeDuration }} ago",
    description: "The server started less than << threshold >> ago. Without a roll-out that explains it, look for an OOM kill or an eviction.",
    runbook: include_str!("../../templates/runbooks/RedisRestarted.md.j2"),
};
