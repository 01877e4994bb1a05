//! The runbooks: one page per alert of the stack, and an index.

use serde_json::{Value, json};

use crate::alerts::class::classes;
use crate::alerts::{ALERTS, Alert, Scope};
use crate::api::conventions::log;
use crate::model::stack::Stack;
use crate::operators::{self, Commands};
use crate::plan::{Content, Files};
use crate::read::spec::{Delivery, OperatorKind, TracingBackend};
use crate::topologies::Kind;

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    for alert in ALERTS {
        let classes = classes(stack, alert);
        if classes.is_empty() {
            continue;
        }
        let classes: Vec<Value> = classes
            .iter()
            .map(|it| {
                json!({
                    "which": it.description,
                    "severity": it.parameters.severity.name(),
                    "for": it.parameters.for_.map(|it| it.to_string()).unwrap_or_default(),
                    "threshold": it.parameters.threshold.map(|it| it.to_string()).unwrap_or_default(),
                })
            })
            .collect();
        let context = context(stack, alert, classes);
        let content = Content::Page {
            name: alert.name,
            template: alert.runbook,
            context,
        };
        files.add(&format!("{}.md", alert.name), content);
    }
}

fn context(stack: &Stack, alert: &Alert, classes: Vec<Value>) -> Value {
    let platform = &stack.platform;
    let heartbeat = stack
        .routing
        .heartbeat
        .as_ref()
        .map(|it| it.receiver.as_str());
    let tracing = stack.telemetry.tracing.as_ref();
    let logging = stack.telemetry.logging.as_ref();
    let has = |kind: Kind| stack.instances.iter().any(|it| it.topology.kind() == kind);
    json!({
        "stack": stack.name,
        "alert": {"name": alert.name},
        "operator": match platform.operator.kind {
            OperatorKind::Opstree => "opstree",
            OperatorKind::RedisOperator => "redis-operator",
        },
        "operator_namespace": platform.operator.namespace,
        "operator_deployment": operators::of(stack).commands(Kind::Standalone).operator_deployment,
        "prometheus_account": platform.prometheus.service_account,
        "prometheus_namespace": platform.prometheus.namespace,
        "alertmanager_namespace": platform.alertmanager.namespace,
        "alertmanager_name": platform.alertmanager.name,
        "heartbeat": heartbeat.unwrap_or_default(),
        "delivery": match platform.alertmanager.delivery {
            Delivery::AlertmanagerConfig => "alertmanager-config",
            Delivery::Secret => "secret",
        },
        "tracing_backend": tracing.map_or("", |it| match it.backend {
            TracingBackend::JaegerOperator => "jaeger-operator",
            TracingBackend::OtelOperator => "otel-operator",
            TracingBackend::None => "",
        }),
        "tracing_name": stack.shared_name("tracing"),
        "tracing_namespace": tracing.map_or("", |it| it.namespace.as_str()),
        "fluent_bit": stack.shared_name("fluent-bit"),
        "logs_namespace": logging.map_or("", |it| &it.fluent_bit.namespace),
        "logs_target": log::target(&stack.name),
        "elasticsearch_url": logging
            .map(|it| &it.elasticsearch)
            .or(tracing.map(|it| &it.elasticsearch))
            .map_or("", |it| it.url.as_str()),
        "has_login": logging.is_some_and(|it| it.elasticsearch.login.is_some()),
        "classes": classes,
        "threshold_of": alert.threshold.map(|it| it.of).unwrap_or_default(),
        "commands": commands(stack, alert),
        "has_sentinel": has(Kind::Sentinel),
        "has_cluster": has(Kind::Cluster),
        "auth": stack.instances.iter().any(|it| it.auth.is_some()),
    })
}

/// The distinct sets of commands for the topologies that the stack has and the alert is about.
fn commands(stack: &Stack, alert: &Alert) -> Vec<Value> {
    if matches!(alert.scope, Scope::Stack { .. }) {
        return Vec::new();
    }
    let operator = operators::of(stack);
    let mut sets: Vec<(Commands, Vec<&str>)> = Vec::new();
    for kind in [
        Kind::Standalone,
        Kind::Replication,
        Kind::Sentinel,
        Kind::Cluster,
    ] {
        let concerned = stack
            .instances
            .iter()
            .any(|it| it.topology.kind() == kind && alert.applies_to(it));
        if !concerned {
            continue;
        }
        let commands = operator.commands(kind);
        match sets.iter_mut().find(|(known, _)| *known == commands) {
            Some((_, kinds)) => kinds.push(kind.name()),
            None => sets.push((commands, vec![kind.name()])),
        }
    }
    sets.into_iter()
        .map(|(commands, kinds)| {
            json!({
                "topologies": kinds.join(", "),
                "resource": commands.resource,
                "redis_pods": commands.redis_pods,
                "redis_container": commands.redis_container,
                "sentinel_pods": commands.sentinel_pods,
                "sentinel_container": commands.sentinel_container,
            })
        })
        .collect()
}
