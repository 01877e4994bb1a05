//! The operator with the API group `redis.github.com`, read at `044aca0`.
//!
//! It runs no exporter, and its own metrics about Redis are unusable (counters that add up
//! cumulative values, gauges that nothing sets). Pods carry named ports, `redis` and `sentinel`, and
//! the name of the instance in one label: `app.kubernetes.io/instance` for a RedisInstance,
//! `instance` for the other kinds.

mod changes;
mod made;
mod raise;

use std::collections::BTreeMap;

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use crate::api::conventions::{component, label, object_label};
use crate::api::monitoring::{
    LabelRequirement, LabelSelector, NamespaceSelector, PodMonitorSpec, Relabeling,
    ServiceMonitorSpec, TlsConfig, pod_monitor, service_monitor,
};
use crate::api::object::{Map, Metadata, Object, Resource};
use crate::api::opstree::SecretKey;
use crate::api::redis_operator::{
    API_VERSION, ClusterConfig, ClusterSpec, InstanceSpec, MasterReplicaSpec, Role, Security,
    SentinelConfig, SentinelRedis, SentinelSpec, Storage,
};
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Instance, Stack};
use crate::operators::changes::{Applied, Change};
use crate::operators::made::Made;
use crate::operators::raise::{Found, Manifests};
use crate::operators::seen::{self, ConfigMaps, Seen};
use crate::operators::{
    Commands, LogFormat, LogSource, Operator, OperatorLog, check_name, does_otherwise, exporter,
    ignores, monitor, resources, small,
};
use crate::topologies::{Kind, Topology};

pub(super) struct RedisOperator;

/// What the operator writes to the redis.conf of a RedisInstance for which the resource says nothing else
/// (internal/utils/utlis.go GenerateRedisConfig): without a directive it is these again, not what Redis takes.
const OWN_DIRECTIVES: &[(&str, &str)] = &[
    ("appendfsync", "everysec"),
    ("appendonly", "yes"),
    ("bind", "0.0.0.0"),
    ("databases", "16"),
    ("dbfilename", "dump.rdb"),
    ("dir", "/data"),
    ("maxmemory-policy", "allkeys-lru"),
    ("port", "6379"),
    ("rdbchecksum", "yes"),
    ("rdbcompression", "yes"),
    ("save", "900 1 300 10 60 10000"),
    ("stop-writes-on-bgsave-error", "yes"),
    ("tcp-backlog", "511"),
    ("tcp-keepalive", "300"),
    ("timeout", "0"),
];

impl Operator for RedisOperator {
    fn resources(&self, _: &Stack, instance: &Instance) -> Vec<Object> {
        let image = instance.image.to_string();
        let security = instance.auth.as_ref().map(|it| Security {
            auth_enabled: true,
            password_secret: SecretKey {
                name: it.name.to_string(),
                key: it.key.to_string(),
            },
        });
        let role = |replicas: Option<u32>| Role {
            replicas,
            resources: resources(&instance.resources),
            storage: storage(instance),
        };
        vec![match &instance.topology {
            Topology::Standalone => resource(
                "RedisInstance",
                instance,
                InstanceSpec {
                    image,
                    replicas: 1,
                    resources: resources(&instance.resources),
                    storage: storage(instance),
                    config: directives(instance),
                },
            ),
            Topology::Replication { redis_pods } => resource(
                "RedisMasterReplica",
                instance,
                MasterReplicaSpec {
                    image,
                    master: role(None),
                    replica: role(Some(redis_pods - 1)),
                    resources: resources(&instance.resources),
                    storage: storage(instance),
                    security,
                },
            ),
            Topology::Sentinel {
                redis_pods,
                sentinels,
                quorum,
                ..
            } => resource(
                "RedisSentinel",
                instance,
                SentinelSpec {
                    image,
                    replicas: *sentinels,
                    resources: small("50m", "64Mi", "128Mi"),
                    storage: storage(instance),
                    config: SentinelConfig { quorum: *quorum },
                    security,
                    redis: SentinelRedis {
                        master: role(None),
                        replica: role(Some(redis_pods - 1)),
                    },
                },
            ),
            Topology::Cluster {
                masters,
                replicas_per_master,
            } => resource(
                "RedisCluster",
                instance,
                ClusterSpec {
                    image,
                    masters: *masters,
                    replicas_per_master: *replicas_per_master,
                    resources: resources(&instance.resources),
                    storage: storage(instance),
                    config: ClusterConfig {
                        cluster_config_epoch: 15_000,
                        cluster_node_timeout: 15_000,
                        cluster_require_full_coverage: "yes",
                        cluster_migration_barrier: 1,
                    },
                    security,
                },
            ),
        }]
    }

