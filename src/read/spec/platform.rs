//! What the cluster already runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::read::defaults;
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::name::{Name, Subdomain};
use crate::value::secret::Credential;
use crate::value::text::{LabelValue, Line};
use crate::value::url::HttpUrl;
use crate::value::version::Version;

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
