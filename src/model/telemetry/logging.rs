//! Logs: what ships them, and how they are kept.

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::platform::too_old;
use crate::model::stack::{Elasticsearch, FluentBit, Logging};
use crate::model::telemetry::{needs, too_short};
use crate::read::defaults;
use crate::read::spec::{LoggingSpec, StackSpec};
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::version::Version;

/// The YAML format, and retries that can be told not to give up.
const OLDEST_FLUENT_BIT: Version = Version::new(3, 2);

pub(super) fn logging(
    spec: &StackSpec,
    logging: &LoggingSpec,
    elasticsearch: Option<&Elasticsearch>,
    acc: &mut Vec<Diagnostic>,
) -> Option<Logging> {
    let at = FieldPath::spec(&["logging"]);
    let fluent_bit = spec.platform.fluent_bit.as_ref();
    if elasticsearch.is_none() {
        needs(&at, "elasticsearch", "where logs are kept", acc);
    }
    if fluent_bit.is_none() {
        needs(&at, "fluentBit", "what ships logs", acc);
    }
    if logging.retention < Duration::seconds(3_600) {
        acc.push(
            too_short("logs/retention-too-short", &at, "logs", logging.retention)
                .note("Elasticsearch looks every ten minutes at what is of age, and deletes whole indices")
                .help("write `1h` or more"),
        );
    }
    let rollover_age = logging.rollover_age.unwrap_or(defaults::ROLLOVER_AGE);
    if rollover_age > logging.retention {
        acc.push(
            Diagnostic::error(
                "logs/rollover-after-retention",
                Place::Value(at.key("rolloverAge")),
                format!(
                    "an index is rolled over after {rollover_age}, and logs are kept for {}",
                    logging.retention
                ),
            )
            .context(Place::Value(at.key("retention")), "the retention")
            .note("retention counts from the rollover, and deletes whole indices")
            .help("write an age well below the retention"),
        );
    }
    let fluent_bit = fluent_bit?;
    too_old(
        fluent_bit.version,
        OLDEST_FLUENT_BIT,
        FieldPath::spec(&["platform", "fluentBit", "version"]),
        "older ones do not know all of the YAML format, nor retries without end",
        acc,
    );
    Some(Logging {
        mode: logging.mode,
        retention: logging.retention,
        rollover_age,
        rollover_size: logging
            .rollover_size
            .as_ref()
            .map_or(defaults::ROLLOVER_SIZE, |it| it.as_str())
            .to_owned(),
        shards: logging.shards.unwrap_or(defaults::SHARDS),
        replicas: logging.replicas.unwrap_or(defaults::REPLICAS),
        elasticsearch: elasticsearch?.clone(),
        fluent_bit: FluentBit {
            version: fluent_bit.version,
            image: spec
                .platform
                .images
                .fluent_bit
                .clone()
                .unwrap_or_else(|| fluent_bit_image(fluent_bit.version)),
            namespace: fluent_bit.namespace.to_string(),
            format: fluent_bit.format,
        },
    })
}

/// The project's own image, whose tags have all three numbers.
fn fluent_bit_image(version: Version) -> Image {
    let Version {
        major,
        minor,
        patch,
    } = version;
    Image::parse(&format!(
        "cr.fluentbit.io/fluent/fluent-bit:{major}.{minor}.{patch}"
    ))
    .expect("numbers make a tag")
}
