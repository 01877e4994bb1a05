//! Refuses what parses and does nothing yet: a field that is ignored in silence is believed to work.

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::read::spec::StackSpec;

pub(super) fn refuse(spec: &StackSpec, acc: &mut Vec<Diagnostic>) {
    let platform = &spec.platform;
    let fields: [(bool, &[&str], &str); 2] = [
        (
            spec.dashboards.as_ref().is_some_and(|it| it.grafana),
            &["dashboards", "grafana"],
            "dashboards are not compiled yet",
        ),
        (
            platform.grafana.is_some(),
            &["platform", "grafana"],
            "dashboards are not compiled yet",
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
