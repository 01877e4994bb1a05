//! OT-CONTAINER-KIT's redis-operator, read at v0.26.0 (`ef33adb`).
//!
//! Services (internal/k8sutils/services.go): with the exporter on, each StatefulSet has a Service
//! `…-metrics` with the labels `app`, `redis_setup_type`, `role` and
//! `app.kubernetes.io/component: metrics`, and the port `redis-exporter`. The other Services carry
//! the first three labels and the same port, so a monitor without the component scrapes every pod
//! twice. Labels of the resource enter the pod template and the selectors of Services: nothing that
//! changes is put there.

mod changes;
mod made;
mod raise;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::api::conventions::{component, label, object_label};
use crate::api::monitoring::{
    LabelRequirement, LabelSelector, NamespaceSelector, PodMonitorSpec, Relabeling,
    ServiceMonitorSpec, pod_monitor, service_monitor,
};
use crate::api::object::{Metadata, Object, Resource};
use crate::api::opstree::{
    API_VERSION, ClaimSpec, ClaimTemplate, ClusterRole, ClusterSpec, Exporter, KubernetesConfig,
    PasswordSource, PodSecurityContext, RedisConfig, RedisSpec, SecretKey, SentinelConfig,
    SentinelSpec, Storage, Variable,
};
use crate::catalog::redis_config::{self, Release};
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Instance, Stack, bounded};
use crate::operators::changes::Applied;
use crate::operators::changes::Change;
use crate::operators::exporter::CONNECTION_TIMEOUT;
use crate::operators::made::Made;
use crate::operators::raise::{Found, Manifests};
use crate::operators::seen::{self, ConfigMaps, Seen};
use crate::operators::{
    Commands, LogFormat, LogSource, Operator, OperatorLog, check_name, does_otherwise, monitor,
    resources, small,
};
use crate::topologies::{Kind, Topology};
use crate::value::image::Image;
use crate::value::secret::SecretRef;

pub(super) struct Opstree;

/// The key that the entrypoint includes, last, so that it wins.
const CONFIG_KEY: &str = "redis-additional.conf";
/// Annotations of delivery tools: without this they would roll the pods.
const IGNORED_ANNOTATIONS: &[&str] = &[
    "argocd.argoproj.io/hook",
    "argocd.argoproj.io/sync-options",
    "argocd.argoproj.io/sync-wave",
    "argocd.argoproj.io/tracking-id",
];
/// Sentinel's image where the policy names none and the image of Redis does not tell: what the
/// operator's own chart deploys.
const SENTINEL_IMAGE: &str = "quay.io/opstree/redis-sentinel:v7.0.15";

