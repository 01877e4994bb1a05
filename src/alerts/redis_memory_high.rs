//! The data comes near to maxmemory.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;
use crate::value::percentage::Percentage;

pub(super) static ALERT: Alert = Alert {
    name: "RedisMemoryHigh",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: Some(Threshold {
        default: Amount::Share(Percentage::whole(90)),
        of: "`maxmemory`",
        fires: Fires::Above,
    }),
    expr: |q| {
        // maxmemory is 0 where there is no bound: divided by, it would fire for ever.
        format!(
            "{}\n/ ({} > 0)\n> {}",
            q.redis("redis_memory_used_bytes"),
            q.redis("redis_memory_max_bytes"),
            q.threshold()
        )
    },
    summary: "Redis {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} uses {{ $value | humanizePercentage }} of maxmemory",
    description: "Over << threshold >> of maxmemory is used. When it is full, Redis evicts keys or refuses writes, as maxmemory-policy says.",
    runbook: include_str!("../../templates/runbooks/RedisMemoryHigh.md.j2"),
};
