//! DingTalk, by the robot of a group.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::receivers::adapter::{GroupRobot, Robot};
use crate::value::recipient::PhoneNumber;
use crate::value::secret::Credential;

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
    pub mentions: Vec<PhoneNumber>,
    /// Whether everyone in the group is mentioned.
    #[serde(default)]
    pub mention_all: bool,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

impl GroupRobot for DingtalkSpec {
    fn as_robot(&self) -> Robot<'_> {
        Robot {
            kind: "dingtalk",
            url: &self.url.secret_ref,
            sign: self.secret.as_ref().map(|it| &it.secret_ref),
            mentions: self.mentions.iter().map(PhoneNumber::as_str).collect(),
            mention_all: self.mention_all,
            send_resolved: self.send_resolved,
        }
    }
}
