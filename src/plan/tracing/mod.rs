//! What takes, keeps and shows traces: Jaeger v1 by its own operator, or Jaeger v2 by that of
//! OpenTelemetry. Nothing in a stack sends spans; applications do.

mod jaeger;
mod opentelemetry;

use k8s_openapi::api::core::v1::{Volume, VolumeMount};

use crate::api::conventions::{component, label, object_label};
use crate::api::monitoring::{Endpoint, Relabeling};
use crate::api::object::{Map, Metadata};
use crate::api::workload;
use crate::model::stack::{Stack, Tracing};
use crate::operators::monitor;
use crate::plan::Files;
use crate::read::spec::TracingBackend;
use crate::value::secret::SecretRef;

/// Where the certificate of Elasticsearch's authority is mounted.
const CA: (&str, &str) = ("elasticsearch-ca", "/etc/elasticsearch-ca");
const CA_FILE: &str = "ca.crt";
/// The user of Jaeger's images.
const USER: i64 = 10_001;
/// Daily, just before midnight: an index is of one day, and goes when its last spans are of age.
const CLEANING: &str = "55 23 * * *";

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    let Some(tracing) = &stack.telemetry.tracing else {
        return;
    };
    match tracing.backend {
        TracingBackend::JaegerOperator => {
            files.objects("jaeger.yaml", [jaeger::object(stack, tracing)]);
            files.objects("monitor.yaml", [jaeger::monitor(stack, tracing)]);
        }
        TracingBackend::OtelOperator => {
            files.objects("collector.yaml", [opentelemetry::object(stack, tracing)]);
            files.objects("retention.yaml", [opentelemetry::retention(stack, tracing)]);
            files.objects("monitor.yaml", [opentelemetry::monitor(stack, tracing)]);
        }
        TracingBackend::None => {}
    }
}

fn name(stack: &Stack) -> String {
    stack.shared_name("tracing")
}

fn metadata(stack: &Stack, tracing: &Tracing) -> Metadata {
    let mut labels: Map = stack.labels.clone();
    labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
    labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
    Metadata {
        name: name(stack),
        namespace: tracing.namespace.clone(),
        labels,
        annotations: Map::new(),
    }
}

/// How the collectors of the stack are scraped.
fn endpoint(stack: &Stack, port: &str) -> Endpoint {
    monitor::endpoint(
        port,
        stack.platform.prometheus.evaluation_interval,
        vec![
            Relabeling::set(label::STACK, &stack.name),
            Relabeling::set(label::COMPONENT, component::TRACING),
        ],
    )
}

/// The path of the authority's certificate, where there is one.
fn ca_file(tracing: &Tracing) -> Option<String> {
    let (_, folder) = CA;
    tracing
        .elasticsearch
        .ca
        .as_ref()
        .map(|_| format!("{folder}/{CA_FILE}"))
}

/// One key of a Secret as a file of a volume.
fn secret_file(volume: (&str, &str), secret: &SecretRef, file: &str) -> (Volume, VolumeMount) {
    let (name, folder) = volume;
    (
        workload::secret_volume(name, secret, file),
        workload::mount(name, folder, true),
    )
}

/// The authority's certificate as a file, where there is one.
fn ca(tracing: &Tracing) -> Option<(Volume, VolumeMount)> {
    let secret = tracing.elasticsearch.ca.as_ref()?;
    Some(secret_file(CA, secret, CA_FILE))
}