impl Operator for Opstree {
    fn resources(&self, stack: &Stack, instance: &Instance) -> Vec<Object> {
        let config = Config::of(instance);
        let mut objects: Vec<Object> = config
            .iter()
            .map(|it| it.config_map(stack, instance))
            .collect();
        let redis = |cluster_size: Option<u32>| RedisSpec {
            cluster_size,
            kubernetes_config: kubernetes_config(instance),
            pod_security_context: run_as(stack, &instance.image),
            redis_config: config.as_ref().map(|it| it.reference(true)),
            redis_exporter: exporter(stack),
            storage: storage(instance, false),
        };
        match &instance.topology {
            Topology::Standalone => objects.push(resource("Redis", instance, redis(None))),
            Topology::Replication { redis_pods } => {
                objects.push(resource(
                    "RedisReplication",
                    instance,
                    redis(Some(*redis_pods)),
                ));
            }
            Topology::Sentinel {
                redis_pods,
                sentinels,
                quorum,
                master_name,
            } => {
                objects.push(resource(
                    "RedisReplication",
                    instance,
                    redis(Some(*redis_pods)),
                ));
                let image = sentinel_image(stack, instance);
                let spec = SentinelSpec {
                    cluster_size: *sentinels,
                    pod_security_context: run_as(stack, &image),
                    kubernetes_config: KubernetesConfig {
                        image: image.to_string(),
                        resources: small("50m", "64Mi", "128Mi"),
                        redis_secret: None,
                        ignore_annotations: IGNORED_ANNOTATIONS.to_vec(),
                    },
                    redis_exporter: exporter(stack),
                    redis_sentinel_config: SentinelConfig {
                        master_group_name: master_name.clone(),
                        quorum: quorum.to_string(),
                        redis_replication_name: instance.name.clone(),
                        redis_replication_password: instance.auth.as_ref().map(|it| {
                            PasswordSource {
                                secret_key_ref: secret_key(it),
                            }
                        }),
                    },
                };
                objects.push(resource("RedisSentinel", instance, spec));
            }
            Topology::Cluster {
                masters,
                replicas_per_master,
            } => {
                let role = |replicas: u32| ClusterRole {
                    replicas,
                    redis_config: config.as_ref().map(|it| it.reference(false)),
                };
                let spec = ClusterSpec {
                    cluster_size: *masters,
                    cluster_version: "v7",
                    kubernetes_config: kubernetes_config(instance),
                    persistence_enabled: instance.storage.is_some(),
                    pod_security_context: run_as(stack, &instance.image),
                    redis_exporter: exporter(stack),
                    redis_leader: role(*masters),
                    redis_follower: role(masters * replicas_per_master),
                    storage: storage(instance, true),
                };
                objects.push(resource("RedisCluster", instance, spec));
            }
        }
        objects
    }

    fn raise(&self, manifests: &Manifests<'_>) -> Found {
        raise::raise(manifests)
    }

    fn exporters(&self, _: &Stack, _: &str) -> Vec<Object> {
        Vec::new()
    }

    fn monitors(&self, stack: &Stack, namespace: &str) -> Vec<Object> {
        let mut monitors = Vec::new();
        for (interval, instances) in monitor::by_interval(stack, namespace) {
            let apps = instances.iter().flat_map(|it| service_apps(it));
            let setup = "__meta_kubernetes_service_label_redis_setup_type";
            let app = "__meta_kubernetes_service_label_app";
            // `app` names the StatefulSet: only behind these suffixes is it not the instance, and a
            // standalone Redis may itself be called `a-leader`.
            let name = |setup_types: &str, pattern: &str| {
                let mut step = Relabeling::set_where(
                    label::INSTANCE_NAME,
                    "$1",
                    &[setup, app],
                    &format!("{setup_types};{pattern}"),
                );
                step.separator = Some(";");
                step
            };
            let mut relabelings = vec![
                name("(?:standalone|replication)", "(.+)"),
                name("cluster", "(.+)-(?:leader|follower)"),
                name("sentinel", "(.+)-sentinel"),
                Relabeling::set(label::COMPONENT, component::REDIS),
                Relabeling::set_where(label::COMPONENT, component::SENTINEL, &[setup], "sentinel"),
            ];
            relabelings.extend(monitor::policy_labels(stack, &instances));
            let spec = ServiceMonitorSpec {
                endpoints: vec![monitor::endpoint("redis-exporter", interval, relabelings)],
                namespace_selector: NamespaceSelector {
                    match_names: vec![namespace.to_owned()],
                },
                selector: LabelSelector {
                    match_labels: [(object_label::COMPONENT.to_owned(), "metrics".to_owned())]
                        .into(),
                    match_expressions: vec![LabelRequirement::one_of("app", apps)],
                },
            };
            let name = format!("{}-redis-{namespace}-{interval}", stack.name);
            monitors.push(Object::new(service_monitor(
                monitor::metadata(stack, &name),
                spec,
            )));
        }
        monitors
    }

