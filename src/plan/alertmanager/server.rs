//! The managed Alertmanager.

use std::collections::BTreeSet;

use crate::api::conventions::object_label;
use crate::api::monitoring::{LabelRequirement, LabelSelector};
use crate::api::object::{Map, Metadata, Object};
use crate::api::prometheus::{AlertmanagerSpec, MatcherStrategy, Spread, Storage, alertmanager};
use crate::api::workload;
use crate::model::stack::{Managed, Stack};
use crate::plan::alertmanager::resource;
use crate::read::spec::{self, Delivery};

/// Silences and the log of what was told: little, but lost with it, everybody is told again.
const VOLUME: &str = "1Gi";

pub(super) fn object(stack: &Stack, managed: &Managed) -> Object {
    let platform = &stack.platform;
    let policy = &platform.alertmanager;
    let mut labels: Map = stack.labels.clone();
    labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
    labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
    let metadata = Metadata {
        name: policy.name.clone(),
        namespace: policy.namespace.clone(),
        labels,
        annotations: Map::new(),
    };
    let as_resources = policy.delivery == Delivery::AlertmanagerConfig;
    let selector = || {
        let mut labels = policy.selects.clone();
        labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
        LabelSelector {
            match_labels: labels,
            match_expressions: Vec::new(),
        }
    };
    let namespaces = || LabelSelector {
        match_labels: Map::new(),
        match_expressions: vec![LabelRequirement::one_of(
            workload::NAMESPACE_LABEL,
            resource::namespaces(stack),
        )],
    };
    let spec = AlertmanagerSpec {
        replicas: 3,
        secrets: match policy.delivery {
            Delivery::AlertmanagerConfig => Vec::new(),
            Delivery::Secret => secrets(stack),
        },
        alertmanager_config_selector: as_resources.then(selector),
        alertmanager_config_namespace_selector: as_resources.then(namespaces),
        alertmanager_config_matcher_strategy: as_resources.then_some(MatcherStrategy {
            type_: match policy.matcher_strategy {
                spec::MatcherStrategy::None => "None",
                spec::MatcherStrategy::OnNamespace => "OnNamespace",
                spec::MatcherStrategy::OnNamespaceExceptForAlertmanagerNamespace => {
                    "OnNamespaceExceptForAlertmanagerNamespace"
                }
            },
        }),
        resources: workload::resources("20m", "64Mi", "256Mi"),
        storage: Storage::new(VOLUME, managed.storage.class_name.clone()),
        security_context: workload::pod_security(1_000),
        topology_spread_constraints: vec![Spread::over_nodes(
            [
                (object_label::NAME.to_owned(), "alertmanager".to_owned()),
                (object_label::INSTANCE.to_owned(), policy.name.clone()),
            ]
            .into(),
        )],
    };
    Object::new(alertmanager(metadata, spec))
}

/// The Secrets that receivers name: a pod waits for each that is listed, so no other is.
fn secrets(stack: &Stack) -> Vec<String> {
    let names: BTreeSet<String> = stack
        .receivers
        .iter()
        .flat_map(|it| it.alertmanager_secrets())
        .map(|it| it.name.to_string())
        .collect();
    names.into_iter().collect()
}
