//! A hundred times the instances: rules and monitors stay as many, and a change stays small.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use obsgen::alerts::find;
use obsgen::plan::Plan;
use obsgen::render;
use obsgen::render::tree::Tree;
use serde_json::Value;

use crate::stacks::compile_text;

/// Alerting rules of the policy below, whatever the number of instances: one for each alert, four
/// more for what its tiers say differently, and two for what two instances say.
const RULES: usize = 39;
/// Monitors of the policy below: one for each namespace, and that of the operator.
const MONITORS: usize = 3;
/// prometheus-operator refuses every rule of a Prometheus for a file above this size.
const LARGEST_RULE_FILE: usize = 512 * 1024;

#[test]
fn rules_and_monitors_do_not_grow_with_instances() {
    for count in [10, 1_000] {
        let objects = objects(count);
        let rules = objects
            .iter()
            .flat_map(|it| it["spec"]["groups"].as_array().into_iter().flatten())
            .flat_map(|it| it["rules"].as_array().into_iter().flatten())
            .filter(|it| it["alert"].as_str().is_some_and(|it| find(it).is_some()));
        assert_eq!(rules.count(), RULES, "alerting rules of {count} instances");
        let monitors = objects
            .iter()
            .filter(|it| it["kind"] == "ServiceMonitor" || it["kind"] == "PodMonitor");
        assert_eq!(monitors.count(), MONITORS, "monitors of {count} instances");
    }
}

#[test]
fn one_more_instance_changes_little() {
    let (before, after) = (files(&tree(1_000)), files(&tree(1_001)));
    let paths = |tree: &BTreeMap<String, Vec<u8>>| tree.keys().cloned().collect::<BTreeSet<_>>();
    let (old, new) = (paths(&before), paths(&after));
    assert_eq!(old.difference(&new).count(), 0);
    let added: Vec<&String> = new.difference(&old).collect();
    assert_eq!(added, ["redis/west/redis-1000.yaml"]);
    let changed: Vec<&String> = before
        .iter()
        .filter(|(path, bytes)| after[*path] != **bytes)
        .map(|(path, _)| path)
        .collect();
    assert_eq!(
        changed,
        [
            "prometheus/monitors/redis-west.yaml",
            "prometheus/rules/policy-west.a.yaml",
            "redis/west/kustomization.yaml",
        ]
    );
}

#[test]
fn a_namespace_of_a_thousand_instances_has_rules_that_can_be_loaded() {
    let policy = policy(1_000).replace("namespace: east", "namespace: west");
    for object in render::objects(&plan_of(&policy)) {
        if object["kind"] == "PrometheusRule" {
            let size = serde_yaml::to_string(&object["spec"]).unwrap().len();
            let name = &object["metadata"]["name"];
            assert!(size <= LARGEST_RULE_FILE, "{name} has {size} bytes");
        }
    }
}

#[test]
fn two_runs_write_the_same() {
    assert!(tree(1_000) == tree(1_000));
}

fn tree(count: usize) -> Tree {
    render::render(&plan(count))
}

fn objects(count: usize) -> Vec<Value> {
    render::objects(&plan(count))
}

fn plan(count: usize) -> Plan {
    plan_of(&policy(count))
}

fn plan_of(policy: &str) -> Plan {
    let compilation = compile_text(policy);
    let findings = compilation.findings.iter().map(|it| it.headline.as_str());
    let findings: BTreeSet<&str> = findings.collect();
    assert!(findings.is_empty(), "{findings:#?}");
    let (_, plan) = compilation.output.expect("nothing was found");
    plan
}

fn files(tree: &Tree) -> BTreeMap<String, Vec<u8>> {
    tree.iter()
        .map(|(path, file)| (path.to_owned(), file.bytes.clone()))
        .collect()
}

/// Instances of every topology, in two namespaces and two tiers; two of them have parameters of
/// their own.
fn policy(count: usize) -> String {
    let mut instances = String::new();
    for index in 0..count {
        let namespace = ["west", "east"][index / 5 % 2];
        let tier = ["critical", "standard"][index / 4 % 2];
        let topology = [
            "standalone",
            "replication, redisPods: 2",
            "sentinel, redisPods: 3, sentinels: 3, quorum: 2",
            "cluster, masters: 3, replicasPerMaster: 1",
        ][index % 4];
        let alerts = match index {
            0 => ", alerts: {RedisMemoryHigh: {threshold: 85%}}",
            1 => ", alerts: {RedisReplicaLagHigh: {threshold: 20s}}",
            _ => "",
        };
        writeln!(
            instances,
            "      - {{name: redis-{index:03}, namespace: {namespace}, tier: {tier}, \
             topology: {{kind: {topology}}}, \
             auth: {{secretRef: {{name: redis, key: password}}}}{alerts}}}"
        )
        .unwrap();
    }
    format!(
        "apiVersion: obsgen/v1alpha1
kind: Observability
metadata: {{name: large}}
spec:
  cluster: dev-1
  teams: [{{name: web}}]
  platform:
    kubernetes: \"1.33\"
    redisOperator: {{kind: opstree, version: \"0.26\", namespace: ot-operators}}
    prometheus: {{operatorVersion: \"0.93\", namespace: monitoring}}
    alertmanager: {{version: \"0.33\", name: main, namespace: monitoring, delivery: alertmanager-config}}
  redis:
    defaults:
      team: web
      image: quay.io/opstree/redis:v7.4.11
      resources: {{requests: {{memory: 256Mi}}, limits: {{memory: 256Mi}}}}
      storage: {{size: 1Gi}}
      config: {{maxmemory: 192mb, maxmemory-policy: noeviction}}
    instances:
{instances}  alerts:
    tiers:
      critical:
        RedisDown: {{for: 1m}}
        RedisMemoryHigh: {{threshold: 80%}}
        RedisConnectionsHigh: {{threshold: 70%}}
      standard:
        RedisAbsent: {{severity: warning}}
  receivers:
    - name: web-slack
      slack: {{channel: \"#web\", url: {{secretRef: {{name: alert-slack, key: url}}}}}}
      email: {{to: [web@example.com], from: alerts@example.com, smarthost: \"smtp.example.com:587\"}}
    - name: deadmans-switch
      webhook: {{url: {{secretRef: {{name: heartbeat, key: url}}}}}}
  routing:
    default: web-slack
    heartbeat: {{receiver: deadmans-switch, period: 5m}}
  runbooks: {{baseUrl: https://git.example.com/web/runbooks}}
"
    )
}
