//! Slots belong to nodes that are not reached.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisClusterSlotsFailing",
    group: Group::Cluster,
    scope: Scope::Instances {
        topologies: &[Kind::Cluster],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(60)),
    threshold: None,
    expr: |q| {
        format!(
            "max by ({BY}) (\n  {}\n  + {}\n)\n> 0",
            q.redis("redis_cluster_slots_fail"),
            q.redis("redis_cluster_slots_pfail")
        )
    },
    summary: "{{ $value }} slots of {{ $labels.namespace }}/{{ $labels.instance_name }} are on nodes that are not reached",
    description: "A primary is not reached by the others, and no replica has taken over. Its keys are not served.",
    runbook: include_str!("../../templates/runbooks/RedisClusterSlotsFailing.md.j2"),
};
