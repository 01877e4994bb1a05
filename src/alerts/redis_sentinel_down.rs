//! A Sentinel does not answer.

use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisSentinelDown",
    group: Group::Sentinel,
    scope: Scope::Instances {
        topologies: &[Kind::Sentinel],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| format!("{} == 0", q.sentinel("redis_up")),
    summary: "Sentinel {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} does not answer",
    description: "A Sentinel does not answer. The others go on; when too many are lost, no failover happens.",
    runbook: include_str!("../../templates/runbooks/RedisSentinelDown.md.j2"),
};
