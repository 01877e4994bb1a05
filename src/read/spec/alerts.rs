//! Thresholds by tier, and alerts of the user's own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::value::duration::Duration;
use crate::value::name::{AlertName, LabelName, MetricName, Name};
use crate::value::text::{Line, Prose};
use crate::value::url::HttpUrl;

/// Thresholds by tier, and alerts of your own.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AlertsSpec {
    /// Parameters of alerts by tier, then by alert.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub tiers: BTreeMap<String, BTreeMap<String, AlertParametersSpec>>,
    /// Metrics that are computed from others and recorded, for alerts of your own and for each other.
    #[serde(default)]
    pub recording: Vec<RecordingRuleSpec>,
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

/// A metric that is computed from others and recorded.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordingRuleSpec {
    /// Its name; by convention `level:metric:operation`, with the labels that are left as the level.
    #[schemars(example = &"instance_name:redis_commands:rate5m")]
    pub name: MetricName,
    /// Its value, in PromQL.
    #[schemars(
        example = &"sum by (stack, namespace, instance_name) (rate(redis_commands_processed_total[5m]))"
    )]
    pub expr: Prose,
    /// Labels beside those of the result, `stack` and `cluster`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "label-name"}))]
    pub labels: BTreeMap<String, Line>,
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
