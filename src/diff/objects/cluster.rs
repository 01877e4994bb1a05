//! What Kubernetes itself keeps: Services, ConfigMaps, Secrets, claims, namespaces, rights, policies.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diff::fields::Field;
use crate::diff::objects::role::Role;
use crate::diff::objects::row::{ROW, Row};
use crate::diff::objects::workloads::{self, REPLACE};
use crate::diff::objects::{Both, effect, items};
use crate::diff::pairs::Pair;
use crate::effect::{Class, Effect};
use crate::operators::changes::When;

const RBAC: &str = "Kubernetes documentation, Using RBAC Authorization";
const NETWORK: &str = "Kubernetes documentation, Network Policies";
const SERVICE: &str = "Kubernetes documentation, Service";

pub(super) static ROWS: &[Row] = &[
    // Services.
    Row {
        kinds: &["Service"],
        fields: &["spec.clusterIP", "spec.clusterIPs"],
        class: Class::Recreate,
        what: "is refused: the address of a Service cannot be changed, from headless to not and back either",
        exposed: "its clients reach nothing between the deletion and the new one",
        instead: REPLACE,
        source: "Kubernetes, pkg/apis/core/validation/validation.go ValidateServiceUpdate",
        ..ROW
    },
    Row {
        kinds: &["Service"],
        fields: &["spec.selector"],
        class: Class::Hot,
        what: "sends its clients to other pods at once",
        exposed: "where none has these labels, they reach nothing",
        source: SERVICE,
        ..ROW
    },
    Row {
        kinds: &["Service"],
        fields: &["spec.ports"],
        class: Class::Hot,
        what: "answers at other ports at once",
        exposed: "clients of an old port, or of an old name of one, reach nothing until they are told",
        source: SERVICE,
        ..ROW
    },
    Row {
        kinds: &["Service"],
        fields: &["spec.type"],
        class: Class::Hot,
        what: "is a {after} instead of a {before}: other networks reach it, or no longer",
        source: "Kubernetes documentation, Service, Publishing Services",
        ..ROW
    },
    Row {
        kinds: &["Service"],
        fields: &["spec"],
        class: Class::Hot,
        what: "is applied to new connections",
        source: SERVICE,
        ..ROW
    },
    Row {
        kinds: &["Service"],
        when: When::Appears,
        class: Class::Hot,
        what: "can be reached",
        source: SERVICE,
        ..ROW
    },
    Row {
        kinds: &["Service"],
        when: When::Vanishes,
        class: Class::Recreate,
        what: "can no longer be reached under its name",
        source: SERVICE,
        ..ROW
    },
    // ConfigMaps and Secrets.
    Row {
        kinds: &["Secret"],
        fields: &["type"],
        class: Class::Recreate,
        what: "is refused: the type of a Secret cannot be changed",
        instead: REPLACE,
        source: "Kubernetes, pkg/apis/core/validation/validation.go ValidateSecretUpdate",
        ..ROW
    },
    Row {
        kinds: &["ConfigMap", "Secret"],
        fields: &["immutable"],
        when: When::To("true"),
        class: Class::None,
        what: "takes no change from now on, until it is deleted",
        source: "Kubernetes documentation, ConfigMaps, Immutable ConfigMaps",
        ..ROW
    },
    Row {
        kinds: &["ConfigMap", "Secret"],
        when: When::Appears,
        class: Class::Hot,
        what: "is there for who reads it",
        source: "Kubernetes documentation, ConfigMaps",
        ..ROW
    },
    Row {
        kinds: &["ConfigMap", "Secret"],
        when: When::Vanishes,
        class: Class::Silent,
        what: "is gone: a pod that still asks for it does not start any more",
        exposed: "pods that run keep what they have",
        source: "Kubernetes documentation, ConfigMaps, Using ConfigMaps",
        ..ROW
    },
    // Claims and namespaces.
    Row {
        kinds: &["PersistentVolumeClaim"],
        fields: &["spec.resources.requests.storage"],
        when: When::Grows,
        class: Class::Hot,
        what: "is expanded to {after}, where its storage class allows that",
        exposed: "some file systems grow only when the pod starts again",
        source: "Kubernetes documentation, Persistent Volumes, Expanding Persistent Volumes Claims",
        ..ROW
    },
    Row {
        kinds: &["PersistentVolumeClaim"],
        fields: &["spec.volumeAttributesClassName"],
        class: Class::Hot,
        what: "has the attributes of {after}",
        source: "Kubernetes documentation, Volume Attributes Classes",
        ..ROW
    },
    Row {
        kinds: &["PersistentVolumeClaim"],
        fields: &["spec"],
        class: Class::DataRisk,
        what: "is refused: a claim can only be made larger",
        exposed: "a claim that is deleted for it takes its data along, unless the volume is retained",
        instead: "make a new claim and copy the data",
        source: "Kubernetes, pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimUpdate",
        ..ROW
    },
    Row {
        kinds: &["PersistentVolumeClaim"],
        when: When::Vanishes,
        class: Class::DataRisk,
        what: "is deleted as soon as no pod uses it, with its data, unless the volume is retained",
        source: "Kubernetes documentation, Persistent Volumes, Reclaiming",
        ..ROW
    },
    Row {
        kinds: &["PersistentVolumeClaim"],
        when: When::Appears,
        class: Class::Hot,
        what: "gets a volume",
        source: "Kubernetes documentation, Persistent Volumes",
        ..ROW
    },
    Row {
        kinds: &["Namespace"],
        when: When::Vanishes,
        class: Class::DataRisk,
        what: "is deleted with everything in it",
        source: "Kubernetes documentation, Namespaces",
        ..ROW
    },
    Row {
        kinds: &["Namespace"],
        fields: &["metadata.labels.pod-security.kubernetes.io/enforce"],
        class: Class::Silent,
        what: "admits pods of the level {after} from now on; those that run stay",
        exposed: "a pod that does not comply does not start again after its next restart",
        source: "Kubernetes documentation, Enforce Pod Security Standards with Namespace Labels",
        ..ROW
    },
    Row {
        kinds: &["Namespace"],
        fields: &["metadata.labels"],
        class: Class::Hot,
        what: "is selected otherwise by what selects namespaces by their labels: network policies, monitors, webhooks",
        source: "Kubernetes documentation, Labels and Selectors",
        ..ROW
    },
    // Rights.
    Row {
        kinds: &["RoleBinding", "ClusterRoleBinding"],
        fields: &["roleRef"],
        class: Class::Recreate,
        what: "is refused: a binding keeps the role that it was made for",
        exposed: "the rights are gone between the deletion and the new binding",
        instead: REPLACE,
        source: "Kubernetes, pkg/apis/rbac/validation/validation.go ValidateRoleBindingUpdate",
        ..ROW
    },
    Row {
        kinds: &["RoleBinding", "ClusterRoleBinding"],
        fields: &["subjects"],
        class: Class::Hot,
        what: "gives its rights to others at once, and takes them from those who are not named any more",
        source: RBAC,
        ..ROW
    },
    Row {
        kinds: &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        roles: &[Role::Prometheus],
        when: When::Appears,
        class: Class::Hot,
        what: "may find what it scrapes there",
        source: RBAC,
        ..ROW
    },
    Row {
        kinds: &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        roles: &[Role::Prometheus],
        when: When::Vanishes,
        class: Class::MonitoringGap,
        what: "finds nothing to scrape there any more",
        exposed: "the targets that it knows vanish with its next look",
        source: "prometheus-operator, Documentation/platform/rbac.md",
        ..ROW
    },
    Row {
        kinds: &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        when: When::Appears,
        class: Class::Hot,
        what: "gives rights at once",
        source: RBAC,
        ..ROW
    },
    Row {
        kinds: &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        when: When::Vanishes,
        class: Class::Recreate,
        what: "takes its rights away at once: what relies on them is refused",
        source: RBAC,
        ..ROW
    },
    Row {
        kinds: &["ServiceAccount"],
        when: When::Appears,
        class: Class::Hot,
        what: "has an account of its own",
        source: "Kubernetes documentation, Service Accounts",
        ..ROW
    },
    Row {
        kinds: &["ServiceAccount"],
        when: When::Vanishes,
        class: Class::Silent,
        what: "has no account any more: its tokens are refused, and new pods with it do not start",
        source: "Kubernetes documentation, Managing Service Accounts",
        ..ROW
    },
    Row {
        kinds: &["ServiceAccount"],
        fields: &[
            "automountServiceAccountToken",
            "imagePullSecrets",
            "secrets",
            "metadata.annotations",
        ],
        class: Class::Silent,
        what: "has another account: its pods see that when they start again",
        exposed: "until its pods start again",
        source: "Kubernetes documentation, Configure Service Accounts for Pods",
        ..ROW
    },
    // Who reaches whom, how many at least, how many at most.
    Row {
        kinds: &["NetworkPolicy"],
        fields: &["spec.podSelector"],
        class: Class::Hot,
        what: "guards other pods at once; those of before are open, unless another policy guards them",
        source: NETWORK,
        ..ROW
    },
    Row {
        kinds: &["NetworkPolicy"],
        fields: &["spec"],
        class: Class::Hot,
        what: "is reached by others at once; who is not named any more is cut off",
        exposed: "a Prometheus that is cut off sees its targets with `up` 0",
        source: NETWORK,
        ..ROW
    },
    Row {
        kinds: &["NetworkPolicy"],
        when: When::Appears,
        class: Class::Hot,
        what: "is reached only by those whom its policy names",
        source: NETWORK,
        ..ROW
    },
    Row {
        kinds: &["NetworkPolicy"],
        when: When::Vanishes,
        class: Class::Hot,
        what: "is reached by everybody in the cluster, unless another policy guards it",
        source: NETWORK,
        ..ROW
    },
    Row {
        kinds: &["PodDisruptionBudget"],
        fields: &["spec"],
        class: Class::Hot,
        what: "lets others be evicted at once, or fewer of them",
        source: "Kubernetes documentation, Specifying a Disruption Budget for your Application",
        ..ROW
    },
    Row {
        kinds: &["PodDisruptionBudget"],
        when: When::Vanishes,
        class: Class::Hot,
        what: "lets all its pods be evicted at once when nodes are drained",
        source: "Kubernetes documentation, Specifying a Disruption Budget for your Application",
        ..ROW
    },
    Row {
        kinds: &["HorizontalPodAutoscaler"],
        fields: &["spec"],
        class: Class::Hot,
        what: "scales by the new bounds and measures from its next look on",
        source: "Kubernetes documentation, Horizontal Pod Autoscaling",
        ..ROW
    },
    Row {
        kinds: &["HorizontalPodAutoscaler"],
        when: When::Vanishes,
        class: Class::Hot,
        what: "does not scale any more: the number of pods stays as it is",
        source: "Kubernetes documentation, Horizontal Pod Autoscaling",
        ..ROW
    },
    Row {
        kinds: &["Ingress"],
        fields: &["spec"],
        class: Class::Hot,
        what: "leads from other addresses, or to other Services, as soon as its controller has read it",
        source: "Kubernetes documentation, Ingress",
        ..ROW
    },
    Row {
        kinds: &["Ingress"],
        when: When::Vanishes,
        class: Class::Recreate,
        what: "can no longer be reached from outside",
        source: "Kubernetes documentation, Ingress",
        ..ROW
    },
    Row {
        kinds: &["CustomResourceDefinition"],
        when: When::Vanishes,
        class: Class::DataRisk,
        what: "is deleted with every resource of its kind, and all that these own",
        source: "Kubernetes documentation, Extend the Kubernetes API with CustomResourceDefinitions",
        ..ROW
    },
    Row {
        kinds: &["CustomResourceDefinition"],
        fields: &[
            "spec.group",
            "spec.scope",
            "spec.names.kind",
            "spec.names.plural",
        ],
        class: Class::DataRisk,
        what: "is refused: a kind that is established keeps its group, scope and names",
        exposed: "deleting it deletes every resource of its kind",
        source: "Kubernetes, apiextensions-apiserver, pkg/apis/apiextensions/validation/validation.go \
                 ValidateCustomResourceDefinitionUpdate",
        ..ROW
    },
    Row {
        kinds: &["CustomResourceDefinition"],
        fields: &["spec"],
        class: Class::Silent,
        what: "admits resources by another schema from now on; those that are kept are not looked at again",
        exposed: "fields that the schema does not know any more are dropped when a resource is written next",
        source: "Kubernetes documentation, Extend the Kubernetes API with CustomResourceDefinitions, Field pruning",
        ..ROW
    },
];

