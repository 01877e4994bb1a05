//! Alertmanager refuses its configuration.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "AlertmanagerFailedReload",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |it| it.telemetry.managed.is_some(),
        namespace: |it| &it.platform.alertmanager.namespace,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| {
        format!(
            "max_over_time({}[5m]) == 0",
            q.any(
                "alertmanager_config_last_reload_successful",
                component::ALERTMANAGER
            )
        )
    },
    summary: "{{ $labels.pod }} refuses its configuration",
    description: "{{ $labels.pod }} goes on with the last configuration that it could read: changes of routes and receivers have no effect, and after a restart it does not start.",
    runbook: include_str!("../../templates/runbooks/AlertmanagerFailedReload.md.j2"),
};
