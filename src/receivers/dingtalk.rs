//! DingTalk, by the robot of a group.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::{alertmanager, alertmanager_config};
use crate::diag::Diagnostic;
use crate::diag::path::FieldPath;
use crate::receivers::adapter::{Robot, check_mentions};
use crate::receivers::{Channel, Context};
use crate::value::secret::{Credential, SecretRef};
use crate::value::text::Line;

/// A DingTalk group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DingtalkSpec {
    /// The address of the robot, as the group's settings show it.
    pub url: Credential,
    /// The key with which messages are signed, where the robot asks for it.
    pub secret: Option<Credential>,
    /// Phone numbers of members to mention, in quotes.
    #[serde(default)]
    #[schemars(length(max = 30), example = ["13800000000"])]
    pub mentions: Vec<Line>,
    /// Whether everyone in the group is mentioned.
    #[serde(default)]
    pub mention_all: bool,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

impl Channel for DingtalkSpec {
    fn kind(&self) -> &'static str {
        "dingtalk"
    }

    fn check(&self, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
        check_mentions(
            &self.mentions,
            "a phone number",
            is_phone_number,
            "13800000000",
            &at.key("mentions"),
            acc,
        );
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        let mut secrets = vec![("url", &self.url.secret_ref)];
        secrets.extend(self.secret.iter().map(|it| ("secret", &it.secret_ref)));
        secrets
    }

    fn add_to_resource(&self, context: &Context, receiver: &mut alertmanager_config::Receiver) {
        self.as_robot().add_to_resource(context, receiver);
    }

    fn add_to_native(&self, context: &Context, receiver: &mut alertmanager::Receiver) {
        self.as_robot().add_to_native(context, receiver);
    }

    fn robot(&self) -> Option<Robot<'_>> {
        Some(self.as_robot())
    }
}

impl DingtalkSpec {
    fn as_robot(&self) -> Robot<'_> {
        Robot {
            kind: self.kind(),
            url: &self.url.secret_ref,
            sign: self.secret.as_ref().map(|it| &it.secret_ref),
            mentions: &self.mentions,
            mention_all: self.mention_all,
            send_resolved: self.send_resolved,
        }
    }
}

/// Digits; outside of China with the country in front: `+852-12345678`.
fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (5..=20).contains(&digits.len())
        && digits.starts_with(|it: char| it.is_ascii_digit())
        && digits.bytes().all(|it| it.is_ascii_digit() || it == b'-')
}
