//! Jaeger v2, deployed by the OpenTelemetry operator: Jaeger v2 is a collector of OpenTelemetry with
//! components of its own.

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec};
use serde_json::{Value, json};

use crate::api::conventions::object_label;
use crate::api::monitoring::{
    LabelSelector, NamespaceSelector, ServiceMonitorSpec, service_monitor,
};
use crate::api::object::Object;
use crate::api::opentelemetry::{CollectorSpec, Port, collector};
use crate::api::workload;
use crate::model::stack::{Stack, Tracing};
use crate::operators::monitor;
use crate::plan::tracing::{CLEANING, USER, ca, ca_file, endpoint, metadata, name, secret_file};

/// The file with the password of Elasticsearch: read again when it changes.
const PASSWORD: (&str, &str) = ("elasticsearch-password", "/etc/elasticsearch-password");
const PASSWORD_FILE: &str = "password";
/// The name of the storage inside the configuration.
const STORAGE: &str = "elasticsearch";
/// The port of the collector's own metrics.
const METRICS: u16 = 8888;

pub(super) fn object(stack: &Stack, tracing: &Tracing) -> Object {
    let login = tracing.elasticsearch.login.as_ref();
    let password = login.map(|(_, it)| secret_file(PASSWORD, it, PASSWORD_FILE));
    let (volumes, volume_mounts) = ca(tracing).into_iter().chain(password).unzip();
    let spec = CollectorSpec {
        mode: "deployment",
        replicas: 2,
        image: stack.platform.images.jaeger.to_string(),
        upgrade_strategy: "none",
        env: login
            .map(|(user, _)| vec![workload::env_from("ES_USERNAME", user)])
            .unwrap_or_default(),
        // The operator does not know the extension that listens here.
        ports: vec![
            Port {
                name: "sampling-http",
                port: 5778,
            },
            Port {
                name: "sampling-grpc",
                port: 5779,
            },
        ],
        resources: workload::resources("200m", "512Mi", "1Gi"),
        pod_security_context: workload::pod_security(USER),
        security_context: workload::container_security(),
        volumes,
        volume_mounts,
        config: config(stack, tracing),
    };
    Object::new(collector(metadata(stack, tracing), spec))
}

fn config(stack: &Stack, tracing: &Tracing) -> Value {
    let any = |port: u16| format!("0.0.0.0:{port}");
    json!({
        "receivers": {
            "otlp": {
                "protocols": {
                    "grpc": {"endpoint": any(4317)},
                    "http": {"endpoint": any(4318)},
                },
            },
        },
        "processors": {
            // Sends spans back before the kernel ends the process.
            "memory_limiter": {
                "check_interval": "1s",
                "limit_percentage": 80,
                "spike_limit_percentage": 20,
            },
            "batch": {},
        },
        "exporters": {"jaeger_storage_exporter": {"trace_storage": STORAGE}},
        "extensions": {
            "jaeger_storage": {"backends": {STORAGE: {"elasticsearch": elasticsearch(stack, tracing)}}},
            "jaeger_query": {
                "storage": {"traces": STORAGE},
                "http": {"endpoint": any(16686)},
                "grpc": {"endpoint": any(16685)},
            },
            "remote_sampling": {
                "file": {"default_sampling_probability": tracing.sampling.as_json()},
                "http": {"endpoint": any(5778)},
                "grpc": {"endpoint": any(5779)},
            },
        },
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query", "remote_sampling"],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["memory_limiter", "batch"],
                    "exporters": ["jaeger_storage_exporter"],
                },
            },
            "telemetry": {
                "resource": {"service.name": name(stack)},
                "metrics": {
                    "level": "normal",
                    "readers": [{"pull": {"exporter": {"prometheus": {"host": "0.0.0.0", "port": METRICS}}}}],
                },
            },
        },
    })
}

