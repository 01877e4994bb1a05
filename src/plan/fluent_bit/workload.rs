//! The DaemonSet, what it may do, and what watches it.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec};
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, Container, EnvVar, EnvVarSource, HostPathVolumeSource,
    ObjectFieldSelector, PodSecurityContext, PodSpec, PodTemplateSpec, Probe, SeccompProfile,
    ServiceAccount, Toleration, Volume, VolumeMount,
};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    LabelSelector as KubernetesSelector, ObjectMeta,
};

use crate::api::conventions::{component, label, log, object_label};
use crate::api::fluent_bit::Variable;
use crate::api::monitoring::{
    Endpoint, LabelSelector, NamespaceSelector, PodMonitorSpec, Relabeling, pod_monitor,
};
use crate::api::object::{Map, Metadata, Object};
use crate::api::workload;
use crate::model::stack::{Logging, Stack};
use crate::plan::elasticsearch;
use crate::plan::fluent_bit::{BUFFERS_DIR, CA_DIR, PORT, WAIT_KEY, file_name};

const APPLICATION: &str = "fluent-bit";
const CONFIGURATION_DIR: &str = "/configuration";

/// The name of every object of it.
fn name(stack: &Stack) -> String {
    stack.shared_name(APPLICATION)
}

pub(super) fn metadata(stack: &Stack, logging: &Logging) -> ObjectMeta {
    workload::metadata(
        &stack.labels,
        &stack.name,
        &logging.fluent_bit.namespace,
        &name(stack),
        APPLICATION,
    )
}

fn selector(stack: &Stack) -> BTreeMap<String, String> {
    workload::selector(&stack.name, &name(stack), APPLICATION)
}

/// An account that may ask which node a pod is on.
pub(super) fn access(stack: &Stack, logging: &Logging) -> Vec<Object> {
    let of_cluster = || ObjectMeta {
        namespace: None,
        ..metadata(stack, logging)
    };
    let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect();
    vec![
        Object::new(ServiceAccount {
            metadata: metadata(stack, logging),
            ..ServiceAccount::default()
        }),
        Object::new(ClusterRole {
            metadata: of_cluster(),
            rules: Some(vec![PolicyRule {
                api_groups: Some(texts(&[""])),
                resources: Some(texts(&["namespaces", "pods"])),
                verbs: texts(&["get", "list", "watch"]),
                ..PolicyRule::default()
            }]),
            ..ClusterRole::default()
        }),
        Object::new(ClusterRoleBinding {
            metadata: of_cluster(),
            role_ref: RoleRef {
                api_group: "rbac.authorization.k8s.io".to_owned(),
                kind: "ClusterRole".to_owned(),
                name: name(stack),
            },
            subjects: Some(vec![Subject {
                kind: "ServiceAccount".to_owned(),
                name: name(stack),
                namespace: Some(logging.fluent_bit.namespace.clone()),
                ..Subject::default()
            }]),
        }),
    ]
}

pub(super) fn objects(stack: &Stack, logging: &Logging, hash: String) -> Vec<Object> {
    vec![
        Object::new(daemon_set(stack, logging, hash)),
        // Its interface knows no login.
        Object::new(workload::only_from(
            &stack.platform.prometheus.namespace,
            metadata(stack, logging),
            selector(stack),
        )),
        Object::new(monitor(stack, logging)),
    ]
}

