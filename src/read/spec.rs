//! The policy as it is written.
//!
//! The comments on fields are for users: they are the descriptions of the schema, which an editor
//! shows. What must hold between fields is the business of `model`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::read::defaults;
use crate::receivers::ReceiverSpec;
use crate::topologies::Kind;
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::index_size::IndexSize;
use crate::value::matcher::Matcher;
use crate::value::name::{AlertName, LabelName, MetricName, Name, Subdomain};
use crate::value::percentage::Percentage;
use crate::value::quantity::Quantity;
use crate::value::reference::{CheckName, FieldName, Folder, RelativePath};
use crate::value::secret::Credential;
use crate::value::text::{LabelValue, Line, Prose, TimeOfDay};
use crate::value::time_zone::{TimeZone, UTC};
use crate::value::url::HttpUrl;
use crate::value::version::Version;

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

/// What the cluster already runs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PlatformSpec {
    /// The version of Kubernetes.
    pub kubernetes: Version,
    /// The team that owns what the stack shares: operator, exporters, the alerting pipeline. Its
    /// alerts carry this `team`; without it they carry none and go where routing sends those.
    #[serde(default)]
    #[schemars(example = &"platform")]
    pub team: Option<Name>,
    /// The operator that runs Redis.
    pub redis_operator: RedisOperatorSpec,
    /// The Prometheus that scrapes and evaluates.
    pub prometheus: PrometheusSpec,
    /// The Alertmanager that notifies.
    pub alertmanager: AlertmanagerSpec,
    /// Grafana.
    #[serde(default)]
    pub grafana: Option<GrafanaSpec>,
    /// The Elasticsearch that keeps logs and traces.
    #[serde(default)]
    pub elasticsearch: Option<ElasticsearchSpec>,
    /// Kibana.
    #[serde(default)]
    pub kibana: Option<KibanaSpec>,
    /// The Fluent Bit that ships logs.
    #[serde(default)]
    pub fluent_bit: Option<FluentBitSpec>,
    /// The tracing backend.
    #[serde(default)]
    pub tracing: Option<TracingBackendSpec>,
    /// The images that obsgen itself deploys.
    #[serde(default)]
    pub images: ImagesSpec,
}

/// The operator that runs Redis.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RedisOperatorSpec {
    /// `opstree` is OT-CONTAINER-KIT's redis-operator; `redis-operator` is the one with the API
    /// group `redis.github.com`.
    pub kind: OperatorKind,
    /// Its version.
    #[schemars(example = &"0.26")]
    pub version: Version,
    /// The namespace that it runs in.
    #[schemars(example = &"ot-operators")]
    pub namespace: Name,
    /// Feature gates that are on in the running operator (opstree).
    #[serde(default)]
    pub feature_gates: Vec<FeatureGate>,
}

/// The operators that obsgen knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum OperatorKind {
    /// OT-CONTAINER-KIT's redis-operator.
    #[serde(rename = "opstree")]
    Opstree,
    /// The operator with the API group `redis.github.com`.
    #[serde(rename = "redis-operator")]
    RedisOperator,
}

/// Feature gates of opstree that change what obsgen generates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum FeatureGate {
    /// An init container writes redis.conf, so that images without the entrypoint of opstree work.
    GenerateConfigInInitContainer,
}

/// The Prometheus that scrapes and evaluates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PrometheusSpec {
    /// The version of the Prometheus operator.
    #[schemars(example = &"0.93")]
    pub operator_version: Version,
    /// The namespace that monitors and rules are put into.
    #[schemars(example = &"monitoring")]
    pub namespace: Name,
    /// Whether obsgen also emits Prometheus and Alertmanager; `false` where they run already.
    #[serde(default)]
    pub managed: bool,
    /// How often rules are evaluated.
    #[serde(default)]
    #[schemars(extend("default" = defaults::EVALUATION_INTERVAL.to_string()))]
    pub evaluation_interval: Option<Duration>,
    /// The service account of the running Prometheus; it needs a role to read the metrics of an
    /// operator that asks for authorization. Where Prometheus is managed, obsgen makes it.
    #[serde(default)]
    #[schemars(example = &"prometheus-k8s")]
    pub service_account: Option<Name>,
    /// The labels by which the running Prometheus selects.
    #[serde(default)]
    pub selects: PrometheusSelectsSpec,
}

