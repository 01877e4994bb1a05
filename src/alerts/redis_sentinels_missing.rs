//! Fewer Sentinels see each other than the policy says.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::api::conventions::fact;
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisSentinelsMissing",
    group: Group::Sentinel,
    scope: Scope::Instances {
        topologies: &[Kind::Sentinel],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| {
        format!(
            "max by ({BY}) ({})\n< on ({BY}) {}",
            q.sentinel("redis_sentinel_master_ok_sentinels"),
            q.fact(fact::SENTINELS)
        )
    },
    summary: "only {{ $value }} Sentinels of {{ $labels.namespace }}/{{ $labels.instance_name }} see each other",
    description: "Fewer Sentinels reach each other than the policy says. Losing more of them leaves nobody to fail over.",
    runbook: include_str!("../../templates/runbooks/RedisSentinelsMissing.md.j2"),
};
