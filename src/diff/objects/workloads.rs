//! What runs in pods that no operator makes: Deployments, DaemonSets, StatefulSets, Jobs.

use serde_json::Value;

use crate::diff::fields::Field;
use crate::diff::objects::fluent_bit;
use crate::diff::objects::role::{self, Role};
use crate::diff::objects::row::{ROW, Row};
use crate::diff::objects::{Both, effect, items};
use crate::diff::pairs::Pair;
use crate::diff::side::Side;
use crate::effect::{Class, Effect};
use crate::operators::changes::When;

/// How an object is replaced of which the API server takes no change.
pub(super) const REPLACE: &str = "delete it first, or have it replaced: `argocd.argoproj.io/sync-options: \
     Force=true,Replace=true` for Argo CD, `kustomize.toolkit.fluxcd.io/force: enabled` for Flux";

const ROLLOUT: &str = "Kubernetes documentation, Deployments, Rolling Update Deployment";
const DAEMON_SET: &str =
    "Kubernetes documentation, Perform a Rolling Update on a DaemonSet (maxUnavailable 1)";
const STATEFUL_SET: &str = "Kubernetes documentation, StatefulSets, Update strategies";
const TAIL: &str = "Fluent Bit documentation, Tail, Database file and File rotation";

pub(super) static ROWS: &[Row] = &[
    // Refused.
    Row {
        kinds: &["Deployment"],
        fields: &["spec.selector"],
        class: Class::Recreate,
        what: "is refused: the selector of a Deployment cannot be changed, and nothing else of it is applied either",
        exposed: "its pods are gone between the deletion and the new ones",
        instead: REPLACE,
        source: "Kubernetes, pkg/registry/apps/deployment/strategy.go ValidateUpdate",
        ..ROW
    },
    Row {
        kinds: &["DaemonSet"],
        fields: &["spec.selector"],
        class: Class::Recreate,
        what: "is refused: the selector of a DaemonSet cannot be changed, and nothing else of it is applied either",
        exposed: "its pods are gone between the deletion and the new ones",
        instead: REPLACE,
        source: "Kubernetes, pkg/registry/apps/daemonset/strategy.go ValidateUpdate",
        ..ROW
    },
    Row {
        kinds: &["StatefulSet"],
        fields: &[
            "spec.selector",
            "spec.serviceName",
            "spec.volumeClaimTemplates",
            "spec.podManagementPolicy",
        ],
        class: Class::Recreate,
        what: "is refused: this field of a StatefulSet cannot be changed, and nothing else of it is applied either",
        exposed: "its pods are gone between the deletion and the new ones; its claims stay as they are",
        instead: "delete it with `--cascade=orphan`, which leaves its pods, then apply it; volumes are expanded at their claims",
        source: "Kubernetes, pkg/apis/apps/validation/validation.go ValidateStatefulSetUpdate",
        ..ROW
    },
    Row {
        kinds: &["Job"],
        fields: &[
            "spec.template",
            "spec.selector",
            "spec.completions",
            "spec.completionMode",
            "spec.podFailurePolicy",
        ],
        class: Class::Recreate,
        what: "is refused: the template of a Job cannot be changed",
        exposed: "what it should apply stays as it is until then",
        instead: "give it another name, such as one with the hash of what it applies, or have it replaced: \
                  `argocd.argoproj.io/sync-options: Force=true,Replace=true`",
        source: "Kubernetes, pkg/apis/batch/validation/validation.go validateJobTemplateUpdate",
        ..ROW
    },
    // Jobs.
    Row {
        kinds: &["Job"],
        fields: &["spec"],
        class: Class::Hot,
        what: "is applied to the Job while it runs; one that is complete does not run again",
        source: "Kubernetes documentation, Jobs",
        ..ROW
    },
    Row {
        kinds: &["Job"],
        when: When::Appears,
        class: Class::Hot,
        what: "runs once",
        source: "Kubernetes documentation, Jobs",
        ..ROW
    },
    Row {
        kinds: &["Job"],
        when: When::Vanishes,
        class: Class::Hot,
        what: "its Job is deleted; what it applied stays",
        source: "Kubernetes documentation, Jobs, Clean up finished jobs",
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        fields: &["spec.suspend"],
        when: When::To("true"),
        class: Class::Hot,
        what: "does not run any more, until it is resumed",
        source: "Kubernetes documentation, CronJob, Schedule suspension",
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        fields: &["spec.schedule", "spec.timeZone"],
        class: Class::Hot,
        what: "runs at `{after}` instead of `{before}`",
        source: "Kubernetes documentation, CronJob, Schedule syntax",
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        fields: &["spec"],
        class: Class::Hot,
        what: "runs as it is written from its next run on",
        source: "Kubernetes documentation, CronJob, Modifying a CronJob",
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        when: When::Appears,
        class: Class::Hot,
        what: "runs by its schedule",
        source: "Kubernetes documentation, CronJob",
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        when: When::Vanishes,
        class: Class::Hot,
        what: "does not run any more",
        source: "Kubernetes documentation, CronJob",
        ..ROW
    },
    // The number of pods.
    Row {
        kinds: &["Deployment", "StatefulSet"],
        fields: &["spec.replicas"],
        when: When::To("0"),
        class: Class::MonitoringGap,
        what: "has no pod any more, before {before}",
        source: "Kubernetes documentation, Deployments, Scaling a Deployment",
        ..ROW
    },
    Row {
        kinds: &["Deployment", "StatefulSet"],
        fields: &["spec.replicas"],
        class: Class::Hot,
        what: "has {after} pods instead of {before}; the others do not restart",
        source: "Kubernetes documentation, Deployments, Scaling a Deployment",
        ..ROW
    },
    Row {
        kinds: &["Deployment", "DaemonSet", "StatefulSet"],
        fields: &["spec.strategy", "spec.updateStrategy"],
        class: Class::Silent,
        what: "restarts otherwise from its next change on",
        exposed: "no pod restarts for it",
        source: ROLLOUT,
        ..ROW
    },
    Row {
        kinds: &["Deployment"],
        fields: &["spec.paused"],
        when: When::To("true"),
        class: Class::Silent,
        what: "is paused: changes of its pods are written and not rolled out",
        source: "Kubernetes documentation, Deployments, Pausing and Resuming a rollout",
        ..ROW
    },
    Row {
        kinds: &["Deployment", "DaemonSet", "StatefulSet"],
        fields: &["spec"],
        class: Class::Hot,
        what: "is applied by its controller; no pod restarts for it",
        source: ROLLOUT,
        ..ROW
    },
    // What comes and goes.
    Row {
        kinds: &["Deployment"],
        roles: &[Role::Exporter],
        when: When::Appears,
        class: Class::Hot,
        what: "starts; Prometheus asks it as soon as its monitor names it",
        source: ROLLOUT,
        ..ROW
    },
    Row {
        kinds: &["DaemonSet"],
        roles: &[Role::FluentBit],
        when: When::Appears,
        class: Class::Hot,
        what: "starts on every node, and reads the logs that are still there from their beginning",
        source: TAIL,
        ..ROW
    },
    Row {
        kinds: &["Deployment", "DaemonSet", "StatefulSet"],
        when: When::Appears,
        class: Class::Hot,
        what: "starts",
        source: ROLLOUT,
        ..ROW
    },
    Row {
        kinds: &["Deployment"],
        roles: &[Role::Adapter],
        when: When::Vanishes,
        class: Class::MonitoringGap,
        what: "is gone: what Alertmanager still sends to it reaches no robot",
        exposed: "Alertmanager tries again what it cannot deliver, for as long as the alert fires",
        source: "Alertmanager, notify/webhook/webhook.go Notify",
        ..ROW
    },
    Row {
        kinds: &["StatefulSet"],
        when: When::Vanishes,
        class: Class::DataRisk,
        what: "is gone with its pods; its claims stay, unless its retention policy deletes them",
        source: "Kubernetes documentation, StatefulSets, PersistentVolumeClaim retention",
        ..ROW
    },
    Row {
        kinds: &["Deployment", "DaemonSet"],
        when: When::Vanishes,
        class: Class::Recreate,
        what: "is gone, and nothing takes the place of its pods",
        source: "Kubernetes documentation, Garbage Collection",
        ..ROW
    },
];

