//! Slack, by an incoming webhook.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::{alertmanager, alertmanager_config};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, scalar};
use crate::receivers::{
    ALERTMANAGER_URL, Channel, Context, HEADLINE, check_constant, selector, shown, text,
};
use crate::value::secret::{Credential, SecretRef};
use crate::value::text::Line;

/// A Slack channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SlackSpec {
    /// The channel: `"#redis-alerts"` in quotes, `@somebody`, or the ID of a channel or member.
    #[schemars(example = "#redis-alerts")]
    pub channel: Line,
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

    fn check(&self, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
        let (at, channel) = (at.key("channel"), self.channel.as_str());
        if !check_constant(channel, at.clone(), acc) {
            return;
        }
        if !(channel.starts_with(['#', '@']) && channel.len() > 1 || is_id(channel)) {
            let named = scalar::quoted(&format!("#{}", shown(channel)));
            let help = format!("write `{named}`, in quotes: `#` begins a comment");
            let finding = Diagnostic::error(
                "receivers/not-a-slack-channel",
                Place::Value(at),
                format!("`{}` is not a Slack channel", shown(channel)),
            )
            .label("neither `#channel`, `@member` nor an ID")
            .note("Slack would refuse every notification: `channel_not_found`");
            acc.push(match shown(channel) == channel {
                true => finding.instead(named, help),
                false => finding.help(help),
            });
        }
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

/// Channels, private channels, direct messages, members: a letter, then digits and capitals.
fn is_id(text: &str) -> bool {
    text.len() >= 9
        && text.starts_with(['C', 'G', 'D', 'U', 'W'])
        && text
            .bytes()
            .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}
