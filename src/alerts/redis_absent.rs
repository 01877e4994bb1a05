//! No server of an instance is scraped at all: not down, gone.

use crate::alerts::query::ON;
use crate::alerts::{Alert, Group, Scope, always};
use crate::api::conventions::{component, fact};
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisAbsent",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| {
        // A fact instead of `absent()`: one rule for all instances, and the alert carries their labels.
        format!(
            "{}\nunless on ({ON}) {}",
            q.fact(fact::REDIS_PODS),
            q.any("up", component::REDIS)
        )
    },
    summary: "no server of {{ $labels.namespace }}/{{ $labels.instance_name }} is there to be scraped",
    description: "The policy says that this instance has {{ $value }} Redis servers, and Prometheus finds none of them: they do not run, or what discovers them is broken. No other alert on this instance can fire.",
    runbook: include_str!("../../templates/runbooks/RedisAbsent.md.j2"),
};
