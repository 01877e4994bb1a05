//! Alertmanagers run with different configurations.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "AlertmanagerConfigInconsistent",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |it| it.telemetry.managed.is_some(),
        namespace: |it| &it.platform.alertmanager.namespace,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(1200)),
    threshold: None,
    expr: |q| {
        let hash = q.any("alertmanager_config_hash", component::ALERTMANAGER);
        format!(
            "count by (stack, namespace) (count_values by (stack, namespace) (\"config_hash\", {hash})) != 1"
        )
    },
    summary: "the Alertmanagers in {{ $labels.namespace }} run with {{ $value }} configurations",
    description: "Replicas of one Alertmanager have had different configurations for a while: who is told depends on which of them notifies.",
    runbook: include_str!("../../templates/runbooks/AlertmanagerConfigInconsistent.md.j2"),
};
