//! Every monitor would get samples, of every pod once and of nothing else, with the labels that the
//! policy gives.

mod operators;
mod prometheus;

use obsgen::model::stack::{Instance, Stack};
use obsgen::render;
use serde::Deserialize as _;
use serde_json::Value;

use crate::monitors::operators::{Owner, Set, World};
use crate::monitors::prometheus::{Scrape, contains, labels_of, scrape, text};
use crate::stacks::{compile_stack, compile_text, root, stacks};

const MINIMAL: &[Set] = &[("web", "cache", "standalone", 1)];

const PROD: &[Set] = &[
    ("shop", "session-cache", "replication", 3),
    ("shop", "session-cache", "sentinel", 3),
    ("shop", "cart", "replication", 3),
    ("shop", "cart", "sentinel", 5),
    ("shop", "checkout-queue", "replication", 2),
    ("shop", "rate-limiter", "standalone", 1),
    ("catalog", "catalog", "leader", 3),
    ("catalog", "catalog", "follower", 3),
    ("catalog", "search-cache", "leader", 3),
    ("catalog", "search-cache", "follower", 6),
    ("catalog", "product-facts", "replication", 3),
    ("catalog", "thumbnails", "standalone", 1),
    ("platform", "feature-flags", "replication", 2),
    ("platform", "feature-flags", "sentinel", 3),
    ("platform", "job-queue", "replication", 2),
    ("platform", "ci-cache", "standalone", 1),
];

const SEED: &[Set] = &[
    ("redis", "single", "RedisInstance", 1),
    ("redis", "pair", "RedisMasterReplica master", 1),
    ("redis", "pair", "RedisMasterReplica replica", 2),
    ("redis", "guarded", "RedisSentinel redis", 3),
    ("redis", "guarded", "RedisSentinel sentinel", 3),
    ("redis-cluster", "sharded", "RedisCluster", 6),
];

const STAGING: &[Set] = &[
    ("shop", "session-cache", "replication", 3),
    ("shop", "session-cache", "sentinel", 3),
    ("catalog", "catalog", "leader", 3),
    ("catalog", "catalog", "follower", 3),
];

/// Names that begin or end like those of prod, and the suffixes of the operator where they do not
/// collide.
const OPSTREE_FOREIGN: &[Set] = &[
    ("shop", "orders", "replication", 2),
    ("shop", "orders", "sentinel", 3),
    ("shop", "cart-2", "replication", 2),
    ("shop", "cart-2", "sentinel", 3),
    ("shop", "my-cart", "standalone", 1),
    ("shop", "catalog-leader", "standalone", 1),
    ("shop", "rate-limiter-sentinel", "standalone", 1),
    ("catalog", "session-cache", "replication", 3),
    ("catalog", "catalog-2", "leader", 3),
    ("catalog", "catalog-2", "follower", 3),
    ("catalog", "my-catalog", "leader", 3),
    ("catalog", "thumbnails-leader", "standalone", 1),
    ("other", "cart", "replication", 3),
    ("other", "catalog", "leader", 3),
    ("other", "cache", "standalone", 1),
    ("web", "cache-2", "standalone", 1),
    ("web", "my-cache", "standalone", 1),
];

/// The same for the seed. A RedisInstance may be called like a RedisMasterReplica, and the other
/// way round: they make nothing of the same name.
const SEED_FOREIGN: &[Set] = &[
    ("redis", "single-2", "RedisInstance", 1),
    ("redis", "my-single", "RedisInstance", 1),
    ("redis", "pair", "RedisInstance", 1),
    ("redis", "single", "RedisMasterReplica master", 1),
    ("redis", "pair-2", "RedisMasterReplica master", 1),
    ("redis", "my-guarded", "RedisSentinel redis", 3),
    ("redis", "my-guarded", "RedisSentinel sentinel", 3),
    ("redis", "sharded", "RedisCluster", 6),
    ("redis-cluster", "pair", "RedisMasterReplica replica", 1),
    ("redis-cluster", "sharded-2", "RedisCluster", 6),
    ("other", "single", "RedisInstance", 1),
    ("other", "sharded", "RedisCluster", 6),
];

#[test]
fn minimal() {
    check_golden("minimal", &World::opstree(MINIMAL, OPSTREE_FOREIGN));
}

#[test]
fn prod() {
    check_golden("prod", &World::opstree(PROD, OPSTREE_FOREIGN));
}