fn daemon_set(stack: &Stack, logging: &Logging, hash: String) -> DaemonSet {
    let has_ca = elasticsearch::ca(logging).is_some();
    let mut mounts = vec![
        workload::mount("configuration", CONFIGURATION_DIR, true),
        workload::mount("buffers", BUFFERS_DIR, false),
        workload::mount("logs", "/var/log", true),
        // With Docker, the files below `/var/log` are links to these.
        workload::mount("docker", "/var/lib/docker/containers", true),
    ];
    let mut wait_mounts: Vec<VolumeMount> = mounts[..2].to_vec();
    let mut volumes = vec![
        Volume {
            name: "configuration".to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: name(stack),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        },
        // What is not delivered outlives the pod.
        host_path(
            "buffers",
            &format!("/var/lib/fluent-bit/{}", stack.name),
            Some("DirectoryOrCreate"),
        ),
        host_path("logs", "/var/log", None),
        host_path("docker", "/var/lib/docker/containers", None),
    ];
    if has_ca {
        mounts.push(workload::mount("elasticsearch-ca", CA_DIR, true));
        wait_mounts.push(workload::mount("elasticsearch-ca", CA_DIR, true));
        volumes.extend(elasticsearch::ca_volume(logging, "elasticsearch-ca"));
    }
    let mut env = vec![EnvVar {
        name: Variable::PodIp.name().to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: "status.podIP".to_owned(),
                ..ObjectFieldSelector::default()
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    }];
    env.extend(elasticsearch::login(logging));
    let target = log::target(&stack.name);
    let host = logging.elasticsearch.url.host();
    let mut wait_env = vec![
        workload::env("ES_URL", &elasticsearch::url(logging)),
        workload::env("ES_TARGET", &target),
        workload::env("MARK", &format!("{BUFFERS_DIR}/{host}-{target}.seen")),
    ];
    wait_env.extend(elasticsearch::ca_file(logging, CA_DIR));
    wait_env.extend(elasticsearch::login(logging));
    let wait = Container {
        name: "wait".to_owned(),
        image: Some(stack.platform.images.curl.to_string()),
        command: Some(vec![
            "sh".to_owned(),
            format!("{CONFIGURATION_DIR}/{WAIT_KEY}"),
        ]),
        env: Some(wait_env),
        resources: Some(workload::resources("10m", "16Mi", "64Mi")),
        security_context: Some(workload::container_security()),
        volume_mounts: Some(wait_mounts),
        ..Container::default()
    };
    let container = Container {
        name: APPLICATION.to_owned(),
        image: Some(logging.fluent_bit.image.to_string()),
        command: Some(vec!["/fluent-bit/bin/fluent-bit".to_owned()]),
        args: Some(vec![
            "-c".to_owned(),
            format!(
                "{CONFIGURATION_DIR}/{}",
                file_name(logging.fluent_bit.format)
            ),
        ]),
        env: Some(env),
        ports: Some(vec![workload::container_port(i32::from(PORT))]),
        // Not its health: that is bad while Elasticsearch is away, and a restart repairs nothing.
        // It answers when it has found the API server, for which it waits.
        liveness_probe: Some(Probe {
            period_seconds: Some(30),
            ..workload::probe("/")
        }),
        readiness_probe: Some(Probe {
            period_seconds: Some(30),
            ..workload::probe("/api/v1/health")
        }),
        resources: Some(workload::resources("50m", "64Mi", "256Mi")),
        security_context: Some(workload::container_security()),
        volume_mounts: Some(mounts),
        ..Container::default()
    };
    DaemonSet {
        metadata: metadata(stack, logging),
        spec: Some(DaemonSetSpec {
            selector: KubernetesSelector {
                match_labels: Some(selector(stack)),
                ..KubernetesSelector::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(selector(stack)),
                    annotations: Some([("obsgen/configuration-sha256".to_owned(), hash)].into()),
                    ..ObjectMeta::default()
                }),
                spec: Some(PodSpec {
                    service_account_name: Some(name(stack)),
                    enable_service_links: Some(false),
                    init_containers: Some(vec![wait]),
                    containers: vec![container],
                    security_context: Some(security()),
                    // Redis may run on any node.
                    tolerations: Some(vec![Toleration {
                        operator: Some("Exists".to_owned()),
                        ..Toleration::default()
                    }]),
                    volumes: Some(volumes),
                    ..PodSpec::default()
                }),
            },
            ..DaemonSetSpec::default()
        }),
        ..DaemonSet::default()
    }
}

/// The logs of containers are readable for root alone. Without capabilities, root owns them and can do
/// nothing more.
fn security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_user: Some(0),
        run_as_group: Some(0),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..SeccompProfile::default()
        }),
        ..PodSecurityContext::default()
    }
}

fn host_path(name: &str, path: &str, type_: Option<&str>) -> Volume {
    Volume {
        name: name.to_owned(),
        host_path: Some(HostPathVolumeSource {
            path: path.to_owned(),
            type_: type_.map(str::to_owned),
        }),
        ..Volume::default()
    }
}

fn monitor(stack: &Stack, logging: &Logging) -> impl serde::Serialize + use<> {
    let prometheus = &stack.platform.prometheus;
    let mut labels: Map = stack.labels.clone();
    labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
    labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
    labels.extend(prometheus.monitor_labels.clone());
    let metadata = Metadata {
        name: name(stack),
        namespace: prometheus.namespace.clone(),
        labels,
        annotations: Map::new(),
    };
    let endpoint = Endpoint {
        port: workload::PORT_NAME.to_owned(),
        path: Some("/api/v2/metrics/prometheus".to_owned()),
        interval: "30s".to_owned(),
        scrape_timeout: "10s".to_owned(),
        relabelings: vec![
            Relabeling::set(label::STACK, &stack.name),
            Relabeling::set(label::COMPONENT, component::FLUENT_BIT),
        ],
        ..Endpoint::default()
    };
    let spec = PodMonitorSpec {
        namespace_selector: NamespaceSelector {
            match_names: vec![logging.fluent_bit.namespace.clone()],
        },
        pod_metrics_endpoints: vec![endpoint],
        selector: LabelSelector {
            match_labels: selector(stack),
            match_expressions: Vec::new(),
        },
    };
    pod_monitor(metadata, spec)
}
