//! A Prometheus and an Alertmanager that the stack brings along: what they select, may see and mount.

use std::collections::BTreeSet;

use obsgen::Compilation;
use obsgen::render::objects;
use serde_json::Value;

use crate::stacks::{compile_over, compile_over_changed, compile_stack, stacks};

const MANAGED: &str = "
  platform: {prometheus: {managed: true}}
  metrics: {retention: 40d, storage: {size: 100Gi, className: fast}}
";

const AS_SECRET: &str = "
  platform:
    prometheus: {managed: true}
    alertmanager: {secrets: []}
";

const ON_NAMESPACE: &str = "
  platform:
    prometheus: {managed: true}
    alertmanager: {matcherStrategy: OnNamespace}
";

/// The output of a policy without findings.
fn objects_of(compilation: Compilation) -> Vec<Value> {
    let headlines: Vec<&str> = compilation
        .findings
        .iter()
        .map(|it| it.headline.as_str())
        .collect();
    assert_eq!(headlines, Vec::<&str>::new());
    objects(&compilation.output.unwrap().1)
}

fn prod() -> Vec<Value> {
    objects_of(compile_over("prod", MANAGED))
}

/// Every shape of a managed stack: both deliveries, both operators.
fn all() -> Vec<(&'static str, Vec<Value>)> {
    let without_account = |text: String| text.replace(", serviceAccount: prometheus-k8s", "");
    let seed = compile_over_changed(
        "seed",
        without_account,
        "  platform: {prometheus: {managed: true}}\n",
    );
    vec![
        ("prod", prod()),
        ("prod", objects_of(compile_over("prod", ON_NAMESPACE))),
        ("staging", objects_of(compile_over("staging", AS_SECRET))),
        ("seed", objects_of(seed)),
    ]
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|it| it["kind"] == kind).collect()
}

fn only<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found = of_kind(objects, kind);
    assert_eq!(found.len(), 1, "{kind}");
    found[0]
}

/// Whether a label selector takes labels, as Kubernetes evaluates it; without one, nothing is taken.
fn selects(selector: &Value, labels: &Value) -> bool {
    let Some(selector) = selector.as_object() else {
        return false;
    };
    selector.iter().all(|(kind, wanted)| match kind.as_str() {
        "matchLabels" => {
            let mut wanted = wanted.as_object().unwrap().iter();
            wanted.all(|(key, value)| labels[key] == *value)
        }
        "matchExpressions" => wanted.as_array().unwrap().iter().all(|it| {
            assert_eq!(it["operator"], "In");
            let values = it["values"].as_array().unwrap();
            values.contains(&labels[it["key"].as_str().unwrap()])
        }),
        other => panic!("{other}"),
    })
}

/// The labels that Kubernetes gives every namespace.
fn namespace_labels(namespace: &Value) -> Value {
    serde_json::json!({"kubernetes.io/metadata.name": namespace})
}

/// Whether a resource takes an object by the selectors of a prefix.
fn takes(spec: &Value, prefix: &str, object: &Value) -> bool {
    let metadata = &object["metadata"];
    let mut changed = metadata.clone();
    changed["labels"]["app.kubernetes.io/part-of"] = "other".into();
    let selector = &spec[format!("{prefix}Selector")];
    assert!(
        !selects(selector, &changed["labels"]),
        "the objects of another stack are taken: {selector}"
    );
    selects(selector, &metadata["labels"])
        && selects(
            &spec[format!("{prefix}NamespaceSelector")],
            &namespace_labels(&metadata["namespace"]),
        )
}

#[test]
fn all_that_is_generated_is_selected_and_nothing_of_another_stack() {
    for (_, objects) in all() {
        let prometheus = &only(&objects, "Prometheus")["spec"];
        let alertmanager = &only(&objects, "Alertmanager")["spec"];
        let kinds = [
            (prometheus, "serviceMonitor", "ServiceMonitor"),
            (prometheus, "podMonitor", "PodMonitor"),
            (prometheus, "rule", "PrometheusRule"),
            (alertmanager, "alertmanagerConfig", "AlertmanagerConfig"),
        ];
        for (spec, prefix, kind) in kinds {
            for object in of_kind(&objects, kind) {
                assert!(takes(spec, prefix, object), "{}", object["metadata"]);
            }
        }
    }
}

#[test]
fn prometheus_keeps_what_the_policy_says_on_what_it_says() {
    let objects = prod();
    let spec = &only(&objects, "Prometheus")["spec"];
    assert_eq!(spec["retention"], "40d");
    let claim = &spec["storage"]["volumeClaimTemplate"]["spec"];
    assert_eq!(claim["resources"]["requests"]["storage"], "100Gi");
    assert_eq!(claim["storageClassName"], "fast");
    // Of 100 GiB, a fifth is left for what is not yet in blocks.
    assert_eq!(spec["retentionSize"], "81920MiB");
}