    fn operator_monitors(&self, stack: &Stack) -> Vec<Object> {
        let mut endpoint = monitor::endpoint(
            "metrics",
            stack.platform.prometheus.evaluation_interval,
            vec![
                Relabeling::set(label::STACK, &stack.name),
                Relabeling::set(label::COMPONENT, component::OPERATOR),
            ],
        );
        // The operator's own series name the resource that they are about in `namespace`.
        endpoint.honor_labels = true;
        let spec = PodMonitorSpec {
            namespace_selector: NamespaceSelector {
                match_names: vec![stack.platform.operator.namespace.clone()],
            },
            pod_metrics_endpoints: vec![endpoint],
            // The chart gives the pods this label only, and makes no Service for the port.
            selector: LabelSelector {
                match_labels: [("name".to_owned(), "redis-operator".to_owned())].into(),
                match_expressions: Vec::new(),
            },
        };
        let metadata = monitor::metadata(stack, &stack.shared_name("redis-operator"));
        vec![Object::new(pod_monitor(metadata, spec))]
    }

    fn made<'a>(&self, instance: &'a Instance) -> Vec<Made<'a>> {
        made::of(self, instance)
    }

    fn itself<'a>(&self, stack: &'a Stack) -> Made<'a> {
        made::operator(stack)
    }

    fn check(&self, stack: &Stack, instance: &Instance, acc: &mut Vec<Diagnostic>) {
        let (longest, suffix) = match instance.topology.kind() {
            Kind::Standalone | Kind::Replication => (52, "the name of a StatefulSet"),
            Kind::Sentinel | Kind::Cluster => (
                43,
                "`-sentinel` or `-follower` to the name of a StatefulSet",
            ),
        };
        let why =
            format!("it adds {suffix}, whose pods carry it in a label of at most 63 characters");
        check_name(instance, longest, &why, acc);
        const RESERVED: &[&str] = &[
            "redis-exporter",
            "config",
            "external-config",
            "tls-certs",
            "acl-secret",
            "acl-pvc",
            "node-conf",
        ];
        if RESERVED.contains(&instance.name.as_str()) {
            acc.push(
                Diagnostic::error(
                    "redis/name-not-deployable",
                    Place::Key(instance.at.clone()),
                    format!("the operator names a part of its pods `{}`", instance.name),
                )
                .note("container and volume of the pod would have one name, and Kubernetes refuses it")
                .help("choose another name"),
            );
        }
        if !stack.platform.operator.generates_config && needs_entrypoint(&instance.image) {
            acc.push(
                Diagnostic::error(
                    "redis/image-without-entrypoint",
                    Place::Value(instance.at.key("image")),
                    format!("`{}` does not run under this operator", instance.image),
                )
                .note(
                    "opstree configures Redis through the entrypoint of its own images: any other starts as a \
                     bare server, without password, persistence or cluster",
                )
                .help(
                    "use `quay.io/opstree/redis:v<version>`; or switch on the operator's feature gate and write \
                     `featureGates: [GenerateConfigInInitContainer]` under `platform.redisOperator`",
                ),
            );
        }
        if matches!(
            instance.topology,
            Topology::Cluster {
                replicas_per_master: 0,
                ..
            }
        ) {
            does_otherwise(
                instance.at.key("topology").key("replicasPerMaster"),
                format!("`{}` is a cluster without replicas", instance.name),
                "every restart of a pod takes its slots away until it is back",
                acc,
            );
        }
    }

    fn derived_names(&self, instance: &Instance) -> Vec<String> {
        let name = &instance.name;
        let with = |suffixes: &[&str]| {
            suffixes
                .iter()
                .map(|it| format!("{name}{it}"))
                .collect::<Vec<_>>()
        };
        match instance.topology.kind() {
            Kind::Standalone => with(&["", "-headless", "-additional", "-metrics"]),
            Kind::Replication => with(&[
                "",
                "-headless",
                "-additional",
                "-metrics",
                "-master",
                "-replica",
            ]),
            Kind::Sentinel => with(&[
                "",
                "-headless",
                "-additional",
                "-metrics",
                "-master",
                "-replica",
                "-sentinel",
                "-sentinel-headless",
                "-sentinel-additional",
                "-sentinel-metrics",
            ]),
            Kind::Cluster => with(&[
                "-master",
                "-leader",
                "-leader-headless",
                "-leader-additional",
                "-leader-metrics",
                "-follower",
                "-follower-headless",
                "-follower-additional",
                "-follower-metrics",
            ]),
        }
    }

    fn commands(&self, kind: Kind) -> Commands {
        Commands {
            resource: match kind {
                Kind::Standalone => "redis",
                Kind::Replication | Kind::Sentinel => "redisreplication",
                Kind::Cluster => "rediscluster",
            },
            redis_pods: match kind {
                Kind::Standalone | Kind::Replication | Kind::Sentinel => "app=INSTANCE",
                Kind::Cluster => "cluster=INSTANCE",
            },
            redis_container: match kind {
                Kind::Standalone | Kind::Replication | Kind::Sentinel => "INSTANCE",
                Kind::Cluster => "INSTANCE-leader",
            },
            sentinel_pods: "app=INSTANCE-sentinel",
            sentinel_container: "INSTANCE-sentinel",
            operator_deployment: "redis-operator",
        }
    }

    /// A container is called as its StatefulSet (internal/k8sutils/statefulset.go).
    fn log_sources(&self, instance: &Instance) -> Vec<LogSource> {
        let source = |component: &'static str, suffix: &'static str, pods: u32| LogSource {
            component,
            suffix,
            container: format!("{}{suffix}", instance.name),
            pods,
        };
        let redis = |suffix, pods| source(component::REDIS, suffix, pods);
        match &instance.topology {
            Topology::Standalone | Topology::Replication { .. } => {
                vec![redis("", instance.topology.redis_pods())]
            }
            Topology::Sentinel {
                redis_pods,
                sentinels,
                ..
            } => vec![
                redis("", *redis_pods),
                source(component::SENTINEL, "-sentinel", *sentinels),
            ],
            Topology::Cluster {
                masters,
                replicas_per_master,
            } => {
                let mut sources = vec![redis("-leader", *masters)];
                if *replicas_per_master > 0 {
                    sources.push(redis("-follower", masters * replicas_per_master));
                }
                sources
            }
        }
    }

    /// The chart's; zap as in production (internal/cmd/manager/cmd.go).
    fn operator_log(&self) -> OperatorLog {
        OperatorLog {
            deployment: "redis-operator",
            container: "redis-operator",
            format: LogFormat::Json,
        }
    }

    fn group(&self) -> &'static str {
        "redis.redis.opstreelabs.in"
    }

    fn changes(&self) -> &'static [Change] {
        changes::CHANGES
    }

    fn seen<'a>(&self, resources: &[&'a Value], config_maps: &ConfigMaps<'a>) -> Seen {
        let of = |kind: &str| resources.iter().copied().find(|it| it["kind"] == kind);
        let (topology, redis) = match (of("RedisCluster"), of("RedisReplication"), of("Redis")) {
            (Some(it), _, _) => (Kind::Cluster, it),
            (None, Some(it), _) => {
                let embedded = it["spec"]["sentinel"]["size"].as_u64();
                match of("RedisSentinel").is_some() || embedded.is_some_and(|it| it > 0) {
                    true => (Kind::Sentinel, it),
                    false => (Kind::Replication, it),
                }
            }
            (None, None, Some(it)) => (Kind::Standalone, it),
            (None, None, None) => (Kind::Sentinel, &Value::Null),
        };
        let spec = &redis["spec"];
        let number = |it: &Value, default| it.as_u64().unwrap_or(default);
        let size = number(&spec["clusterSize"], 1);
        let (config, pods) = match topology {
            Kind::Cluster => {
                let role = |it: &str| number(&spec[it]["replicas"], size);
                (
                    &spec["redisLeader"]["redisConfig"],
                    role("redisLeader") + role("redisFollower"),
                )
            }
            Kind::Standalone | Kind::Replication | Kind::Sentinel => (&spec["redisConfig"], size),
        };
        let name = config["additionalRedisConfig"].as_str();
        let text = name
            .and_then(config_maps)
            .and_then(|it| it["data"][CONFIG_KEY].as_str());
        let mut directives: BTreeMap<String, (String, Applied)> =
            seen::directives(text.unwrap_or_default())
                .into_iter()
                .map(|(name, value)| (name, (value, Applied::AtStart)))
                .collect();
        let live = config["dynamicConfig"].as_array().into_iter().flatten();
        for (name, value) in live.filter_map(Value::as_str).flat_map(seen::directives) {
            directives.insert(name, (value, Applied::Live));
        }
        Seen {
            topology,
            pods,
            image: seen::text(&spec["kubernetesConfig"]["image"]),
            directives,
            config: name.map(str::to_owned),
        }
    }

    fn is_told_to_ignore(&self, resource: &Value, annotation: &str) -> bool {
        let named = &resource["spec"]["kubernetesConfig"]["ignoreAnnotations"];
        let mut named = named.as_array().into_iter().flatten();
        named.any(|it| it == annotation)
    }

    fn fields_of_directives(&self, _: &str) -> &'static [&'static str] {
        &[
            "spec.redisConfig",
            "spec.redisLeader.redisConfig",
            "spec.redisFollower.redisConfig",
        ]
    }
}

