//! The Redis resources: a folder per namespace, a file per instance.

use crate::api::conventions::annotation;
use crate::model::stack::Stack;
use crate::operators;
use crate::plan::Files;

/// Argo CD asks before it deletes a Redis, and leaves all of the stack as it is until somebody answers.
/// `false` in place of `confirm` would leave a Redis without its ConfigMap and its alerts, and beside
/// the one that replaces it where only the kind of the resource changes.
const ASKED: &str = "Prune=confirm,Delete=confirm";

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
        let mut objects = operator.resources(stack, instance);
        // Another configuration is another ConfigMap: the old one goes without a question.
        for object in objects.iter_mut().filter(|it| it.kind() != "ConfigMap") {
            object.annotate(annotation::ARGOCD_SYNC_OPTIONS, ASKED);
        }
        files.objects(&path, objects);
    }
    for namespace in stack.namespaces() {
        // No instance can be called so: a name has no underscore.
        let path = format!("{namespace}/_exporter.yaml");
        files.objects(&path, operator.exporters(stack, namespace));
    }
}
