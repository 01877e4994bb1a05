//! Objects that are too large for Kubernetes, or for what reads them.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::size::{LARGEST, LARGEST_RULES};
use crate::plan::{Content, Plan, Planned};

pub(super) static CHECK: Check = Check {
    names: &["platform/object-too-large"],
    run,
};

fn run(_: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    for (_, file) in plan.files() {
        let Content::Objects(objects) = &file.content else {
            continue;
        };
        for planned in objects {
            acc.extend(too_large(file.owner, planned));
        }
    }
}

fn too_large(owner: &str, planned: &Planned) -> Option<Diagnostic> {
    let kind = planned.object.kind();
    let (size, most, why) = match kind {
        "ConfigMap" | "Secret" => (
            planned.data(),
            LARGEST,
            "Kubernetes takes at most 1 MiB in it",
        ),
        "PrometheusRule" => (
            planned.size(),
            LARGEST_RULES,
            "the Prometheus operator refuses all rules of a Prometheus where one object has over 512 KiB",
        ),
        _ => (
            planned.size(),
            LARGEST,
            "Kubernetes takes no object of over 1 MiB",
        ),
    };
    if size <= most {
        return None;
    }
    let field = match owner {
        "prometheus" => Some("alerts"),
        "alertmanager" => Some("routing"),
        "elasticsearch" | "fluent-bit" | "kibana" => Some("logging"),
        "redis" => Some("redis"),
        _ => None,
    };
    let at = field.map_or(Place::Policy, |it| Place::Key(FieldPath::spec(&[it])));
    let what = format!(
        "the {kind} `{}` would have {size} bytes",
        planned.object.name()
    );
    Some(
        Diagnostic::error("platform/object-too-large", at, what)
            .note(why)
            .help("divide the instances, the alerts or the routes among several stacks"),
    )
}
