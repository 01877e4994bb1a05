//! Texts that name who measured in place of what was measured.

use crate::catalog::{self, Exporter};
use crate::check::expressions::Rule;
use crate::diag::{Diagnostic, Place};
use crate::promql::read::metrics;
use crate::promql::template::{self, Read};

/// Labels that Prometheus gives a target: of an operator, its pod.
const OF_TARGET: &[&str] = &["container", "instance", "job", "pod", "service"];
/// The label with which an operator names what it measured.
const NAME: &str = "name";

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let Some(alert) = rule.alert else { return };
    if !rule.flow.shape.can_have(NAME) {
        return;
    }
    let Some(exporter) = operator(rule) else {
        return;
    };
    let texts = [
        ("summary", Some(alert.summary.as_str())),
        ("description", alert.description.as_deref()),
    ];
    for (field, text) in texts {
        let shown = template::labels(text.unwrap_or_default());
        let names_it = shown.contains(&Read::OfSeries(NAME.to_owned()));
        for label in OF_TARGET {
            if names_it || !shown.contains(&Read::OfSeries((*label).to_owned())) {
                continue;
            }
            acc.push(
                Diagnostic::warning(
                    "alerts/names-exporter",
                    Place::Value(rule.at.key(field)),
                    format!("`$labels.{label}` is that of {}, not of the Redis", exporter.name()),
                )
                .label("names the operator")
                .note(
                    "one operator measures all of them, and its address is the same on every series: the text \
                     does not say which Redis it is about",
                )
                .help("write `{{ $labels.namespace }}/{{ $labels.name }}`"),
            );
        }
    }
}

/// The operator that alone exports what an alert asks for.
fn operator(rule: &Rule<'_>) -> Option<Exporter> {
    let names = metrics(rule.expression);
    let mut exporters = names.iter().map(|name| match catalog::metrics(name) {
        [only] if only.exporter == Exporter::RedisOperator => Some(only.exporter),
        _ => None,
    });
    let first = exporters.next()??;
    exporters.all(|it| it == Some(first)).then_some(first)
}
