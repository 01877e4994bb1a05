//! The managed Prometheus.

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::instance;
use crate::model::stack::{Managed, Resources, Storage};
use crate::model::telemetry::too_short;
use crate::read::defaults;
use crate::read::spec::MetricsRetentionSpec;
use crate::value::duration::Duration;
use crate::value::quantity::Quantity;

/// What Prometheus keeps where nothing is said.
const DEFAULT_METRICS_RETENTION: Duration = Duration::seconds(15 * 24 * 3_600);
/// The span of Prometheus' blocks.
const SHORTEST_METRICS_RETENTION: Duration = Duration::seconds(2 * 3_600);
/// Room for the write-ahead log and the first blocks.
const SMALLEST_METRICS_VOLUME: &str = "1Gi";

pub(super) fn managed(spec: Option<&MetricsRetentionSpec>, acc: &mut Vec<Diagnostic>) -> Managed {
    let amount = |it: &str| Quantity::parse(it).expect("built-in amounts are amounts");
    let storage = spec.and_then(|it| it.storage.as_ref());
    let resources = spec.and_then(|it| it.resources.as_ref());
    if let Some(resources) = resources {
        let at = FieldPath::spec(&["metrics", "resources"]);
        instance::check_resources(resources, &at, acc);
    }
    let at = FieldPath::spec(&["metrics"]);
    if let Some(short) = spec
        .map(|it| it.retention)
        .filter(|it| *it < SHORTEST_METRICS_RETENTION)
    {
        acc.push(
            too_short("metrics/retention-too-short", &at, "metrics", short)
                .note("Prometheus deletes whole blocks, of two hours and more")
                .help("write `2h` or more"),
        );
    }
    let size = storage.and_then(|it| it.size);
    if let Some(size) = size.filter(|it| *it < amount(SMALLEST_METRICS_VOLUME)) {
        acc.push(
            Diagnostic::error(
                "metrics/volume-too-small",
                Place::Value(at.key("storage").key("size")),
                format!("Prometheus has no room in {size}"),
            )
            .note("its write-ahead log alone has three files of 128 MiB or more")
            .help(format!(
                "write `{SMALLEST_METRICS_VOLUME}` or more; without it, it is {}",
                defaults::METRICS_VOLUME
            )),
        );
    }
    Managed {
        retention: spec.map_or(DEFAULT_METRICS_RETENTION, |it| it.retention),
        storage: Storage {
            size: size.unwrap_or_else(|| amount(defaults::METRICS_VOLUME)),
            class_name: storage
                .and_then(|it| it.class_name.as_ref())
                .map(ToString::to_string),
        },
        resources: resources.map_or_else(
            || Resources {
                requests: [
                    ("cpu", amount(defaults::METRICS_CPU_REQUEST)),
                    ("memory", amount(defaults::METRICS_MEMORY_REQUEST)),
                ]
                .into(),
                limits: [("memory", amount(defaults::METRICS_MEMORY_LIMIT))].into(),
            },
            instance::resources,
        ),
    }
}
