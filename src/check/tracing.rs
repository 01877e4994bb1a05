//! Traces whose backend is retired, cannot be named so, or keeps them for another time.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::read::spec::TracingBackend;
use crate::value::duration::Duration;

pub(super) static CHECK: Check = Check {
    names: &[
        "tracing/jaeger-v1-retired",
        "tracing/name-not-deployable",
        "tracing/retention-rounded",
    ],
    run,
};

/// The operators append up to 21 characters (`-collector-monitoring`), and cut what is too long.
const LONGEST_NAME: usize = 42;
/// The OpenTelemetry operator labels what it makes with namespace and name, and cuts that too.
const LONGEST_LABEL: usize = 63;

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let Some(tracing) = &stack.telemetry.tracing else {
        return;
    };
    let backend = FieldPath::spec(&["platform", "tracing"]);
    if tracing.backend == TracingBackend::JaegerOperator {
        acc.push(
            Diagnostic::warning(
                "tracing/jaeger-v1-retired",
                Place::Value(backend.key("backend")),
                "jaeger-operator deploys Jaeger v1, which is retired",
            )
            .note("it has had no release since the end of 2025, and no fix of its faults will come")
            .help(
                "write `backend: otel-operator`, which runs Jaeger v2, or accept it under \
                 `allow` with the reason",
            ),
        );
    }
    let name = stack.shared_name("tracing");
    let label = tracing.namespace.len() + 1 + name.len();
    if name.len() > LONGEST_NAME || label > LONGEST_LABEL {
        acc.push(
            Diagnostic::error(
                "tracing/name-not-deployable",
                Place::Value(backend.key("namespace")),
                format!(
                    "the operator cuts the names of what it makes of `{name}` in `{}`",
                    tracing.namespace
                ),
            )
            .note("what is cut is not found by the monitor, and may be the same for two stacks")
            .help(format!(
                "shorten the name of the stack or the namespace: `{}.{name}` may have \
                 {LONGEST_LABEL} characters, `{name}` {LONGEST_NAME}",
                tracing.namespace
            )),
        );
    }
    let days = tracing.retention.in_days();
    if tracing.retention != Duration::seconds(days * 24 * 3_600) {
        acc.push(
            Diagnostic::warning(
                "tracing/retention-rounded",
                Place::Value(FieldPath::spec(&["tracing", "retention"])),
                format!(
                    "traces are kept for {days}d instead of {}",
                    tracing.retention
                ),
            )
            .note("their indices are of whole days")
            .help(format!("write `{days}d`")),
        );
    }
}
