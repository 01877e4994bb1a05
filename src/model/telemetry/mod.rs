//! Logs, traces, dashboards and the managed Prometheus, resolved: each with what of the platform it
//! needs.

mod dashboards;
mod logging;
mod managed;
mod tracing;

use self::dashboards::dashboards;
use self::logging::logging;
use self::managed::managed;
use self::tracing::tracing;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::platform::too_old;
use crate::model::stack::{Elasticsearch, Telemetry};
use crate::model::without_effect;
use crate::read::spec::{ElasticsearchSpec, StackSpec};
use crate::value::duration::Duration;
use crate::value::secret::{Credential, SecretRef};
use crate::value::url::HttpUrl;
use crate::value::version::Version;

/// Data streams, composable templates and lifecycle policies as generated.
const OLDEST_ELASTICSEARCH: Version = Version::new(8, 0);

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

/// What is to be kept for less time than what keeps it counts in.
fn too_short(name: &'static str, at: &FieldPath, what: &str, kept: Duration) -> Diagnostic {
    Diagnostic::error(
        name,
        Place::Value(at.key("retention")),
        format!("{what} cannot be kept for {kept}"),
    )
}

fn elasticsearch(
    spec: &ElasticsearchSpec,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) -> Elasticsearch {
    too_old(
        spec.version,
        OLDEST_ELASTICSEARCH,
        at.key("version"),
        "the templates and lifecycle policies are written for 8.0 and later",
        acc,
    );
    if spec.username.is_some() != spec.password.is_some() {
        acc.push(
            Diagnostic::error(
                "logs/incomplete-login",
                Place::Key(at.clone()),
                "a login needs both `username` and `password`",
            )
            .note("Elasticsearch would answer each request with 401: no log would arrive")
            .help("add the other one, or remove both where Elasticsearch asks for none")
            .about(at.key(match spec.username {
                Some(_) => "password",
                None => "username",
            })),
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
            .note("requests are sent to paths below it, and would go elsewhere")
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
        .note(format!("obsgen does not guess {what}"))
        .help(format!("add `platform.{field}`"))
        .about(FieldPath::spec(&["platform", field])),
    );
}
