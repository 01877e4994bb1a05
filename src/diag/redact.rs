//! Keeps credentials off the screen.
//!
//! Which values of a policy are credentials, whatever they look like, is said by its schema.

use std::borrow::Cow;

use crate::diag::secret::{WAIVER, is_sensitive, may_be};

/// Returns whether the rest of a line may be shown, as far as its text alone can tell.
pub fn may_be_shown(line: &str) -> bool {
    let (key, value) = line.split_once(':').unwrap_or(("", line));
    let value = value.trim();
    // What is hidden already stands as stars.
    let holds_text = !value.is_empty() && !value.starts_with(['{', '#', '[', '*']);
    !(may_be(line) || is_sensitive(key) && holds_text)
}

/// Returns where the comment of a line begins, if it tells of a credential: what was commented out
/// is as secret as it was before.
pub fn secret_comment(line: &str) -> Option<usize> {
    let mut starts = line.match_indices('#').map(|(at, _)| at);
    // What a later one would tell, the first tells too: it holds the other.
    starts
        .find(|at| *at == 0 || line[..*at].ends_with([' ', '\t']))
        .filter(|at| {
            let comment = line[*at..].replace(WAIVER, "");
            let mut names = comment.split([':', '=']).rev().skip(1);
            // Directives of redis.conf have no mark behind their names.
            names.any(|it| is_sensitive(it) || is_field(it, &["auth"]))
                || comment.split(' ').any(|it| is_field(it, DIRECTIVES))
        })
}

/// The directives of redis.conf whose values are credentials, and that of Sentinel.
const DIRECTIVES: &[&str] = &["requirepass", "masterauth", "primaryauth", "auth-pass"];

/// Returns whether a line is a directive of redis.conf or of Sentinel with a credential behind its name.
pub fn is_secret_directive(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let name = match words.next() {
        Some("sentinel") => words.next(),
        name => name,
    };
    let is_one = name.is_some_and(|it| DIRECTIVES.iter().any(|name| it.eq_ignore_ascii_case(name)));
    let is_user = || {
        let mut rules = line.split_whitespace().skip(2);
        line.trim_start().starts_with("user ") && rules.any(|it| it.starts_with(['>', '#']))
    };
    is_one && words.next().is_some() || is_user()
}

/// Returns whether what stands before a mark ends with one of some names.
fn is_field(before: &str, names: &[&str]) -> bool {
    let before = before.trim_end_matches([' ', '"', '\'']);
    let mut words = before.rsplit(|it: char| !(it.is_ascii_alphanumeric() || it == '-'));
    let name = words.next().unwrap_or_default();
    names.iter().any(|it| name.eq_ignore_ascii_case(it))
}

/// Returns a text about a policy without the credentials that it repeats, without what is `hidden`
/// there, and without texts of a length that nobody reads.
pub fn message(text: &str, hidden: Option<&str>) -> String {
    const LONGEST: usize = 80;
    let hidden = hidden.map(|it| it.trim_matches(['"', '\'', ' ']));
    let hidden = hidden.filter(|it| !it.is_empty());
    // A mark in what is hidden would end the quotation.
    let text: Cow<'_, str> = match hidden {
        Some(it) if it.contains('`') => text.replace(it, "****").into(),
        _ => text.into(),
    };
    let mut message = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            message.push('`');
        }
        let is_quoted = index % 2 == 1;
        if is_quoted && (may_be(part) || hidden.is_some_and(|it| part.contains(it))) {
            message.push_str("****");
        } else if is_quoted && part.chars().count() > LONGEST {
            message.extend(part.chars().take(LONGEST - 1));
            message.push('…');
        } else {
            message.push_str(part);
        }
    }
    if !may_be(&message) {
        return message;
    }
    let secrets: Vec<String> = words(&message)
        .filter(|it| may_be(it))
        .map(str::to_owned)
        .collect();
    secrets
        .iter()
        .fold(message, |message, it| message.replace(it.as_str(), "****"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| {
        it.is_whitespace() || matches!(it, '"' | '\'' | '`' | ',' | '{' | '}' | '[' | ']')
    })
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
    fn a_comment_that_tells_of_a_credential_is_not_shown() {
        assert_eq!(secret_comment("# password: hunter2"), Some(0));
        assert_eq!(secret_comment("a: b # token=hunter2"), Some(5));
        assert_eq!(secret_comment("# auth: hunter2"), Some(0));
        assert_eq!(secret_comment("# é auth: hunter2"), Some(0));
        assert_eq!(secret_comment("a: b # requirepass hunter2"), Some(5));
        assert_eq!(secret_comment("# the author: somebody"), None);
        assert_eq!(secret_comment("a: b # the password is elsewhere"), None);
        assert_eq!(secret_comment("password: {a: b} # why"), None);
    }

    #[test]
    fn a_directive_with_a_credential_is_known() {
        for line in [
            "requirepass hunter",
            "  masterauth hunter",
            "sentinel auth-pass mymaster hunter",
            "user default on >hunter ~* +@all",
        ] {
            assert!(is_secret_directive(line), "{line}");
        }
        for line in [
            "requirepass",
            "maxmemory 1gb",
            "user default on nopass ~* +@all",
        ] {
            assert!(!is_secret_directive(line), "{line}");
        }
    }

    #[test]
    fn a_message_repeats_no_credential_and_nothing_long() {
        for text in [
            "`https://hooks.slack.com/services/T0/B0/abc` is not a name",
            "unexpected identifier 'ghp_abcdefgh'",
            "a `b` c xoxb-1-2",
        ] {
            let message = message(text, None);
            assert!(message.contains("****") && !may_be(&message), "{message}");
        }
        let long = message(&format!("`{}` is long", "a".repeat(1_000)), None);
        assert!(
            long.chars().count() < 100 && long.ends_with("…` is long"),
            "{long}"
        );
        assert_eq!(message("`a` is not `b`", None), "`a` is not `b`");
        assert_eq!(message("`012` is a", Some("\"012\"")), "`****` is a");
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
