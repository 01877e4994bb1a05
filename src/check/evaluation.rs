//! Rules that are evaluated too seldom.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::value::duration::Duration;

pub(super) static CHECK: Check = Check {
    names: &["alerts/group-interval-over-lookback"],
    run,
};

/// How long Prometheus remembers a series without a new sample (its flag `query.lookback-delta`).
const LOOKBACK: Duration = Duration::seconds(300);

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let interval = stack.platform.prometheus.evaluation_interval;
    // At five minutes sharp, what was recorded is forgotten as the next is written.
    if interval < LOOKBACK {
        return;
    }
    let at = FieldPath::spec(&["platform", "prometheus", "evaluationInterval"]);
    acc.push(
        Diagnostic::error(
            "alerts/group-interval-over-lookback",
            Place::Value(at),
            format!("{interval} between two evaluations leaves gaps"),
        )
        .note(
            "Prometheus forgets a series after five minutes: what rules record is gone for a part of the \
             time, and alerts that compare with it end and begin again",
        )
        .help("write `1m`, or less than `5m`"),
    );
}
