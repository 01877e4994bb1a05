//! What the cluster runs, resolved.

use std::collections::BTreeMap;

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Alertmanager, Images, Platform, Prometheus, RedisOperator, bounded};
use crate::model::{Known, without_effect};
use crate::read::defaults;
use crate::read::spec::{
    AlertmanagerSpec, Delivery, FeatureGate, Namespaces, OperatorKind, PrometheusSpec, StackSpec,
    TracingBackend,
};
use crate::value::image::Image;
use crate::value::name::Name;
use crate::value::text::LabelValue;
use crate::value::version::Version;

/// The oldest versions whose behaviour the output was written for.
const OLDEST_KUBERNETES: Version = Version::new(1, 25);
const OLDEST_PROMETHEUS_OPERATOR: Version = Version::new(0, 80);
const OLDEST_ALERTMANAGER: Version = Version::new(0, 26);
const OLDEST_OPSTREE: Version = Version::new(0, 24);

pub(super) fn resolve(
    name: &Name,
    spec: &StackSpec,
    known: &Known<'_>,
    acc: &mut Vec<Diagnostic>,
) -> Platform {
    let platform = &spec.platform;
    let managed = platform.prometheus.managed;
    let at = FieldPath::spec(&["platform"]);
    if let Some(team) = &platform.team {
        known.team(team, at.key("team"), acc);
    }
    let operator = &platform.redis_operator;
    let operator_at = at.key("redisOperator");
    let oldest = [
        (
            platform.kubernetes,
            OLDEST_KUBERNETES,
            at.key("kubernetes"),
            "the Prometheus operator's resources need it",
        ),
        (
            platform.prometheus.operator_version,
            OLDEST_PROMETHEUS_OPERATOR,
            at.key("prometheus").key("operatorVersion"),
            "older ones drop fields of the generated monitors in silence",
        ),
        (
            platform.alertmanager.version,
            OLDEST_ALERTMANAGER,
            at.key("alertmanager").key("version"),
            "older ones cannot take the credentials of a webhook from a file",
        ),
    ];
    for (version, oldest, at, why) in oldest {
        too_old(version, oldest, at, why, acc);
    }
    match operator.kind {
        OperatorKind::Opstree => {
            too_old(
                operator.version,
                OLDEST_OPSTREE,
                operator_at.key("version"),
                "older ones make no metrics Services, so nothing would be scraped",
                acc,
            );
            if platform.prometheus.service_account.is_some() && !managed {
                without_effect(
                    at.key("prometheus").key("serviceAccount"),
                    "the metrics of opstree ask for no authorization",
                    acc,
                );
            }
        }
        OperatorKind::RedisOperator => {
            if !operator.feature_gates.is_empty() {
                without_effect(
                    operator_at.key("featureGates"),
                    "feature gates are opstree's",
                    acc,
                );
            }
            if platform.images.redis_sentinel.is_some() {
                without_effect(
                    at.key("images").key("redisSentinel"),
                    "redis-operator runs Sentinel from the image of Redis",
                    acc,
                );
            }
            if platform.prometheus.service_account.is_none() && !managed {
                acc.push(
                    Diagnostic::error(
                        "policy/missing-field",
                        Place::Key(at.key("prometheus")),
                        "`platform.prometheus` needs `serviceAccount` with redis-operator",
                    )
                    .label("needs `serviceAccount`")
                    .note("the operator's metrics are read with a token, and the role for it is bound to this account")
                    .help("add the service account of the running Prometheus, such as `prometheus-k8s`")
                    .about(at.key("prometheus").key("serviceAccount")),
                );
            }
        }
    }
    let images = Images {
        redis_exporter: platform
            .images
            .redis_exporter
            .clone()
            .unwrap_or_else(|| built_in(defaults::REDIS_EXPORTER)),
        redis_sentinel: platform.images.redis_sentinel.clone(),
        python: platform
            .images
            .python
            .clone()
            .unwrap_or_else(|| built_in(defaults::PYTHON)),
        curl: platform
            .images
            .curl
            .clone()
            .unwrap_or_else(|| built_in(defaults::CURL)),
        jaeger: platform
            .images
            .jaeger
            .clone()
            .unwrap_or_else(|| built_in(defaults::JAEGER)),
        jaeger_index_cleaner: platform
            .images
            .jaeger_index_cleaner
            .clone()
            .unwrap_or_else(|| built_in(defaults::JAEGER_INDEX_CLEANER)),
    };
    let runs_jaeger = platform
        .tracing
        .as_ref()
        .is_some_and(|it| it.backend == TracingBackend::OtelOperator);
    for (image, field) in [
        (&platform.images.jaeger, "jaeger"),
        (&platform.images.jaeger_index_cleaner, "jaegerIndexCleaner"),
    ] {
        if image.is_some() && !runs_jaeger {
            without_effect(
                at.key("images").key(field),
                "it is deployed with `tracing.backend: otel-operator` only",
                acc,
            );
        }
    }
    if platform.images.python.is_some() && !spec.receivers.iter().any(|it| it.has_robot()) {
        without_effect(
            at.key("images").key("python"),
            "no receiver is a robot, so no adapter is deployed",
            acc,
        );
    }
    if platform.images.curl.is_some() && spec.logging.is_none() {
        without_effect(
            at.key("images").key("curl"),
            "the policy has no `logging`, so no Job talks to Elasticsearch or Kibana",
            acc,
        );
    }
    Platform {
        kubernetes: platform.kubernetes,
        team: platform.team.as_ref().map(ToString::to_string),
        operator: RedisOperator {
            kind: operator.kind,
            version: operator.version,
            namespace: operator.namespace.to_string(),
            generates_config: operator
                .feature_gates
                .contains(&FeatureGate::GenerateConfigInInitContainer),
        },
        prometheus: prometheus(name, &platform.prometheus, &at.key("prometheus"), acc),
        alertmanager: alertmanager(
            &platform.alertmanager,
            managed,
            &at.key("alertmanager"),
            acc,
        ),
        images,
    }
}

