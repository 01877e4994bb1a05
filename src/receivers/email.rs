//! Mail.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::alertmanager_config::KeyValue;
use crate::api::{alertmanager, alertmanager_config};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::receivers::{Channel, Context, HEADLINE, check_constant, selector, shown, text};
use crate::value::secret::{Credential, SecretRef};
use crate::value::text::Line;

/// Mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EmailSpec {
    /// Who gets it.
    #[schemars(length(min = 1), example = ["redis-oncall@example.com"])]
    pub to: Vec<Line>,
    /// The sender, such as `alerts@example.com` or `Redis alerts <alerts@example.com>`.
    #[schemars(example = "alerts@example.com")]
    pub from: Line,
    /// The mail server with its port.
    #[schemars(example = "smtp.example.com:587")]
    pub smarthost: Line,
    /// The login at the mail server; together with `password`.
    pub username: Option<Line>,
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
        for (index, address) in self.to.iter().enumerate() {
            check_address(address.as_str(), at.key("to").index(index), acc);
        }
        check_address(self.from.as_str(), at.key("from"), acc);
        check_smarthost(self.smarthost.as_str(), at.key("smarthost"), acc);
        if let Some(username) = &self.username {
            check_constant(username.as_str(), at.key("username"), acc);
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
                auth_username: self.username.as_ref().map(Line::to_string),
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
            auth_username: self.username.as_ref().map(Line::to_string),
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
        let all: Vec<&str> = self.to.iter().map(Line::as_str).collect();
        all.join(", ")
    }
}

fn check_address(text: &str, at: FieldPath, acc: &mut Vec<Diagnostic>) {
    if check_constant(text, at.clone(), acc) && !is_address(text) {
        acc.push(
            Diagnostic::error(
                "receivers/not-an-address",
                Place::Value(at),
                format!("`{}` is not a mail address", shown(text)),
            )
            .label("not one address")
            .note("Alertmanager finds out when it sends the first mail, and sends none")
            .help("write one address, such as `oncall@example.com`"),
        );
    }
}

/// `local@host`, or `Name <local@host>` with a name that needs no quotes.
fn is_address(text: &str) -> bool {
    let address = match text.strip_suffix('>').and_then(|it| it.split_once('<')) {
        Some((name, address)) if name.chars().all(|it| it.is_alphanumeric() || it == ' ') => {
            address
        }
        Some(_) => return false,
        None => text,
    };
    let plain = |it: u8| it.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&it);
    match address.split_once('@') {
        Some((local, host)) => {
            !local.is_empty()
                && !host.is_empty()
                && local.bytes().all(plain)
                && host
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-'))
        }
        None => false,
    }
}

fn check_smarthost(text: &str, at: FieldPath, acc: &mut Vec<Diagnostic>) {
    if !check_constant(text, at.clone(), acc) {
        return;
    }
    let host_and_port = text.rsplit_once(':').filter(|(host, port)| {
        let bracketed = host.starts_with('[') && host.ends_with(']');
        !host.is_empty()
            && !host.contains(|it: char| it.is_whitespace() || it == '/' || it == '@')
            && (bracketed || !host.contains(':'))
            && port.parse::<u16>().is_ok_and(|it| it > 0)
    });
    if host_and_port.is_none() {
        acc.push(
            Diagnostic::error(
                "receivers/not-a-smarthost",
                Place::Value(at),
                format!("`{}` is not a mail server with its port", shown(text)),
            )
            .label("not `host:port`")
            .note("for one that it cannot read, the operator stops to update every configuration")
            .help("write host and port, such as `smtp.example.com:587`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_an_address() {
        for text in ["a@b", "a.b+c@example.com", "Redis alerts <a@example.com>"] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "a",
            "a@",
            "@b",
            "a@b, c@d",
            "a b@c",
            "x, y <a@b>",
            "<a@b> c",
            "a@b>",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn a_mail_server_has_a_port() {
        let findings = |text| {
            let mut acc = Vec::new();
            check_smarthost(text, FieldPath::root(), &mut acc);
            acc.len()
        };
        for text in ["smtp.example.com:587", "[::1]:25"] {
            assert_eq!(findings(text), 0, "{text}");
        }
        for text in [
            "smtp.example.com",
            ":25",
            "a:0",
            "a:smtp",
            "::1:25",
            "smtp://a:25",
        ] {
            assert_eq!(findings(text), 1, "{text}");
        }
    }
}
