//! Half of the Alertmanagers, or more, are down.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "AlertmanagerClusterDown",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |it| it.telemetry.managed.is_some(),
        namespace: |it| &it.platform.alertmanager.namespace,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(300)),
    threshold: None,
    expr: |q| {
        // One that is about to restart fails a scrape or two: over five minutes it is no outage.
        let up = q.any("up", component::ALERTMANAGER);
        format!(
            "count by (stack, namespace) (avg_over_time({up}[5m]) < 0.5)\n/ count by (stack, namespace) ({up})\n>= 0.5"
        )
    },
    summary: "{{ $value | humanizePercentage }} of the Alertmanagers in {{ $labels.namespace }} are down",
    description: "Those that are left still notify; when the last one goes, nobody is told of anything. Then only the silence of the Watchdog is heard, outside the cluster.",
    runbook: include_str!("../../templates/runbooks/AlertmanagerClusterDown.md.j2"),
};
