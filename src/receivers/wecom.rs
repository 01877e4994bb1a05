//! WeCom, by the robot of a group.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::receivers::adapter::{GroupRobot, Robot};
use crate::value::recipient::WecomMember;
use crate::value::secret::Credential;

/// A WeCom group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WecomSpec {
    /// The address of the robot, as the group's settings show it.
    pub url: Credential,
    /// User IDs of members to mention.
    #[serde(default)]
    #[schemars(length(max = 30), example = ["zhangsan"])]
    pub mentions: Vec<WecomMember>,
    /// Whether everyone in the group is mentioned.
    #[serde(default)]
    pub mention_all: bool,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

impl GroupRobot for WecomSpec {
    fn as_robot(&self) -> Robot<'_> {
        Robot {
            kind: "wecom",
            url: &self.url.secret_ref,
            sign: None,
            mentions: self.mentions.iter().map(WecomMember::as_str).collect(),
            mention_all: self.mention_all,
            send_resolved: self.send_resolved,
        }
    }
}