/// The labels by which the running Prometheus selects; what is generated carries them.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrometheusSelectsSpec {
    /// Labels that a ServiceMonitor or PodMonitor needs, such as `{release: kube-prometheus-stack}`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "label-key"}))]
    pub monitors: BTreeMap<String, LabelValue>,
    /// Labels that a PrometheusRule needs.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "label-key"}))]
    pub rules: BTreeMap<String, LabelValue>,
    /// `all`, or the namespaces in which the running Prometheus looks for monitors and rules.
    #[serde(default)]
    #[schemars(extend("default" = AllNamespaces::All))]
    pub namespaces: Option<Namespaces>,
}

/// `all`, or some namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Namespaces {
    All(AllNamespaces),
    Some(Vec<Name>),
}

/// The word `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AllNamespaces {
    All,
}

impl JsonSchema for Namespaces {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Namespaces".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let name = generator.subschema_for::<Name>();
        schemars::json_schema!({
            "type": ["string", "array"],
            "pattern": "^all$",
            "items": name,
        })
    }
}

/// The Alertmanager that notifies.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AlertmanagerSpec {
    /// Its version.
    #[schemars(example = &"0.33")]
    pub version: Version,
    /// The name of the Alertmanager resource.
    #[schemars(example = &"main")]
    pub name: Name,
    /// Its namespace.
    #[schemars(example = &"monitoring")]
    pub namespace: Name,
    /// `alertmanager-config` writes AlertmanagerConfig resources, beside those of others; `secret`
    /// writes the whole alertmanager.yaml.
    pub delivery: Delivery,
    /// The labels by which the running Alertmanager selects AlertmanagerConfig resources.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "label-key"}))]
    pub selects: BTreeMap<String, LabelValue>,
    /// What `alertmanagerConfigMatcherStrategy` of the running Alertmanager is set to; the operator's
    /// default is `OnNamespace`.
    #[serde(default)]
    #[schemars(extend("default" = MatcherStrategy::default()))]
    pub matcher_strategy: Option<MatcherStrategy>,
    /// The Secrets that the running Alertmanager mounts (`spec.secrets`); with `delivery: secret`
    /// every credential of a receiver lies in one of them. Where it is managed, obsgen lists them.
    #[serde(default)]
    pub secrets: Vec<Subdomain>,
}

/// How the Alertmanager gets its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Delivery {
    /// AlertmanagerConfig resources, beside those of others.
    AlertmanagerConfig,
    /// The whole alertmanager.yaml in a Secret.
    Secret,
}

/// Which alerts the operator lets an AlertmanagerConfig see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub enum MatcherStrategy {
    /// Those of its own namespace.
    #[default]
    OnNamespace,
    /// Those of its own namespace; where that is Alertmanager's, all.
    OnNamespaceExceptForAlertmanagerNamespace,
    /// All.
    None,
}

/// Grafana.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GrafanaSpec {
    /// Where people open it.
    pub url: HttpUrl,
    /// The namespace that dashboards are put into.
    #[schemars(example = &"monitoring")]
    pub namespace: Name,
    /// `sidecar` writes ConfigMaps; `grafana-operator` writes GrafanaDashboard resources.
    pub delivery: GrafanaDelivery,
    /// The name of the Prometheus data source.
    #[serde(default)]
    #[schemars(extend("default" = defaults::DATASOURCE))]
    #[schemars(example = &"prometheus")]
    pub datasource: Option<Line>,
    /// The labels of the Grafana resource that gets GrafanaDashboards.
    #[serde(default)]
    #[schemars(extend(
        "propertyNames" = {"format": "label-key"},
        "default" = {defaults::INSTANCE_SELECTOR.0: defaults::INSTANCE_SELECTOR.1}
    ))]
    pub instance_selector: BTreeMap<String, LabelValue>,
}

