//! What pods name, and the plan is to have: the ConfigMaps that they mount, the accounts that they run
//! as.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diag::{Diagnostic, Place};
use crate::plan::Plan;
use crate::prove::defect;
use crate::prove::inventory::array;

/// What pods of a plan name that is not there.
pub fn refuted(plan: &Plan) -> Vec<Diagnostic> {
    let objects = plan.objects();
    let there: BTreeSet<(&str, &str, &str)> = objects
        .iter()
        .map(|it| (it.object.kind(), it.object.namespace(), it.object.name()))
        .collect();
    let mut found = Vec::new();
    for object in objects.iter().map(|it| &it.object) {
        let value = object.value();
        let spec = match object.kind() {
            "Deployment" | "DaemonSet" | "Job" => &value["spec"]["template"]["spec"],
            "CronJob" => &value["spec"]["jobTemplate"]["spec"]["template"]["spec"],
            _ => continue,
        };
        for (kind, name) in named(spec) {
            if !there.contains(&(kind, object.namespace(), name)) {
                found.push(defect(
                    "platform/object-missing",
                    Place::Policy,
                    format!(
                        "the pods of `{}` need the {kind} `{name}`, which is not in the output",
                        object.name()
                    ),
                    "pods wait for ever for what is not there, and nothing runs",
                ));
            }
        }
    }
    found
}

fn named(spec: &Value) -> Vec<(&'static str, &str)> {
    let volumes = array(&spec["volumes"]).map(|it| &it["configMap"]["name"]);
    let mut named: Vec<(&'static str, &str)> = volumes
        .filter_map(Value::as_str)
        .map(|it| ("ConfigMap", it))
        .collect();
    named.extend(
        spec["serviceAccountName"]
            .as_str()
            .map(|it| ("ServiceAccount", it)),
    );
    named
}
