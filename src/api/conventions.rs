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
    /// With the value `disabled`, Flux leaves `${…}` as it is instead of replacing it.
    pub const FLUX_SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";
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
