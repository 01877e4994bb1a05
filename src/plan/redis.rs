//! The Redis resources: a folder per namespace, a file per instance.

use crate::model::stack::Stack;
use crate::operators;
use crate::plan::Files;

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    let operator = operators::of(stack);
    for instance in &stack.instances {
        // Its own name is taken by what makes the folder a unit of delivery; or by what Flux takes for
        // the file of a build service, and leaves out of what it fetches (fluxcd/pkg, sourceignore).
        let mark = match instance.name.as_str() {
            "kustomization" | "cloudbuild" => "_",
            _ => "",
        };
        let path = format!("{}/{mark}{}.yaml", instance.namespace, instance.name);
        files.objects(&path, operator.resources(stack, instance));
    }
    for namespace in stack.namespaces() {
        // No instance can be called so: a name has no underscore.
        let path = format!("{namespace}/_exporter.yaml");
        files.objects(&path, operator.exporters(stack, namespace));
    }
}