/// Directives in the two ways that the operator takes them.
///
/// What is read at start lies in a ConfigMap. The operator restarts nothing when its content
/// changes, so its name carries a hash of those directives that need a restart; the others are also
/// given to the running server, and a change of one of them restarts nothing. A RedisCluster
/// applies such changes only when it becomes ready again, so there every directive is in the hash.
struct Config {
    name: String,
    lines: Vec<String>,
    live: Vec<String>,
}

impl Config {
    fn of(instance: &Instance) -> Option<Self> {
        if instance.config.is_empty() {
            return None;
        }
        let release = Release::of(&instance.image);
        let restarts = |directive: &str| {
            instance.topology.kind() == Kind::Cluster || !redis_config::is_live(directive, release)
        };
        let mut lines = Vec::new();
        let mut hashed = String::new();
        let mut live = Vec::new();
        for (directive, value) in &instance.config {
            let shown = if value.is_empty() {
                "\"\""
            } else {
                value.as_str()
            };
            let line = format!("{directive} {shown}");
            // `save` adds to those that the entrypoint has written, unless the list is emptied first.
            if directive == "save" && !value.is_empty() {
                lines.push("save \"\"".to_owned());
            }
            if restarts(directive) {
                hashed.push_str(&line);
                hashed.push('\n');
            } else {
                live.push(format!("{directive} {value}"));
            }
            lines.push(line);
        }
        let digest = base16ct::lower::encode_string(&Sha256::digest(hashed.as_bytes()));
        let name = bounded(&format!("{}-redis-config-{}", instance.name, &digest[..8]));
        Some(Self { name, lines, live })
    }

