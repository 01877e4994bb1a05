//! A default receiver that calls what a route was to call for its own alerts only.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Route, Stack};
use crate::plan::Plan;
use crate::receivers::ReceiverSpec;
use crate::value::secret::SecretRef;

pub(super) static CHECK: Check = Check {
    names: &["routing/default-acts"],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    let root = &stack.routing.root;
    let find = |name: &str| stack.receivers.iter().find(|it| it.name.as_str() == name);
    let default = root.receiver.as_deref().and_then(find);
    let Some((default, address)) = default.and_then(|it| Some((it, only_address(it)?))) else {
        return;
    };
    let mut routed = Vec::new();
    collect(&root.routes, &mut routed);
    let same = routed.into_iter().filter(|it| *it != default.name.as_str());
    let same = same
        .filter_map(find)
        .find(|it| only_address(it) == Some(address));
    if let Some(same) = same {
        acc.push(
            Diagnostic::warning(
                "routing/default-acts",
                Place::Value(root.at.key("default")),
                format!(
                    "every alert that no route takes calls what `{}` calls",
                    same.name
                ),
            )
            .label("the same address")
            .context(
                Place::Key(FieldPath::spec(&["receivers", same.name.as_str()])),
                "a route chooses what is sent here",
            )
            .note(
                "what a route is to start for its own alerts is started by all the others too, and nobody \
                 is told of them",
            )
            .help("name a receiver under `default` that tells people"),
        );
    }
}

/// The address that a receiver calls, where that is all it does.
fn only_address(receiver: &ReceiverSpec) -> Option<&SecretRef> {
    let webhook = receiver.webhook.as_ref()?;
    (receiver.channels().len() == 1).then_some(&webhook.url.secret_ref)
}

fn collect<'a>(routes: &'a [Route], acc: &mut Vec<&'a str>) {
    for route in routes {
        acc.extend(route.receiver.as_deref());
        collect(&route.routes, acc);
    }
}
