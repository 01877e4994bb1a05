//! A node says that the cluster is down.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisClusterDown",
    group: Group::Cluster,
    scope: Scope::Instances {
        topologies: &[Kind::Cluster],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(60)),
    threshold: None,
    expr: |q| format!("min by ({BY}) ({}) == 0", q.redis("redis_cluster_state")),
    summary: "the cluster {{ $labels.namespace }}/{{ $labels.instance_name }} is down",
    description: "At least one node says `cluster_state:fail`: it answers no queries. The cause is a slot without a node, or a lost majority of primaries.",
    runbook: include_str!("../../templates/runbooks/RedisClusterDown.md.j2"),
};
