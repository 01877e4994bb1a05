//! A replica acknowledges late.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisReplicaLagHigh",
    group: Group::Replication,
    scope: Scope::Instances {
        topologies: &[Kind::Replication, Kind::Sentinel, Kind::Cluster],
        applies: always,
    },
    severity: Severity::Warning,
    for_: None,
    threshold: Some(Threshold {
        default: Amount::Time(Duration::seconds(30)),
        of: "the time since the replica acknowledged",
        fires: Fires::Above,
    }),
    expr: |q| {
        // A primary drops a replica that has been silent for repl-timeout, 60 s by default, and the
        // series ends there: the condition cannot last, so the highest value of five minutes counts.
        format!(
            "max_over_time({}[5m]) > {}",
            q.redis("redis_connected_slave_lag_seconds"),
            q.threshold()
        )
    },
    summary: "replica {{ $labels.slave_ip }} of {{ $labels.namespace }}/{{ $labels.instance_name }} was {{ $value | humanizeDuration }} behind",
    description: "Within five minutes the replica once acknowledged nothing for over << threshold >>. A failover to it then would have lost what was written meanwhile.",
    runbook: include_str!("../../templates/runbooks/RedisReplicaLagHigh.md.j2"),
};