    fn raise(&self, manifests: &Manifests<'_>) -> Found {
        raise::raise(manifests)
    }

    fn exporters(&self, stack: &Stack, namespace: &str) -> Vec<Object> {
        exporter::objects(stack, namespace)
    }

    fn monitors(&self, stack: &Stack, namespace: &str) -> Vec<Object> {
        let mut monitors = Vec::new();
        for (interval, instances) in monitor::by_interval(stack, namespace) {
            for kind in [
                Kind::Standalone,
                Kind::Replication,
                Kind::Sentinel,
                Kind::Cluster,
            ] {
                let instances: Vec<&Instance> = instances
                    .iter()
                    .filter(|it| it.topology.kind() == kind)
                    .copied()
                    .collect();
                if instances.is_empty() {
                    continue;
                }
                let (pod_label, meta_label) = name_labels(kind);
                let endpoint = |port: &str, component: &str| {
                    let mut steps = vec![
                        Relabeling::copy(meta_label, label::INSTANCE_NAME),
                        Relabeling::set(label::COMPONENT, component),
                    ];
                    steps.extend(monitor::policy_labels(stack, &instances));
                    steps.extend(exporter::relabelings(stack, namespace, &instances));
                    let mut endpoint = monitor::endpoint(port, interval, steps);
                    endpoint.path = Some("/scrape".to_owned());
                    endpoint
                };
                let mut endpoints = vec![endpoint("redis", component::REDIS)];
                if kind == Kind::Sentinel {
                    endpoints.push(endpoint("sentinel", component::SENTINEL));
                }
                let mut selector = pods_of(kind);
                let names = instances.iter().map(|it| it.name.clone());
                selector
                    .match_expressions
                    .push(LabelRequirement::one_of(pod_label, names));
                let spec = PodMonitorSpec {
                    namespace_selector: NamespaceSelector {
                        match_names: vec![namespace.to_owned()],
                    },
                    pod_metrics_endpoints: endpoints,
                    selector,
                };
                let name = format!(
                    "{}-redis-{}-{namespace}-{interval}",
                    stack.name,
                    kind.name()
                );
                monitors.push(Object::new(pod_monitor(
                    monitor::metadata(stack, &name),
                    spec,
                )));
            }
        }
        monitors
    }

