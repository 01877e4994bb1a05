//! The managed Prometheus: the server, what it may see, and what scrapes it and its Alertmanager.
//!
//! Its rights are a Role in each namespace that monitors select, not a ClusterRole: it sees the pods
//! and Services of this stack's namespaces and of no other. Reading `/metrics` of an operator that
//! asks for authorization is that operator's own role ([`crate::operators`]).

use k8s_openapi::api::core::v1::{ResourceRequirements, ServiceAccount};
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::conventions::{component, label, object_label};
use crate::api::monitoring::{
    LabelRequirement, LabelSelector, NamespaceSelector, Relabeling, ServiceMonitorSpec,
    service_monitor,
};
use crate::api::object::{Map, Metadata, Object};
use crate::api::prometheus::{
    Alerting, AlertmanagerEndpoints, PrometheusSpec, Spread, Storage, prometheus,
};
use crate::api::workload;
use crate::model::stack::{Managed, Resources, Stack};
use crate::operators::monitor;

/// The Service that the operator puts in front of every Alertmanager of a namespace.
const ALERTMANAGER_SERVICE: &str = "alertmanager-operated";
/// The port of Prometheus and of Alertmanager, as the operator names it.
const PORT: &str = "web";
/// The share of the volume that data may fill, in percent: the rest is for the log of what comes
/// in and for compaction, neither of which counts as retained.
const FILLED: u128 = 80;
const RBAC: &str = "rbac.authorization.k8s.io";

/// The server, its account and its rights.
pub(super) fn objects(stack: &Stack, managed: &Managed) -> Vec<Object> {
    let mut objects = vec![Object::new(ServiceAccount {
        metadata: metadata(stack, &stack.platform.prometheus.namespace),
        ..ServiceAccount::default()
    })];
    for namespace in stack.watched_namespaces() {
        objects.push(Object::new(role(stack, namespace)));
        objects.push(Object::new(role_binding(stack, namespace)));
    }
    objects.push(Object::new(server(stack, managed)));
    objects
}

/// What scrapes Prometheus and Alertmanager: without it, nothing would be known of their own state.
pub(super) fn monitors(stack: &Stack) -> Vec<Object> {
    let platform = &stack.platform;
    let servers = [
        (
            component::PROMETHEUS,
            &platform.prometheus.namespace,
            &stack.name,
        ),
        (
            component::ALERTMANAGER,
            &platform.alertmanager.namespace,
            &platform.alertmanager.name,
        ),
    ];
    servers
        .map(|(server, namespace, name)| {
            let endpoint = monitor::endpoint(
                PORT,
                platform.prometheus.evaluation_interval,
                vec![
                    only(server, name),
                    Relabeling::set(label::STACK, &stack.name),
                    Relabeling::set(label::COMPONENT, server),
                ],
            );
            let spec = ServiceMonitorSpec {
                endpoints: vec![endpoint],
                namespace_selector: NamespaceSelector {
                    match_names: vec![namespace.clone()],
                },
                selector: LabelSelector {
                    match_labels: [(format!("operated-{server}"), "true".to_owned())].into(),
                    match_expressions: Vec::new(),
                },
            };
            Object::new(service_monitor(
                monitor::metadata(stack, &stack.shared_name(server)),
                spec,
            ))
        })
        .into()
}

/// Keeps the pods of one server: the operator's Service is in front of all of its namespace.
fn only(server: &str, name: &str) -> Relabeling {
    Relabeling::keep(&format!("__meta_kubernetes_pod_label_{server}"), name)
}

