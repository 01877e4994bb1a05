//! Mail.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::alertmanager_config::KeyValue;
use crate::api::{alertmanager, alertmanager_config};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::receivers::{Channel, Context, HEADLINE, selector, text};
use crate::value::recipient::{Login, MailAddress, MailServer};
use crate::value::secret::{Credential, SecretRef};

/// Mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EmailSpec {
    /// Who gets it.
    #[schemars(example = ["redis-oncall@example.com"])]
    pub to: Vec<MailAddress>,
    /// The sender, such as `alerts@example.com` or `Redis alerts <alerts@example.com>`.
    #[schemars(example = "alerts@example.com")]
    pub from: MailAddress,
    /// The mail server with its port.
    #[schemars(example = "smtp.example.com:587")]
    pub smarthost: MailServer,
    /// The login at the mail server; together with `password`.
    pub username: Option<Login>,
    /// The password at the mail server; together with `username`.
    pub password: Option<Credential>,
    /// Whether the mail server must offer an encrypted connection.
    #[serde(default = "crate::receivers::yes")]
    pub require_tls: bool,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

const TEXT: &str = include_str!("../../templates/alertmanager/email-text.tmpl");

impl Channel for EmailSpec {
    fn kind(&self) -> &'static str {
        "email"
    }

    fn check(&self, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
        if self.to.is_empty() {
            acc.push(
                Diagnostic::error(
                    "receivers/no-recipient",
                    Place::Key(at.key("to")),
                    "the mail has no recipient",
                )
                .label("empty")
                .note("Alertmanager refuses the whole configuration for it")
                .help("write at least one address"),
            );
        }
        let incomplete = match (&self.username, &self.password) {
            (Some(_), None) => Some(("username", "password")),
            (None, Some(_)) => Some(("password", "username")),
            (Some(_), Some(_)) | (None, None) => None,
        };
        if let Some((given, missing)) = incomplete {
            acc.push(
                Diagnostic::error(
                    "receivers/incomplete-login",
                    Place::Key(at.key(given)),
                    format!("the mail login has `{given}` but no `{missing}`"),
                )
                .label(format!("needs `{missing}`"))
                .note("Alertmanager would not log in, and the mail server would refuse the mail")
                .help(format!("add `{missing}`, or remove `{given}`")),
            );
        }
        if self.password.is_some() && !self.require_tls {
            acc.push(
                Diagnostic::warning(
                    "receivers/unencrypted-login",
                    Place::Value(at.key("requireTls")),
                    "the mail login may happen over an unencrypted connection",
                )
                .label("does not require encryption")
                .note("Alertmanager does not send a password in the clear: each mail would fail")
                .help("remove `requireTls: false`, or the login"),
            );
        }
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        self.password
            .iter()
            .map(|it| ("password", &it.secret_ref))
            .collect()
    }

    fn add_to_resource(&self, _: &Context, receiver: &mut alertmanager_config::Receiver) {
        receiver
            .email_configs
            .push(alertmanager_config::EmailConfig {
                send_resolved: self.send_resolved,
                to: self.recipients(),
                from: self.from.to_string(),
                smarthost: self.smarthost.to_string(),
                auth_username: self.username.as_ref().map(Login::to_string),
                auth_password: self.password.as_ref().map(selector),
                headers: vec![KeyValue {
                    key: "Subject".to_owned(),
                    value: text(HEADLINE),
                }],
                html: String::new(),
                text: text(TEXT),
                require_tls: self.require_tls,
            });
    }

    fn add_to_native(&self, context: &Context, receiver: &mut alertmanager::Receiver) {
        receiver.email_configs.push(alertmanager::EmailConfig {
            send_resolved: self.send_resolved,
            to: self.recipients(),
            from: self.from.to_string(),
            smarthost: self.smarthost.to_string(),
            auth_username: self.username.as_ref().map(Login::to_string),
            auth_password_file: self.password.as_ref().map(|it| context.file(it)),
            headers: [("Subject".to_owned(), text(HEADLINE))].into(),
            html: String::new(),
            text: text(TEXT),
            require_tls: self.require_tls,
        });
    }
}

impl EmailSpec {
    fn recipients(&self) -> String {
        let all: Vec<&str> = self.to.iter().map(MailAddress::as_str).collect();
        all.join(", ")
    }
}
