//! Prometheus fails to evaluate the rules of the stack.

use crate::alerts::{Alert, Group, Scope};
use crate::read::spec::Severity;
use crate::value::duration::Duration;
use crate::value::promql::{Comparison, Selector, escape};

pub(super) static ALERT: Alert = Alert {
    name: "RedisRulesFailing",
    group: Group::Pipeline,
    scope: Scope::Stack {
        applies: |_| true,
        namespace: |it| &it.platform.prometheus.namespace,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(600)),
    threshold: None,
    expr: |q| {
        // The group is known by its file and name; every group of a stack begins with the stack's.
        let groups = format!(".*;{}", escape(&format!("{}.", q.stack().name))) + ".*";
        let rate = |metric: &str| {
            let selector = Selector::default().and("rule_group", Comparison::Matches, &groups);
            format!(
                "sum by (rule_group) (increase({}[10m]))",
                selector.on(metric)
            )
        };
        format!(
            "{} > 0\nor {} > 0",
            rate("prometheus_rule_evaluation_failures_total"),
            rate("prometheus_rule_group_iterations_missed_total")
        )
    },
    summary: "Prometheus fails to evaluate {{ $labels.rule_group }}",
    description: "Rules of this stack fail or are skipped: their alerts may not fire.",
    runbook: include_str!("../../templates/runbooks/RedisRulesFailing.md.j2"),
};