/// What a change of a document, of rights, of an adapter's robots does.
pub(super) fn of_field(both: &Both<'_>, pair: &Pair, field: &Field) -> Option<Effect> {
    let first = field.path.first()?.as_str();
    match (pair.id.kind.as_str(), first) {
        ("ConfigMap" | "Secret", "data" | "stringData" | "binaryData") => {
            Some(of_document(both, pair, field))
        }
        ("Role" | "ClusterRole", "rules") => Some(of_rights(pair)),
        _ => None,
    }
}

/// What happens where an exporter's Service or policy goes with the exporter, and a right with what it was for.
pub(super) fn of_whole(both: &Both<'_>, pair: &Pair) -> Option<Effect> {
    let is_gone = pair.after.is_none();
    let role = Role::of(pair.object());
    let namespace = &pair.id.namespace;
    if role == Role::Prometheus
        && is_gone
        && !namespace.is_empty()
        && !both
            .after
            .objects
            .keys()
            .any(|it| it.namespace == *namespace)
    {
        return Some(effect(
            Class::Hot,
            "may no longer look there, where nothing of this side is left",
            "",
            "",
            RBAC,
        ));
    }
    let is_part = matches!(role, Role::Exporter | Role::FluentBit | Role::Adapter);
    // It goes along with the workload that it is for, which is told of by itself.
    let goes_along = is_part
        && is_gone
        && both.pairs.iter().any(|it| {
            matches!(it.id.kind.as_str(), "Deployment" | "DaemonSet")
                && it.after.is_none()
                && it.id.name == pair.id.name
        });
    goes_along.then(|| {
        effect(
            Class::None,
            "goes along with the pods that it was for",
            "",
            "",
            "Kubernetes documentation, Garbage Collection",
        )
    })
}