/// How Grafana gets dashboards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum GrafanaDelivery {
    /// ConfigMaps, which Grafana's sidecar finds by label.
    Sidecar,
    /// GrafanaDashboard resources, for grafana-operator.
    GrafanaOperator,
}

/// The Elasticsearch that keeps logs and traces.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ElasticsearchSpec {
    /// Its version.
    #[schemars(example = &"9.1")]
    pub version: Version,
    /// Its address inside the cluster.
    #[schemars(example = &"https://logs-es-http.logging.svc:9200")]
    pub url: HttpUrl,
    /// The certificate authority that signed its certificate.
    #[serde(default)]
    pub ca: Option<Credential>,
    /// The user that writes.
    #[serde(default)]
    pub username: Option<Credential>,
    /// The password of that user.
    #[serde(default)]
    pub password: Option<Credential>,
}

/// Kibana, of the version of Elasticsearch. Dashboards are imported with the login that
/// `elasticsearch` names, whose role has to let it manage saved objects.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KibanaSpec {
    /// Its address inside the cluster.
    #[schemars(example = &"https://logs-kb-http.logging.svc:5601")]
    pub url: HttpUrl,
    /// The certificate authority that signed its certificate; that of `elasticsearch` where nothing
    /// is said. Elastic's operator gives Kibana one of its own.
    #[serde(default)]
    pub ca: Option<Credential>,
}

/// The Fluent Bit that ships logs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FluentBitSpec {
    /// Its version.
    #[schemars(example = &"5.1")]
    pub version: Version,
    /// The namespace that it is put into.
    #[schemars(example = &"logging")]
    pub namespace: Name,
    /// The format of its configuration.
    pub format: FluentBitFormat,
}

/// The format of Fluent Bit's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum FluentBitFormat {
    /// The format of Fluent Bit 3.2 and later.
    Yaml,
    /// The older format, of sections.
    Classic,
}

/// The tracing backend.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracingBackendSpec {
    /// `jaeger-operator` (Jaeger v1, retired), `otel-operator` (Jaeger v2) or `none`.
    pub backend: TracingBackend,
    /// The namespace that it is put into.
    #[serde(default)]
    #[schemars(example = &"observability")]
    pub namespace: Option<Name>,
}

/// The tracing backends that obsgen knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum TracingBackend {
    /// Jaeger v1 by its operator; retired.
    JaegerOperator,
    /// Jaeger v2 by the operator of OpenTelemetry.
    OtelOperator,
    /// Nothing keeps traces.
    None,
}

/// The images that obsgen itself deploys; each has a default.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ImagesSpec {
    /// The exporter beside or in front of Redis.
    #[serde(default)]
    #[schemars(extend("default" = defaults::REDIS_EXPORTER))]
    pub redis_exporter: Option<Image>,
    /// Redis Sentinel, where the operator takes an image of its own for it (opstree).
    #[serde(default)]
    #[schemars(example = &"quay.io/opstree/redis-sentinel:v7.4.11")]
    pub redis_sentinel: Option<Image>,
    /// A Python with its standard library: runs the adapter for DingTalk, Feishu and WeCom robots.
    #[serde(default)]
    #[schemars(extend("default" = defaults::PYTHON))]
    pub python: Option<Image>,
    /// curl, for the Jobs that talk to Elasticsearch and Kibana.
    #[serde(default)]
    #[schemars(extend("default" = defaults::CURL))]
    pub curl: Option<Image>,
    /// Jaeger v2, which takes, keeps and shows traces (otel-operator).
    #[serde(default)]
    #[schemars(extend("default" = defaults::JAEGER))]
    pub jaeger: Option<Image>,
    /// What deletes the traces that are older than their retention (otel-operator).
    #[serde(default)]
    #[schemars(extend("default" = defaults::JAEGER_INDEX_CLEANER))]
    pub jaeger_index_cleaner: Option<Image>,
    /// Fluent Bit; without it the release of `platform.fluentBit.version`, whose third number is 0
    /// where it is not written.
    #[serde(default)]
    #[schemars(example = &"cr.fluentbit.io/fluent/fluent-bit:5.1.0")]
    pub fluent_bit: Option<Image>,
}

