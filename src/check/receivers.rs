//! Receivers that nothing reaches, or whose credentials Alertmanager would not find.

use std::collections::BTreeSet;

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Route, Stack};
use crate::plan::Plan;
use crate::read::spec::Delivery;

pub(super) static CHECK: Check = Check {
    names: &[
        "receivers/needs-newer-alertmanager",
        "receivers/secret-not-mounted",
        "receivers/unreached",
    ],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let mut reached = BTreeSet::new();
    collect(&stack.routing.root, &mut reached);
    reached.extend(
        stack
            .routing
            .heartbeat
            .as_ref()
            .map(|it| it.receiver.as_str()),
    );
    let alertmanager = &stack.platform.alertmanager;
    let mounted: BTreeSet<&str> = alertmanager.secrets.iter().map(String::as_str).collect();
    for receiver in &stack.receivers {
        let at = FieldPath::spec(&["receivers", receiver.name.as_str()]);
        if !reached.contains(receiver.name.as_str()) {
            acc.push(
                Diagnostic::warning(
                    "receivers/unreached",
                    Place::Key(at.clone()),
                    format!("no route sends to `{}`", receiver.name),
                )
                .note("whoever is behind it is believed to be told, and is not")
                .help("name it in a route, or remove it"),
            );
        }
        if alertmanager.delivery != Delivery::Secret {
            continue;
        }
        for secret in receiver.alertmanager_secrets() {
            let name = secret.name.as_str();
            // A managed Alertmanager mounts what its receivers name.
            if stack.telemetry.managed.is_none() && !mounted.contains(name) {
                let declared = FieldPath::spec(&["platform", "alertmanager"]);
                acc.push(
                    Diagnostic::error(
                        "receivers/secret-not-mounted",
                        Place::Key(at.clone()),
                        format!(
                            "Alertmanager does not mount the Secret `{name}` of `{}`",
                            receiver.name
                        ),
                    )
                    .context(Place::Key(declared), "its `secrets` do not have it")
                    .note(
                        "alertmanager.yaml names a file that is not there, and the \
                         notification fails",
                    )
                    .help(format!(
                        "add `{name}` to `spec.secrets` of the Alertmanager, and to \
                         `platform.alertmanager.secrets`"
                    )),
                );
            }
        }
        if let Some(minimum) = receiver.minimum_alertmanager()
            && alertmanager.version < minimum
        {
            acc.push(
                Diagnostic::error(
                    "receivers/needs-newer-alertmanager",
                    Place::Key(at),
                    format!(
                        "Alertmanager {} cannot take the credentials of `{}` from a file",
                        alertmanager.version, receiver.name
                    ),
                )
                .note("it refuses its whole configuration")
                .help(format!(
                    "use Alertmanager {minimum} or later, or `delivery: alertmanager-config`"
                )),
            );
        }
    }
}

fn collect<'a>(route: &'a Route, acc: &mut BTreeSet<&'a str>) {
    acc.extend(route.receiver.as_deref());
    for route in &route.routes {
        collect(route, acc);
    }
}