fn server(stack: &Stack, managed: &Managed) -> impl serde::Serialize {
    let platform = &stack.platform;
    let selector = |labels: &Map| {
        let mut labels = labels.clone();
        labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
        LabelSelector {
            match_labels: labels,
            match_expressions: Vec::new(),
        }
    };
    let namespaces = LabelSelector {
        match_labels: Map::new(),
        match_expressions: platform
            .prometheus
            .namespaces
            .iter()
            .map(|it| LabelRequirement::one_of(workload::NAMESPACE_LABEL, it.clone()))
            .collect(),
    };
    let monitors = selector(&platform.prometheus.monitor_labels);
    let size = &managed.storage.size;
    let spec = PrometheusSpec {
        replicas: 2,
        service_account_name: platform.prometheus.service_account.clone(),
        external_labels: [(label::CLUSTER.to_owned(), stack.cluster.clone())].into(),
        evaluation_interval: platform.prometheus.evaluation_interval.to_string(),
        retention: managed.retention.to_string(),
        retention_size: format!("{}MiB", size.as_units() * FILLED / 100 / (1 << 20)),
        // Kubernetes 1.33 deprecates Endpoints, which hold a thousand addresses at most.
        service_discovery_role: "EndpointSlice",
        service_monitor_selector: monitors.clone(),
        service_monitor_namespace_selector: namespaces.clone(),
        pod_monitor_selector: monitors,
        pod_monitor_namespace_selector: namespaces.clone(),
        rule_selector: selector(&platform.prometheus.rule_labels),
        rule_namespace_selector: namespaces,
        alerting: Alerting {
            alertmanagers: vec![AlertmanagerEndpoints {
                namespace: platform.alertmanager.namespace.clone(),
                name: ALERTMANAGER_SERVICE,
                port: PORT,
                api_version: "v2",
                relabelings: vec![only(component::ALERTMANAGER, &platform.alertmanager.name)],
            }],
        },
        resources: resources(&managed.resources),
        storage: Storage::new(&size.to_string(), managed.storage.class_name.clone()),
        security_context: workload::pod_security(1_000),
        topology_spread_constraints: vec![Spread::over_nodes(
            [
                (object_label::NAME.to_owned(), "prometheus".to_owned()),
                (object_label::INSTANCE.to_owned(), stack.name.clone()),
            ]
            .into(),
        )],
    };
    let ObjectMeta { labels, .. } = metadata(stack, &platform.prometheus.namespace);
    prometheus(
        Metadata {
            name: stack.name.clone(),
            namespace: platform.prometheus.namespace.clone(),
            labels: labels.unwrap_or_default(),
            annotations: Map::new(),
        },
        spec,
    )
}

fn resources(resources: &Resources) -> ResourceRequirements {
    let amounts = |amounts: &std::collections::BTreeMap<&'static str, _>| {
        let amounts: std::collections::BTreeMap<String, Quantity> = amounts
            .iter()
            .map(|(name, amount): (_, &crate::value::quantity::Quantity)| {
                ((*name).to_owned(), Quantity(amount.to_string()))
            })
            .collect();
        (!amounts.is_empty()).then_some(amounts)
    };
    ResourceRequirements {
        requests: amounts(&resources.requests),
        limits: amounts(&resources.limits),
        ..ResourceRequirements::default()
    }
}

fn metadata(stack: &Stack, namespace: &str) -> ObjectMeta {
    let name = &stack.platform.prometheus.service_account;
    workload::metadata(&stack.labels, &stack.name, namespace, name, "prometheus")
}

fn role(stack: &Stack, namespace: &str) -> Role {
    let rule = |group: &str, resources: &[&str]| PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(resources.iter().map(|it| (*it).to_owned()).collect()),
        verbs: ["get", "list", "watch"].map(str::to_owned).to_vec(),
        ..PolicyRule::default()
    };
    Role {
        metadata: metadata(stack, namespace),
        rules: Some(vec![
            rule("", &["services", "endpoints", "pods"]),
            rule("discovery.k8s.io", &["endpointslices"]),
        ]),
    }
}

fn role_binding(stack: &Stack, namespace: &str) -> RoleBinding {
    let account = &stack.platform.prometheus.service_account;
    RoleBinding {
        metadata: metadata(stack, namespace),
        role_ref: RoleRef {
            api_group: RBAC.to_owned(),
            kind: "Role".to_owned(),
            name: account.clone(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: account.clone(),
            namespace: Some(stack.platform.prometheus.namespace.clone()),
            ..Subject::default()
        }]),
    }
}