/// The Redis instances.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisSpec {
    /// What holds for every instance that does not say otherwise.
    #[serde(default)]
    pub defaults: InstanceDefaultsSpec,
    /// The instances.
    pub instances: Vec<InstanceSpec>,
}

/// What holds for every instance that does not say otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceDefaultsSpec {
    /// The namespace.
    #[serde(default)]
    #[schemars(example = &"shop")]
    pub namespace: Option<Name>,
    /// The team that owns it.
    #[serde(default)]
    #[schemars(example = &"checkout")]
    pub team: Option<Name>,
    /// The tier.
    #[serde(default)]
    #[schemars(extend("default" = defaults::TIER))]
    #[schemars(example = &"critical")]
    pub tier: Option<Name>,
    /// The image of Redis.
    #[serde(default)]
    #[schemars(example = &"redis:7.4.7")]
    pub image: Option<Image>,
    /// Requests and limits of each Redis container.
    #[serde(default)]
    pub resources: Option<ResourcesSpec>,
    /// The volume of each Redis pod.
    #[serde(default)]
    pub storage: Option<StorageSpec>,
    /// Directives of redis.conf.
    #[serde(default)]
    pub config: BTreeMap<String, ConfigValue>,
    /// How it is scraped.
    #[serde(default)]
    pub metrics: Option<InstanceMetricsSpec>,
}

/// A Redis instance.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceSpec {
    /// The name: of the resource, and the label `instance_name`. Unique in the stack.
    pub name: Name,
    /// The namespace.
    #[serde(default)]
    #[schemars(example = &"shop")]
    pub namespace: Option<Name>,
    /// How it is laid out; without it, one server.
    #[serde(default)]
    #[schemars(extend("default" = {"kind": Kind::Standalone.name()}))]
    pub topology: Option<TopologySpec>,
    /// The team that owns it.
    #[serde(default)]
    #[schemars(example = &"checkout")]
    pub team: Option<Name>,
    /// The tier: a key of `alerts.tiers`, or `standard`.
    #[serde(default)]
    #[schemars(extend("default" = defaults::TIER))]
    #[schemars(example = &"critical")]
    pub tier: Option<Name>,
    /// The image of Redis.
    #[serde(default)]
    #[schemars(example = &"redis:7.4.7")]
    pub image: Option<Image>,
    /// Requests and limits of each Redis container.
    #[serde(default)]
    pub resources: Option<ResourcesSpec>,
    /// The volume of each Redis pod.
    #[serde(default)]
    pub storage: Option<StorageSpec>,
    /// Directives of redis.conf, such as `maxmemory: 768mb`.
    #[serde(default)]
    pub config: BTreeMap<String, ConfigValue>,
    /// The password.
    #[serde(default)]
    pub auth: Option<Credential>,
    /// How it is scraped.
    #[serde(default)]
    pub metrics: Option<InstanceMetricsSpec>,
    /// Parameters of alerts for this instance, by alert; they override those of its tier.
    #[serde(default)]
    pub alerts: BTreeMap<String, AlertParametersSpec>,
}

/// How a Redis is laid out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TopologySpec {
    /// standalone, replication, sentinel or cluster.
    pub kind: Kind,
    /// Redis servers, the primary included (replication, sentinel).
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub redis_pods: Option<u32>,
    /// Sentinels (sentinel).
    #[serde(default)]
    #[schemars(range(min = 1, max = 15))]
    pub sentinels: Option<u32>,
    /// Sentinels that must agree that the primary is down (sentinel).
    #[serde(default)]
    #[schemars(range(min = 1, max = 15))]
    pub quorum: Option<u32>,
    /// The name under which Sentinels know the primary (sentinel).
    #[serde(default)]
    #[schemars(extend("default" = defaults::MASTER_NAME))]
    #[schemars(example = &"mymaster")]
    pub master_name: Option<Name>,
    /// Primaries (cluster).
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    pub masters: Option<u32>,
    /// Replicas of each primary (cluster).
    #[serde(default)]
    #[schemars(range(min = 0, max = 5))]
    pub replicas_per_master: Option<u32>,
}

