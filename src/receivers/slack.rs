//! Slack, by an incoming webhook.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::{alertmanager, alertmanager_config};
use crate::receivers::{ALERTMANAGER_URL, Channel, Context, HEADLINE, selector, text};
use crate::value::recipient::SlackChannel;
use crate::value::secret::{Credential, SecretRef};

/// A Slack channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SlackSpec {
    /// The channel: `"#redis-alerts"` in quotes, `@somebody`, or the ID of a channel or member.
    #[schemars(example = "#redis-alerts")]
    pub channel: SlackChannel,
    /// The address of the incoming webhook.
    pub url: Credential,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

const COLOR: &str = include_str!("../../templates/alertmanager/slack-color.tmpl");
const TEXT: &str = include_str!("../../templates/alertmanager/slack-text.tmpl");
const ACTION_TEXT: &str = include_str!("../../templates/alertmanager/slack-action-text.tmpl");
const ACTION_URL: &str = include_str!("../../templates/alertmanager/slack-action-url.tmpl");

impl Channel for SlackSpec {
    fn kind(&self) -> &'static str {
        "slack"
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        vec![("url", &self.url.secret_ref)]
    }

    fn add_to_resource(&self, _: &Context, receiver: &mut alertmanager_config::Receiver) {
        receiver
            .slack_configs
            .push(alertmanager_config::SlackConfig {
                send_resolved: self.send_resolved,
                api_url: selector(&self.url),
                channel: self.channel.to_string(),
                color: text(COLOR),
                title: text(HEADLINE),
                title_link: text(ALERTMANAGER_URL),
                text: text(TEXT),
                fallback: text(HEADLINE),
                actions: vec![alertmanager_config::SlackAction {
                    kind: "button".to_owned(),
                    text: text(ACTION_TEXT),
                    url: text(ACTION_URL),
                }],
            });
    }

    fn add_to_native(&self, context: &Context, receiver: &mut alertmanager::Receiver) {
        receiver.slack_configs.push(alertmanager::SlackConfig {
            send_resolved: self.send_resolved,
            api_url_file: context.file(&self.url),
            channel: self.channel.to_string(),
            color: text(COLOR),
            title: text(HEADLINE),
            title_link: text(ALERTMANAGER_URL),
            text: text(TEXT),
            fallback: text(HEADLINE),
            actions: vec![alertmanager::SlackAction {
                kind: "button".to_owned(),
                text: text(ACTION_TEXT),
                url: text(ACTION_URL),
            }],
        });
    }
}
