//! Feishu (Lark), by the robot of a group.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::receivers::adapter::{GroupRobot, Robot};
use crate::value::recipient::FeishuMember;
use crate::value::secret::Credential;

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
    pub mentions: Vec<FeishuMember>,
    /// Whether everyone in the group is mentioned.
    #[serde(default)]
    pub mention_all: bool,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

impl GroupRobot for FeishuSpec {
    fn as_robot(&self) -> Robot<'_> {
        Robot {
            kind: "feishu",
            url: &self.url.secret_ref,
            sign: self.secret.as_ref().map(|it| &it.secret_ref),
            mentions: self.mentions.iter().map(FeishuMember::as_str).collect(),
            mention_all: self.mention_all,
            send_resolved: self.send_resolved,
        }
    }
}
