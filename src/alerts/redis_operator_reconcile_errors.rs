//! The operator fails to do what resources ask for.

use crate::alerts::parameters::{Amount, Fires, Threshold};
use crate::alerts::{Alert, Group, Scope};
use crate::api::conventions::component;
use crate::read::spec::Severity;
use crate::value::duration::Duration;
use crate::value::percentage::Percentage;

pub(super) static ALERT: Alert = Alert {
    name: "RedisOperatorReconcileErrors",
    group: Group::Operator,
    scope: Scope::Stack {
        applies: |_| true,
        namespace: |it| &it.platform.operator.namespace,
    },
    severity: Severity::Warning,
    for_: Some(Duration::seconds(900)),
    threshold: Some(Threshold {
        default: Amount::Share(Percentage::whole(10)),
        of: "reconciliations",
        fires: Fires::Above,
    }),
    expr: |q| {
        // The operators' own error counters are not incremented; controller-runtime's are.
        let rate = |metric: &str| {
            format!(
                "sum by (stack, namespace, controller) (rate({}[10m]))",
                q.any(metric, component::OPERATOR)
            )
        };
        format!(
            "{}\n/ {}\n> {}",
            rate("controller_runtime_reconcile_errors_total"),
            rate("controller_runtime_reconcile_total"),
            q.threshold()
        )
    },
    summary: "{{ $value | humanizePercentage }} of reconciliations of {{ $labels.controller }} fail",
    description: "Over << threshold >> of the operator's attempts to do what resources ask for end in an error. What was changed in Git is not what runs.",
    runbook: include_str!("../../templates/runbooks/RedisOperatorReconcileErrors.md.j2"),
};
