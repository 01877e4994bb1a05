//! A Redis server does not answer.

use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisDown",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(120)),
    threshold: None,
    expr: |q| format!("{} == 0", q.redis("redis_up")),
    summary: "Redis {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} does not answer",
    description: "The exporter reaches the pod and Redis does not answer it. Clients of this server get errors; with replicas, a failover should follow.",
    runbook: include_str!("../../templates/runbooks/RedisDown.md.j2"),
};