/// Requests and limits of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcesSpec {
    /// What the scheduler reserves.
    #[serde(default)]
    pub requests: AmountsSpec,
    /// What the container is held to.
    #[serde(default)]
    pub limits: AmountsSpec,
}

/// Amounts of processor time and memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmountsSpec {
    /// Processor time, such as `100m`.
    #[serde(default)]
    #[schemars(example = &"100m")]
    pub cpu: Option<Quantity>,
    /// Memory, such as `1Gi`.
    #[serde(default)]
    #[schemars(example = &"1Gi")]
    pub memory: Option<Quantity>,
}

/// The volume of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StorageSpec {
    /// Its size.
    #[serde(default)]
    #[schemars(example = &"10Gi")]
    pub size: Option<Quantity>,
    /// Its storage class.
    #[serde(default)]
    #[schemars(example = &"standard")]
    pub class_name: Option<Subdomain>,
}

/// The value of a directive of redis.conf.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ConfigValue {
    Number(i64),
    Text(String),
}

impl JsonSchema for ConfigValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ConfigValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"] })
    }
}

/// How an instance is scraped.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceMetricsSpec {
    /// How often.
    #[serde(default)]
    #[schemars(extend("default" = defaults::SCRAPE_INTERVAL.to_string()))]
    pub interval: Option<Duration>,
}

/// Thresholds by tier, and alerts of your own.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AlertsSpec {
    /// Parameters of alerts by tier, then by alert.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub tiers: BTreeMap<String, BTreeMap<String, AlertParametersSpec>>,
    /// Alerts of your own.
    #[serde(default)]
    pub custom: Vec<CustomAlertSpec>,
    /// Metrics that something outside this stack exports, for alerts of your own.
    #[serde(default)]
    pub external_metrics: Vec<ExternalMetricSpec>,
}

/// Parameters of one alert; what is not written comes from the tier, then from the alert itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertParametersSpec {
    /// Whether the alert is there at all; `false` needs a reason.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Why it is switched off.
    #[serde(default)]
    #[schemars(example = &"the queue is mostly written")]
    pub reason: Option<Line>,
    /// The threshold, in the unit of the alert: a share such as `85%`, a number, a duration.
    #[serde(default)]
    pub threshold: Option<ThresholdValue>,
    /// How long the condition must hold.
    #[serde(default, rename = "for")]
    #[schemars(example = &"10m")]
    pub for_: Option<Duration>,
    /// How urgent it is.
    #[serde(default)]
    pub severity: Option<Severity>,
}

/// A threshold as written; its unit is the alert's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ThresholdValue {
    Number(i64),
    Text(String),
}

impl JsonSchema for ThresholdValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ThresholdValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"], "examples": ["85%", 1000, "30s"] })
    }
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Severity {
    /// Somebody is woken.
    Critical,
    /// Somebody looks at it in working hours.
    Warning,
    /// Nobody has to do anything.
    Info,
}

impl Severity {
    /// All of them, the most urgent first.
    pub const ALL: &[Self] = &[Self::Critical, Self::Warning, Self::Info];

