//! The exporter of a server cannot be scraped: the server is not watched.

use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisExporterDown",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| format!("{} == 0", q.both("up")),
    summary: "{{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} is not being watched",
    description: "Prometheus cannot scrape the exporter of this pod, so no alert on it can fire. The pod may be gone with its node, or only the exporter fails.",
    runbook: include_str!("../../templates/runbooks/RedisExporterDown.md.j2"),
};