    fn operator_monitors(&self, stack: &Stack) -> Vec<Object> {
        let mut endpoint = monitor::endpoint(
            "https",
            stack.platform.prometheus.evaluation_interval,
            vec![
                Relabeling::set(label::STACK, &stack.name),
                Relabeling::set(label::COMPONENT, component::OPERATOR),
            ],
        );
        endpoint.scheme = Some("https");
        // The operator's series name the resource that they are about in `namespace`.
        endpoint.honor_labels = true;
        // kubebuilder asks for a token that may read /metrics, and signs its certificate itself.
        endpoint.bearer_token_file = Some("/var/run/secrets/kubernetes.io/serviceaccount/token");
        endpoint.tls_config = Some(TlsConfig {
            insecure_skip_verify: true,
        });
        let name = stack.shared_name("redis-operator");
        let spec = ServiceMonitorSpec {
            endpoints: vec![endpoint],
            namespace_selector: NamespaceSelector {
                match_names: vec![stack.platform.operator.namespace.clone()],
            },
            selector: LabelSelector {
                match_labels: [
                    (object_label::NAME.to_owned(), "redis-operator".to_owned()),
                    ("control-plane".to_owned(), "controller-manager".to_owned()),
                ]
                .into(),
                match_expressions: Vec::new(),
            },
        };
        let mut labels = stack.labels.clone();
        labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
        labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
        let binding = ClusterRoleBinding {
            metadata: ObjectMeta {
                name: Some(stack.shared_name("prometheus-redis-operator-metrics")),
                labels: Some(labels),
                ..ObjectMeta::default()
            },
            // The role comes with the operator (config/rbac/metrics_reader_role.yaml).
            role_ref: RoleRef {
                api_group: "rbac.authorization.k8s.io".to_owned(),
                kind: "ClusterRole".to_owned(),
                name: "redis-operator-metrics-reader".to_owned(),
            },
            subjects: Some(vec![Subject {
                kind: "ServiceAccount".to_owned(),
                name: stack.platform.prometheus.service_account.clone(),
                namespace: Some(stack.platform.prometheus.namespace.clone()),
                ..Subject::default()
            }]),
        };
        vec![
            Object::new(service_monitor(monitor::metadata(stack, &name), spec)),
            Object::new(binding),
        ]
    }