/// Kinds whose pods follow their template.
const OF_PODS: &[&str] = &["Deployment", "DaemonSet", "StatefulSet"];

/// What a change of a pod template does, and what the new name of a Job.
pub(super) fn of_field(both: &Both<'_>, pair: &Pair, field: &Field) -> Option<Effect> {
    let kind = pair.id.kind.as_str();
    let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
    if kind == "Job" && pair.renamed.is_some() {
        return Some(run_again(pair));
    }
    if !OF_PODS.contains(&kind) || !path.starts_with(&["spec", "template"]) {
        return None;
    }
    let spec = &pair.object()["spec"];
    if spec["paused"] == true || spec["updateStrategy"]["type"] == "OnDelete" {
        return Some(effect(
            Class::Silent,
            "has another template, and its pods stay as they are: it is paused, or waits until they are deleted",
            "until somebody resumes it or deletes its pods",
            "",
            STATEFUL_SET,
        ));
    }
    Some(match (Role::of(pair.object()), kind) {
        (Role::FluentBit, "DaemonSet") => of_fluent_bit(both.after, pair.object()),
        (_, "Deployment") if spec["strategy"]["type"] == "Recreate" => effect(
            Class::Rolling,
            "stops all its pods before the new ones start",
            "it does not answer in between",
            "",
            "Kubernetes documentation, Deployments, Recreate Deployment",
        ),
        (Role::Exporter, _) => effect(
            Class::Rolling,
            "is replaced: the new pod is ready before the old one stops",
            "a scrape that meets the change fails: `up` is 0 for at most one interval, which is too short for an alert with a `for`",
            "",
            ROLLOUT,
        ),
        (Role::Adapter, _) => effect(
            Class::Rolling,
            "is replaced: the new pod is ready before the old one stops",
            "a notification that meets the change comes later: Alertmanager sends it again",
            "",
            "Alertmanager, notify/webhook/webhook.go Notify",
        ),
        (_, "Deployment") => effect(
            Class::Rolling,
            "restarts its pods one by one: a new one is ready before an old one stops",
            "",
            "",
            ROLLOUT,
        ),
        (_, "DaemonSet") => effect(
            Class::Rolling,
            "restarts on one node after the other",
            "each node is without it for the seconds of a restart",
            "",
            DAEMON_SET,
        ),
        _ => effect(
            Class::Rolling,
            "restarts its pods one by one, the last one first",
            "each pod is away for the time of a restart",
            "",
            STATEFUL_SET,
        ),
    })
}

