//! Sentinels have failed over.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::topologies::Kind;

pub(super) static ALERT: Alert = Alert {
    name: "RedisSentinelFailover",
    group: Group::Sentinel,
    scope: Scope::Instances {
        topologies: &[Kind::Sentinel],
        applies: always,
    },
    severity: Severity::Warning,
    for_: None,
    threshold: None,
    expr: |q| {
        // The epoch grows by one with each failover, and its series changes with the primary. A Sentinel
        // that has just started says 0 until it hears of the others: the highest counts.
        let epoch = q.sentinel("redis_sentinel_master_config_epoch");
        format!(
            "max by ({BY}) (max_over_time({epoch}[15m]))\n- max by ({BY}) ({epoch} offset 15m)\n> 0"
        )
    },
    summary: "{{ $labels.namespace }}/{{ $labels.instance_name }} has failed over",
    description: "Sentinels made another server the primary within the last fifteen minutes, {{ $value }} times. What was written to the old one and not yet replicated is lost.",
    runbook: include_str!("../../templates/runbooks/RedisSentinelFailover.md.j2"),
};
