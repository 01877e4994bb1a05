//! The operator cannot be scraped.

use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisOperatorDown",
    group: Group::Operator,
    scope: Scope::Stack {
        applies: |_| true,
        namespace: |it| &it.platform.operator.namespace,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| format!("{} == 0", q.any("up", component::OPERATOR)),
    summary: "the Redis operator in {{ $labels.namespace }} does not answer",
    description: "The operator does not answer. Redis goes on; no change of a resource is applied, and no lost pod is repaired by it.",
    runbook: include_str!("../../templates/runbooks/RedisOperatorDown.md.j2"),
};