fn elasticsearch(stack: &Stack, tracing: &Tracing) -> Value {
    // Each day has an index of its own, which is what the retention deletes.
    let daily = || {
        json!({
            "shards": 1,
            "replicas": 1,
            "rotation": {"periodic": {"date_layout": "2006-01-02", "rollover_frequency": "day"}},
        })
    };
    let mut elasticsearch = json!({
        "server_urls": [tracing.elasticsearch.url.to_string()],
        "indices": {
            "index_prefix": stack.name,
            "spans": daily(),
            "services": daily(),
            "dependencies": daily(),
            "sampling": daily(),
        },
    });
    if tracing.elasticsearch.login.is_some() {
        let (_, folder) = PASSWORD;
        elasticsearch["auth"] = json!({
            "basic": {
                "username": "${env:ES_USERNAME}",
                "password_file": format!("{folder}/{PASSWORD_FILE}"),
                "reload_interval": "10s",
            },
        });
    }
    if let Some(file) = ca_file(tracing) {
        elasticsearch["tls"] = json!({"ca_file": file});
    }
    elasticsearch
}

/// Deletes what is older than the retention: Jaeger itself deletes nothing.
pub(super) fn retention(stack: &Stack, tracing: &Tracing) -> Object {
    let application = "trace-retention";
    let name = stack.shared_name(application);
    let text = |name: &str, value: &str| EnvVar {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..EnvVar::default()
    };
    let url = tracing.elasticsearch.url.to_string();
    let mut env = vec![text("INDEX_PREFIX", &stack.name)];
    if let Some((user, password)) = &tracing.elasticsearch.login {
        env.push(workload::env_from("ES_USERNAME", user));
        env.push(workload::env_from("ES_PASSWORD", password));
    }
    if url.starts_with("https:") {
        env.push(text("ES_TLS_ENABLED", "true"));
    }
    env.extend(ca_file(tracing).map(|it| text("ES_TLS_CA", &it)));
    let (volumes, mounts): (Vec<_>, Vec<_>) = ca(tracing).into_iter().unzip();
    let container = Container {
        name: application.to_owned(),
        image: Some(stack.platform.images.jaeger_index_cleaner.to_string()),
        args: Some(vec![tracing.retention.in_days().to_string(), url]),
        env: Some(env),
        resources: Some(workload::resources("10m", "32Mi", "128Mi")),
        security_context: Some(workload::container_security()),
        volume_mounts: (!mounts.is_empty()).then_some(mounts),
        ..Container::default()
    };
    let metadata = workload::metadata(
        &stack.labels,
        &stack.name,
        &tracing.namespace,
        &name,
        application,
    );
    Object::new(CronJob {
        metadata,
        spec: Some(CronJobSpec {
            schedule: CLEANING.to_owned(),
            time_zone: Some("Etc/UTC".to_owned()),
            concurrency_policy: Some("Forbid".to_owned()),
            job_template: JobTemplateSpec {
                spec: Some(JobSpec {
                    backoff_limit: Some(3),
                    template: PodTemplateSpec {
                        metadata: None,
                        spec: Some(PodSpec {
                            automount_service_account_token: Some(false),
                            containers: vec![container],
                            restart_policy: Some("Never".to_owned()),
                            security_context: Some(workload::pod_security(USER)),
                            volumes: (!volumes.is_empty()).then_some(volumes),
                            ..PodSpec::default()
                        }),
                    },
                    ..JobSpec::default()
                }),
                ..JobTemplateSpec::default()
            },
            ..CronJobSpec::default()
        }),
        ..CronJob::default()
    })
}

/// One of the Services that the operator makes is for metrics alone.
pub(super) fn monitor(stack: &Stack, tracing: &Tracing) -> Object {
    let instance = format!("{}.{}", tracing.namespace, name(stack));
    let spec = ServiceMonitorSpec {
        endpoints: vec![endpoint(stack, "monitoring")],
        namespace_selector: NamespaceSelector {
            match_names: vec![tracing.namespace.clone()],
        },
        selector: LabelSelector {
            match_labels: [
                (object_label::INSTANCE.to_owned(), instance),
                (
                    "operator.opentelemetry.io/collector-monitoring-service".to_owned(),
                    "Exists".to_owned(),
                ),
            ]
            .into(),
            match_expressions: Vec::new(),
        },
    };
    Object::new(service_monitor(
        monitor::metadata(stack, &name(stack)),
        spec,
    ))
}