#[test]
fn seed() {
    check_golden("seed", &World::redis_operator(SEED, SEED_FOREIGN));
}

#[test]
fn staging() {
    check_golden("staging", &World::opstree(STAGING, OPSTREE_FOREIGN));
}

#[test]
fn every_stack_is_checked() {
    assert_eq!(stacks(), ["minimal", "prod", "seed", "staging"]);
}

/// `app` of the Services is the name of the StatefulSet, from which the instance is found.
#[test]
fn an_instance_may_be_called_as_the_operator_calls_its_own() {
    let text = std::fs::read_to_string(root().join("stacks/minimal/observability.yaml")).unwrap();
    let (before, rest) = text.split_once("      - name: cache\n").unwrap();
    let (instance, after) = rest.split_once("  receivers:\n").unwrap();
    let one = |name: &str, topology: &str| format!("      - name: {name}\n{topology}{instance}");
    let replicated = "        topology: {kind: replication, redisPods: 2}\n";
    let instances = [
        one("cache", ""),
        one("cache-leader", ""),
        one("cache-sentinel", replicated),
        one("my-follower", replicated),
    ];
    let compilation = compile_text(&format!(
        "{before}{}  receivers:\n{after}",
        instances.concat()
    ));
    let (stack, plan) = compilation.output.expect("the names do not collide");
    let ours: &[Set] = &[
        ("web", "cache", "standalone", 1),
        ("web", "cache-leader", "standalone", 1),
        ("web", "cache-sentinel", "replication", 2),
        ("web", "my-follower", "replication", 2),
    ];
    let foreign: &[Set] = &[
        ("web", "cache-follower", "standalone", 1),
        ("web", "my", "leader", 3),
    ];
    check(
        &stack,
        &render::objects(&plan),
        &World::opstree(ours, foreign),
    );
}

fn check_golden(name: &str, world: &World) {
    let (stack, _) = compile_stack(name).output.expect("the stack compiles");
    let objects: Vec<Value> = walkdir::WalkDir::new(root().join("golden").join(name))
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|it| it.path().extension().is_some_and(|it| it == "yaml"))
        .flat_map(|it| {
            let text = std::fs::read_to_string(it.path()).unwrap();
            serde_yaml::Deserializer::from_str(&text)
                .map(|it| Value::deserialize(it).unwrap())
                .collect::<Vec<_>>()
        })
        .collect();
    check(&stack, &objects, world);
}

fn check(stack: &Stack, objects: &[Value], world: &World) {
    let monitors: Vec<&Value> = objects
        .iter()
        .filter(|it| it["kind"] == "ServiceMonitor" || it["kind"] == "PodMonitor")
        .collect();
    for monitor in &monitors {
        check_selected(stack, monitor);
    }
    let scrapes: Vec<Scrape<'_>> = monitors.iter().flat_map(|it| scrape(it, world)).collect();
    for pod in &world.pods {
        let by: Vec<&str> = scrapes
            .iter()
            .filter(|it| std::ptr::eq(it.pod, pod))
            .map(|it| it.monitor)
            .collect();
        let wanted = usize::from(pod.owner.is_some());
        assert_eq!(
            by.len(),
            wanted,
            "{}/{} is scraped by {by:?}",
            pod.namespace,
            pod.name
        );
    }
    for instance in &stack.instances {
        let pods = |component: &str| {
            let count = scrapes.iter().filter(|it| {
                it.labels.get("instance_name") == Some(&instance.name)
                    && it.labels["component"] == component
            });
            u32::try_from(count.count()).unwrap()
        };
        assert_eq!(pods("redis"), instance.topology.redis_pods());
        assert_eq!(pods("sentinel"), instance.topology.sentinels());
    }
    for scrape in &scrapes {
        check_endpoint(scrape.endpoint);
        check_labels(stack, objects, scrape);
    }
}

/// Prometheus takes a monitor for its labels and its namespace.
fn check_selected(stack: &Stack, monitor: &Value) {
    let prometheus = &stack.platform.prometheus;
    for (label, value) in &prometheus.monitor_labels {
        assert_eq!(monitor["metadata"]["labels"][label], **value);
    }
    let namespace = text(&monitor["metadata"]["namespace"]);
    let namespaces = prometheus.namespaces.as_ref();
    assert!(namespaces.is_none_or(|it| it.iter().any(|it| it == namespace)));
}

