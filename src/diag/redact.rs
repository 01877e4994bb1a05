//! Keeps credentials off the screen: decides which lines of a policy may be shown.

/// Words in a key that say that its value is a credential.
const SENSITIVE_KEYS: &[&str] = &[
    "pass",
    "secret",
    "token",
    "apikey",
    "api_key",
    "credential",
    "webhook",
    "routingkey",
    "dsn",
];

/// Beginnings and parts that only credentials have: Slack, PagerDuty and cloud keys, tokens, PEM.
const SENSITIVE_PARTS: &[&str] = &[
    "hooks.slack.com/",
    "xoxb-",
    "xoxa-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "AKIA",
    "AIza",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "SG.",
    "eyJ",
    "-----BEGIN",
    "access_token=",
    "/robot/send",
    "/bot/v2/hook/",
    "webhook/send?key=",
    "discord.com/api/webhooks",
    "webhook.office.com",
];

/// Returns whether a value has the form of a credential.
pub fn looks_like_a_secret(value: &str) -> bool {
    if SENSITIVE_PARTS.iter().any(|part| value.contains(part)) {
        return true;
    }
    if let Some((_, rest)) = value.split_once("://")
        && let Some((user, _)) = rest.split('/').next().unwrap_or("").split_once('@')
        && user.contains(':')
    {
        return true;
    }
    // PagerDuty integration keys and many API keys are 32 hexadecimal digits; image digests are 64.
    value.len() == 32 && value.bytes().all(|it| it.is_ascii_hexdigit())
}

/// Returns whether a line of the policy may be shown.
pub fn may_be_shown(line: &str) -> bool {
    let (key, value) = match line.split_once(':') {
        Some((key, value)) => (key.to_lowercase(), value.trim()),
        None => (String::new(), line.trim()),
    };
    let named = SENSITIVE_KEYS.iter().any(|it| key.contains(it));
    let holds_text = !value.is_empty() && !value.starts_with(['{', '#', '[']);
    let any_secret = line
        .split(|it: char| {
            it.is_whitespace() || matches!(it, '"' | '\'' | ',' | '{' | '}' | '[' | ']')
        })
        .any(looks_like_a_secret);
    !(any_secret || named && holds_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_credentials_are_not_shown() {
        for line in [
            "  url: https://hooks.slack.com/services/T0/B0/abc",
            "  password: hunter2",
            "  routingKey: 0123456789abcdef0123456789abcdef",
            "  x: redis://user:pw@host:6379",
            "  slack: {url: https://hooks.slack.com/services/T0/B0/abc}",
        ] {
            assert!(!may_be_shown(line), "{line}");
        }
    }

    #[test]
    fn references_and_digests_are_shown() {
        for line in [
            "      auth: {secretRef: {name: session-cache, key: password}}",
            "      secretRef: {name: session-cache, key: password}",
            "  image: redis@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "  - name: session-cache",
        ] {
            assert!(may_be_shown(line), "{line}");
        }
    }
}