    /// The value of the label `severity`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// An alert of your own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CustomAlertSpec {
    /// Its name.
    pub name: AlertName,
    /// The condition, in PromQL.
    #[schemars(example = &"redis_list_length{key=\"checkout\"} > 1000")]
    pub expr: Prose,
    /// How long it must hold.
    #[serde(default, rename = "for")]
    #[schemars(example = &"10m")]
    pub for_: Option<Duration>,
    /// How urgent it is.
    pub severity: Severity,
    /// The team that is told.
    #[schemars(example = &"checkout")]
    pub team: Name,
    /// One line for the notification.
    #[schemars(example = &"the checkout queue of {{ $labels.instance_name }} is not being drained")]
    pub summary: Line,
    /// More about it.
    #[serde(default)]
    pub description: Option<Prose>,
    /// What to do when it fires.
    #[schemars(example = &"https://git.example.com/checkout/runbooks/queue.md")]
    pub runbook: HttpUrl,
}

/// A metric that something outside this stack exports.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalMetricSpec {
    /// Its name.
    pub name: MetricName,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: MetricKind,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<LabelName>,
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum MetricKind {
    /// A number that only grows, until it starts again at 0.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Observations counted in buckets.
    Histogram,
    /// Observations with quantiles.
    Summary,
}

/// Which alert goes to which receiver.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RoutingSpec {
    /// The receiver of what no route takes.
    #[schemars(example = &"platform-slack")]
    pub default: Name,
    /// The labels that alerts of one notification share.
    #[serde(default)]
    #[schemars(extend("default" = defaults::GROUP_BY))]
    pub group_by: Option<Vec<LabelName>>,
    /// How long a new group waits for more alerts.
    #[serde(default)]
    #[schemars(extend("default" = defaults::GROUP_WAIT.to_string()))]
    pub group_wait: Option<Duration>,
    /// How long until a change of a group is told.
    #[serde(default)]
    #[schemars(extend("default" = defaults::GROUP_INTERVAL.to_string()))]
    pub group_interval: Option<Duration>,
    /// How long until an unchanged group is told again.
    #[serde(default)]
    #[schemars(extend("default" = defaults::REPEAT_INTERVAL.to_string()))]
    pub repeat_interval: Option<Duration>,
    /// Where the always-firing Watchdog goes, so that its silence is heard.
    #[serde(default)]
    pub heartbeat: Option<HeartbeatSpec>,
    /// The routes, in order.
    #[serde(default)]
    pub routes: Vec<RouteSpec>,
    /// Alerts that silence others.
    #[serde(default)]
    pub inhibit: Vec<InhibitSpec>,
    /// Times at which routes may be silent.
    #[serde(default)]
    pub mute_times: Vec<MuteTimeSpec>,
}

/// Where the always-firing Watchdog goes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatSpec {
    /// The receiver: a service outside the cluster that raises an alarm when it hears nothing.
    #[schemars(example = &"deadmans-switch")]
    pub receiver: Name,
    /// How long that service waits before it raises the alarm.
    #[schemars(example = &"5m")]
    pub period: Duration,
}

/// A route.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RouteSpec {
    /// The conditions; all must hold.
    pub matchers: Vec<Matcher>,
    /// The receiver; without it, that of the route above.
    #[serde(default)]
    #[schemars(example = &"checkout-pager")]
    pub receiver: Option<Name>,
    /// Whether the routes after it are tried too.
    #[serde(default, rename = "continue")]
    pub continue_: bool,
    /// The labels that alerts of one notification share.
    #[serde(default)]
    pub group_by: Option<Vec<LabelName>>,
    /// How long a new group waits for more alerts.
    #[serde(default)]
    pub group_wait: Option<Duration>,
    /// How long until a change of a group is told.
    #[serde(default)]
    pub group_interval: Option<Duration>,
    /// How long until an unchanged group is told again.
    #[serde(default)]
    pub repeat_interval: Option<Duration>,
    /// Times at which this route is silent.
    #[serde(default)]
    pub mute: Vec<Name>,
    /// Times outside which this route is silent.
    #[serde(default)]
    pub active: Vec<Name>,
    /// Routes below this one, tried first.
    #[serde(default)]
    pub routes: Vec<RouteSpec>,
}

