//! Feishu (Lark), by the robot of a group.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::receivers::adapter::{GroupRobot, Members, Robot};
use crate::value::secret::Credential;
use crate::value::text::Line;

/// A Feishu (Lark) group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FeishuSpec {
    /// The address of the robot, as the group's settings show it.
    pub url: Credential,
    /// The key with which messages are signed, where the robot asks for it.
    pub secret: Option<Credential>,
    /// Open IDs of members to mention.
    #[serde(default)]
    #[schemars(length(max = 30), example = ["ou_18eac8f2"])]
    pub mentions: Vec<Line>,
    /// Whether everyone in the group is mentioned.
    #[serde(default)]
    pub mention_all: bool,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

impl GroupRobot for FeishuSpec {
    const MEMBERS: Members = Members {
        what: "the open ID of a member",
        is_one: is_open_id,
        example: "ou_18eac8f2",
    };

    fn as_robot(&self) -> Robot<'_> {
        Robot {
            kind: "feishu",
            url: &self.url.secret_ref,
            sign: self.secret.as_ref().map(|it| &it.secret_ref),
            mentions: &self.mentions,
            mention_all: self.mention_all,
            send_resolved: self.send_resolved,
        }
    }
}

fn is_open_id(text: &str) -> bool {
    text.len() > 3
        && text.starts_with("ou_")
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_')
}
