//! WeCom, by the robot of a group.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::receivers::adapter::{GroupRobot, Members, Robot};
use crate::value::secret::Credential;
use crate::value::text::Line;

/// A WeCom group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WecomSpec {
    /// The address of the robot, as the group's settings show it.
    pub url: Credential,
    /// User IDs of members to mention.
    #[serde(default)]
    #[schemars(length(max = 30), example = ["zhangsan"])]
    pub mentions: Vec<Line>,
    /// Whether everyone in the group is mentioned.
    #[serde(default)]
    pub mention_all: bool,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

impl GroupRobot for WecomSpec {
    const MEMBERS: Members = Members {
        what: "the ID of a member",
        is_one: is_user_id,
        example: "zhangsan",
    };

    fn as_robot(&self) -> Robot<'_> {
        Robot {
            kind: "wecom",
            url: &self.url.secret_ref,
            sign: None,
            mentions: &self.mentions,
            mention_all: self.mention_all,
            send_resolved: self.send_resolved,
        }
    }
}

fn is_user_id(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|it: char| it.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"_-@.".contains(&it))
}