    fn made<'a>(&self, instance: &'a Instance) -> Vec<Made<'a>> {
        made::of(instance)
    }

    fn itself<'a>(&self, stack: &'a Stack) -> Made<'a> {
        made::operator(stack)
    }

    fn check(&self, _: &Stack, instance: &Instance, acc: &mut Vec<Diagnostic>) {
        let kind = instance.topology.kind();
        let (longest, why) = match kind {
            Kind::Standalone | Kind::Cluster => (
                52,
                "a pod carries the name of its StatefulSet in a label of at most 63 characters",
            ),
            Kind::Replication => (
                44,
                "it adds `-replica` to the name of a StatefulSet, whose pods carry it in a label of at most 63 characters",
            ),
            Kind::Sentinel => (
                43,
                "it adds `-sentinel` to the name of a StatefulSet, whose pods carry it in a label of at most 63 characters",
            ),
        };
        check_name(instance, longest, why, acc);
        self.check_storage(instance, acc);
        let at = &instance.at;
        let name = &instance.name;
        if instance.auth.is_some() {
            ignores(
                at.key("auth"),
                format!("`{name}` will have no password"),
                "redis-operator takes `security` and configures nothing from it: every pod of the cluster can read and write",
                acc,
            );
        }
        if kind != Kind::Standalone && !instance.config.is_empty() {
            ignores(
                at.key("config"),
                format!("no directive reaches the Redis of `{name}`"),
                "redis-operator applies `config` to a RedisInstance only; elsewhere each directive becomes a file that nothing reads",
                acc,
            );
        }
        match &instance.topology {
            Topology::Standalone | Topology::Replication { .. } => {}
            Topology::Sentinel { master_name, .. } => {
                if master_name != "mymaster" {
                    ignores(
                        at.key("topology").key("masterName"),
                        format!("Sentinels will know the primary of `{name}` as `mymaster`"),
                        "redis-operator writes that name whatever the resource says, so clients that ask for another find nothing",
                        acc,
                    );
                }
                does_otherwise(
                    at.key("topology"),
                    format!(
                        "a restart of the first Redis pod of `{name}` makes it a primary again"
                    ),
                    "redis-operator starts that pod as a primary, and Sentinels with what they knew at first, whoever \
                     is the primary by now: after a failover, two servers take writes",
                    acc,
                );
            }
            Topology::Cluster {
                replicas_per_master,
                ..
            } => {
                if *replicas_per_master == 0 {
                    acc.push(
                        Diagnostic::error(
                            "redis/operator-changes",
                            Place::Value(at.key("topology").key("replicasPerMaster")),
                            "redis-operator makes 1 of 0 replicas",
                        )
                        .note("its first update drops the 0, and the default of its resource is 1: twice the pods")
                        .help("write 1 or more"),
                    );
                }
                does_otherwise(
                    at.key("topology"),
                    format!("the nodes of `{name}` are started, and never joined to a cluster"),
                    "redis-operator sends neither CLUSTER MEET nor ADDSLOTS: run `redis-cli --cluster create` by hand",
                    acc,
                );
            }
        }
    }

    fn derived_names(&self, instance: &Instance) -> Vec<String> {
        let name = &instance.name;
        let suffixes: &[&str] = match instance.topology.kind() {
            Kind::Standalone => &[""],
            Kind::Replication => &[
                "-master",
                "-replica",
                "-master-service",
                "-replica-service",
                "-master-config",
                "-replica-config",
            ],
            Kind::Sentinel => &[
                "-redis",
                "-sentinel",
                "-redis-headless",
                "-sentinel-service",
                "-sentinel-config",
            ],
            Kind::Cluster => &["", "-service", "-config"],
        };
        suffixes.iter().map(|it| format!("{name}{it}")).collect()
    }

    fn commands(&self, kind: Kind) -> Commands {
        Commands {
            resource: match kind {
                Kind::Standalone => "redisinstance",
                Kind::Replication => "redismasterreplica",
                Kind::Sentinel => "redissentinel",
                Kind::Cluster => "rediscluster.redis.github.com",
            },
            redis_pods: match kind {
                Kind::Standalone => "app.kubernetes.io/instance=INSTANCE",
                Kind::Replication | Kind::Sentinel => "app=redis,instance=INSTANCE",
                Kind::Cluster => "app=redis-cluster,instance=INSTANCE",
            },
            redis_container: "redis",
            sentinel_pods: "app=redis-sentinel,instance=INSTANCE",
            sentinel_container: "sentinel",
            operator_deployment: "redis-operator-controller-manager",
        }
    }

    fn log_sources(&self, instance: &Instance) -> Vec<LogSource> {
        let redis = |suffix: &'static str, pods: u32| LogSource {
            component: component::REDIS,
            suffix,
            container: "redis".to_owned(),
            pods,
        };
        match &instance.topology {
            Topology::Standalone | Topology::Cluster { .. } => {
                vec![redis("", instance.topology.redis_pods())]
            }
            Topology::Replication { redis_pods } => {
                vec![redis("-master", 1), redis("-replica", redis_pods - 1)]
            }
            Topology::Sentinel {
                redis_pods,
                sentinels,
                ..
            } => vec![
                redis("-redis", *redis_pods),
                LogSource {
                    component: component::SENTINEL,
                    suffix: "-sentinel",
                    container: "sentinel".to_owned(),
                    pods: *sentinels,
                },
            ],
        }
    }

    /// The manifests'; zap as in development (cmd/main.go).
    fn operator_log(&self) -> OperatorLog {
        OperatorLog {
            deployment: "redis-operator-controller-manager",
            container: "manager",
            format: LogFormat::Console,
        }
    }

    fn group(&self) -> &'static str {
        "redis.github.com"
    }

    fn changes(&self) -> &'static [Change] {
        changes::CHANGES
    }

    fn seen<'a>(&self, resources: &[&'a Value], _: &ConfigMaps<'a>) -> Seen {
        let redis = resources.first().copied().unwrap_or(&Value::Null);
        let spec = &redis["spec"];
        let number = |it: &Value, default| it.as_u64().unwrap_or(default);
        // The defaults are those of its resources.
        let (topology, pods) = match redis["kind"].as_str() {
            Some("RedisMasterReplica") => (
                Kind::Replication,
                1 + number(&spec["replica"]["replicas"], 2),
            ),
            Some("RedisSentinel") => (
                Kind::Sentinel,
                1 + number(&spec["redis"]["replica"]["replicas"], 2),
            ),
            Some("RedisCluster") => (
                Kind::Cluster,
                number(&spec["masters"], 3) * (1 + number(&spec["replicasPerMaster"], 1)),
            ),
            _ => (Kind::Standalone, number(&spec["replicas"], 0)),
        };
        let config = spec["config"]
            .as_object()
            .filter(|_| topology == Kind::Standalone);
        let own = OWN_DIRECTIVES
            .iter()
            .filter(|_| topology == Kind::Standalone);
        let own = own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let directives = own.chain(config.into_iter().flatten().map(|(name, value)| {
            let value = match seen::text(value) {
                value if value == "\"\"" => String::new(),
                value => value,
            };
            (name.clone(), value)
        }));
        let directives = directives.map(|(name, value)| (name, (value, Applied::AtStart)));
        Seen {
            topology,
            pods,
            image: seen::text(&spec["image"]),
            directives: directives.collect(),
            config: None,
        }
    }

    fn is_told_to_ignore(&self, _: &Value, _: &str) -> bool {
        false
    }

    fn fields_of_directives(&self, kind: &str) -> &'static [&'static str] {
        match kind {
            "RedisInstance" => &["spec.config"],
            _ => &[],
        }
    }
}

