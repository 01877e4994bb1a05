//! WeCom's application API, which Alertmanager calls by its old name.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::{alertmanager, alertmanager_config};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::receivers::{Channel, Context, HEADLINE, selector, text};
use crate::value::recipient::{CorpId, WechatAgent, WechatGroups, WechatMembers};
use crate::value::secret::{Credential, SecretRef};
use crate::value::version::Version;

/// Members of a company in WeCom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WechatSpec {
    /// The ID of the company.
    pub corp_id: CorpId,
    /// The ID of the application, in quotes.
    #[schemars(example = "1000002")]
    pub agent_id: WechatAgent,
    /// The secret of the application.
    pub secret: Credential,
    /// Members, separated by `|`; `@all` for everyone who may see the application.
    pub to_user: Option<WechatMembers>,
    /// Departments, separated by `|`.
    pub to_party: Option<WechatGroups>,
    /// Tags, separated by `|`.
    pub to_tag: Option<WechatGroups>,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

const MESSAGE: &str = include_str!("../../templates/alertmanager/wechat-message.tmpl");

/// Markdown is shown by WeCom only, text by WeChat's plugin too.
const MESSAGE_TYPE: &str = "text";

impl Channel for WechatSpec {
    fn kind(&self) -> &'static str {
        "wechat"
    }

    fn check(&self, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
        if self.to_user.is_none() && self.to_party.is_none() && self.to_tag.is_none() {
            acc.push(
                Diagnostic::error(
                    "receivers/no-recipient",
                    Place::Key(at.clone()),
                    "the WeCom message has no recipient",
                )
                .label("needs somebody to send to")
                .note("WeCom refuses a message without one when it is sent")
                .help("add `toUser`, `toParty` or `toTag`; `toUser: \"@all\"` is everyone"),
            );
        }
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        vec![("secret", &self.secret.secret_ref)]
    }

    fn add_to_resource(&self, _: &Context, receiver: &mut alertmanager_config::Receiver) {
        receiver
            .wechat_configs
            .push(alertmanager_config::WechatConfig {
                send_resolved: self.send_resolved,
                api_secret: selector(&self.secret),
                corp_id: self.corp_id.to_string(),
                agent_id: self.agent_id.to_string(),
                to_user: self.to_user.as_ref().map(ToString::to_string),
                to_party: self.to_party.as_ref().map(ToString::to_string),
                to_tag: self.to_tag.as_ref().map(ToString::to_string),
                message: message(),
                message_type: MESSAGE_TYPE.to_owned(),
            });
    }

    fn add_to_native(&self, context: &Context, receiver: &mut alertmanager::Receiver) {
        receiver.wechat_configs.push(alertmanager::WechatConfig {
            send_resolved: self.send_resolved,
            api_secret_file: context.file(&self.secret),
            corp_id: self.corp_id.to_string(),
            message: message(),
            to_user: self.to_user.as_ref().map(ToString::to_string),
            to_party: self.to_party.as_ref().map(ToString::to_string),
            to_tag: self.to_tag.as_ref().map(ToString::to_string),
            agent_id: self.agent_id.to_string(),
            message_type: MESSAGE_TYPE.to_owned(),
        });
    }

    /// `api_secret_file` came with 0.31.
    fn minimum_alertmanager(&self) -> Option<Version> {
        Some(Version::new(0, 31))
    }
}

fn message() -> String {
    format!("{}\n\n{}", text(HEADLINE), text(MESSAGE))
}
