//! Where notifications go: one file per kind of channel, each with both of its forms.
//!
//! Nothing here knows which alert goes where; that is routing.

pub mod adapter;
pub mod dingtalk;
pub mod email;
pub mod feishu;
pub mod pagerduty;
pub mod slack;
pub mod webhook;
pub mod wechat;
pub mod wecom;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::alertmanager_config::SecretKeySelector;
use crate::api::{alertmanager, alertmanager_config};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, ticked};
use crate::receivers::adapter::Robot;
use crate::value::name::Name;
use crate::value::secret::{Credential, SecretRef};
use crate::value::version::Version;

/// Somebody to notify, by one or several channels at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReceiverSpec {
    /// The name that routes send to.
    pub name: Name,
    /// A Slack channel.
    pub slack: Option<slack::SlackSpec>,
    /// A PagerDuty service.
    pub pagerduty: Option<pagerduty::PagerdutySpec>,
    /// Mail.
    pub email: Option<email::EmailSpec>,
    /// An HTTP endpoint that reads Alertmanager's own notifications.
    pub webhook: Option<webhook::WebhookSpec>,
    /// Members of a company in WeCom, by an application (not by a group robot: that is `wecom`).
    pub wechat: Option<wechat::WechatSpec>,
    /// A DingTalk group, by its robot.
    pub dingtalk: Option<dingtalk::DingtalkSpec>,
    /// A Feishu (Lark) group, by its robot.
    pub feishu: Option<feishu::FeishuSpec>,
    /// A WeCom group, by its robot.
    pub wecom: Option<wecom::WecomSpec>,
}

/// What a channel must know of the stack that it serves.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The stack.
    pub stack: &'a str,
    /// The adapter for robots, to which a robot's name is appended:
    /// `http://prod-alert-adapter.monitoring.svc:8080/alert`.
    pub adapter_url: &'a str,
    /// Where Alertmanager finds the Secrets that are mounted into it:
    /// `/etc/alertmanager/secrets`.
    pub secrets_dir: &'a str,
}

impl Context<'_> {
    /// The file in which Alertmanager finds a credential.
    fn file(&self, credential: &Credential) -> String {
        let SecretRef { name, key } = &credential.secret_ref;
        format!("{}/{name}/{key}", self.secrets_dir)
    }
}

/// One kind of channel.
pub trait Channel {
    /// The field of the receiver that holds it.
    fn kind(&self) -> &'static str;

    /// Reports what Alertmanager or the channel itself would not accept, beyond what the types of its
    /// fields refuse; `at` is the channel.
    fn check(&self, _at: &FieldPath, _acc: &mut Vec<Diagnostic>) {}

    /// The credentials that it needs, each with its field.
    fn secrets(&self) -> Vec<(&'static str, &SecretRef)>;

    /// Adds it to a receiver of the custom resource.
    fn add_to_resource(&self, context: &Context, receiver: &mut alertmanager_config::Receiver);

    /// Adds it to a receiver of `alertmanager.yaml`.
    fn add_to_native(&self, context: &Context, receiver: &mut alertmanager::Receiver);

    /// The Alertmanager from which on `alertmanager.yaml` can hold it, where not every one can;
    /// the custom resource can always.
    fn minimum_alertmanager(&self) -> Option<Version> {
        None
    }

    /// The robot behind the adapter, where Alertmanager cannot speak to the channel itself.
    fn robot(&self) -> Option<Robot<'_>> {
        None
    }
}

/// Every kind of channel, in the order of the fields.
pub const KINDS: [&str; 8] = [
    "slack",
    "pagerduty",
    "email",
    "webhook",
    "wechat",
    "dingtalk",
    "feishu",
    "wecom",
];

impl ReceiverSpec {
    /// The channels that it has.
    pub fn channels(&self) -> Vec<&dyn Channel> {
        let Self {
            name: _,
            slack,
            pagerduty,
            email,
            webhook,
            wechat,
            dingtalk,
            feishu,
            wecom,
        } = self;
        let all: [Option<&dyn Channel>; KINDS.len()] = [
            slack.as_ref().map(|it| it as _),
            pagerduty.as_ref().map(|it| it as _),
            email.as_ref().map(|it| it as _),
            webhook.as_ref().map(|it| it as _),
            wechat.as_ref().map(|it| it as _),
            dingtalk.as_ref().map(|it| it as _),
            feishu.as_ref().map(|it| it as _),
            wecom.as_ref().map(|it| it as _),
        ];
        all.into_iter().flatten().collect()
    }

