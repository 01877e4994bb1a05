//! A replica acknowledges late.

use crate::alerts::{Alert, Group, Scope, always};
use crate::alerts::parameters::{Amount, Threshold};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisReplicaLagHigh",
    group: Group::Replication,
    scope: Scope::Instances { topologies: &[Kind::Replication, Kind::Sentinel, Kind::Cluster], applies: always },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(300)),
    threshold: Some(Threshold { default: Amount::Time(Duration::seconds(30)), of: "the time since the replica acknowledged" }),
    expr: |q| format!("{} > {}", q.redis("redis_connected_slave_lag_seconds"), q.threshold()),
    summary: "replica {{ $labels.slave_ip }} of {{ $labels.namespace }}/{{ $labels.instance_name }} is {{ $value | humanizeDuration }} behind",
    description: "The replica has not acknowledged anything for over << threshold >>. A failover to it would lose what was written since.",
    runbook: include_str!("../../templates/runbooks/RedisReplicaLagHigh.md.j2"),
};
