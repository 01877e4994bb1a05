//! Metrics that do not measure what their names say.

use crate::catalog;
use crate::check::expressions::Rule;
use crate::diag::Diagnostic;
use crate::promql::read::metrics;

/// How the catalog marks them; what it says before that is why.
const MARK: &str = "; do not use";

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    for name in metrics(rule.expression) {
        // Where several export the name, another one may be meant.
        let [metric] = catalog::metrics(&name) else {
            continue;
        };
        let Some(why) = metric.meaning.strip_suffix(MARK) else {
            continue;
        };
        acc.push(
            Diagnostic::warning(
                "alerts/metric-misleading",
                rule.place(),
                format!("`{name}` does not measure what its name says"),
            )
            .label("counts something else")
            .note(format!(
                "{} exports it, and it is {why}",
                metric.exporter.name()
            ))
            .help("ask for another metric: what a server counts, redis_exporter exports of itself"),
        );
    }
}