/// What happens where a workload that watches is gone, and others go on.
pub(super) fn of_whole(both: &Both<'_>, pair: &Pair) -> Option<Effect> {
    let (Some(before), None) = (&pair.before, &pair.after) else {
        return None;
    };
    match (Role::of(before), pair.id.kind.as_str()) {
        (Role::Exporter, "Deployment") => {
            let namespace = &pair.id.namespace;
            let of_namespace = format!("{namespace}/");
            let mut remaining = both.instances[1].iter();
            let still_needed = remaining.any(|it| it.starts_with(&of_namespace));
            Some(match still_needed {
                true => effect(
                    Class::MonitoringGap,
                    "is gone: Redis that was scraped through it has `up` 0, unless its monitor names another exporter",
                    "",
                    "",
                    "redis_exporter, README, Prometheus Configuration to Scrape Multiple Redis Hosts",
                ),
                false => effect(
                    Class::Hot,
                    "is gone; no Redis is left that was scraped through it",
                    "",
                    "",
                    "Kubernetes documentation, Garbage Collection",
                ),
            })
        }
        (Role::FluentBit, "DaemonSet") => {
            let goes_on = both
                .after
                .objects
                .values()
                .any(|it| it["kind"] == "DaemonSet" && Role::of(it) == Role::FluentBit);
            Some(match goes_on {
                true => effect(
                    Class::Hot,
                    "is gone; another Fluent Bit of this side runs on every node",
                    "what it read and did not deliver stays on the nodes",
                    "",
                    TAIL,
                ),
                false => effect(
                    Class::MonitoringGap,
                    "is gone: no log is shipped any more",
                    "what it read and did not deliver stays on the nodes; what is in Elasticsearch stays",
                    "",
                    TAIL,
                ),
            })
        }
        _ => None,
    }
}

