//! Recording rules that take a name, or need themselves.

use std::collections::BTreeSet;

use crate::api::conventions::fact;
use crate::catalog;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::prove::expressions::Expressions;

pub(super) fn look(stack: &Stack, expressions: &Expressions<'_>, acc: &mut Vec<Diagnostic>) {
    let external: BTreeSet<&str> = stack
        .external_metrics
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    for rule in &expressions.recordings {
        let name = rule.rule.name.as_str();
        let taken = if fact::ALL.contains(&name) {
            "obsgen records"
        } else if !catalog::metrics(name).is_empty() {
            "an exporter has"
        } else if external.contains(name) {
            "`alerts.externalMetrics` declares"
        } else {
            continue;
        };
        acc.push(
            Diagnostic::error(
                "alerts/recorded-name-taken",
                Place::Key(rule.rule.at.clone()),
                format!("{taken} `{name}` already"),
            )
            .label("two metrics of one name")
            .note("whoever asks for it gets the series of both")
            .help("name it `level:metric:operation`: no exporter has a colon in a name"),
        );
    }
}
