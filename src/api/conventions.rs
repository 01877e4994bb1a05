//! Every label, annotation and file name that two places must agree on, spelled once.

/// Labels that every series and alert of a stack carries.
pub mod label {
    /// The stack: keeps two stacks on one Prometheus or Alertmanager apart.
    pub const STACK: &str = "stack";
    /// The Kubernetes cluster; a static label of rules, since rules do not see external labels.
    pub const CLUSTER: &str = "cluster";
    /// The namespace of what is watched.
    pub const NAMESPACE: &str = "namespace";
    /// The Redis instance, as the policy names it.
    pub const INSTANCE_NAME: &str = "instance_name";
    /// standalone, replication, sentinel or cluster.
    pub const TOPOLOGY: &str = "topology";
    /// The team that owns it.
    pub const TEAM: &str = "team";
    /// The tier, by which parameters are chosen.
    pub const TIER: &str = "tier";
    /// What is watched of an instance: see [`super::component`].
    pub const COMPONENT: &str = "component";
    /// How urgent an alert is: critical, warning or info.
    pub const SEVERITY: &str = "severity";
    /// Which of the rules of an alert fired, where it has several with other parameters.
    pub const CLASS: &str = "class";

    /// All of them.
    pub const ALL: &[&str] = &[
        STACK,
        CLUSTER,
        NAMESPACE,
        INSTANCE_NAME,
        TOPOLOGY,
        TEAM,
        TIER,
        COMPONENT,
        SEVERITY,
        CLASS,
    ];
}

/// Values of the label `component`.
pub mod component {
    /// A Redis server.
    pub const REDIS: &str = "redis";
    /// A Sentinel.
    pub const SENTINEL: &str = "sentinel";
    /// The operator.
    pub const OPERATOR: &str = "operator";
    /// A Prometheus that obsgen manages.
    pub const PROMETHEUS: &str = "prometheus";
    /// An Alertmanager that obsgen manages.
    pub const ALERTMANAGER: &str = "alertmanager";
    /// What takes and keeps traces.
    pub const TRACING: &str = "tracing";
    /// What ships logs.
    pub const FLUENT_BIT: &str = "fluent-bit";
}

/// Fields of a log document: what Fluent Bit sends, Elasticsearch maps and Kibana shows.
pub mod log {
    use super::label;

    /// When the container wrote the line.
    pub const TIMESTAMP: &str = "@timestamp";
    /// The line, without what was made fields of.
    pub const MESSAGE: &str = "message";
    /// How serious it is: Redis' debug, verbose, notice, warning; an operator's debug, info, error.
    pub const LEVEL: &str = "level";
    /// What the process was when it wrote the line: master, replica, child or sentinel.
    pub const ROLE: &str = "role";
    /// The process.
    pub const PID: &str = "pid";
    /// The stack.
    pub const STACK: &str = label::STACK;
    /// The Kubernetes cluster.
    pub const CLUSTER: &str = label::CLUSTER;
    /// The namespace of the pod.
    pub const NAMESPACE: &str = label::NAMESPACE;
    /// The pod.
    pub const POD: &str = "pod";
    /// The container.
    pub const CONTAINER: &str = "container";
    /// The node.
    pub const NODE: &str = "node";
    /// The Redis instance; in a line of an operator, the resource that it is about.
    pub const INSTANCE_NAME: &str = label::INSTANCE_NAME;
    /// The topology of the instance.
    pub const TOPOLOGY: &str = label::TOPOLOGY;
    /// The team.
    pub const TEAM: &str = label::TEAM;
    /// The tier of the instance.
    pub const TIER: &str = label::TIER;
    /// Who wrote the line: redis, sentinel or operator.
    pub const COMPONENT: &str = label::COMPONENT;
    /// The part of an operator that wrote the line.
    pub const LOGGER: &str = "logger";
    /// The controller that wrote the line.
    pub const CONTROLLER: &str = "controller";
    /// What an operator failed with.
    pub const ERROR: &str = "error";

    /// What a field holds, which decides how it is searched.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Kind {
        /// A time.
        Time,
        /// Words, found one by one.
        Text,
        /// A name, found whole.
        Name,
        /// A whole number.
        Number,
    }

    /// All fields. A log has no trace: neither Redis nor an operator writes one.
    pub const FIELDS: &[(&str, Kind)] = &[
        (TIMESTAMP, Kind::Time),
        (MESSAGE, Kind::Text),
        (LEVEL, Kind::Name),
        (ROLE, Kind::Name),
        (PID, Kind::Number),
        (STACK, Kind::Name),
        (CLUSTER, Kind::Name),
        (NAMESPACE, Kind::Name),
        (POD, Kind::Name),
        (CONTAINER, Kind::Name),
        (NODE, Kind::Name),
        (INSTANCE_NAME, Kind::Name),
        (TOPOLOGY, Kind::Name),
        (TEAM, Kind::Name),
        (TIER, Kind::Name),
        (COMPONENT, Kind::Name),
        (LOGGER, Kind::Name),
        (CONTROLLER, Kind::Name),
        (ERROR, Kind::Text),
    ];

    /// Where the logs of a stack go: a data stream, or an alias of indices.
    pub fn target(stack: &str) -> String {
        format!("redis-logs-{stack}")
    }
}

/// Labels of Kubernetes objects (Kubernetes, "Recommended Labels").
pub mod object_label {
    /// Who made the object.
    pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
    /// What the object belongs to: the stack.
    pub const PART_OF: &str = "app.kubernetes.io/part-of";
    /// The name of the application.
    pub const NAME: &str = "app.kubernetes.io/name";
    /// The instance of the application.
    pub const INSTANCE: &str = "app.kubernetes.io/instance";
    /// The part of the application.
    pub const COMPONENT: &str = "app.kubernetes.io/component";
}

/// Annotations of Kubernetes objects.
pub mod annotation {
    /// With the value `disabled`, Flux leaves `${…}` and `$$` as they are instead of replacing them,
    /// anywhere in the object.
    pub const FLUX_SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";
    /// Options of Argo CD for one object, separated by commas.
    pub const ARGOCD_SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
}

/// Metrics that recording rules write from what only the policy knows, one series per instance.
///
/// Named `level:metric:operation` (Prometheus, "Recording rules"): the level is the label that
/// tells one series from another, the operation says where the value comes from.
pub mod fact {
    /// How many Redis servers the instance has.
    pub const REDIS_PODS: &str = "instance_name:redis_pods:policy";
    /// How many replicas follow its primary.
    pub const REPLICAS: &str = "instance_name:redis_replicas:policy";
    /// How many primaries its cluster has.
    pub const MASTERS: &str = "instance_name:redis_cluster_masters:policy";
    /// How many Sentinels watch it.
    pub const SENTINELS: &str = "instance_name:redis_sentinels:policy";
    /// How many of them must agree that the primary is down.
    pub const QUORUM: &str = "instance_name:redis_sentinel_quorum:policy";
    /// The memory limit of each of its Redis containers, in bytes.
    pub const MEMORY_LIMIT: &str = "instance_name:redis_memory_limit_bytes:policy";

    /// All of them.
    pub const ALL: &[&str] = &[
        REDIS_PODS,
        REPLICAS,
        MASTERS,
        SENTINELS,
        QUORUM,
        MEMORY_LIMIT,
    ];
}
