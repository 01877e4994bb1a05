//! Servers answer, and none of them is a primary.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisPrimaryMissing",
    group: Group::Replication,
    scope: Scope::Instances {
        topologies: &[Kind::Replication, Kind::Sentinel],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(60)),
    threshold: None,
    expr: |q| {
        format!(
            "count by ({BY}) ({})\nunless on ({BY}) count by ({BY}) ({})",
            q.redis("redis_instance_info"),
            q.redis_where("redis_instance_info", "role", "master")
        )
    },
    summary: "{{ $labels.namespace }}/{{ $labels.instance_name }} has no primary",
    description: "{{ $value }} servers answer and none of them is a primary: nothing can be written.",
    runbook: include_str!("../../templates/runbooks/RedisPrimaryMissing.md.j2"),
};
