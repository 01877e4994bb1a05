//! The cluster knows fewer nodes or primaries than the policy says.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::api::conventions::fact;
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisClusterNodesMissing",
    group: Group::Cluster,
    scope: Scope::Instances {
        topologies: &[Kind::Cluster],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| {
        format!(
            "max by ({BY}) ({})\n< on ({BY}) {}\nor max by ({BY}) ({})\n< on ({BY}) {}",
            q.redis("redis_cluster_known_nodes"),
            q.fact(fact::REDIS_PODS),
            q.redis("redis_cluster_size"),
            q.fact(fact::MASTERS)
        )
    },
    summary: "the cluster {{ $labels.namespace }}/{{ $labels.instance_name }} has only {{ $value }} nodes or primaries",
    description: "The cluster knows fewer nodes, or fewer primaries with slots, than the policy says: pods run that never joined, or were forgotten.",
    runbook: include_str!("../../templates/runbooks/RedisClusterNodesMissing.md.j2"),
};