    fn config_map(&self, stack: &Stack, instance: &Instance) -> Object {
        let text: String = self
            .lines
            .iter()
            .flat_map(|it| [it.as_str(), "\n"])
            .collect();
        Object::new(ConfigMap {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                namespace: Some(instance.namespace.clone()),
                labels: Some(
                    [
                        (object_label::PART_OF.to_owned(), stack.name.clone()),
                        (object_label::MANAGED_BY.to_owned(), "obsgen".to_owned()),
                    ]
                    .into(),
                ),
                ..ObjectMeta::default()
            },
            data: Some([(CONFIG_KEY.to_owned(), text)].into()),
            ..ConfigMap::default()
        })
    }

    fn reference(&self, with_live: bool) -> RedisConfig {
        RedisConfig {
            additional_redis_config: self.name.clone(),
            dynamic_config: if with_live {
                self.live.clone()
            } else {
                Vec::new()
            },
        }
    }
}

fn resource(kind: &'static str, instance: &Instance, spec: impl serde::Serialize) -> Object {
    let metadata = Metadata {
        name: instance.name.clone(),
        namespace: instance.namespace.clone(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    };
    Object::new(Resource {
        api_version: API_VERSION,
        kind,
        metadata,
        spec,
    })
}

fn kubernetes_config(instance: &Instance) -> KubernetesConfig {
    KubernetesConfig {
        image: instance.image.to_string(),
        resources: resources(&instance.resources),
        redis_secret: instance.auth.as_ref().map(secret_key),
        ignore_annotations: IGNORED_ANNOTATIONS.to_vec(),
    }
}

fn secret_key(secret: &SecretRef) -> SecretKey {
    SecretKey {
        name: secret.name.to_string(),
        key: secret.key.to_string(),
    }
}

fn exporter(stack: &Stack) -> Exporter {
    Exporter {
        enabled: true,
        image: stack.platform.images.redis_exporter.to_string(),
        env: vec![Variable {
            name: CONNECTION_TIMEOUT.0,
            value: CONNECTION_TIMEOUT.1,
        }],
        resources: small("10m", "32Mi", "128Mi"),
    }
}

/// The user of an image: 1000 in opstree's, 999 in the official one.
fn user_id(official: bool) -> u32 {
    if official { 999 } else { 1000 }
}

fn run_as(stack: &Stack, image: &Image) -> PodSecurityContext {
    let official = stack.platform.operator.generates_config && needs_entrypoint(image);
    let user = user_id(official);
    PodSecurityContext {
        run_as_user: user,
        fs_group: user,
    }
}

/// Returns whether an image is known not to have opstree's entrypoint.
fn needs_entrypoint(image: &Image) -> bool {
    let repository = image.repository();
    let last_two: Vec<&str> = repository.rsplit('/').take(2).collect();
    match last_two.as_slice() {
        ["redis" | "valkey"] => true,
        ["redis", owner] => matches!(*owner, "library" | "bitnami" | "redis"),
        ["valkey", _] => true,
        _ => false,
    }
}

/// Sentinel's image: the policy's, or that of the release that the image of Redis is of.
fn sentinel_image(stack: &Stack, instance: &Instance) -> Image {
    if let Some(image) = &stack.platform.images.redis_sentinel {
        return image.clone();
    }
    if stack.platform.operator.generates_config {
        return instance.image.clone();
    }
    let sibling = instance
        .image
        .repository()
        .strip_suffix("/redis")
        .zip(instance.image.tag())
        .and_then(|(owner, tag)| Image::parse(&format!("{owner}/redis-sentinel:{tag}")).ok());
    sibling.unwrap_or_else(|| Image::parse(SENTINEL_IMAGE).expect("built-in images are images"))
}

fn storage(instance: &Instance, cluster: bool) -> Option<Storage> {
    let storage = instance.storage.as_ref()?;
    let claim = |size: String| ClaimTemplate {
        spec: ClaimSpec {
            access_modes: ["ReadWriteOnce"],
            resources: crate::api::opstree::Resources {
                requests: [("storage".to_owned(), size)].into(),
                ..Default::default()
            },
            storage_class_name: storage.class_name.clone(),
        },
    };
    Some(Storage {
        keep_after_delete: true,
        node_conf_volume: cluster.then_some(true),
        node_conf_volume_claim_template: cluster.then(|| claim("1Gi".to_owned())),
        volume_claim_template: claim(storage.size.to_string()),
    })
}

/// The label `app` of the metrics Services that the operator makes of an instance.
fn service_apps(instance: &Instance) -> Vec<String> {
    let name = &instance.name;
    match &instance.topology {
        Topology::Standalone | Topology::Replication { .. } => vec![name.clone()],
        Topology::Sentinel { .. } => vec![name.clone(), format!("{name}-sentinel")],
        Topology::Cluster {
            replicas_per_master: 0,
            ..
        } => vec![format!("{name}-leader")],
        Topology::Cluster { .. } => vec![format!("{name}-leader"), format!("{name}-follower")],
    }
}
