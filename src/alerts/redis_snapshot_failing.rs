//! The last RDB snapshot failed.

use crate::alerts::{Alert, Group, Scope, always};
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisSnapshotFailing",
    group: Group::Instance,
    scope: Scope::Instances {
        topologies: &[],
        applies: always,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| format!("{} == 0", q.redis("redis_rdb_last_bgsave_status")),
    summary: "the last snapshot of {{ $labels.pod }} of {{ $labels.namespace }}/{{ $labels.instance_name }} failed",
    description: "The last background save failed. With stop-writes-on-bgsave-error, which is the default, Redis refuses writes; a restart would load old data.",
    runbook: include_str!("../../templates/runbooks/RedisSnapshotFailing.md.j2"),
};
