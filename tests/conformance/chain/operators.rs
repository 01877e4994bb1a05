//! How the operators start what the objects of a stack say: as far as a process of this machine can
//! be started like a container. As OT-CONTAINER-KIT/redis-operator v0.26.0 (internal/k8sutils) and
//! redis.github.com `044aca0` (internal/controller) do it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::chain::scaled::list;
use crate::chain::world::{Owner, Pod, Set, World};

/// The value of every Secret with a password.
pub(super) const PASSWORD: &str = "a-password-of-the-lab";

/// After how many milliseconds a Sentinel takes a server for down.
const DOWN_AFTER: u32 = 1500;

/// The ports of the servers on this machine, by pod.
pub(super) type Ports = BTreeMap<String, u16>;

/// What a server starts with, but for its address and folder.
pub(super) struct Server {
    pub(super) is_sentinel: bool,
    pub(super) has_password: bool,
    pub(super) directives: String,
}

/// An exporter, by its pod or by the address that monitors know it by.
pub(super) struct Exporter {
    pub(super) name: String,
    pub(super) environment: Vec<(String, String)>,
}

/// An operator.
pub(super) struct Operator {
    pub(super) world: fn(&[Set], &[Set]) -> World,
    pub(super) server: fn(&[Value], &Pod, &Ports) -> Server,
    pub(super) exporters: fn(&[Value], &World, &Ports) -> Vec<Exporter>,
}

/// A container beside each Redis and each Sentinel exports it.
pub(super) const OPSTREE: Operator = Operator {
    world: World::opstree,
    server: |objects, pod, ports| {
        let (instance, spec) = resource(objects, pod);
        let primary = format!("{instance}-0");
        let is_sentinel = spec["redisSentinelConfig"].is_object();
        let has_password = spec["kubernetesConfig"]["redisSecret"].is_object();
        let mut directives = String::new();
        if is_sentinel {
            let config = &spec["redisSentinelConfig"];
            let (group, quorum) = (text(&config["masterGroupName"]), text(&config["quorum"]));
            let primary = ports[&primary];
            directives += &format!(
                "sentinel monitor {group} 127.0.0.1 {primary} {quorum}\n\
                 sentinel auth-pass {group} {PASSWORD}\n\
                 sentinel down-after-milliseconds {group} {DOWN_AFTER}\n"
            );
        } else {
            let wanted = &spec["redisConfig"]["additionalRedisConfig"];
            let is_it =
                |it: &&Value| it["kind"] == "ConfigMap" && it["metadata"]["name"] == *wanted;
            let config = objects.iter().find(is_it);
            let config = config.expect("the resource names a ConfigMap");
            directives += text(&config["data"]["redis-additional.conf"]);
            if pod.name != primary {
                directives += &format!("replicaof 127.0.0.1 {}\n", ports[&primary]);
            }
        }
        Server {
            is_sentinel,
            has_password,
            directives,
        }
    },
    exporters: |objects, world, ports| {
        let ours = world.pods.iter().filter(|it| is_ours(it));
        let exporter = |pod: &Pod| {
            let (_, spec) = resource(objects, pod);
            let mut environment = environment(&spec["redisExporter"]["env"]);
            let address = format!("redis://127.0.0.1:{}", ports[&pod.name]);
            environment.push(("REDIS_ADDR".to_owned(), address));
            if spec["kubernetesConfig"]["redisSecret"].is_object() {
                environment.push(("REDIS_PASSWORD".to_owned(), PASSWORD.to_owned()));
            }
            Exporter {
                name: pod.name.clone(),
                environment,
            }
        };
        ours.map(exporter).collect()
    },
};

/// The stack brings an exporter for each namespace, behind a Service.
pub(super) const REDIS_OPERATOR: Operator = Operator {
    world: World::redis_operator,
    server: |objects, pod, ports| {
        let (instance, spec) = resource(objects, pod);
        let mut directives = String::new();
        for (name, value) in spec["config"].as_object().into_iter().flatten() {
            directives += &format!("{name} {}\n", text(value));
        }
        if pod.name.starts_with(&format!("{instance}-replica-")) {
            let primary = ports[&format!("{instance}-master-0")];
            directives += &format!("replicaof 127.0.0.1 {primary}\n");
        }
        Server {
            is_sentinel: false,
            has_password: false,
            directives,
        }
    },
    exporters: |objects, _, _| {
        let is_exporter = |it: &&Value| {
            it["kind"] == "Deployment"
                && it["metadata"]["labels"]["app.kubernetes.io/name"] == "redis-exporter"
        };
        let exporter = |it: &Value| {
            let (name, namespace) = (&it["metadata"]["name"], &it["metadata"]["namespace"]);
            let container = &it["spec"]["template"]["spec"]["containers"][0];
            Exporter {
                // Its Service has its name.
                name: format!("{}.{}.svc:9121", text(name), text(namespace)),
                environment: environment(&container["env"]),
            }
        };
        objects.iter().filter(is_exporter).map(exporter).collect()
    },
};

/// Returns whether a pod is of an instance of the stack. Another's may have the same name elsewhere.
pub(super) fn is_ours(pod: &Pod) -> bool {
    matches!(pod.owner, Some(Owner::Instance { .. }))
}

/// The instance that a pod is of, and what its resource says.
fn resource<'a>(objects: &'a [Value], pod: &Pod) -> (&'static str, &'a Value) {
    let Some(Owner::Instance { name, component }) = &pod.owner else {
        panic!("{} is none of the stack's", pod.name);
    };
    let kinds: &[&str] = match *component {
        "sentinel" => &["RedisSentinel"],
        _ => &[
            "Redis",
            "RedisReplication",
            "RedisInstance",
            "RedisMasterReplica",
        ],
    };
    let is_it = |it: &&Value| {
        let metadata = &it["metadata"];
        kinds.iter().any(|kind| it["kind"] == *kind)
            && metadata["namespace"] == pod.namespace
            && metadata["name"] == **name
    };
    let object = objects.iter().find(is_it).expect("the instance is there");
    (name, &object["spec"])
}

fn environment(list_of: &Value) -> Vec<(String, String)> {
    let pair = |it: &Value| (text(&it["name"]).to_owned(), text(&it["value"]).to_owned());
    list(list_of).map(pair).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
