//! Every Sentinel says that the primary is down.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisSentinelMasterDown",
    group: Group::Sentinel,
    scope: Scope::Instances {
        topologies: &[Kind::Sentinel],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(60)),
    threshold: None,
    expr: |q| {
        format!(
            "max by ({BY}, master_name) ({}) == 0",
            q.sentinel("redis_sentinel_master_status")
        )
    },
    summary: "Sentinels say that the primary {{ $labels.master_name }} of {{ $labels.namespace }}/{{ $labels.instance_name }} is down",
    description: "Every Sentinel says that the primary is down, and no failover has ended yet: nothing can be written.",
    runbook: include_str!("../../templates/runbooks/RedisSentinelMasterDown.md.j2"),
};