    /// Reports what would not be accepted; `at` is the receiver.
    pub fn check(&self, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
        let channels = self.channels();
        if channels.is_empty() {
            acc.push(
                Diagnostic::error(
                    "receivers/no-channel",
                    Place::Key(at.clone()),
                    format!("receiver `{}` has no channel", self.name),
                )
                .label("notifies nobody")
                .note("Alertmanager accepts such a receiver and drops what is routed to it")
                .help(format!("add one or several of {}", ticked(&KINDS))),
            );
        }
        for channel in channels {
            channel.check(&at.key(channel.kind()), acc);
        }
    }

    /// The credentials of all channels, each with its field below the receiver.
    pub fn secrets<'a>(&'a self, at: &FieldPath) -> Vec<(FieldPath, &'a SecretRef)> {
        let mut secrets = Vec::new();
        for channel in self.channels() {
            let at = at.key(channel.kind());
            secrets.extend(
                channel
                    .secrets()
                    .into_iter()
                    .map(|(field, secret)| (at.key(field), secret)),
            );
        }
        secrets
    }

    /// The credentials that Alertmanager itself needs; those of robots are for the adapter.
    pub fn alertmanager_secrets(&self) -> Vec<&SecretRef> {
        self.channels()
            .into_iter()
            .filter(|it| it.robot().is_none())
            .flat_map(|it| it.secrets())
            .map(|(_, secret)| secret)
            .collect()
    }

    /// The robots, each with its name at the adapter.
    pub fn robots(&self) -> Vec<(String, Robot<'_>)> {
        self.channels()
            .into_iter()
            .filter_map(|it| it.robot())
            .map(|robot| (adapter::robot_name(self.name.as_str(), robot.kind), robot))
            .collect()
    }

    /// Returns whether the adapter is needed.
    pub fn has_robot(&self) -> bool {
        self.channels().iter().any(|it| it.robot().is_some())
    }

    /// The Alertmanager from which on `alertmanager.yaml` can hold it, where not every one can.
    pub fn minimum_alertmanager(&self) -> Option<Version> {
        self.channels()
            .iter()
            .filter_map(|it| it.minimum_alertmanager())
            .max()
    }

    /// The receiver of an `AlertmanagerConfig`.
    pub fn to_resource(&self, context: &Context) -> alertmanager_config::Receiver {
        let mut receiver = alertmanager_config::Receiver {
            name: self.name.to_string(),
            ..Default::default()
        };
        for channel in self.channels() {
            channel.add_to_resource(context, &mut receiver);
        }
        receiver
    }

    /// The receiver of an `alertmanager.yaml`.
    pub fn to_native(&self, context: &Context) -> alertmanager::Receiver {
        let mut receiver = alertmanager::Receiver {
            name: self.name.to_string(),
            ..Default::default()
        };
        for channel in self.channels() {
            channel.add_to_native(context, &mut receiver);
        }
        receiver
    }
}

/// The headline of a notification: `[FIRING:2] RedisDown shop/session-cache (critical)`.
///
/// Notification texts are written into both forms: an `AlertmanagerConfig` cannot carry files.
const HEADLINE: &str = include_str!("../../templates/alertmanager/headline.tmpl");

/// The page of Alertmanager with the alerts of the receiver.
///
/// The operator parses the templates of addresses with Go's own functions alone, and drops the
/// whole resource over one of Alertmanager's.
const ALERTMANAGER_URL: &str = include_str!("../../templates/alertmanager/alertmanager-url.tmpl");

/// The text of a template file.
fn text(template: &str) -> String {
    template.trim_end_matches('\n').to_owned()
}

fn selector(credential: &Credential) -> SecretKeySelector {
    SecretKeySelector {
        name: credential.secret_ref.name.to_string(),
        key: credential.secret_ref.key.to_string(),
    }
}

/// Whether a channel tells of the end of an alert where the policy does not say: Alertmanager's
/// own answers differ from kind to kind.
fn yes() -> bool {
    true
}
