//! What every workload that obsgen deploys has in common.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, ContainerPort, EnvVar, EnvVarSource, HTTPGetAction, KeyToPath,
    PodSecurityContext, Probe, ResourceRequirements, SeccompProfile, SecretKeySelector,
    SecretVolumeSource, SecurityContext, Service, ServicePort, ServiceSpec, Volume, VolumeMount,
};
use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::api::conventions::object_label;
use crate::api::object::Map;
use crate::value::secret::SecretRef;

/// The name of the one port that each of these workloads has.
pub const PORT_NAME: &str = "http";
/// Kubernetes itself gives every namespace this label.
pub const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// The labels by which a workload finds its pods: they never change.
pub fn selector(stack: &str, instance: &str, application: &str) -> BTreeMap<String, String> {
    [
        (object_label::NAME.to_owned(), application.to_owned()),
        (object_label::INSTANCE.to_owned(), instance.to_owned()),
        (object_label::PART_OF.to_owned(), stack.to_owned()),
    ]
    .into()
}

/// Metadata of an object of a workload, with the labels of the stack.
pub fn metadata(
    labels: &Map,
    stack: &str,
    namespace: &str,
    name: &str,
    application: &str,
) -> ObjectMeta {
    let mut labels = labels.clone();
    labels.extend(selector(stack, name, application));
    labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_owned()),
        labels: Some(labels),
        ..ObjectMeta::default()
    }
}

/// A variable of a container.
pub fn env(name: &str, value: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..EnvVar::default()
    }
}

/// A variable of a container with a credential.
pub fn env_from(name: &str, secret: &SecretRef) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                name: secret.name.to_string(),
                key: secret.key.to_string(),
                ..SecretKeySelector::default()
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    }
}

/// Where a container has a volume.
pub fn mount(name: &str, path: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: Some(read_only),
        ..VolumeMount::default()
    }
}

/// A volume with one key of a Secret as a file.
pub fn secret_volume(name: &str, secret: &SecretRef, file: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret.name.to_string()),
            items: Some(vec![KeyToPath {
                key: secret.key.to_string(),
                path: file.to_owned(),
                ..KeyToPath::default()
            }]),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// Requests, and a memory limit.
pub fn resources(cpu: &str, memory: &str, limit: &str) -> ResourceRequirements {
    let amount = |name: &str, amount: &str| (name.to_owned(), Quantity(amount.to_owned()));
    ResourceRequirements {
        requests: Some([amount("cpu", cpu), amount("memory", memory)].into()),
        limits: Some([amount("memory", limit)].into()),
        ..ResourceRequirements::default()
    }
}

/// A container that can do nothing but its work.
pub fn container_security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities {
            drop: Some(vec!["ALL".to_owned()]),
            ..Capabilities::default()
        }),
        read_only_root_filesystem: Some(true),
        ..SecurityContext::default()
    }
}

/// A pod that runs as a user of its own; the restricted profile of Kubernetes takes it.
pub fn pod_security(user: i64) -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(user),
        run_as_group: Some(user),
        fs_group: Some(user),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..SeccompProfile::default()
        }),
        ..PodSecurityContext::default()
    }
}

/// The port that a container listens on.
pub fn container_port(port: i32) -> ContainerPort {
    ContainerPort {
        name: Some(PORT_NAME.to_owned()),
        container_port: port,
        ..ContainerPort::default()
    }
}

/// Asks a container over HTTP whether it is well.
pub fn probe(path: &str) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String(PORT_NAME.to_owned()),
            ..HTTPGetAction::default()
        }),
        ..Probe::default()
    }
}

/// A Service in front of a workload.
pub fn service(metadata: ObjectMeta, selector: BTreeMap<String, String>, port: i32) -> Service {
    Service {
        metadata,
        spec: Some(ServiceSpec {
            ports: Some(vec![ServicePort {
                name: Some(PORT_NAME.to_owned()),
                port,
                target_port: Some(IntOrString::String(PORT_NAME.to_owned())),
                ..ServicePort::default()
            }]),
            selector: Some(selector),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

/// Lets only the pods of one namespace reach a workload.
pub fn only_from(
    namespace: &str,
    metadata: ObjectMeta,
    selector: BTreeMap<String, String>,
) -> NetworkPolicy {
    let labels: BTreeMap<String, String> =
        [(NAMESPACE_LABEL.to_owned(), namespace.to_owned())].into();
    let matching = |labels| LabelSelector {
        match_labels: Some(labels),
        ..LabelSelector::default()
    };
    NetworkPolicy {
        metadata,
        spec: Some(NetworkPolicySpec {
            ingress: Some(vec![NetworkPolicyIngressRule {
                from: Some(vec![NetworkPolicyPeer {
                    namespace_selector: Some(matching(labels)),
                    ..NetworkPolicyPeer::default()
                }]),
                ports: Some(vec![NetworkPolicyPort {
                    port: Some(IntOrString::String(PORT_NAME.to_owned())),
                    protocol: Some("TCP".to_owned()),
                    ..NetworkPolicyPort::default()
                }]),
            }]),
            pod_selector: Some(matching(selector)),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ..NetworkPolicySpec::default()
        }),
    }
}
