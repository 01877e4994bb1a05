//! Slots belong to no node.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisClusterSlotsUnassigned",
    group: Group::Cluster,
    scope: Scope::Instances {
        topologies: &[Kind::Cluster],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(120)),
    threshold: None,
    expr: |q| {
        format!(
            "max by ({BY}) ({}) < 16384",
            q.redis("redis_cluster_slots_assigned")
        )
    },
    summary: "only {{ $value }} of 16384 slots of {{ $labels.namespace }}/{{ $labels.instance_name }} are assigned",
    description: "Keys of the other slots can be neither read nor written; with cluster-require-full-coverage, no key can.",
    runbook: include_str!("../../templates/runbooks/RedisClusterSlotsUnassigned.md.j2"),
};
