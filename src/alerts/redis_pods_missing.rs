//! Fewer servers answer than the policy says.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::api::conventions::fact;
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisPodsMissing",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[Kind::Replication, Kind::Sentinel, Kind::Cluster],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| {
        format!(
            "count by ({BY}) ({} == 1)\n< on ({BY}) {}",
            q.redis("redis_up"),
            q.fact(fact::REDIS_PODS)
        )
    },
    summary: "only {{ $value }} Redis servers of {{ $labels.namespace }}/{{ $labels.instance_name }} answer",
    description: "Fewer servers answer than the policy says this instance has. It works with less redundancy: the next failure can take it down.",
    runbook: include_str!("../../templates/runbooks/RedisPodsMissing.md.j2"),
};
