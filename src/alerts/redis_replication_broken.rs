//! A replica has lost its primary.

use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisReplicationBroken",
    group: Group::Replication,
    scope: Scope::Instances {
        topologies: &[Kind::Replication, Kind::Sentinel, Kind::Cluster],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(120)),
    threshold: None,
    expr: |q| format!("{} == 0", q.redis("redis_master_link_up")),
    summary: "replica {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} has lost its primary {{ $labels.master_host }}",
    description: "The link of this replica to its primary is down. It serves old data, and a failover to it would lose what was written since.",
    runbook: include_str!("../../templates/runbooks/RedisReplicationBroken.md.j2"),
};
