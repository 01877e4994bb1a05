//! Traces: what takes them, and whether it can keep them where the policy says.

use crate::api::jaeger::LOGIN_KEYS;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Elasticsearch, Tracing};
use crate::model::telemetry::{needs, too_short};
use crate::model::without_effect;
use crate::read::spec::{StackSpec, TracingBackend};
use crate::value::duration::Duration;
use crate::value::version::Version;

/// Elasticsearch that Jaeger v1 does not understand.
const FIRST_WITHOUT_JAEGER_V1: Version = Version::new(9, 0);

pub(super) fn tracing(
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
            needs(&at, "tracing", "which backend keeps traces", acc);
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
                    .note("obsgen does not guess where the backend is put")
                    .help("add `namespace`")
                    .about(backend_at.key("namespace")),
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
        let readable =
            user.name == password.name && [user.key.as_str(), password.key.as_str()] == LOGIN_KEYS;
        if !readable {
            let [user, password] = LOGIN_KEYS;
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
