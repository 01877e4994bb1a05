//! Metrics that nothing exports, here or at all.

use std::collections::BTreeSet;

use crate::api::conventions::fact;
use crate::catalog;
use crate::check::expressions::Rule;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, SUGGESTIONS, nearest};
use crate::model::stack::Stack;
use crate::promql::problem::Problem;
use crate::promql::read::metrics;
use crate::prove::expressions::Expressions;

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    for problem in rule.problems {
        match problem {
            // Without instances everything is missing.
            Problem::UnknownMetric { metric }
                if rule.stack.instances.is_empty() && !catalog::metrics(metric).is_empty() => {}
            Problem::UnknownMetric { metric } => {
                let may_suggest = acc.len() < SUGGESTIONS;
                acc.push(unknown(rule, metric, may_suggest));
            }
            Problem::NothingSelected {
                metric,
                label,
                is_carried: true,
            } => acc.push(excluded(rule, metric, label)),
            _ => {}
        }
    }
}

/// Says that a metric is not there: in no stack, in this one, or because no rule records it.
fn unknown(rule: &Rule<'_>, metric: &str, may_suggest: bool) -> Diagnostic {
    let dead = match rule.alert {
        Some(_) => "an alert on a metric that is not there is silent for ever",
        None => {
            "a rule over a metric that is not there records nothing, and what asks for it finds nothing"
        }
    };
    if !catalog::metrics(metric).is_empty() || fact::ALL.contains(&metric) {
        return Diagnostic::error(
            "alerts/metric-absent",
            rule.place(),
            format!("nothing that this stack watches exports `{metric}`"),
        )
        .label(rule.dead())
        .note(match why_absent(metric) {
            Some(why) => format!("{why}; {dead}"),
            None => dead.to_owned(),
        })
        .help(
            "remove it, or declare it under `alerts.externalMetrics` if something exports it after all",
        )
        .of_this_stack(true);
    }
    let near = may_suggest.then(|| {
        let mut known: Vec<&str> = catalog::names().collect();
        known.extend(fact::ALL);
        known.extend(
            rule.stack
                .external_metrics
                .iter()
                .map(|it| it.name.as_str()),
        );
        known.extend(rule.stack.recording.iter().map(|it| it.name.as_str()));
        nearest(metric, known)
    });
    let near = near.flatten();
    if metric.contains(':') {
        return Diagnostic::error(
            "alerts/recording-rule-order",
            rule.place(),
            format!("no rule records `{metric}`"),
        )
        .label(rule.dead())
        .note(dead)
        .help(match near {
            Some(near) => {
                format!("did you mean `{near}`? Otherwise record it under `alerts.recording`")
            }
            None => {
                "record it under `alerts.recording`, or declare it under `alerts.externalMetrics` \
                     if a rule outside this stack does"
                    .to_owned()
            }
        });
    }
    Diagnostic::error(
        "alerts/metric-unknown",
        rule.place(),
        format!("nothing in this stack exports `{metric}`"),
    )
    .label(rule.dead())
    .note(dead)
    .help(match near {
        Some(near) => {
            format!("did you mean `{near}`? Otherwise declare it under `alerts.externalMetrics`")
        }
        None => "declare it under `alerts.externalMetrics` if something outside this stack \
                 exports it"
            .to_owned(),
    })
}

/// Who exports a metric elsewhere, and why not here, as far as that can be told.
fn why_absent(metric: &str) -> Option<String> {
    let metric = catalog::metrics(metric).first()?;
    let exporter = metric.exporter.name();
    Some(match metric.condition.never() {
        Some(never) => format!("{exporter} has the name, but {never}"),
        None => match metric.condition.to_string() {
            always if always == "always" => return None,
            condition => format!("{exporter} exports it, {condition}"),
        },
    })
}

/// Says that a metric is there, and none of its series is what is asked for.
fn excluded(rule: &Rule<'_>, metric: &str, label: &str) -> Diagnostic {
    Diagnostic::error(
        "alerts/metric-absent",
        rule.place(),
        format!("no series of `{metric}` has such a `{label}`"),
    )
    .label(rule.dead())
    .note("every value that the label can have in this stack is known, and the matchers take none of them")
    .help(format!("correct the matchers of `{metric}`: `{label}` excludes all that the others leave"))
    .of_this_stack(true)
}

/// Says that an external metric is declared and not asked for.
pub(super) fn unused(stack: &Stack, expressions: &Expressions<'_>, acc: &mut Vec<Diagnostic>) {
    let recordings = expressions.recordings.iter().map(|it| it.read.as_ref());
    let alerts = expressions.alerts.iter().map(|it| it.read.as_ref());
    let mut used = BTreeSet::new();
    for read in recordings.chain(alerts) {
        match read {
            Ok(read) => used.extend(metrics(&read.expression)),
            // One that cannot be read may use any metric.
            Err(_) => return,
        }
    }
    let is_used = |name: &str| {
        used.contains(name)
            || ["_bucket", "_sum", "_count"]
                .iter()
                .any(|it| used.contains(&format!("{name}{it}")))
    };
    let declared = stack.external_metrics.iter().map(|it| it.name.as_str());
    let declared: BTreeSet<&str> = declared.collect();
    for name in declared.into_iter().filter(|it| !is_used(it)) {
        acc.push(
            Diagnostic::warning(
                "alerts/unused-external-metric",
                Place::Key(FieldPath::spec(&["alerts", "externalMetrics", name])),
                format!("no alert uses `{name}`"),
            )
            .note("an alert that was to use it may have been lost, or asks for another name")
            .help("remove it, or write the alert that uses it"),
        );
    }
}
