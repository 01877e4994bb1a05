//! Who exports a metric.

/// Who exports a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exporter {
    /// oliver006/redis_exporter, beside or in front of Redis and Sentinel.
    Redis,
    /// The operator of OT-CONTAINER-KIT, about the resources that it reconciles.
    Opstree,
    /// redis-operator, about the instances that it asks itself.
    RedisOperator,
    /// An operator built with controller-runtime.
    ControllerRuntime,
    /// Prometheus, about itself and about each scrape.
    Prometheus,
    /// Alertmanager.
    Alertmanager,
    /// The collector of Jaeger v1.
    Jaeger,
    /// The collector of OpenTelemetry, and Jaeger v2, which is one.
    Otelcol,
    /// Fluent Bit, about itself.
    FluentBit,
    /// kube-state-metrics, about the objects of Kubernetes.
    KubeStateMetrics,
    /// The kubelet, about its volumes, and cAdvisor in it, about containers.
    Kubelet,
    /// elasticsearch_exporter of the Prometheus community.
    Elasticsearch,
}

impl Exporter {
    /// All of them. Where two export one name, the earlier is the likelier one to be meant.
    pub const ALL: &[Self] = &[
        Self::Redis,
        Self::Opstree,
        Self::RedisOperator,
        Self::ControllerRuntime,
        Self::Prometheus,
        Self::Alertmanager,
        Self::Jaeger,
        Self::Otelcol,
        Self::FluentBit,
        Self::KubeStateMetrics,
        Self::Kubelet,
        Self::Elasticsearch,
    ];

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis_exporter",
            Self::Opstree => "the opstree operator",
            Self::RedisOperator => "redis-operator",
            Self::ControllerRuntime => "controller-runtime",
            Self::Prometheus => "Prometheus",
            Self::Alertmanager => "Alertmanager",
            Self::Jaeger => "Jaeger v1",
            Self::Otelcol => "the OpenTelemetry collector",
            Self::FluentBit => "Fluent Bit",
            Self::KubeStateMetrics => "kube-state-metrics",
            Self::Kubelet => "the kubelet",
            Self::Elasticsearch => "elasticsearch_exporter",
        }
    }

    /// Returns whether the set-up of the Kubernetes cluster scrapes it, and no generated monitor
    /// does.
    pub fn is_of_cluster(self) -> bool {
        matches!(
            self,
            Self::KubeStateMetrics | Self::Kubelet | Self::Elasticsearch
        )
    }

    /// Its metrics, a line each.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Redis => include_str!("redis_exporter.tsv"),
            Self::Opstree => include_str!("opstree.tsv"),
            Self::RedisOperator => include_str!("redis_operator.tsv"),
            Self::ControllerRuntime => include_str!("controller_runtime.tsv"),
            Self::Prometheus => include_str!("prometheus.tsv"),
            Self::Alertmanager => include_str!("alertmanager.tsv"),
            Self::Jaeger => include_str!("jaeger.tsv"),
            Self::Otelcol => include_str!("otelcol.tsv"),
            Self::FluentBit => include_str!("fluent_bit.tsv"),
            Self::KubeStateMetrics => include_str!("kube_state_metrics.tsv"),
            Self::Kubelet => include_str!("kubelet.tsv"),
            Self::Elasticsearch => include_str!("elasticsearch_exporter.tsv"),
        }
    }
}