/// Prometheus refuses a timeout above the interval.
fn check_endpoint(endpoint: &Value) {
    let seconds = |field: &str| {
        let written = text(&endpoint[field]);
        let (number, unit) = written.split_at(written.len() - 1);
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            _ => panic!("{written} is not in seconds or minutes"),
        };
        number.parse::<u64>().unwrap() * unit
    };
    assert!(seconds("scrapeTimeout") <= seconds("interval"));
}

fn check_labels(stack: &Stack, objects: &[Value], scrape: &Scrape<'_>) {
    let (labels, pod) = (&scrape.labels, scrape.pod);
    let label = |name: &str| labels.get(name).map(String::as_str);
    let is = |name: &str, wanted: &str| {
        let found = label(name);
        let (monitor, pod) = (scrape.monitor, &pod.name);
        assert_eq!(found, Some(wanted), "{name} of {pod}, scraped by {monitor}");
    };
    is("stack", &stack.name);
    is("namespace", &pod.namespace);
    is("pod", &pod.name);
    let (name, component) = match pod.owner.as_ref().unwrap() {
        Owner::Instance { name, component } => (*name, *component),
        Owner::Operator => {
            is("component", "operator");
            is("__metrics_path__", "/metrics");
            assert_eq!(label("instance_name"), None);
            return;
        }
    };
    let instance = stack
        .instances
        .iter()
        .find(|it| it.name == name && it.namespace == pod.namespace)
        .expect("the policy has the instance");
    is("instance_name", name);
    is("component", component);
    is("topology", instance.topology.kind().name());
    is("team", &instance.team);
    is("tier", &instance.tier);
    assert_eq!(scrape.endpoint["interval"], instance.interval.to_string());
    match label("__param_target") {
        None => {
            is("__metrics_path__", "/metrics");
            is("__address__", &format!("{}:9121", pod.ip));
            is("instance", &format!("{}:9121", pod.ip));
        }
        Some(target) => {
            let port = match component {
                "sentinel" => 26379,
                _ => 6379,
            };
            is("__param_target", &format!("{}:{port}", pod.ip));
            is("instance", target);
            is("__metrics_path__", "/scrape");
            check_exporter(objects, instance, &labels["__address__"]);
        }
    }
}

/// The address is that of a Service of the tree, and behind it is an exporter with the password.
fn check_exporter(objects: &[Value], instance: &Instance, address: &str) {
    let (host, port) = address.split_once(':').unwrap();
    let parts: Vec<&str> = host.split('.').collect();
    let [name, namespace, "svc"] = parts[..] else {
        panic!("{host} is not a Service");
    };
    assert_eq!(namespace, instance.namespace);
    let within = |kind: &str| {
        let kind = kind.to_owned();
        let found = objects
            .iter()
            .filter(move |it| it["kind"] == *kind && it["metadata"]["namespace"] == *namespace);
        found.collect::<Vec<_>>()
    };
    let services = within("Service");
    let service = services
        .iter()
        .find(|it| it["metadata"]["name"] == *name)
        .unwrap_or_else(|| panic!("{address} is not there"));
    let ports = service["spec"]["ports"].as_array().unwrap();
    let port = ports
        .iter()
        .find(|it| it["port"].as_u64() == port.parse().ok())
        .unwrap_or_else(|| panic!("{name} has no port {port}"));
    let selector = labels_of(&service["spec"]["selector"]);
    let deployments = within("Deployment");
    let selected: Vec<&&Value> = deployments
        .iter()
        .filter(|it| {
            let labels = labels_of(&it["spec"]["template"]["metadata"]["labels"]);
            contains(&labels, &selector)
        })
        .collect();
    assert_eq!(selected.len(), 1, "one exporter is behind {name}");
    let container = &selected[0]["spec"]["template"]["spec"]["containers"][0];
    let ports = container["ports"].as_array().unwrap();
    assert!(ports.iter().any(|it| it["name"] == port["targetPort"]));
    let env = container["env"].as_array().unwrap();
    let password = env
        .iter()
        .find(|it| it["name"] == "REDIS_PASSWORD")
        .map(|it| &it["valueFrom"]["secretKeyRef"])
        .map(|it| (text(&it["name"]), text(&it["key"])));
    let wanted = instance.auth.as_ref();
    let wanted = wanted.map(|it| (it.name.to_string(), it.key.to_string()));
    let wanted = wanted
        .as_ref()
        .map(|(name, key)| (name.as_str(), key.as_str()));
    assert_eq!(password, wanted, "the password of {}", instance.name);
}
