//! More than one server takes writes.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisSeveralPrimaries",
    group: Group::Replication,
    scope: Scope::Instances {
        topologies: &[Kind::Replication, Kind::Sentinel],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(120)),
    threshold: None,
    expr: |q| {
        format!(
            "count by ({BY}) ({}) > 1",
            q.redis_where("redis_instance_info", "role", "master")
        )
    },
    summary: "{{ $labels.namespace }}/{{ $labels.instance_name }} has {{ $value }} primaries",
    description: "{{ $value }} servers take writes, and what is written to one is not on the others. When one of them becomes a replica again, it loses its own writes.",
    runbook: include_str!("../../templates/runbooks/RedisSeveralPrimaries.md.j2"),
};
