//! Too many lookups find nothing.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;
use crate::value::percentage::Percentage;

pub(super) static ALERT: Alert = Alert {
    name: "RedisHitRateLow",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(900)),
    threshold: Some(Threshold {
        default: Amount::Share(Percentage::whole(80)),
        of: "lookups",
        fires: Fires::Below,
    }),
    expr: |q| {
        let rate = |metric: &str| format!("rate({}[{}])", q.redis(metric), q.window());
        let (hits, misses) = (
            rate("redis_keyspace_hits_total"),
            rate("redis_keyspace_misses_total"),
        );
        // With few lookups a share says nothing.
        format!(
            "{hits}\n/ ({hits} + {misses})\n< {}\nand {hits} + {misses} > 10",
            q.threshold()
        )
    },
    summary: "only {{ $value | humanizePercentage }} of lookups in {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} find a key",
    description: "Less than << threshold >> of lookups find a key, at over ten lookups a second. What is behind the cache carries the rest.",
    runbook: include_str!("../../templates/runbooks/RedisHitRateLow.md.j2"),
};
