//! `alertmanager.yaml`, as Alertmanager itself reads it.

use std::collections::BTreeMap;

use serde::Serialize;

/// A whole configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Config {
    /// Defaults for everything below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global: Option<Global>,
    /// The root of the routing tree: it matches every alert.
    pub route: Route,
    /// What silences what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inhibit_rules: Vec<InhibitRule>,
    /// Where notifications go.
    pub receivers: Vec<Receiver>,
    /// Times that routes refer to by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_intervals: Vec<NamedTimeInterval>,
}

/// Defaults for everything else.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Global {
    /// After what time an alert without an end counts as resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolve_timeout: Option<String>,
}

/// A node of the routing tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Route {
    /// The receiver; without one, the parent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// The labels that make one group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// Conditions, all of which an alert must meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matchers: Vec<String>,
    /// Intervals in which nothing is sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<String>,
    /// Intervals outside of which nothing is sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub active_time_intervals: Vec<String>,
    /// Whether the routes after this one see the alert too.
    #[serde(rename = "continue", skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
    /// Children, the first that matches taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// How long a new group waits for more alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_wait: Option<String>,
    /// How long a group waits before it tells of new alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_interval: Option<String>,
    /// When a notification is repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_interval: Option<String>,
}

/// Alerts that keep others quiet.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct InhibitRule {
    /// The alerts that keep others quiet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_matchers: Vec<String>,
    /// The alerts that are kept quiet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_matchers: Vec<String>,
    /// Labels that must be the same on both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equal: Vec<String>,
}

/// A named place where notifications go.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Receiver {
    /// The name that routes use.
    pub name: String,
    /// Mail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub email_configs: Vec<EmailConfig>,
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
}

/// Mail.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
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
    /// The file with the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_password_file: Option<String>,
    /// Headers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The HTML body; the empty text means none, absence Alertmanager's own.
    pub html: String,
    /// The plain body.
    pub text: String,
    /// Whether the connection must be encrypted.
    pub require_tls: bool,
}

/// PagerDuty.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PagerdutyConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// The file with the integration key of the Events API v2.
    pub routing_key_file: String,
    /// Who reports.
    pub client: String,
    /// Where the reporter is found.
    pub client_url: String,
    /// The headline.
    pub description: String,
    /// What is shown below the headline.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// critical, error, warning or info.
    pub severity: String,
}

/// Slack.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SlackConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// The file with the address of the incoming webhook.
    pub api_url_file: String,
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
pub struct WebhookConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// How the call is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_config: Option<HttpConfig>,
    /// The address, where it is no credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The file with the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_file: Option<String>,
    /// How many alerts one call carries; absence means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_alerts: Option<u32>,
}

/// WeCom's application API.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WechatConfig {
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// The file with the application's secret.
    pub api_secret_file: String,
    /// The company.
    pub corp_id: String,
    /// The message.
    pub message: String,
    /// Members, separated by `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_user: Option<String>,
    /// Departments, separated by `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_party: Option<String>,
    /// Tags, separated by `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_tag: Option<String>,
    /// The application.
    pub agent_id: String,
    /// `text` or `markdown`.
    pub message_type: String,
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
    /// The file with what follows it.
    pub credentials_file: String,
}

/// Times that routes refer to by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NamedTimeInterval {
    /// The name.
    pub name: String,
    /// The times, any of which counts.
    pub time_intervals: Vec<TimeInterval>,
}

/// A time: all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TimeInterval {
    /// Times of day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<TimeRange>,
    /// Days of the week, `saturday` or `monday:friday`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<String>,
    /// Days of the month, `1:5`; from the end if negative.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days_of_month: Vec<String>,
    /// Months, `december` or `1:3`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<String>,
    /// Years, `2030` or `2030:2031`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<String>,
    /// The time zone, as IANA names it; absence means UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// A part of a day.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TimeRange {
    /// When it begins, `22:00`.
    pub start_time: String,
    /// When it ends, at most `24:00` and after the start.
    pub end_time: String,
}
