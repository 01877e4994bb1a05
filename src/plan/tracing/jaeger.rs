//! Jaeger v1, deployed by jaeger-operator.

use serde_json::json;

use crate::api::conventions::object_label;
use crate::api::jaeger::{Component, IndexCleaner, JaegerSpec, Sampling, Storage, Switch, jaeger};
use crate::api::monitoring::{LabelSelector, NamespaceSelector, PodMonitorSpec, pod_monitor};
use crate::api::object::Object;
use crate::api::workload;
use crate::model::stack::{Stack, Tracing};
use crate::operators::monitor;
use crate::plan::tracing::{CLEANING, USER, ca, ca_file, endpoint, metadata, name};

pub(super) fn object(stack: &Stack, tracing: &Tracing) -> Object {
    let elasticsearch = &tracing.elasticsearch;
    let url = elasticsearch.url.to_string();
    let mut options = json!({
        "server-urls": url,
        "index-prefix": stack.name,
        "num-shards": "1",
        "num-replicas": "1",
    });
    if url.starts_with("https:") {
        options["tls"] = json!({"enabled": "true"});
    }
    if let Some(file) = ca_file(tracing) {
        options["tls"]["ca"] = json!(file);
    }
    let (volumes, volume_mounts) = ca(tracing).into_iter().unzip();
    let component = |replicas| Component {
        replicas,
        resources: workload::resources("100m", "256Mi", "1Gi"),
    };
    let spec = JaegerSpec {
        strategy: "production",
        collector: component(2),
        query: component(1),
        // The operator would publish the page, which asks nobody who they are.
        ingress: Switch { enabled: false },
        sampling: Sampling {
            options: json!({
                "default_strategy": {
                    "type": "probabilistic",
                    "param": tracing.sampling.as_json(),
                },
            }),
        },
        storage: Storage {
            type_: "elasticsearch",
            options: json!({"es": options}),
            secret_name: elasticsearch
                .login
                .as_ref()
                .map(|(user, _)| user.name.to_string()),
            es_index_cleaner: IndexCleaner {
                enabled: true,
                number_of_days: tracing.retention.in_days(),
                schedule: CLEANING,
            },
            // The operator would run a job of Spark each night, with a login of its own.
            dependencies: Switch { enabled: false },
        },
        security_context: workload::pod_security(USER),
        container_security_context: workload::container_security(),
        volumes,
        volume_mounts,
    };
    Object::new(jaeger(metadata(stack, tracing), spec))
}

/// Pods, not Services: the operator puts two Services with the same labels in front of a collector,
/// and each of its series would be there twice.
pub(super) fn monitor(stack: &Stack, tracing: &Tracing) -> Object {
    let spec = PodMonitorSpec {
        namespace_selector: NamespaceSelector {
            match_names: vec![tracing.namespace.clone()],
        },
        pod_metrics_endpoints: vec![endpoint(stack, "admin-http")],
        selector: LabelSelector {
            match_labels: [
                (object_label::INSTANCE.to_owned(), name(stack)),
                (object_label::COMPONENT.to_owned(), "collector".to_owned()),
                (object_label::PART_OF.to_owned(), "jaeger".to_owned()),
            ]
            .into(),
            match_expressions: Vec::new(),
        },
    };
    Object::new(pod_monitor(monitor::metadata(stack, &name(stack)), spec))
}
