//! The process comes near to the memory limit of its container.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::query::ON;
use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::fact;
use crate::read::spec::Severity;
use crate::value::duration::Duration;
use crate::value::percentage::Percentage;

pub(super) static ALERT: Alert = Alert {
    name: "RedisContainerMemoryHigh",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: |it| it.memory_limit().is_some(),
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(300)),
    threshold: Some(Threshold {
        default: Amount::Share(Percentage::whole(90)),
        of: "the memory limit of the container",
        fires: Fires::Above,
    }),
    expr: |q| {
        format!(
            "{}\n/ on ({ON}) group_left () {}\n> {}",
            q.redis("redis_memory_used_rss_bytes"),
            q.fact(fact::MEMORY_LIMIT),
            q.threshold()
        )
    },
    summary: "Redis {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} uses {{ $value | humanizePercentage }} of its container's memory",
    description: "The process uses over << threshold >> of the memory limit of its container, fragmentation and buffers included. At 100% the kernel kills it, whatever maxmemory says.",
    runbook: include_str!("../../templates/runbooks/RedisContainerMemoryHigh.md.j2"),
};
