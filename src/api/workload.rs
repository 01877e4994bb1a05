//! What every workload that obsgen deploys has in common.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, PodSecurityContext, ResourceRequirements, SeccompProfile, SecurityContext,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::conventions::object_label;
use crate::api::object::Map;

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
