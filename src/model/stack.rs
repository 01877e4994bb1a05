//! A stack: everything that the output is made from.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::path::FieldPath;
use crate::read::spec::{
    AlertParametersSpec, Delivery, ExternalMetricSpec, FluentBitFormat, GrafanaDelivery,
    LoggingMode, MatcherStrategy, OperatorKind, Severity, TracingBackend, Weekday,
};
use crate::receivers::ReceiverSpec;
use crate::topologies::Topology;
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::matcher::Matcher;
use crate::value::percentage::Percentage;
use crate::value::quantity::Quantity;
use crate::value::secret::SecretRef;
use crate::value::url::HttpUrl;
use crate::value::version::Version;

/// Parameters of alerts as written, by the name of the alert.
pub type AlertParameters = BTreeMap<String, AlertParametersSpec>;

/// A resolved policy.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its name: the label `stack`, and the prefix of shared objects.
    pub name: String,
    /// Labels for generated objects.
    pub labels: BTreeMap<String, String>,
    /// The label `cluster` of every rule.
    pub cluster: String,
    /// What the cluster runs.
    pub platform: Platform,
    /// The Redis instances, in the order of the policy.
    pub instances: Vec<Instance>,
    /// Where in them those of each namespace are.
    pub(super) by_namespace: BTreeMap<String, Vec<usize>>,
    /// Every team that the policy names.
    pub teams: BTreeSet<String>,
    /// Every tier that an instance may have.
    pub tiers: BTreeSet<String>,
    /// Parameters of alerts by tier.
    pub tier_parameters: BTreeMap<String, AlertParameters>,
    /// Metrics that are computed and recorded for alerts of the user's own, in the order of the policy.
    pub recording: Vec<Recording>,
    /// Alerts of the user's own.
    pub custom: Vec<CustomAlert>,
    /// Metrics that something outside the stack exports.
    pub external_metrics: Vec<ExternalMetricSpec>,
    /// The receivers.
    pub receivers: Vec<ReceiverSpec>,
    /// The routing tree.
    pub routing: Routing,
    /// Where the folder `runbooks` is published.
    pub runbooks: HttpUrl,
    /// Logs, traces, dashboards, the managed Prometheus.
    pub telemetry: Telemetry,
    /// Findings that are accepted.
    pub waivers: Vec<Waiver>,
}

/// What the cluster runs.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Kubernetes.
    pub kubernetes: Version,
    /// The team of what the stack shares.
    pub team: Option<String>,
    /// The operator of Redis.
    pub operator: RedisOperator,
    /// Prometheus.
    pub prometheus: Prometheus,
    /// Alertmanager.
    pub alertmanager: Alertmanager,
    /// The images that obsgen deploys.
    pub images: Images,
}

/// The operator of Redis.
#[derive(Debug, Clone)]
pub struct RedisOperator {
    /// Which one.
    pub kind: OperatorKind,
    /// Its version.
    pub version: Version,
    /// Its namespace.
    pub namespace: String,
    /// Whether an init container of opstree writes redis.conf (feature gate
    /// GenerateConfigInInitContainer), so that images without opstree's entrypoint work.
    pub generates_config: bool,
}

/// The Prometheus that scrapes and evaluates.
#[derive(Debug, Clone)]
pub struct Prometheus {
    /// The namespace of monitors and rules.
    pub namespace: String,
    /// How often rules are evaluated.
    pub evaluation_interval: Duration,
    /// Its service account.
    pub service_account: String,
    /// Labels that monitors need.
    pub monitor_labels: BTreeMap<String, String>,
    /// Labels that rules need.
    pub rule_labels: BTreeMap<String, String>,
    /// The namespaces in which it looks for monitors and rules; `None` for all.
    pub namespaces: Option<Vec<String>>,
}

/// The Alertmanager that notifies.
#[derive(Debug, Clone)]
pub struct Alertmanager {
    /// Its version.
    pub version: Version,
    /// The name of its resource.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// How it gets its configuration.
    pub delivery: Delivery,
    /// Labels that an AlertmanagerConfig needs.
    pub selects: BTreeMap<String, String>,
    /// Which alerts an AlertmanagerConfig sees.
    pub matcher_strategy: MatcherStrategy,
    /// The Secrets that it mounts.
    pub secrets: Vec<String>,
}

/// The images that obsgen deploys.
#[derive(Debug, Clone)]
pub struct Images {
    /// The exporter of Redis.
    pub redis_exporter: Image,
    /// Sentinel, where the operator takes an image of its own for it and the policy names one.
    pub redis_sentinel: Option<Image>,
    /// A Python with its standard library.
    pub python: Image,
    /// curl, beside a shell.
    pub curl: Image,
    /// Jaeger v2.
    pub jaeger: Image,
    /// What deletes old indices of Jaeger.
    pub jaeger_index_cleaner: Image,
}