fn prometheus(
    name: &Name,
    spec: &PrometheusSpec,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) -> Prometheus {
    if spec.managed && spec.service_account.is_some() {
        without_effect(
            at.key("serviceAccount"),
            "where Prometheus is managed, its service account is generated",
            acc,
        );
    }
    let service_account = match (&spec.service_account, spec.managed) {
        (_, true) => bounded(&format!("{name}-prometheus")),
        (Some(it), false) => it.to_string(),
        (None, false) => String::new(),
    };
    let namespaces = match &spec.selects.namespaces {
        None | Some(Namespaces::All(_)) => None,
        Some(Namespaces::Some(names)) => {
            Some(names.iter().map(ToString::to_string).collect::<Vec<_>>())
        }
    };
    if let Some(names) = &namespaces
        && !names.iter().any(|it| it == spec.namespace.as_str())
    {
        acc.push(
            Diagnostic::error(
                "scrape/monitor-not-selected",
                Place::Value(at.key("namespace")),
                format!(
                    "Prometheus does not look into `{}`, where its monitors and rules would be",
                    spec.namespace
                ),
            )
            .context(
                Place::Value(at.key("selects").key("namespaces")),
                "it looks here only",
            )
            .note("an object that is not selected is ignored in silence: nothing would be scraped")
            .help("put them into one of these namespaces, or let Prometheus select this one too"),
        );
    }
    Prometheus {
        namespace: spec.namespace.to_string(),
        evaluation_interval: spec
            .evaluation_interval
            .unwrap_or(defaults::EVALUATION_INTERVAL),
        service_account,
        monitor_labels: texts(&spec.selects.monitors),
        rule_labels: texts(&spec.selects.rules),
        namespaces,
    }
}

fn alertmanager(
    spec: &AlertmanagerSpec,
    managed: bool,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) -> Alertmanager {
    if managed && !spec.secrets.is_empty() {
        without_effect(
            at.key("secrets"),
            "where Alertmanager is managed, it mounts the Secrets that receivers name",
            acc,
        );
    }
    match spec.delivery {
        Delivery::AlertmanagerConfig => {
            if !spec.secrets.is_empty() && !managed {
                without_effect(
                    at.key("secrets"),
                    "with `delivery: alertmanager-config` the operator reads Secrets itself, from the namespace of the resource",
                    acc,
                );
            }
        }
        Delivery::Secret => {
            if !spec.selects.is_empty() {
                without_effect(
                    at.key("selects"),
                    "with `delivery: secret` no AlertmanagerConfig is written",
                    acc,
                );
            }
            if spec.matcher_strategy.is_some() {
                without_effect(
                    at.key("matcherStrategy"),
                    "it is about AlertmanagerConfig resources",
                    acc,
                );
            }
        }
    }
    Alertmanager {
        version: spec.version,
        name: spec.name.to_string(),
        namespace: spec.namespace.to_string(),
        delivery: spec.delivery,
        selects: texts(&spec.selects),
        matcher_strategy: spec.matcher_strategy.unwrap_or_default(),
        secrets: spec.secrets.iter().map(ToString::to_string).collect(),
    }
}

/// Reports a version of something that is older than what the output needs; `why` it needs that.
pub(super) fn too_old(
    version: Version,
    oldest: Version,
    at: FieldPath,
    why: &str,
    acc: &mut Vec<Diagnostic>,
) {
    if version < oldest {
        acc.push(
            Diagnostic::error(
                "policy/version-too-old",
                Place::Value(at),
                format!("version {version} is older than the output supports"),
            )
            .note(why)
            .help(format!("run {oldest} or later, and write its version")),
        );
    }
}

fn texts(labels: &BTreeMap<String, LabelValue>) -> BTreeMap<String, String> {
    labels
        .iter()
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect()
}

fn built_in(image: &str) -> Image {
    Image::parse(image).expect("built-in images are images")
}
