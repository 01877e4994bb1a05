//! The adapter that stands between Alertmanager and the robots of groups, which it does not speak.
//!
//! Its program and its configuration; the Kubernetes objects that run it are planned elsewhere.

use serde_json::{Map, Value, json};

use crate::api::{alertmanager, alertmanager_config};
use crate::receivers::{Channel, Context, ReceiverSpec};
use crate::value::secret::SecretRef;

/// The program: Python without packages.
pub const PROGRAM: &str = include_str!("../../templates/adapter/adapter.py");

/// Where the program reads its configuration.
pub const CONFIGURATION_FILE: &str = "/etc/adapter/robots.json";

/// Below what the program reads the robots' credentials.
pub const SECRETS_DIR: &str = "/secrets";

/// Where the program listens.
pub const PORT: u16 = 8080;

/// How many alerts Alertmanager hands over at once: more do not fit into a message.
const MAX_ALERTS: u32 = 20;

/// The robot of a group.
#[derive(Debug, Clone)]
pub struct Robot<'a> {
    /// The kind of channel.
    pub kind: &'static str,
    /// Its address.
    pub url: &'a SecretRef,
    /// The key with which messages to it are signed.
    pub sign: Option<&'a SecretRef>,
    /// Who is mentioned: phone numbers at DingTalk, IDs elsewhere.
    pub mentions: Vec<&'a str>,
    /// Whether everyone is mentioned.
    pub mention_all: bool,
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
}

/// A key of a Secret and the file, below [`SECRETS_DIR`], that the program reads it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile<'a> {
    /// The key.
    pub secret: &'a SecretRef,
    /// The path, such as `ops-dingtalk/url`.
    pub path: String,
}

/// The name of a robot at the adapter, the last part of the address that Alertmanager calls.
pub fn robot_name(receiver: &str, kind: &str) -> String {
    format!("{receiver}-{kind}")
}

/// The configuration of the program; it holds no credential, and robots in the order of their names.
pub fn configuration(receivers: &[&ReceiverSpec]) -> Value {
    let mut robots: Vec<_> = receivers.iter().flat_map(|it| it.robots()).collect();
    robots.sort_by(|(a, _), (b, _)| a.cmp(b));
    let robots: Map<String, Value> = robots
        .into_iter()
        .map(|(name, robot)| {
            let value = robot.configuration(&name);
            (name, value)
        })
        .collect();
    json!({ "robots": robots })
}

/// The keys of Secrets that the program reads, in the order of their paths.
pub fn secret_files<'a>(receivers: &[&'a ReceiverSpec]) -> Vec<SecretFile<'a>> {
    let mut files = Vec::new();
    for (name, robot) in receivers.iter().flat_map(|it| it.robots()) {
        files.push(SecretFile {
            secret: robot.url,
            path: format!("{name}/url"),
        });
        files.extend(robot.sign.map(|secret| SecretFile {
            secret,
            path: format!("{name}/sign"),
        }));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

impl Robot<'_> {
    fn configuration(&self, name: &str) -> Value {
        let mut value = json!({
            "type": self.kind,
            "url_file": format!("{SECRETS_DIR}/{name}/url"),
        });
        if self.sign.is_some() {
            value["sign_file"] = json!(format!("{SECRETS_DIR}/{name}/sign"));
        }
        let by = if self.kind == "dingtalk" {
            "at_mobiles"
        } else {
            "at_users"
        };
        value[by] = json!(self.mentions);
        value["at_all"] = json!(self.mention_all);
        value
    }

    fn address(&self, context: &Context, receiver: &str) -> String {
        let name = robot_name(receiver, self.kind);
        format!("{}/{name}", context.adapter_url)
    }
}

/// A channel that the adapter speaks to.
pub(crate) trait GroupRobot {
    /// What the adapter has to know of it.
    fn as_robot(&self) -> Robot<'_>;
}

impl<T: GroupRobot> Channel for T {
    fn kind(&self) -> &'static str {
        self.as_robot().kind
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        let Robot { url, sign, .. } = self.as_robot();
        let sign = sign.map(|it| ("secret", it));
        [("url", url)].into_iter().chain(sign).collect()
    }

    fn add_to_resource(&self, context: &Context, receiver: &mut alertmanager_config::Receiver) {
        let robot = self.as_robot();
        receiver
            .webhook_configs
            .push(alertmanager_config::WebhookConfig {
                send_resolved: robot.send_resolved,
                url: Some(robot.address(context, &receiver.name)),
                max_alerts: Some(MAX_ALERTS),
                ..Default::default()
            });
    }

    fn add_to_native(&self, context: &Context, receiver: &mut alertmanager::Receiver) {
        let robot = self.as_robot();
        receiver.webhook_configs.push(alertmanager::WebhookConfig {
            send_resolved: robot.send_resolved,
            url: Some(robot.address(context, &receiver.name)),
            max_alerts: Some(MAX_ALERTS),
            ..Default::default()
        });
    }

    fn robot(&self) -> Option<Robot<'_>> {
        Some(self.as_robot())
    }
}
