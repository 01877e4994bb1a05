//! What Alertmanager is told: AlertmanagerConfig resources or the whole alertmanager.yaml, and the
//! adapter for robots.

mod adapter;
mod native;
mod resource;
mod server;

use crate::api::conventions::label;
use crate::model::stack::{Heartbeat, Route, Stack};
use crate::plan::Files;
use crate::read::spec::Delivery;
use crate::value::duration::Duration;
use crate::value::matcher::Matcher;

/// Where the Prometheus operator mounts the Secrets that an Alertmanager lists in `spec.secrets`.
pub(super) const SECRETS_DIR: &str = "/etc/alertmanager/secrets";

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    match stack.platform.alertmanager.delivery {
        Delivery::AlertmanagerConfig => {
            for namespace in resource::namespaces(stack) {
                files.objects(
                    &format!("config-{namespace}.yaml"),
                    [resource::object(stack, &namespace)],
                );
            }
        }
        Delivery::Secret => files.objects("secret.yaml", [native::object(stack)]),
    }
    files.objects("adapter.yaml", adapter::objects(stack));
    if let Some(managed) = &stack.telemetry.managed {
        files.objects("server.yaml", [server::object(stack, managed)]);
    }
}

/// The part of the routing tree that is the stack's: it takes the alerts of the stack and no other.
fn stack_route(stack: &Stack) -> Route {
    let mut root = stack.routing.root.clone();
    root.matchers = vec![stack_matcher(stack)];
    if let Some(heartbeat) = &stack.routing.heartbeat {
        root.routes.insert(0, heartbeat_route(&root, heartbeat));
    }
    root
}

fn stack_matcher(stack: &Stack) -> Matcher {
    Matcher::equal(label::STACK, &stack.name)
}

/// The Watchdog's own route, before all others. The receiver raises an alarm when it hears nothing
/// for its period, so it is told twice in that time.
///
/// Alertmanager looks at a group once in `group_interval`, and repeats what it told longer ago than
/// `repeat_interval` (notify/dedup_stage.go). At the second look that is a matter of milliseconds, so
/// it repeats at the third at the latest.
fn heartbeat_route(root: &Route, heartbeat: &Heartbeat) -> Route {
    Route {
        matchers: vec![Matcher::equal("alertname", "Watchdog")],
        receiver: Some(heartbeat.receiver.clone()),
        group_by: Some(vec!["alertname".to_owned(), label::STACK.to_owned()]),
        group_wait: Some(Duration::seconds(1)),
        group_interval: Some(heartbeat.period.divided_by(6)),
        repeat_interval: Some(heartbeat.period.divided_by(3)),
        routes: Vec::new(),
        at: root.at.key("heartbeat"),
        ..root.clone()
    }
}

/// Matchers with that of the stack, which every generated inhibition has on both sides.
fn of_stack(stack: &Stack, matchers: &[Matcher]) -> Vec<Matcher> {
    let mut all = vec![stack_matcher(stack)];
    all.extend(
        matchers
            .iter()
            .filter(|it| **it != all[0])
            .cloned()
            .collect::<Vec<_>>(),
    );
    all
}
