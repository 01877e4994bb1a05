//! Refuses what parses and does nothing yet: a field that is ignored in silence is believed to work.

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::read::spec::{StackSpec, TracingBackend};

pub(super) fn refuse(spec: &StackSpec, acc: &mut Vec<Diagnostic>) {
    let platform = &spec.platform;
    let tracing_backend = platform.tracing.as_ref();
    let fields: [(bool, &[&str], &str); 9] = [
        (
            spec.logging.is_some(),
            &["logging"],
            "logs are not compiled yet",
        ),
        (
            spec.tracing.is_some(),
            &["tracing"],
            "tracing is not compiled yet",
        ),
        (
            spec.metrics.is_some(),
            &["metrics"],
            "obsgen does not manage Prometheus yet",
        ),
        (
            spec.dashboards.as_ref().is_some_and(|it| it.kibana),
            &["dashboards", "kibana"],
            "Kibana's dashboards are not compiled yet",
        ),
        (
            platform.prometheus.managed,
            &["platform", "prometheus", "managed"],
            "obsgen does not manage Prometheus yet",
        ),
        (
            platform.elasticsearch.is_some(),
            &["platform", "elasticsearch"],
            "logs are not compiled yet",
        ),
        (
            platform.kibana.is_some(),
            &["platform", "kibana"],
            "Kibana's dashboards are not compiled yet",
        ),
        (
            platform.fluent_bit.is_some(),
            &["platform", "fluentBit"],
            "logs are not compiled yet",
        ),
        (
            tracing_backend
                .is_some_and(|it| it.backend != TracingBackend::None || it.namespace.is_some()),
            &["platform", "tracing"],
            "tracing is not compiled yet",
        ),
    ];
    for (written, path, why) in fields {
        if written {
            let at = FieldPath::spec(path);
            acc.push(
                Diagnostic::error(
                    "policy/not-yet",
                    Place::Key(at.clone()),
                    format!("`{at}` does nothing yet: {why}"),
                )
                .note("it is part of the language, and refused rather than ignored")
                .help("remove it until a release compiles it"),
            );
        }
    }
}
