//! Alerts on alerts that count those which only wait.

use promql_parser::parser::{Expr, LabelModifier};

use crate::check::expressions::Rule;
use crate::diag::Diagnostic;
use crate::promql::read::{each, metric_of};

/// What Prometheus writes for every alert that waits or fires (rules/alerting.go).
const ALERTS: &str = "ALERTS";
/// `pending` or `firing`.
const STATE: &str = "alertstate";

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let (mut is_counted, mut is_told_apart) = (false, false);
    each(rule.expression, &mut |it| match it {
        Expr::VectorSelector(it) if metric_of(it) == Some(ALERTS) => {
            is_counted |= it.matchers.matchers.iter().all(|it| it.name != STATE);
        }
        Expr::Aggregate(it) => {
            if let Some(LabelModifier::Include(labels)) = &it.modifier {
                is_told_apart |= labels.labels.iter().any(|it| it == STATE);
            }
        }
        _ => {}
    });
    if is_counted && !is_told_apart {
        acc.push(
            Diagnostic::warning(
                "alerts/pending-counted",
                rule.place(),
                "this counts alerts that do not fire yet",
            )
            .label("`ALERTS` without `alertstate`")
            .note("an alert is in `ALERTS` as soon as its condition holds, so its `for` is passed over")
            .help("write `ALERTS{alertstate=\"firing\", …}`; where those that wait are meant too, `alertstate=~\"pending|firing\"`"),
        );
    }
}