/// A Redis instance.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// How it is laid out.
    pub topology: Topology,
    /// The team that owns it.
    pub team: String,
    /// Its tier.
    pub tier: String,
    /// The image of Redis.
    pub image: Image,
    /// Requests and limits of each Redis container.
    pub resources: Resources,
    /// The volume of each Redis pod; without one, data lives as long as the pod.
    pub storage: Option<Storage>,
    /// Directives of redis.conf.
    pub config: BTreeMap<String, String>,
    /// The password.
    pub auth: Option<SecretRef>,
    /// How often it is scraped.
    pub interval: Duration,
    /// Parameters of alerts for it alone.
    pub alerts: AlertParameters,
    /// Where it is in the policy.
    pub at: FieldPath,
}

/// Requests and limits of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// Reserved, by resource.
    pub requests: BTreeMap<&'static str, Quantity>,
    /// The bound, by resource.
    pub limits: BTreeMap<&'static str, Quantity>,
}

/// The volume of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Its size.
    pub size: Quantity,
    /// Its storage class; without one the cluster's default.
    pub class_name: Option<String>,
}

/// A metric that is computed from others and recorded.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Its name.
    pub name: String,
    /// Its value.
    pub expr: String,
    /// Labels beside those of the result and of the stack.
    pub labels: BTreeMap<String, String>,
    /// Where it is in the policy.
    pub at: FieldPath,
}

/// An alert of the user's own.
#[derive(Debug, Clone)]
pub struct CustomAlert {
    /// Its name.
    pub name: String,
    /// The condition.
    pub expr: String,
    /// How long it must hold.
    pub for_: Option<Duration>,
    /// How urgent it is.
    pub severity: Severity,
    /// Who is told.
    pub team: String,
    /// One line for the notification.
    pub summary: String,
    /// More about it.
    pub description: Option<String>,
    /// What to do.
    pub runbook: String,
    /// Where it is in the policy.
    pub at: FieldPath,
}

/// The routing tree.
#[derive(Debug, Clone)]
pub struct Routing {
    /// The root: its receiver is the default, its routes are tried in order.
    pub root: Route,
    /// Where the Watchdog goes.
    pub heartbeat: Option<Heartbeat>,
    /// Alerts that silence others.
    pub inhibitions: Vec<Inhibition>,
    /// Named times.
    pub mute_times: Vec<MuteTime>,
}

/// Where the Watchdog goes.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    /// The receiver.
    pub receiver: String,
    /// How long that receiver waits for it.
    pub period: Duration,
}

/// A route; what it does not say, it has from the route above.
#[derive(Debug, Clone)]
pub struct Route {
    /// The conditions.
    pub matchers: Vec<Matcher>,
    /// The receiver.
    pub receiver: Option<String>,
    /// Whether the routes after it are tried too.
    pub continue_: bool,
    /// The labels that alerts of one notification share.
    pub group_by: Option<Vec<String>>,
    /// How long a new group waits.
    pub group_wait: Option<Duration>,
    /// How long until a change is told.
    pub group_interval: Option<Duration>,
    /// How long until it is told again.
    pub repeat_interval: Option<Duration>,
    /// Times at which it is silent.
    pub mute: Vec<String>,
    /// Times outside which it is silent.
    pub active: Vec<String>,
    /// Routes below it.
    pub routes: Vec<Route>,
    /// Where it is in the policy.
    pub at: FieldPath,
}

/// An alert that silences others.
#[derive(Debug, Clone)]
pub struct Inhibition {
    /// The alert that silences.
    pub source: Vec<Matcher>,
    /// What is silenced.
    pub target: Vec<Matcher>,
    /// The labels that must be the same.
    pub equal: Vec<String>,
    /// Where it is in the policy.
    pub at: FieldPath,
}

/// Named times.
#[derive(Debug, Clone)]
pub struct MuteTime {
    /// Its name.
    pub name: String,
    /// Days of the week, Sunday first, as Alertmanager counts them.
    pub weekdays: Vec<Weekday>,
    /// Parts of the day, each from and to.
    pub times: Vec<(String, String)>,
    /// The time zone; without one UTC.
    pub location: Option<String>,
    /// Where it is in the policy.
    pub at: FieldPath,
}

/// Logs, traces, dashboards, the managed Prometheus: what the policy asks for.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// Logs in Elasticsearch.
    pub logging: Option<Logging>,
    /// Traces.
    pub tracing: Option<Tracing>,
    /// Grafana's dashboards.
    pub grafana: Option<Grafana>,
    /// Kibana's dashboards.
    pub kibana: Option<Kibana>,
    /// Prometheus and Alertmanager, where obsgen manages them.
    pub managed: Option<Managed>,
}

/// Logs in Elasticsearch.
#[derive(Debug, Clone)]
pub struct Logging {
    /// How indices are named and rolled over.
    pub mode: LoggingMode,
    /// How long logs are kept.
    pub retention: Duration,
    /// The age at which an index is rolled over.
    pub rollover_age: Duration,
    /// The size of a primary shard at which an index is rolled over, as Elasticsearch writes it.
    pub rollover_size: String,
    /// Primary shards of an index.
    pub shards: u32,
    /// Copies of each shard.
    pub replicas: u32,
    /// Where they are kept.
    pub elasticsearch: Elasticsearch,
    /// What ships them.
    pub fluent_bit: FluentBit,
}

