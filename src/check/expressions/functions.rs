//! Functions that do not fit what they are given.

use crate::check::expressions::Rule;
use crate::diag::Diagnostic;
use crate::promql::problem::Problem;

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let at = || rule.place();
    for problem in rule.problems {
        acc.push(match problem {
            Problem::NotACounter { metric, function } => Diagnostic::error(
                "alerts/function-unfit",
                at(),
                format!("`{function}` is for counters, and `{metric}` is none"),
            )
            .label("each fall counts as a restart")
            .note(format!("`{function}` takes every fall of the value for a restart from 0 and adds what came before"))
            .help("use `delta`, `deriv` or `changes`, or the counter that belongs to it"),
            Problem::NotAGauge { metric, function } => Diagnostic::error(
                "alerts/function-unfit",
                at(),
                format!("`{function}` is for gauges, and `{metric}` is a counter"),
            )
            .label("each restart counts as a fall")
            .note("a counter begins at 0 again when its process does, which is no change of what it counts")
            .help("use `increase` or `rate`"),
            Problem::AggregatedBeforeRate {
                function,
                aggregation,
            } => Diagnostic::error(
                "alerts/sum-then-rate",
                at(),
                format!("`{function}` over `{aggregation}` of counters"),
            )
            .label("each restart looks like a jump")
            .note(format!("when one counter begins at 0 again, the {aggregation} falls a little, and `{function}` takes all that is left for new"))
            .help(format!("write `{aggregation}({function}(…))`")),
            Problem::CounterCompared { metric } => Diagnostic::error(
                "alerts/counter-raw",
                at(),
                format!("`{metric}` is a counter: it only rises"),
            )
            .label("fires until a restart, once it has fired")
            .note("how high a counter is depends on how long its process runs")
            .help(format!("compare how fast it rises: `rate({metric}[5m])` or `increase({metric}[1h])`")),
            Problem::BucketsLost { function } => Diagnostic::error(
                "alerts/buckets-lost",
                at(),
                format!("`{function}` finds no buckets: the label `le` is gone"),
            )
            .label(rule.dead())
            .note("the buckets of a histogram are told apart by `le`; without it there is no result")
            .help("keep it: `sum by (le, …) (rate(…_bucket[5m]))`"),
            _ => continue,
        });
    }
}