/// What becomes of a change of what was made to take none.
pub(super) fn refused(pair: &Pair, field: &Field) -> Option<Effect> {
    let first = field.path.first()?.as_str();
    let is_kept = matches!(first, "data" | "stringData" | "binaryData" | "immutable")
        && matches!(pair.id.kind.as_str(), "ConfigMap" | "Secret")
        && pair
            .before
            .as_ref()
            .is_some_and(|it| it["immutable"] == true);
    is_kept.then(|| {
        effect(
            Class::Recreate,
            "is refused: it is immutable",
            "its readers keep what they have",
            "give it another name, and tell who reads it",
            "Kubernetes, pkg/apis/core/validation/validation.go ValidateConfigMapUpdate and ValidateSecretUpdate",
        )
    })
}

fn of_document(both: &Both<'_>, pair: &Pair, field: &Field) -> Effect {
    let role = Role::of(pair.object());
    if role == Role::Adapter && field.path.get(1).is_some_and(|it| it.ends_with(".json")) {
        let (class, what) = match (&field.before, &field.after) {
            (Some(_), None) => (
                Class::MonitoringGap,
                "serves a robot or a mention less: nobody is told by it any more",
            ),
            (None, _) => (Class::Hot, "serves a robot or a mention more"),
            _ => (
                Class::MonitoringGap,
                "tells others: another robot, or other people are mentioned",
            ),
        };
        return effect(
            class,
            what,
            "",
            "",
            "the adapter of obsgen, templates/alertmanager/adapter.py",
        );
    }
    match workloads::restarts_with(both, pair) {
        Some(true) => effect(
            Class::Hot,
            "is read anew by the pods that restart in the same change",
            "",
            "",
            "Kubernetes documentation, ConfigMaps, Mounted ConfigMaps are updated automatically",
        ),
        Some(false) => effect(
            Class::Silent,
            "is seen by the pods that mount it after about a minute, and used when they read it again",
            "variables of the environment, and files of a subPath, only change when a pod starts again",
            "restart who reads it: `kubectl rollout restart`",
            "Kubernetes documentation, ConfigMaps, Mounted ConfigMaps are updated automatically",
        ),
        None => match role {
            Role::Elasticsearch | Role::Kibana => effect(
                Class::Hot,
                "is applied by the Job that reads it",
                "",
                "",
                "Kubernetes documentation, Jobs",
            ),
            _ => effect(
                Class::Hot,
                "is there for who reads it; nothing of this side does",
                "",
                "",
                "Kubernetes documentation, ConfigMaps",
            ),
        },
    }
}

