//! The append-only file cannot be written or rewritten.

use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisAppendOnlyFailing",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(120)),
    threshold: None,
    expr: |q| {
        format!(
            "{} == 0\nor {} == 0",
            q.redis("redis_aof_last_write_status"),
            q.redis("redis_aof_last_bgrewrite_status")
        )
    },
    summary: "the append-only file of {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} fails",
    description: "The last write or rewrite of the append-only file failed. While writes to it fail, Redis refuses writes of clients; what it takes may be lost on a restart.",
    runbook: include_str!("../../templates/runbooks/RedisAppendOnlyFailing.md.j2"),
};
