//! Texts of alerts that show a label which the alert does not have.

use crate::check::expressions::Rule;
use crate::diag::{Diagnostic, Place, nearest};
use crate::promql::template::{self, Read};

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let Some(alert) = rule.alert else {
        return;
    };
    let texts = [
        ("summary", Some(alert.summary.as_str())),
        ("description", alert.description.as_deref()),
    ];
    for (field, text) in texts {
        for read in template::labels(text.unwrap_or_default()) {
            let at = Place::Value(rule.at.key(field));
            match read {
                Read::OfSeries(label) if !rule.flow.shape.can_have(&label) => {
                    acc.push(missing(rule, &label, at));
                }
                Read::OfPrometheus(label)
                    if rule.stack.telemetry.managed.is_some()
                        && label != crate::api::conventions::label::CLUSTER =>
                {
                    acc.push(
                        Diagnostic::error(
                            "alerts/template-label-missing",
                            at,
                            format!("Prometheus has no external label `{label}`"),
                        )
                        .label("shown as nothing")
                        .note("the Prometheus of this stack has one: `cluster`")
                        .help("write `{{ $externalLabels.cluster }}`, or the text itself"),
                    );
                }
                Read::OfSeries(_) | Read::OfPrometheus(_) => {}
            }
        }
    }
}

fn missing(rule: &Rule<'_>, label: &str, at: Place) -> Diagnostic {
    let labels = &rule.flow.shape.labels;
    let known = labels
        .iter()
        .filter(|(_, it)| !it.is_absent())
        .map(|(name, _)| name.as_str());
    let near = nearest(label, known);
    let of_rule = ["severity", "team", "stack", "cluster", "alertname"];
    let finding = Diagnostic::error(
        "alerts/template-label-missing",
        at,
        format!("the result of the expression has no label `{label}`"),
    )
    .label("shown as nothing");
    match near {
        Some(near) => finding
            .note("a label that is not there is shown as nothing")
            .help(format!("did you mean `$labels.{near}`?")),
        None if of_rule.contains(&label) => finding
            .note("a template sees the labels of the series, not those that the rule adds")
            .help(format!(
                "write the text itself, or keep the label: `by ({label}, …)`"
            )),
        None => finding
            .note("an aggregation or a match has dropped it, or no series ever had it")
            .help(format!(
                "keep it: `by ({label}, …)`, or take it out of the text"
            )),
    }
}