impl RedisOperator {
    fn check_storage(&self, instance: &Instance, acc: &mut Vec<Diagnostic>) {
        let at = &instance.at;
        match &instance.storage {
            None => acc.push(
                Diagnostic::error(
                    "redis/storage-missing",
                    Place::Key(at.clone()),
                    format!("`{}` has no storage, without which redis-operator finishes nothing", instance.name),
                )
                .note("its update of the resource is refused for the empty `storage.size`, again and again")
                .help("add `storage: {size: …, className: …}` here or under `redis.defaults`"),
            ),
            Some(storage) if storage.class_name.is_none() => acc.push(
                Diagnostic::error(
                    "redis/storage-class-missing",
                    Place::Key(at.key("storage")),
                    format!("the volumes of `{}` name no storage class", instance.name),
                )
                .note("redis-operator then asks for the class \"\", which nothing provisions: the pods stay pending")
                .help("add `className`: a storage class of the cluster"),
            ),
            Some(_) => {}
        }
    }
}

/// The pods that the operator makes for a kind, without the name: two resources of different kinds
/// may have one name, and both the servers of a RedisMasterReplica and those below Sentinels are
/// `app: redis`, told apart by `component`.
fn pods_of(kind: Kind) -> LabelSelector {
    let app =
        |values: &[&str]| LabelRequirement::one_of("app", values.iter().map(|it| (*it).to_owned()));
    let roles = || ["master", "replica"].map(str::to_owned);
    let match_expressions = match kind {
        Kind::Standalone => vec![app(&["redisInstance"])],
        Kind::Replication => vec![
            app(&["redis"]),
            LabelRequirement::one_of("component", roles()),
        ],
        Kind::Sentinel => {
            vec![
                app(&["redis", "redis-sentinel"]),
                LabelRequirement::none_of("component", roles()),
            ]
        }
        Kind::Cluster => vec![app(&["redis-cluster"])],
    };
    LabelSelector {
        match_labels: Map::new(),
        match_expressions,
    }
}

/// The label of a pod that holds the name of its instance, and Prometheus' word for it.
fn name_labels(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Standalone => (
            object_label::INSTANCE,
            "__meta_kubernetes_pod_label_app_kubernetes_io_instance",
        ),
        Kind::Replication | Kind::Sentinel | Kind::Cluster => {
            ("instance", "__meta_kubernetes_pod_label_instance")
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

/// The volume. A policy without one is refused, so the empty texts reach no file.
fn storage(instance: &Instance) -> Storage {
    let storage = instance.storage.as_ref();
    Storage {
        size: storage.map(|it| it.size.to_string()).unwrap_or_default(),
        storage_class_name: storage
            .and_then(|it| it.class_name.clone())
            .unwrap_or_default(),
    }
}

/// Directives as the operator writes them to redis.conf: an empty text needs its quotes.
fn directives(instance: &Instance) -> Map {
    instance
        .config
        .iter()
        .map(|(directive, value)| {
            let value = if value.is_empty() {
                "\"\"".to_owned()
            } else {
                value.clone()
            };
            (directive.clone(), value)
        })
        .collect()
}