#[test]
fn alerts_go_to_the_alertmanager_of_the_policy_and_to_no_other_of_its_namespace() {
    for (_, objects) in all() {
        let alertmanager = &only(&objects, "Alertmanager")["metadata"];
        let prometheus = &only(&objects, "Prometheus")["spec"];
        let target = &prometheus["alerting"]["alertmanagers"][0];
        assert_eq!(target["namespace"], alertmanager["namespace"]);
        assert_eq!(target["name"], "alertmanager-operated");
        let step = &target["relabelings"][0];
        assert_eq!(step["action"], "keep");
        assert_eq!(step["regex"], alertmanager["name"]);
        assert_eq!(
            step["sourceLabels"][0],
            "__meta_kubernetes_pod_label_alertmanager"
        );
    }
}

#[test]
fn every_secret_that_a_receiver_needs_is_mounted_and_no_other() {
    let objects = objects_of(compile_over("staging", AS_SECRET));
    let mounted: BTreeSet<&str> = only(&objects, "Alertmanager")["spec"]["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    let secret = only(&objects, "Secret");
    let configuration = secret["stringData"]["alertmanager.yaml"].as_str().unwrap();
    let named: BTreeSet<&str> = configuration
        .split("/etc/alertmanager/secrets/")
        .skip(1)
        .filter_map(|it| it.split('/').next())
        .collect();
    assert!(!named.is_empty());
    assert_eq!(mounted, named);
    // Where the operator reads Secrets itself, none is mounted.
    assert!(only(&prod(), "Alertmanager")["spec"]["secrets"].is_null());
}

#[test]
fn prometheus_may_see_every_namespace_that_it_looks_into_and_no_other() {
    for (stack, objects) in all() {
        let prometheus = only(&objects, "Prometheus");
        let account = only(&objects, "ServiceAccount");
        assert_eq!(
            prometheus["spec"]["serviceAccountName"],
            account["metadata"]["name"]
        );
        assert_eq!(
            prometheus["metadata"]["namespace"],
            account["metadata"]["namespace"]
        );
        let mut looked_into: BTreeSet<&str> = ["ServiceMonitor", "PodMonitor"]
            .iter()
            .flat_map(|kind| of_kind(&objects, kind))
            .flat_map(|it| {
                it["spec"]["namespaceSelector"]["matchNames"]
                    .as_array()
                    .unwrap()
            })
            .map(|it| it.as_str().unwrap())
            .collect();
        let alerting = &prometheus["spec"]["alerting"]["alertmanagers"][0];
        looked_into.insert(alerting["namespace"].as_str().unwrap());
        let namespace = |it: &'_ Value| it["metadata"]["namespace"].as_str().unwrap().to_owned();
        let bound: BTreeSet<String> = of_kind(&objects, "RoleBinding")
            .into_iter()
            .inspect(|it| {
                assert_eq!(it["subjects"][0]["name"], account["metadata"]["name"]);
                assert_eq!(
                    it["subjects"][0]["namespace"],
                    account["metadata"]["namespace"]
                );
            })
            .map(namespace)
            .collect();
        let roles: BTreeSet<String> = of_kind(&objects, "Role")
            .into_iter()
            .inspect(|it| {
                let resources: Vec<&str> = it["rules"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|it| it["resources"].as_array().unwrap())
                    .map(|it| it.as_str().unwrap())
                    .collect();
                assert_eq!(
                    resources,
                    ["services", "endpoints", "pods", "endpointslices"]
                );
            })
            .map(namespace)
            .collect();
        let looked_into: BTreeSet<String> = looked_into.into_iter().map(str::to_owned).collect();
        assert_eq!(roles, looked_into, "{stack}");
        assert_eq!(bound, looked_into, "{stack}");
    }
}

/// An operator that asks for authorization knows the account that is generated.
#[test]
fn the_account_may_read_the_metrics_of_redis_operator() {
    let (_, objects) = all().pop().unwrap();
    let binding = only(&objects, "ClusterRoleBinding");
    let account = only(&objects, "ServiceAccount");
    assert_eq!(binding["subjects"][0]["name"], account["metadata"]["name"]);
}

#[test]
fn the_servers_are_scraped_and_watched() {
    for (stack, objects) in all() {
        for server in ["prometheus", "alertmanager"] {
            let monitor = of_kind(&objects, "ServiceMonitor")
                .into_iter()
                .find(|it| it["metadata"]["name"] == format!("{stack}-{server}"))
                .unwrap();
            let services = &monitor["spec"]["selector"]["matchLabels"];
            assert_eq!(services[format!("operated-{server}")], "true");
            assert_eq!(monitor["spec"]["endpoints"][0]["port"], "web");
        }
        let rules: Vec<&str> = of_kind(&objects, "PrometheusRule")
            .into_iter()
            .flat_map(|it| it["spec"]["groups"].as_array().unwrap())
            .flat_map(|it| it["rules"].as_array().unwrap())
            .filter_map(|it| it["alert"].as_str())
            .collect();
        for alert in [
            "PrometheusBadConfig",
            "PrometheusNotConnectedToAlertmanagers",
            "PrometheusNotIngestingSamples",
            "AlertmanagerFailedReload",
            "AlertmanagerMembersInconsistent",
            "AlertmanagerConfigInconsistent",
        ] {
            assert!(rules.contains(&alert), "{stack}: {alert}");
        }
    }
}

#[test]
fn what_obsgen_makes_itself_is_not_asked_for() {
    let declared = "
  platform:
    prometheus: {managed: true, serviceAccount: prometheus-k8s}
    alertmanager: {secrets: [alert-slack]}
";
    let found: Vec<String> = compile_over("staging", declared)
        .findings
        .iter()
        .map(|it| format!("{} {}", it.name, it.headline))
        .collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    for (field, found) in ["prometheus.serviceAccount", "alertmanager.secrets"]
        .iter()
        .zip(&found)
    {
        assert!(found.starts_with("policy/without-effect"), "{found}");
        assert!(found.contains(field), "{found}");
    }
}

#[test]
fn a_name_that_the_operator_cannot_make_pods_of_is_refused() {
    let long = format!(
        "  platform:\n    prometheus: {{managed: true}}\n    alertmanager: {{name: {}}}\n",
        "a".repeat(40)
    );
    let compilation = compile_over("prod", &long);
    let names: Vec<&str> = compilation.findings.iter().map(|it| it.name).collect();
    assert_eq!(names, ["scrape/name-not-deployable"]);
}

/// Alerts about Prometheus and Alertmanager that kube-prometheus-stack brings along (the mixins of
/// both projects, and its own general rules).
const OF_THE_CLUSTER: &[&str] = &[
    "AlertmanagerClusterCrashlooping",
    "AlertmanagerClusterDown",
    "AlertmanagerClusterFailedToSendAlerts",
    "AlertmanagerConfigInconsistent",
    "AlertmanagerFailedReload",
    "AlertmanagerFailedToSendAlerts",
    "AlertmanagerMembersInconsistent",
    "InfoInhibitor",
    "PrometheusBadConfig",
    "PrometheusDuplicateTimestamps",
    "PrometheusErrorSendingAlertsToAnyAlertmanager",
    "PrometheusErrorSendingAlertsToSomeAlertmanagers",
    "PrometheusHighQueryLoad",
    "PrometheusLabelLimitHit",
    "PrometheusMissingRuleEvaluations",
    "PrometheusNotConnectedToAlertmanagers",
    "PrometheusNotIngestingSamples",
    "PrometheusNotificationQueueRunningFull",
    "PrometheusOutOfOrderTimestamps",
    "PrometheusRemoteStorageFailures",
    "PrometheusRemoteWriteBehind",
    "PrometheusRuleFailures",
    "PrometheusScrapeSampleLimitHit",
    "PrometheusTargetLimitHit",
    "PrometheusTargetSyncFailure",
    "PrometheusTSDBCompactionsFailing",
    "PrometheusTSDBReloadsFailing",
    "TargetDown",
    "Watchdog",
];
/// Those of them that mean something of the stack's own, wherever it is watched from: the Watchdog
/// goes to the receiver of this stack, which the cluster's does not.
const OF_EVERY_STACK: &[&str] = &["Watchdog"];

#[test]
fn what_the_cluster_already_tells_is_not_told_again() {
    let mut managed = 0;
    for name in stacks() {
        let objects = objects(&compile_stack(&name).output.unwrap().1);
        let is_managed = !of_kind(&objects, "Prometheus").is_empty();
        let rules = of_kind(&objects, "PrometheusRule");
        let alerts = rules
            .iter()
            .flat_map(|it| it["spec"]["groups"].as_array().unwrap())
            .flat_map(|it| it["rules"].as_array().unwrap())
            .filter_map(|it| it["alert"].as_str());
        let twice: Vec<&str> = alerts
            .filter(|it| OF_THE_CLUSTER.contains(it) && !OF_EVERY_STACK.contains(it))
            .collect();
        match is_managed {
            // There they are the only ones.
            true => managed += usize::from(twice.len() > 5),
            false => assert!(twice.is_empty(), "{name}: {twice:?}"),
        }
    }
    assert!(managed > 0);
}
