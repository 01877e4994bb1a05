//! No Sentinel of an instance is scraped at all.

use crate::alerts::query::ON;
use crate::alerts::{Alert, Group, Scope, always};
use crate::api::conventions::{component, fact};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisSentinelAbsent",
    group: Group::Sentinel,
    scope: Scope::Instances {
        topologies: &[Kind::Sentinel],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| {
        format!(
            "{}\nunless on ({ON}) {}",
            q.fact(fact::SENTINELS),
            q.any("up", component::SENTINEL)
        )
    },
    summary: "no Sentinel of {{ $labels.namespace }}/{{ $labels.instance_name }} is there to be scraped",
    description: "The policy says that {{ $value }} Sentinels watch this instance, and Prometheus finds none of them. Nobody would fail over.",
    runbook: include_str!("../../templates/runbooks/RedisSentinelAbsent.md.j2"),
};
