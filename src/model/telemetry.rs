//! Logs, traces, dashboards and the managed Prometheus, resolved: each with what of the platform it
//! needs.

use std::collections::BTreeMap;

use crate::api::kibana;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{
    Elasticsearch, FluentBit, Grafana, Kibana, Logging, Managed, Resources, Storage, Telemetry,
    Tracing,
};
use crate::model::{instance, without_effect};
use crate::read::spec::{
    DashboardsSpec, ElasticsearchSpec, GrafanaDelivery, GrafanaSpec, LoggingSpec,
    MetricsRetentionSpec, StackSpec, TracingBackend,
};
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::quantity::Quantity;
use crate::value::secret::{Credential, SecretRef};
use crate::value::url::HttpUrl;
use crate::value::version::Version;

/// Data streams, composable templates and lifecycle policies as generated.
const OLDEST_ELASTICSEARCH: Version = Version::new(8, 0);
/// The YAML format, and retries that can be told not to give up.
const OLDEST_FLUENT_BIT: Version = Version::new(3, 2);
/// What Prometheus keeps where nothing is said.
const DEFAULT_METRICS_RETENTION: Duration = Duration::seconds(15 * 24 * 3_600);
/// Elasticsearch that Jaeger v1 does not understand.
const FIRST_WITHOUT_JAEGER_V1: Version = Version::new(9, 0);
/// The keys of the Secret that jaeger-operator turns into environment.
const JAEGER_V1_LOGIN: (&str, &str) = ("ES_USERNAME", "ES_PASSWORD");
/// The span of Prometheus' blocks.
const SHORTEST_METRICS_RETENTION: Duration = Duration::seconds(2 * 3_600);
/// Room for the write-ahead log and the first blocks.
const SMALLEST_METRICS_VOLUME: &str = "1Gi";
/// Room for some hundred instances over a month.
const DEFAULT_METRICS_VOLUME: &str = "50Gi";

pub(super) fn resolve(spec: &StackSpec, acc: &mut Vec<Diagnostic>) -> Telemetry {
    let platform = &spec.platform;
    let at = FieldPath::spec(&["platform"]);
    let elasticsearch = platform
        .elasticsearch
        .as_ref()
        .map(|it| elasticsearch(it, &at.key("elasticsearch"), acc));
    let logging = spec
        .logging
        .as_ref()
        .and_then(|it| logging(spec, it, elasticsearch.as_ref(), acc));
    let tracing = tracing(spec, elasticsearch.as_ref(), acc);
    let (grafana, kibana) = dashboards(spec, acc);
    if platform.elasticsearch.is_some() && spec.logging.is_none() && spec.tracing.is_none() {
        without_effect(
            at.key("elasticsearch"),
            "nothing of this stack is kept in it",
            acc,
        );
    }
    for (written, path) in [
        (platform.fluent_bit.is_some(), at.key("fluentBit")),
        (
            platform.images.fluent_bit.is_some(),
            at.key("images").key("fluentBit"),
        ),
        (platform.images.curl.is_some(), at.key("images").key("curl")),
    ] {
        if written && spec.logging.is_none() {
            without_effect(path, "the policy has no `logging`", acc);
        }
    }
    if spec.metrics.is_some() && !platform.prometheus.managed {
        without_effect(
            FieldPath::spec(&["metrics"]),
            "how long metrics are kept is decided where Prometheus is managed, and `platform.prometheus.managed` is not set",
            acc,
        );
    }
    let managed = platform
        .prometheus
        .managed
        .then(|| managed(spec.metrics.as_ref(), acc));
    Telemetry {
        logging,
        tracing,
        grafana,
        kibana,
        managed,
    }
}

fn managed(spec: Option<&MetricsRetentionSpec>, acc: &mut Vec<Diagnostic>) -> Managed {
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
    if let Some(storage) = storage.filter(|it| it.size < amount(SMALLEST_METRICS_VOLUME)) {
        acc.push(
            Diagnostic::error(
                "metrics/volume-too-small",
                Place::Value(at.key("storage").key("size")),
                format!("Prometheus has no room in {}", storage.size),
            )
            .note("its write-ahead log alone has three files of 128 MiB or more")
            .help(format!("write `{SMALLEST_METRICS_VOLUME}` or more; without it, it is {DEFAULT_METRICS_VOLUME}")),
        );
    }
    Managed {
        retention: spec.map_or(DEFAULT_METRICS_RETENTION, |it| it.retention),
        storage: storage.map_or_else(
            || Storage {
                size: amount(DEFAULT_METRICS_VOLUME),
                class_name: None,
            },
            instance::storage,
        ),
        resources: resources.map_or_else(
            || Resources {
                requests: [("cpu", amount("200m")), ("memory", amount("1Gi"))].into(),
                limits: [("memory", amount("4Gi"))].into(),
            },
            instance::resources,
        ),
    }
}

