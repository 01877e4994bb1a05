//! Refuses what parses and does nothing yet: a field that is ignored in silence is believed to work.

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::read::spec::StackSpec;

pub(super) fn refuse(spec: &StackSpec, acc: &mut Vec<Diagnostic>) {
    let platform = &spec.platform;
    let fields: [(bool, &[&str], &str); 6] = [
        (
            spec.logging.is_some(),
            &["logging"],
            "logs are not compiled yet",
        ),
        (
            spec.dashboards.is_some(),
            &["dashboards"],
            "dashboards are not compiled yet",
        ),
        (
            platform.grafana.is_some(),
            &["platform", "grafana"],
            "dashboards are not compiled yet",
        ),
        (
            platform.elasticsearch.is_some() && spec.tracing.is_none(),
            &["platform", "elasticsearch"],
            "logs are not compiled yet",
        ),
        (
            platform.kibana.is_some(),
            &["platform", "kibana"],
            "dashboards are not compiled yet",
        ),
        (
            platform.fluent_bit.is_some(),
            &["platform", "fluentBit"],
            "logs are not compiled yet",
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
