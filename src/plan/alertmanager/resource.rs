//! Delivery as AlertmanagerConfig, beside those of others on one Alertmanager.

use std::collections::BTreeSet;

use crate::api::alertmanager_config::{
    self, AlertmanagerConfigSpec, InhibitRule, MuteTimeInterval, TimeInterval, TimeRange,
};
use crate::api::conventions::object_label;
use crate::api::object::{Map, Metadata, Object};
use crate::model::stack::{MuteTime, Route, Stack};
use crate::plan::alertmanager::{SECRETS_DIR, adapter, of_stack, stack_route};
use crate::read::spec::MatcherStrategy;
use crate::receivers::Context;
use crate::value::matcher::Matcher;

/// The namespaces that need a resource: the operator lets one of `OnNamespace` see the alerts of its
/// own namespace only.
pub(super) fn namespaces(stack: &Stack) -> BTreeSet<String> {
    let platform = &stack.platform;
    match platform.alertmanager.matcher_strategy {
        MatcherStrategy::None | MatcherStrategy::OnNamespaceExceptForAlertmanagerNamespace => {
            [platform.alertmanager.namespace.clone()].into()
        }
        MatcherStrategy::OnNamespace => {
            let mut namespaces: BTreeSet<String> =
                stack.namespaces().into_iter().map(str::to_owned).collect();
            namespaces.insert(platform.operator.namespace.clone());
            namespaces.insert(platform.prometheus.namespace.clone());
            namespaces.insert(platform.alertmanager.namespace.clone());
            let logging = stack.telemetry.logging.as_ref();
            namespaces.extend(logging.map(|it| it.fluent_bit.namespace.clone()));
            namespaces
        }
    }
}

pub(super) fn object(stack: &Stack, namespace: &str) -> Object {
    let mut labels: Map = stack.labels.clone();
    labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
    labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
    labels.extend(stack.platform.alertmanager.selects.clone());
    let metadata = Metadata {
        name: stack.name.clone(),
        namespace: namespace.to_owned(),
        labels,
        annotations: Map::new(),
    };
    let adapter_url = adapter::url(stack);
    let context = Context {
        stack: &stack.name,
        adapter_url: &adapter_url,
        secrets_dir: SECRETS_DIR,
    };
    let spec = AlertmanagerConfigSpec {
        route: route(&stack_route(stack)),
        receivers: stack
            .receivers
            .iter()
            .map(|it| it.to_resource(&context))
            .collect(),
        inhibit_rules: stack
            .routing
            .inhibitions
            .iter()
            .map(|it| InhibitRule {
                target_match: matchers(&of_stack(stack, &it.target)),
                source_match: matchers(&of_stack(stack, &it.source)),
                equal: it.equal.clone(),
            })
            .collect(),
        mute_time_intervals: stack.routing.mute_times.iter().map(mute_time).collect(),
    };
    Object::new(alertmanager_config::resource(metadata, spec))
}

fn route(route: &Route) -> alertmanager_config::Route {
    alertmanager_config::Route {
        receiver: route.receiver.clone(),
        group_by: route.group_by.clone().unwrap_or_default(),
        group_wait: route.group_wait.map(|it| it.to_string()),
        group_interval: route.group_interval.map(|it| it.to_string()),
        repeat_interval: route.repeat_interval.map(|it| it.to_string()),
        matchers: matchers(&route.matchers),
        continues: route.continue_,
        routes: route.routes.iter().map(self::route).collect(),
        mute_time_intervals: route.mute.clone(),
        active_time_intervals: route.active.clone(),
    }
}

fn matchers(matchers: &[Matcher]) -> Vec<alertmanager_config::Matcher> {
    matchers.iter().map(Into::into).collect()
}

fn mute_time(mute_time: &MuteTime) -> MuteTimeInterval {
    MuteTimeInterval {
        name: mute_time.name.clone(),
        time_intervals: vec![TimeInterval {
            times: mute_time
                .times
                .iter()
                .map(|(from, to)| TimeRange {
                    start_time: from.clone(),
                    end_time: to.clone(),
                })
                .collect(),
            weekdays: mute_time
                .weekdays
                .iter()
                .map(|it| it.name().to_owned())
                .collect(),
            ..TimeInterval::default()
        }],
    }
}