/// What is to be kept for less time than what keeps it counts in.
fn too_short(name: &'static str, at: &FieldPath, what: &str, kept: Duration) -> Diagnostic {
    Diagnostic::error(
        name,
        Place::Value(at.key("retention")),
        format!("{what} cannot be kept for {kept}"),
    )
}

fn logging(
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
    let rollover_size = logging
        .rollover_size
        .as_ref()
        .map_or("50gb", |it| it.as_str());
    if !is_byte_size(rollover_size) {
        acc.push(
            Diagnostic::error(
                "logs/invalid-size",
                Place::Value(at.key("rolloverSize")),
                format!("`{rollover_size}` is not a size that Elasticsearch reads"),
            )
            .help("write a whole number with `mb`, `gb` or `tb`, such as `50gb`"),
        );
    }
    let rollover_age = logging
        .rollover_age
        .unwrap_or(Duration::seconds(24 * 3_600));
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
    if fluent_bit.version < OLDEST_FLUENT_BIT {
        acc.push(
            Diagnostic::error(
                "policy/version-too-old",
                Place::Value(FieldPath::spec(&["platform", "fluentBit", "version"])),
                format!(
                    "Fluent Bit {} is older than the output supports",
                    fluent_bit.version
                ),
            )
            .help(format!(
                "{OLDEST_FLUENT_BIT} is the oldest that is supported"
            )),
        );
    }
    Some(Logging {
        mode: logging.mode,
        retention: logging.retention,
        rollover_age,
        rollover_size: rollover_size.to_owned(),
        shards: logging.shards.unwrap_or(1),
        replicas: logging.replicas.unwrap_or(1),
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

fn tracing(
    spec: &StackSpec,
    elasticsearch: Option<&Elasticsearch>,
    acc: &mut Vec<Diagnostic>,
) -> Option<Tracing> {
    let at = FieldPath::spec(&["tracing"]);
    let backend_at = FieldPath::spec(&["platform", "tracing"]);
    let backend = spec
        .platform
        .tracing
        .as_ref()
        .filter(|it| it.backend != TracingBackend::None);
    match (&spec.tracing, backend) {
        (None, None) => None,
        (None, Some(_)) => {
            without_effect(backend_at, "the policy has no `tracing`", acc);
            None
        }
        (Some(_), None) => {
            needs(&at, "tracing", "the backend that keeps traces", acc);
            None
        }
        (Some(tracing), Some(backend)) => {
            if elasticsearch.is_none() {
                needs(&at, "elasticsearch", "where traces are kept", acc);
            }
            if backend.namespace.is_none() {
                acc.push(
                    Diagnostic::error(
                        "policy/missing-field",
                        Place::Key(backend_at.clone()),
                        "the tracing backend has no namespace",
                    )
                    .label("needs `namespace`")
                    .help("add `namespace`: where it is put"),
                );
            }
            if tracing.retention < Duration::seconds(24 * 3_600) {
                acc.push(
                    too_short(
                        "tracing/retention-too-short",
                        &at,
                        "traces",
                        tracing.retention,
                    )
                    .note("the indices of traces are of whole days, and deleted as such")
                    .help("write `1d` or more"),
                );
            }
            if let (TracingBackend::JaegerOperator, Some(elasticsearch)) =
                (backend.backend, elasticsearch)
            {
                jaeger_v1(elasticsearch, acc);
            }
            Some(Tracing {
                backend: backend.backend,
                namespace: backend.namespace.as_ref()?.to_string(),
                sampling: tracing.sampling,
                retention: tracing.retention,
                elasticsearch: elasticsearch?.clone(),
            })
        }
    }
}

/// Reports what Jaeger v1, as its operator deploys it, cannot work with.
fn jaeger_v1(elasticsearch: &Elasticsearch, acc: &mut Vec<Diagnostic>) {
    let at = FieldPath::spec(&["platform", "elasticsearch"]);
    let backend = FieldPath::spec(&["platform", "tracing", "backend"]);
    if elasticsearch.version >= FIRST_WITHOUT_JAEGER_V1 {
        acc.push(
            Diagnostic::error(
                "tracing/elasticsearch-too-new",
                Place::Value(at.key("version")),
                format!(
                    "Jaeger v1 cannot read from Elasticsearch {}",
                    elasticsearch.version
                ),
            )
            .context(Place::Value(backend.clone()), "this backend is Jaeger v1")
            .note("its queries have parameters that Elasticsearch 9 refuses (jaegertracing/jaeger issue 7150)")
            .help("write `backend: otel-operator`, which runs Jaeger v2"),
        );
    }
    if let Some((user, password)) = &elasticsearch.login {
        let readable = user.name == password.name
            && user.key.as_str() == JAEGER_V1_LOGIN.0
            && password.key.as_str() == JAEGER_V1_LOGIN.1;
        if !readable {
            let (user, password) = JAEGER_V1_LOGIN;
            acc.push(
                Diagnostic::error(
                    "tracing/login-not-readable",
                    Place::Key(at),
                    "Jaeger v1 cannot find its login",
                )
                .context(Place::Value(backend), "this backend is Jaeger v1")
                .note(format!("jaeger-operator gives it one whole Secret as environment, and it reads `{user}` and `{password}`"))
                .help(format!("keep both in one Secret with the keys `{user}` and `{password}`, or write `backend: otel-operator`")),
            );
        }
    }
}

fn dashboards(spec: &StackSpec, acc: &mut Vec<Diagnostic>) -> (Option<Grafana>, Option<Kibana>) {
    let at = FieldPath::spec(&["dashboards"]);
    let none = DashboardsSpec {
        grafana: false,
        kibana: false,
        folder: None,
    };
    let wanted = spec.dashboards.as_ref().unwrap_or(&none);
    let folder = wanted
        .folder
        .as_ref()
        .map_or("Redis", |it| it.as_str())
        .to_owned();
    let platform = FieldPath::spec(&["platform"]);
    if let Some(folder) = &wanted.folder
        && !is_folder(folder.as_str())
    {
        acc.push(
            Diagnostic::error(
                "dashboards/unusable-folder",
                Place::Value(at.key("folder")),
                format!("`{folder}` is not the name of a folder"),
            )
            .note("Grafana's sidecar writes files into a folder of that name, below the one that Grafana reads")
            .help("write a name, or a path of names with `/` between them"),
        );
    }
    if wanted.folder.is_some() && !wanted.grafana {
        without_effect(
            at.key("folder"),
            "Kibana has no folders, and `dashboards.grafana` is not set",
            acc,
        );
    }
    if wanted.grafana && spec.platform.grafana.is_none() {
        needs(&at, "grafana", "the Grafana that shows dashboards", acc);
    }
    if wanted.kibana && spec.platform.kibana.is_none() {
        needs(&at, "kibana", "the Kibana that shows dashboards", acc);
    }
    if wanted.kibana && spec.logging.is_none() {
        acc.push(
            Diagnostic::error(
                "policy/missing-field",
                Place::Key(at.key("kibana")),
                "Kibana dashboards show logs, and the policy has no `logging`",
            )
            .help("add `logging`, or write `kibana: false`"),
        );
    }
    if let Some(elasticsearch) = &spec.platform.elasticsearch
        && wanted.kibana
        && elasticsearch.version < kibana::OLDEST
    {
        acc.push(
            Diagnostic::error(
                "policy/version-too-old",
                Place::Key(at.key("kibana")),
                format!(
                    "Kibana {} is older than the dashboards support",
                    elasticsearch.version
                ),
            )
            .context(
                Place::Value(platform.key("elasticsearch").key("version")),
                "Kibana has the version of Elasticsearch",
            )
            .help(format!(
                "{} is the oldest that is supported; or write `kibana: false`",
                kibana::OLDEST
            )),
        );
    }
    if !wanted.grafana && spec.platform.grafana.is_some() {
        without_effect(
            platform.key("grafana"),
            "`dashboards.grafana` is not set",
            acc,
        );
    }
    if !wanted.kibana && spec.platform.kibana.is_some() {
        without_effect(
            platform.key("kibana"),
            "`dashboards.kibana` is not set",
            acc,
        );
    }
    if let Some(it) = &spec.platform.grafana
        && it.delivery == GrafanaDelivery::Sidecar
        && !it.instance_selector.is_empty()
    {
        without_effect(
            platform.key("grafana").key("instanceSelector"),
            "with `delivery: sidecar` no GrafanaDashboard is written",
            acc,
        );
    }
    let grafana = spec
        .platform
        .grafana
        .as_ref()
        .filter(|_| wanted.grafana)
        .map(|it| Grafana {
            url: it.url.clone(),
            namespace: it.namespace.to_string(),
            delivery: it.delivery,
            datasource: it
                .datasource
                .as_ref()
                .map_or("prometheus", |it| it.as_str())
                .to_owned(),
            folder: folder.clone(),
            instance_selector: instance_selector(it),
        });
    let kibana = spec
        .platform
        .kibana
        .as_ref()
        .filter(|_| wanted.kibana)
        .map(|it| {
            let encrypted = it.url.is_encrypted();
            called(&it.url, &it.ca, &platform.key("kibana"), acc);
            let elasticsearch = spec.platform.elasticsearch.as_ref();
            let ca = it
                .ca
                .as_ref()
                .or(elasticsearch.and_then(|it| it.ca.as_ref()));
            Kibana {
                url: it.url.clone(),
                ca: ca.filter(|_| encrypted).map(|it| it.secret_ref.clone()),
            }
        });
    (grafana, kibana)
}

/// Whether a text is a path that stays below where it begins.
fn is_folder(text: &str) -> bool {
    text.split('/')
        .all(|it| !it.trim().is_empty() && it != "." && it != "..")
}

/// The labels by which grafana-operator's own examples select.
fn instance_selector(spec: &GrafanaSpec) -> BTreeMap<String, String> {
    if spec.instance_selector.is_empty() {
        return [("dashboards".to_owned(), "grafana".to_owned())].into();
    }
    spec.instance_selector
        .iter()
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect()
}

fn elasticsearch(
    spec: &ElasticsearchSpec,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) -> Elasticsearch {
    if spec.version < OLDEST_ELASTICSEARCH {
        acc.push(
            Diagnostic::error(
                "policy/version-too-old",
                Place::Value(at.key("version")),
                format!(
                    "Elasticsearch {} is older than the output supports",
                    spec.version
                ),
            )
            .help(format!(
                "{OLDEST_ELASTICSEARCH} is the oldest that is supported"
            )),
        );
    }
    if spec.username.is_some() != spec.password.is_some() {
        acc.push(
            Diagnostic::error(
                "logs/incomplete-login",
                Place::Key(at.clone()),
                "a login needs both `username` and `password`",
            )
            .help("add the other one, or remove both where Elasticsearch asks for none"),
        );
    }
    called(&spec.url, &spec.ca, at, acc);
    let reference = |it: &Option<Credential>| -> Option<SecretRef> {
        it.as_ref().map(|it| it.secret_ref.clone())
    };
    Elasticsearch {
        version: spec.version,
        url: spec.url.clone(),
        ca: reference(&spec.ca),
        login: reference(&spec.username).zip(reference(&spec.password)),
    }
}

/// Reports what is wrong with the address of a service that the output calls.
fn called(url: &HttpUrl, ca: &Option<Credential>, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
    if !url.is_base() {
        acc.push(
            Diagnostic::error(
                "platform/address-not-a-base",
                Place::Value(at.key("url")),
                format!("`{url}` is not an address that a path can follow"),
            )
            .note("requests go to what is below it")
            .help("end it after the host, or after a path of letters, digits, `-`, `.`, `_`, `~`"),
        );
    }
    if ca.is_some() && !url.is_encrypted() {
        without_effect(at.key("ca"), "the address is not `https`", acc);
    }
}

fn needs(at: &FieldPath, field: &str, what: &str, acc: &mut Vec<Diagnostic>) {
    acc.push(
        Diagnostic::error(
            "policy/missing-field",
            Place::Key(at.clone()),
            format!("`{at}` needs `platform.{field}`"),
        )
        .label(format!("needs `platform.{field}`"))
        .help(format!("add `platform.{field}`: {what}")),
    );
}

/// Whole megabytes and above, in Elasticsearch's own units; it counts bytes with 63 bits.
fn is_byte_size(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let bytes = match unit {
        "mb" => 1_i64 << 20,
        "gb" => 1 << 30,
        "tb" => 1 << 40,
        _ => return false,
    };
    number
        .parse::<i64>()
        .is_ok_and(|it| it > 0 && it.checked_mul(bytes).is_some())
}
