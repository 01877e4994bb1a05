//! Alertmanagers do not find each other.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "AlertmanagerMembersInconsistent",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |it| it.telemetry.managed.is_some(),
        namespace: |it| &it.platform.alertmanager.namespace,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(900)),
    threshold: None,
    expr: |q| {
        let members = q.any("alertmanager_cluster_members", component::ALERTMANAGER);
        format!(
            "max_over_time({members}[5m])\n< on (stack) group_left ()\ncount by (stack) (max_over_time({members}[5m]))"
        )
    },
    summary: "{{ $labels.pod }} sees {{ $value }} members of its cluster only",
    description: "{{ $labels.pod }} does not find all other Alertmanagers: notifications come twice, and a silence made on one is unknown to another.",
    runbook: include_str!("../../templates/runbooks/AlertmanagerMembersInconsistent.md.j2"),
};