/// An alert that silences others.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InhibitSpec {
    /// The alert that silences.
    pub source: Vec<Matcher>,
    /// The alerts that are silenced.
    pub target: Vec<Matcher>,
    /// The labels that must be the same on both.
    pub equal: Vec<LabelName>,
}

/// Times at which routes may be silent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MuteTimeSpec {
    /// Its name.
    #[schemars(example = &"weekend")]
    pub name: Name,
    /// Days of the week.
    #[serde(default)]
    pub weekdays: Vec<Weekday>,
    /// Times of day; one that passes midnight is two.
    #[serde(default)]
    pub times: Vec<TimeRangeSpec>,
    /// The time zone, such as `Europe/Berlin`; without it UTC. AlertmanagerConfig knows UTC only.
    #[serde(default)]
    #[schemars(extend("default" = UTC))]
    pub location: Option<TimeZone>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }
}

/// A part of a day.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRangeSpec {
    /// Its beginning.
    #[schemars(example = &"22:00")]
    pub from: TimeOfDay,
    /// Its end.
    #[schemars(example = &"24:00")]
    pub to: TimeOfDay,
}

/// Where runbooks are published.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RunbooksSpec {
    /// The address of the generated folder `runbooks`.
    #[schemars(example = &"https://git.example.com/sre/observability/tree/main/build/prod/runbooks")]
    pub base_url: HttpUrl,
}

/// Logs in Elasticsearch.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LoggingSpec {
    /// How indices are named and rolled over.
    pub mode: LoggingMode,
    /// How long logs are kept.
    #[schemars(example = &"90d")]
    pub retention: Duration,
    /// The age at which an index is rolled over.
    #[serde(default)]
    #[schemars(extend("default" = defaults::ROLLOVER_AGE.to_string()))]
    #[schemars(example = &"1d")]
    pub rollover_age: Option<Duration>,
    /// The size at which an index is rolled over, such as `50gb`.
    #[serde(default)]
    #[schemars(extend("default" = defaults::ROLLOVER_SIZE))]
    pub rollover_size: Option<IndexSize>,
    /// Primary shards of an index; Elasticsearch takes no more than 1024.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_024), extend("default" = defaults::SHARDS))]
    pub shards: Option<u32>,
    /// Copies of each shard; each is on a node of its own.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000), extend("default" = defaults::REPLICAS))]
    pub replicas: Option<u32>,
}

/// How indices are named and rolled over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum LoggingMode {
    /// A data stream, whose backing indices Elasticsearch makes and rolls over.
    DataStream,
    /// An alias to write to, over indices that are rolled over.
    Alias,
}

/// Traces.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracingSpec {
    /// The share of requests that are traced.
    #[schemars(example = &"10%")]
    pub sampling: Percentage,
    /// How long traces are kept.
    #[schemars(example = &"7d")]
    pub retention: Duration,
}

/// How long metrics are kept, and on what.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricsRetentionSpec {
    /// How long Prometheus keeps metrics, while its volume has room.
    #[schemars(example = &"30d")]
    pub retention: Duration,
    /// The volume of each Prometheus pod; without a class, of the cluster's default one.
    #[serde(default)]
    #[schemars(extend("default" = {"size": defaults::METRICS_VOLUME}))]
    pub storage: Option<StorageSpec>,
    /// Requests and limits of each Prometheus pod.
    #[serde(default)]
    #[schemars(extend("default" = {
        "requests": {"cpu": defaults::METRICS_CPU_REQUEST, "memory": defaults::METRICS_MEMORY_REQUEST},
        "limits": {"memory": defaults::METRICS_MEMORY_LIMIT}
    }))]
    pub resources: Option<ResourcesSpec>,
}

/// Dashboards.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardsSpec {
    /// Whether Grafana dashboards are generated.
    #[serde(default)]
    pub grafana: bool,
    /// Whether Kibana dashboards are generated.
    #[serde(default)]
    pub kibana: bool,
    /// The folder that they are put into.
    #[serde(default)]
    #[schemars(extend("default" = defaults::FOLDER))]
    pub folder: Option<Folder>,
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
