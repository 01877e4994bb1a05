//! DingTalk, by the robot of a group.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::receivers::adapter::{GroupRobot, Members, Robot};
use crate::value::secret::Credential;
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

impl GroupRobot for DingtalkSpec {
    const MEMBERS: Members = Members {
        what: "a phone number",
        is_one: is_phone_number,
        example: "13800000000",
    };

    fn as_robot(&self) -> Robot<'_> {
        Robot {
            kind: "dingtalk",
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