/// A right: the group, the resource, the verb.
type Right<'a> = (&'a str, &'a str, &'a str);

fn rights(object: Option<&Value>) -> BTreeSet<Right<'_>> {
    let mut all = BTreeSet::new();
    for rule in object.into_iter().flat_map(|it| items(&it["rules"])) {
        let of = |field: &str| items(&rule[field]).filter_map(Value::as_str);
        for group in of("apiGroups") {
            for resource in of("resources") {
                all.extend(of("verbs").map(|verb| (group, resource, verb)));
            }
        }
    }
    all
}

fn of_rights(pair: &Pair) -> Effect {
    let (was, is) = (rights(pair.before.as_ref()), rights(pair.after.as_ref()));
    let lost: Vec<String> = was
        .difference(&is)
        .map(|(_, resource, verb)| format!("{verb} {resource}"))
        .collect();
    let gained: Vec<String> = is
        .difference(&was)
        .map(|(_, resource, verb)| format!("{verb} {resource}"))
        .collect();
    let class = match (lost.is_empty(), Role::of(pair.object())) {
        (true, _) => Class::Hot,
        (false, Role::Prometheus) => Class::MonitoringGap,
        (false, _) => Class::Recreate,
    };
    let mut clauses = Vec::new();
    if !lost.is_empty() {
        clauses.push(format!("may no longer {}", super::named(&lost)));
    }
    if !gained.is_empty() {
        clauses.push(format!("may also {}", super::named(&gained)));
    }
    if clauses.is_empty() {
        return effect(
            Class::None,
            "has the same rights in other words",
            "",
            "",
            RBAC,
        );
    }
    effect(
        class,
        format!("{}, at once", clauses.join(" and ")),
        "",
        "",
        RBAC,
    )
}
