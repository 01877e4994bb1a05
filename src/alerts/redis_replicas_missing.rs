//! The primary has fewer replicas than the policy says.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::fact;
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisReplicasMissing",
    group: Group::Replication,
    scope: Scope::Instances {
        topologies: &[Kind::Replication, Kind::Sentinel],
        applies: |it| it.topology.is_replicated(),
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| {
        format!(
            "max by ({BY}) ({})\n< on ({BY}) {}",
            q.redis("redis_connected_slaves"),
            q.fact(fact::REPLICAS)
        )
    },
    summary: "the primary of {{ $labels.namespace }}/{{ $labels.instance_name }} has only {{ $value }} replicas",
    description: "Fewer replicas follow the primary than the policy says. With none, losing the primary is losing the data since the last snapshot.",
    runbook: include_str!("../../templates/runbooks/RedisReplicasMissing.md.j2"),
};
