//! The policy as it is written.
//!
//! The comments on fields are for users: they are the descriptions of the schema, which an editor
//! shows. What must hold between fields is the business of `model`.

mod alerts;
mod platform;
mod redis;
mod routing;
mod telemetry;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::receivers::ReceiverSpec;
use crate::value::name::Name;
use crate::value::reference::{CheckName, FieldName, RelativePath};
use crate::value::text::{LabelValue, Line};
use crate::value::url::HttpUrl;

pub use self::alerts::{
    AlertParametersSpec, AlertsSpec, CustomAlertSpec, ExternalMetricSpec, MetricKind, Severity,
    ThresholdValue,
};
pub use self::platform::{
    AlertmanagerSpec, AllNamespaces, Delivery, ElasticsearchSpec, FeatureGate, FluentBitFormat,
    FluentBitSpec, GrafanaDelivery, GrafanaSpec, ImagesSpec, KibanaSpec, MatcherStrategy,
    Namespaces, OperatorKind, PlatformSpec, PrometheusSelectsSpec, PrometheusSpec,
    RedisOperatorSpec, TracingBackend, TracingBackendSpec,
};
pub use self::redis::{
    AmountsSpec, ConfigValue, InstanceDefaultsSpec, InstanceMetricsSpec, InstanceSpec, RedisSpec,
    ResourcesSpec, StorageSpec, TopologySpec,
};
pub use self::routing::{
    HeartbeatSpec, InhibitSpec, MuteTimeSpec, RouteSpec, RoutingSpec, TimeRangeSpec, Weekday,
};
pub use self::telemetry::{
    DashboardsSpec, LoggingMode, LoggingSpec, MetricsRetentionSpec, TracingSpec,
};

/// A policy: which Redis instances a team runs on Kubernetes, and how they want them watched.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PolicySpec {
    /// The version of the language.
    pub api_version: ApiVersion,
    /// `Observability` for a stack; `ObservabilityBase` for what stacks extend.
    pub kind: PolicyKind,
    /// The name of the stack, and labels for what is generated.
    pub metadata: MetadataSpec,
    /// What runs and how it is watched.
    pub spec: StackSpec,
}

/// The version of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ApiVersion {
    /// The only version there is.
    #[serde(rename = "obsgen/v1alpha1")]
    V1Alpha1,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum PolicyKind {
    /// A stack: what is built.
    Observability,
    /// What stacks have in common; not built itself.
    ObservabilityBase,
}

/// The name of the stack.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetadataSpec {
    /// Names the stack: it prefixes shared objects and is the label `stack` of every series and alert.
    #[schemars(example = &"prod")]
    pub name: Name,
    /// Labels on generated objects; not on Redis resources, whose operators put them into selectors.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "label-key"}))]
    pub labels: BTreeMap<String, LabelValue>,
}

/// What runs and how it is watched.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StackSpec {
    /// Policies that this one is laid over, in order; paths relative to this file.
    #[serde(default)]
    pub extends: Vec<RelativePath>,
    /// The Kubernetes cluster: the label `cluster` of every alert.
    #[schemars(example = &"prod-eu-1")]
    pub cluster: LabelValue,
    /// The teams that own instances.
    pub teams: Vec<TeamSpec>,
    /// What the cluster already runs; it decides the shape of the output.
    pub platform: PlatformSpec,
    /// The Redis instances.
    pub redis: RedisSpec,
    /// Thresholds by tier, and alerts of your own.
    #[serde(default)]
    pub alerts: AlertsSpec,
    /// Where notifications can go.
    pub receivers: Vec<ReceiverSpec>,
    /// Which alert goes to which receiver.
    pub routing: RoutingSpec,
    /// Where runbooks are published.
    pub runbooks: RunbooksSpec,
    /// Logs in Elasticsearch.
    #[serde(default)]
    pub logging: Option<LoggingSpec>,
    /// Traces.
    #[serde(default)]
    pub tracing: Option<TracingSpec>,
    /// How long metrics are kept, where obsgen manages Prometheus.
    #[serde(default)]
    pub metrics: Option<MetricsRetentionSpec>,
    /// Grafana and Kibana dashboards.
    #[serde(default)]
    pub dashboards: Option<DashboardsSpec>,
    /// Findings that are accepted, each with the reason.
    #[serde(default)]
    pub allow: Vec<AllowSpec>,
}

/// A team that owns instances.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamSpec {
    /// The team: the label `team` of its instances' series and alerts.
    #[schemars(example = &"checkout")]
    pub name: Name,
}

/// Where runbooks are published.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RunbooksSpec {
    /// The address of the generated folder `runbooks`.
    #[schemars(example = &"https://git.example.com/sre/observability/tree/main/build/prod/runbooks")]
    pub base_url: HttpUrl,
}

/// A finding that is accepted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowSpec {
    /// The name of the finding, such as `redis/no-persistence`.
    pub check: CheckName,
    /// Where it is accepted, such as `redis.instances.session-cache`; it holds for everything below.
    pub at: FieldName,
    /// Why.
    #[schemars(example = &"the cache may be lost")]
    pub reason: Line,
}
