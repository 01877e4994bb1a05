//! No operator is scraped at all.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisOperatorAbsent",
    group: Group::Operator,
    scope: Scope::Stack {
        applies: |_| true,
        namespace: |it| &it.platform.operator.namespace,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| format!("absent({})", q.any("up", component::OPERATOR)),
    summary: "no Redis operator is there to be scraped in << namespace >>",
    description: "Prometheus finds no operator: it does not run, or its labels are not those that the monitor selects. No change of a resource is applied.",
    runbook: include_str!("../../templates/runbooks/RedisOperatorAbsent.md.j2"),
};
