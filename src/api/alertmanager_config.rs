//! `AlertmanagerConfig`, with which the Prometheus operator adds to an Alertmanager's configuration.
//!
//! The API server checks nothing below the root route, and the operator drops the whole resource
//! for one field that it does not know: these types are the only check there is.

use serde::Serialize;

use crate::api::object::{Metadata, Resource};
use crate::value::matcher;

/// Group and version.
pub const API_VERSION: &str = "monitoring.coreos.com/v1alpha1";

/// Kind.
pub const KIND: &str = "AlertmanagerConfig";

/// The resource.
pub fn resource(
    metadata: Metadata,
    spec: AlertmanagerConfigSpec,
) -> Resource<AlertmanagerConfigSpec> {
    Resource {
        api_version: API_VERSION,
        kind: KIND,
        metadata,
        spec,
    }
}

/// What the operator adds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertmanagerConfigSpec {
    /// Becomes a child of the Alertmanager's own root route; it must name a receiver.
    pub route: Route,
    /// Where notifications go.
    pub receivers: Vec<Receiver>,
    /// What silences what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inhibit_rules: Vec<InhibitRule>,
    /// Times that routes refer to by name; always in UTC.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<MuteTimeInterval>,
}

/// A node of the routing tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The receiver; without one, the parent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// The labels that make one group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// How long a new group waits for more alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_wait: Option<String>,
    /// How long a group waits before it tells of new alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_interval: Option<String>,
    /// When a notification is repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_interval: Option<String>,
    /// Conditions, all of which an alert must meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matchers: Vec<Matcher>,
    /// Whether the routes after this one see the alert too; the operator sets it on the root.
    #[serde(rename = "continue", skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
    /// Children, the first that matches taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Intervals in which nothing is sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<String>,
    /// Intervals outside of which nothing is sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub active_time_intervals: Vec<String>,
}

/// A condition on a label.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// What it is compared with.
    pub value: String,
    /// `=`, `!=`, `=~` or `!~`.
    pub match_type: String,
}

impl From<&matcher::Matcher> for Matcher {
    fn from(it: &matcher::Matcher) -> Self {
        Self {
            name: it.label.clone(),
            value: it.value.clone(),
            match_type: it.comparison.symbol().to_owned(),
        }
    }
}

/// A named place where notifications go.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    /// The name that routes of this resource use.
    pub name: String,
    /// PagerDuty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pagerduty_configs: Vec<PagerdutyConfig>,
    /// Slack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slack_configs: Vec<SlackConfig>,
    /// HTTP calls with Alertmanager's own document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhook_configs: Vec<WebhookConfig>,
    /// WeCom's application API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wechat_configs: Vec<WechatConfig>,
    /// Mail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub email_configs: Vec<EmailConfig>,
}

/// A key of a Secret in the resource's own namespace.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SecretKeySelector {
    /// The Secret.
    pub name: String,
    /// The key.
    pub key: String,
}

/// A key and its value, where the order counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// PagerDuty.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PagerdutyConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// The integration key of the Events API v2.
    pub routing_key: SecretKeySelector,
    /// Who reports.
    pub client: String,
    /// Where the reporter is found.
    #[serde(rename = "clientURL")]
    pub client_url: String,
    /// The headline.
    pub description: String,
    /// critical, error, warning or info.
    pub severity: String,
    /// What is shown below the headline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<KeyValue>,
}

/// Slack.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SlackConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// The address of the incoming webhook.
    #[serde(rename = "apiURL")]
    pub api_url: SecretKeySelector,
    /// The channel.
    pub channel: String,
    /// The colour of the bar.
    pub color: String,
    /// The headline.
    pub title: String,
    /// What the headline links to.
    pub title_link: String,
    /// The message.
    pub text: String,
    /// What is shown where formatting is not.
    pub fallback: String,
    /// Buttons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<SlackAction>,
}

/// A button.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SlackAction {
    /// `button`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    pub text: String,
    /// What it opens.
    pub url: String,
}

/// An HTTP call.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// The address, where it is no credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The address, where it is one; it must not end with a line break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_secret: Option<SecretKeySelector>,
    /// How the call is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_config: Option<HttpConfig>,
    /// How many alerts one call carries; absence means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_alerts: Option<u32>,
}

/// WeCom's application API.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WechatConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// The application's secret.
    pub api_secret: SecretKeySelector,
    /// The company.
    #[serde(rename = "corpID")]
    pub corp_id: String,
    /// The application.
    #[serde(rename = "agentID")]
    pub agent_id: String,
    /// Members, separated by `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_user: Option<String>,
    /// Departments, separated by `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_party: Option<String>,
    /// Tags, separated by `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_tag: Option<String>,
    /// The message.
    pub message: String,
    /// `text` or `markdown`.
    pub message_type: String,
}

/// Mail.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// Addresses, separated by commas.
    pub to: String,
    /// The sender.
    pub from: String,
    /// Host and port of the mail server.
    pub smarthost: String,
    /// The login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_username: Option<String>,
    /// The password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_password: Option<SecretKeySelector>,
    /// Headers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<KeyValue>,
    /// The HTML body; the empty text means none, absence Alertmanager's own.
    pub html: String,
    /// The plain body.
    pub text: String,
    /// Whether the connection must be encrypted.
    #[serde(rename = "requireTLS")]
    pub require_tls: bool,
}

/// How an HTTP call is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct HttpConfig {
    /// The `Authorization` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
}

/// The `Authorization` header.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Authorization {
    /// The scheme, such as `Bearer`.
    #[serde(rename = "type")]
    pub scheme: String,
    /// What follows it.
    pub credentials: SecretKeySelector,
}

/// Alerts that keep others quiet.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InhibitRule {
    /// The alerts that are kept quiet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_match: Vec<Matcher>,
    /// The alerts that keep others quiet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_match: Vec<Matcher>,
    /// Labels that must be the same on both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equal: Vec<String>,
}

/// Times that routes refer to by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MuteTimeInterval {
    /// The name.
    pub name: String,
    /// The times, any of which counts; never empty, or the operator loses the name.
    pub time_intervals: Vec<TimeInterval>,
}

/// A time: all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeInterval {
    /// Times of day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<TimeRange>,
    /// Days of the week, `saturday` or `monday:friday`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<String>,
    /// Days of the month.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days_of_month: Vec<DayOfMonthRange>,
    /// Months, `december` or `1:3`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<String>,
    /// Years, `2030` or `2030:2031`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<String>,
}

/// A part of a day.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeRange {
    /// When it begins, `22:00`.
    pub start_time: String,
    /// When it ends, at most `24:00` and after the start.
    pub end_time: String,
}

/// A part of a month; negative days count from its end.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DayOfMonthRange {
    /// The first day.
    pub start: i8,
    /// The last day.
    pub end: i8,
}
