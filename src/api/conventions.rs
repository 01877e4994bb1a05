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
    /// The pod.
    pub const POD: &str = "pod";
}

/// Values of the label `component`.
pub mod component {
    /// A Redis server.
    pub const REDIS: &str = "redis";
    /// A Sentinel.
    pub const SENTINEL: &str = "sentinel";
    /// The operator.
    pub const OPERATOR: &str = "operator";
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
