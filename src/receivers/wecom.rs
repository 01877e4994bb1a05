//! WeCom, by the robot of a group.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::{alertmanager, alertmanager_config};
use crate::diag::Diagnostic;
use crate::diag::path::FieldPath;
use crate::receivers::adapter::{Robot, check_mentions};
use crate::receivers::{Channel, Context};
use crate::value::secret::{Credential, SecretRef};
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

impl Channel for WecomSpec {
    fn kind(&self) -> &'static str {
        "wecom"
    }

    fn check(&self, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
        check_mentions(
            &self.mentions,
            "the ID of a member",
            is_user_id,
            "zhangsan",
            &at.key("mentions"),
            acc,
        );
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        vec![("url", &self.url.secret_ref)]
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

impl WecomSpec {
    fn as_robot(&self) -> Robot<'_> {
        Robot {
            kind: self.kind(),
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