/// What a Job does that has the hash of what it applies in its name.
fn run_again(pair: &Pair) -> Effect {
    const JOB: &str = "Kubernetes documentation, Jobs";
    match Role::of(pair.object()) {
        Role::Elasticsearch => effect(
            Class::Hot,
            "a Job tells Elasticsearch anew how the logs are kept; what is the same stays",
            "until it is complete, all stays as it was",
            "",
            JOB,
        ),
        Role::Kibana => effect(
            Class::Hot,
            "a Job imports every saved object of the stack anew, also those that did not change",
            "what people changed by hand in any of them is overwritten",
            "save such changes under another name before",
            "Kibana documentation, Import saved objects API (overwrite)",
        ),
        _ => effect(
            Class::Hot,
            "runs again under its new name; the old Job is deleted",
            "",
            "",
            JOB,
        ),
    }
}

/// What Fluent Bit loses in a restart: nothing but what its nodes do not keep.
fn of_fluent_bit(side: &Side, workload: &Value) -> Effect {
    match kept_at(side, workload) {
        Some(path) => effect(
            Class::Rolling,
            format!(
                "restarts on one node after the other, and goes on where it stopped: that is kept on the node in {path}"
            ),
            "lines come later by the seconds of a restart; lost are only those of a file that the kubelet rotates meanwhile",
            "",
            TAIL,
        ),
        None => effect(
            Class::DataRisk,
            "restarts on one node after the other, and forgets what it has read: that is not kept on the node",
            "lines are shipped twice, or not at all if it begins at the end of a file; what it had not delivered is lost",
            "keep `db` and `storage.path` on a hostPath",
            TAIL,
        ),
    }
}

/// Where on the node a Fluent Bit keeps how far it has read.
fn kept_at(side: &Side, workload: &Value) -> Option<String> {
    let pod = &workload["spec"]["template"]["spec"];
    let namespace = workload["metadata"]["namespace"]
        .as_str()
        .unwrap_or_default();
    let names: Vec<&str> = items(&pod["volumes"])
        .filter_map(|it| it["configMap"]["name"].as_str())
        .collect();
    let config_maps = side.objects.iter().filter(|(id, _)| {
        id.kind == "ConfigMap" && id.namespace == namespace && names.contains(&id.name.as_str())
    });
    let database = config_maps
        .flat_map(|(_, it)| role::documents(it))
        .flat_map(|(_, it)| fluent_bit::databases(it))
        .next()?;
    let mount = items(&pod["containers"])
        .flat_map(|it| items(&it["volumeMounts"]))
        .find(|it| {
            let path = it["mountPath"].as_str().unwrap_or_default();
            !path.is_empty() && database.starts_with(path)
        })?;
    let volume = items(&pod["volumes"]).find(|it| it["name"] == mount["name"])?;
    volume["hostPath"]["path"].as_str().map(str::to_owned)
}

/// Whether the workloads that read a ConfigMap or Secret restart in the same change; nothing where none of the
/// side reads it.
pub(super) fn restarts_with(both: &Both<'_>, pair: &Pair) -> Option<bool> {
    let mut reads = false;
    for (id, object) in &both.after.objects {
        let is_reader = id.namespace == pair.id.namespace
            && OF_PODS.contains(&id.kind.as_str())
            && refers(
                &object["spec"]["template"]["spec"],
                &pair.id.kind,
                &pair.id.name,
            );
        if !is_reader {
            continue;
        }
        reads = true;
        let changed = both.pairs.iter().find(|it| it.id == *id);
        let restarts = changed.is_some_and(|it| {
            it.before.is_none()
                || it.fields.iter().any(|field| {
                    field.path.len() > 1 && field.path[0] == "spec" && field.path[1] == "template"
                })
        });
        if !restarts {
            return Some(false);
        }
    }
    reads.then_some(true)
}

/// Whether a pod reads a ConfigMap or Secret.
fn refers(value: &Value, kind: &str, name: &str) -> bool {
    let fields: &[&str] = match kind {
        "ConfigMap" => &["configMap", "configMapRef", "configMapKeyRef"],
        _ => &["secret", "secretRef", "secretKeyRef"],
    };
    match value {
        Value::Object(map) => map.iter().any(|(field, it)| {
            let is_it = fields.contains(&field.as_str())
                && (it["name"] == name || it["secretName"] == name);
            is_it || refers(it, kind, name)
        }),
        Value::Array(list) => list.iter().any(|it| refers(it, kind, name)),
        _ => false,
    }
}
