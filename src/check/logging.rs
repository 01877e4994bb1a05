//! Logs whose configuration Kubernetes does not take.

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::{Content, Document, Plan};

pub(super) static CHECK: Check = Check {
    names: &["logs/configuration-too-large"],
    run,
};

/// A ConfigMap has at most 1 MiB, and what is beside the documents wants some of it.
const LARGEST: usize = 1_000_000;

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    if stack.telemetry.logging.is_none() {
        return;
    }
    let size = configuration_size(plan);
    if size > LARGEST {
        acc.push(
            Diagnostic::error(
                "logs/configuration-too-large",
                Place::Key(FieldPath::spec(&["logging"])),
                format!("the configuration of Fluent Bit has {size} bytes"),
            )
            .note(
                "it names the containers of each instance, and Kubernetes takes a ConfigMap \
                 of at most 1 MiB",
            )
            .help("divide the instances among several stacks"),
        );
    }
}

fn configuration_size(plan: &Plan) -> usize {
    plan.files()
        .filter(|(_, file)| file.owner == "fluent-bit")
        .filter_map(|(_, file)| match &file.content {
            Content::Objects(objects) => Some(objects),
            Content::Kustomization(_) | Content::Page { .. } => None,
        })
        .flatten()
        .flat_map(|it| &it.documents)
        .map(|it| match &it.document {
            Document::Yaml(value) | Document::Json(value) => value.to_string().len(),
            Document::Ndjson(values) => values.iter().map(|it| it.to_string().len() + 1).sum(),
            Document::Classic(sections) => sections
                .iter()
                .flat_map(|(_, settings)| settings.iter())
                .map(|(name, value)| name.len() + value.len() + 6)
                .sum(),
        })
        .sum()
}
