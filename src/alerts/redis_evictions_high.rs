//! Keys are being evicted.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisEvictionsHigh",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(900)),
    threshold: Some(Threshold {
        default: Amount::Number(100),
        of: "keys evicted per second",
        fires: Fires::Above,
    }),
    expr: |q| {
        format!(
            "rate({}[{}]) > {}",
            q.redis("redis_evicted_keys_total"),
            q.window(),
            q.threshold()
        )
    },
    summary: "Redis {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} evicts {{ $value | humanize }} keys per second",
    description: "Redis evicts more than << threshold >> keys per second: the data does not fit into maxmemory any more.",
    runbook: include_str!("../../templates/runbooks/RedisEvictionsHigh.md.j2"),
};