/// An Elasticsearch.
#[derive(Debug, Clone)]
pub struct Elasticsearch {
    /// Its version.
    pub version: Version,
    /// Its address.
    pub url: HttpUrl,
    /// The certificate authority that signed its certificate.
    pub ca: Option<SecretRef>,
    /// The user that writes, and its password.
    pub login: Option<(SecretRef, SecretRef)>,
}

/// A Fluent Bit.
#[derive(Debug, Clone)]
pub struct FluentBit {
    /// Its version.
    pub version: Version,
    /// Its image.
    pub image: Image,
    /// Its namespace; the Secrets of Elasticsearch lie there too.
    pub namespace: String,
    /// The format of its configuration.
    pub format: FluentBitFormat,
}

/// Traces.
#[derive(Debug, Clone)]
pub struct Tracing {
    /// What keeps them.
    pub backend: TracingBackend,
    /// Its namespace; the Secrets of Elasticsearch lie there too.
    pub namespace: String,
    /// The share of requests that are traced.
    pub sampling: Percentage,
    /// How long traces are kept: at least a day.
    pub retention: Duration,
    /// Where they are kept.
    pub elasticsearch: Elasticsearch,
}

/// A Grafana.
#[derive(Debug, Clone)]
pub struct Grafana {
    /// Where people open it.
    pub url: HttpUrl,
    /// The namespace of dashboards.
    pub namespace: String,
    /// How it gets them.
    pub delivery: GrafanaDelivery,
    /// The uid of the Prometheus data source.
    pub datasource: String,
    /// The folder of dashboards.
    pub folder: String,
    /// The labels of the Grafana resource that gets GrafanaDashboards.
    pub instance_selector: BTreeMap<String, String>,
}

/// A Kibana.
#[derive(Debug, Clone)]
pub struct Kibana {
    /// Its address inside the cluster.
    pub url: HttpUrl,
    /// The certificate authority that signed its certificate.
    pub ca: Option<SecretRef>,
}

/// A Prometheus and an Alertmanager that obsgen emits.
#[derive(Debug, Clone)]
pub struct Managed {
    /// How long Prometheus keeps metrics, while its volume has room.
    pub retention: Duration,
    /// The volume of each Prometheus pod.
    pub storage: Storage,
    /// Requests and limits of each Prometheus pod.
    pub resources: Resources,
}

/// A finding that is accepted.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The name of the finding.
    pub check: String,
    /// Where it is accepted.
    pub at: FieldPath,
    /// Why.
    pub reason: String,
}

impl Stack {
    /// The namespaces of the instances, sorted.
    pub fn namespaces(&self) -> BTreeSet<&str> {
        self.by_namespace.keys().map(String::as_str).collect()
    }

    /// The instances of a namespace, in the order of the policy.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = &Instance> {
        let places = self.by_namespace.get(namespace).into_iter().flatten();
        places.map(|it| &self.instances[*it])
    }

    /// The namespaces of everything that monitors select: Redis, its operator, and what watches them.
    pub fn watched_namespaces(&self) -> BTreeSet<&str> {
        let mut namespaces = self.namespaces();
        let platform = &self.platform;
        namespaces.extend([
            platform.operator.namespace.as_str(),
            platform.prometheus.namespace.as_str(),
            platform.alertmanager.namespace.as_str(),
        ]);
        let logging = self.telemetry.logging.as_ref();
        namespaces.extend(logging.map(|it| it.fluent_bit.namespace.as_str()));
        let tracing = self.telemetry.tracing.as_ref();
        namespaces.extend(tracing.map(|it| it.namespace.as_str()));
        namespaces
    }

    /// A name of the stack's own for something that the stack shares, such as `prod-redis-exporter`.
    pub fn shared_name(&self, what: &str) -> String {
        bounded(&format!("{}-{what}", self.name))
    }
}

/// Cuts a name that is longer than a label may be, with a hash of the whole in place of the rest.
pub fn bounded(name: &str) -> String {
    use sha2::{Digest, Sha256};
    if name.len() <= 63 {
        return name.to_owned();
    }
    let digest = base16ct::lower::encode_string(&Sha256::digest(name.as_bytes()));
    let kept: String = name.chars().take(54).collect();
    format!("{}-{}", kept.trim_end_matches('-'), &digest[..8])
}

impl Instance {
    /// The bytes of `maxmemory`, where it is set and not 0.
    pub fn maxmemory(&self) -> Option<u64> {
        let text = self.config.get("maxmemory")?;
        crate::value::quantity::redis_size(text).filter(|it| *it > 0)
    }

    /// The memory limit of a Redis container, in bytes.
    pub fn memory_limit(&self) -> Option<u128> {
        self.resources.limits.get("memory").map(|it| it.as_units())
    }
}
