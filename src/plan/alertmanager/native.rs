//! Delivery as the whole alertmanager.yaml, in the Secret that the operator reads.

use k8s_openapi::api::core::v1::Secret;

use crate::api::alertmanager::{
    Config, InhibitRule, NamedTimeInterval, Route, TimeInterval, TimeRange,
};
use crate::api::object::Object;
use crate::api::workload;
use crate::model::stack::{self, MuteTime, Stack};
use crate::plan::alertmanager::{SECRETS_DIR, adapter, of_stack, stack_route};
use crate::plan::{Document, Embedded, Planned};
use crate::receivers::Context;
use crate::value::matcher::Matcher;

/// The Secret holds no credential: those are files of the Secrets that Alertmanager mounts.
pub(super) fn object(stack: &Stack) -> Planned {
    let alertmanager = &stack.platform.alertmanager;
    // The operator reads the Secret of this name where `spec.configSecret` names no other.
    let name = format!("alertmanager-{}", alertmanager.name);
    let secret = Secret {
        metadata: workload::metadata(
            &stack.labels,
            &stack.name,
            &alertmanager.namespace,
            &name,
            "alertmanager",
        ),
        type_: Some("Opaque".to_owned()),
        ..Secret::default()
    };
    let config =
        serde_json::to_value(config(stack)).expect("a type with text keys has a JSON form");
    Planned {
        object: Object::new(secret),
        documents: vec![Embedded {
            field: "stringData",
            key: "alertmanager.yaml".into(),
            document: Document::Yaml(config),
        }],
    }
}

fn config(stack: &Stack) -> Config {
    let adapter_url = adapter::url(stack);
    let context = Context {
        stack: &stack.name,
        adapter_url: &adapter_url,
        secrets_dir: SECRETS_DIR,
    };
    let of_stack_route = stack_route(stack);
    // The root takes every alert, whoever sends it: one that is not the stack's is told too.
    let root = stack::Route {
        matchers: Vec::new(),
        routes: vec![below_root(of_stack_route.clone())],
        ..of_stack_route
    };
    Config {
        global: None,
        route: route(&root),
        inhibit_rules: stack
            .routing
            .inhibitions
            .iter()
            .map(|it| InhibitRule {
                source_matchers: matchers(&of_stack(stack, &it.source)),
                target_matchers: matchers(&of_stack(stack, &it.target)),
                equal: it.equal.clone(),
            })
            .collect(),
        receivers: stack
            .receivers
            .iter()
            .map(|it| it.to_native(&context))
            .collect(),
        time_intervals: stack.routing.mute_times.iter().map(mute_time).collect(),
    }
}

/// What the root already says need not be said again.
fn below_root(route: stack::Route) -> stack::Route {
    stack::Route {
        receiver: None,
        group_by: None,
        group_wait: None,
        group_interval: None,
        repeat_interval: None,
        ..route
    }
}

fn route(route: &stack::Route) -> Route {
    Route {
        receiver: route.receiver.clone(),
        group_by: route.group_by.clone().unwrap_or_default(),
        matchers: matchers(&route.matchers),
        mute_time_intervals: route.mute.clone(),
        active_time_intervals: route.active.clone(),
        continues: route.continue_,
        routes: route.routes.iter().map(self::route).collect(),
        group_wait: route.group_wait.map(|it| it.to_string()),
        group_interval: route.group_interval.map(|it| it.to_string()),
        repeat_interval: route.repeat_interval.map(|it| it.to_string()),
    }
}

fn matchers(matchers: &[Matcher]) -> Vec<String> {
    matchers.iter().map(ToString::to_string).collect()
}

fn mute_time(mute_time: &MuteTime) -> NamedTimeInterval {
    NamedTimeInterval {
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
            location: mute_time.location.clone(),
            ..TimeInterval::default()
        }],
    }
}
