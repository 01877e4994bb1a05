//! Names of things: each with the rules of the system that will refuse the others.

use crate::value::{Wrong, text_type};

text_type!(
    /// A name that becomes a Kubernetes object, a file and a label: RFC 1123, at most 63 characters.
    Name,
    "name",
    "A name: lower-case letters, digits and `-`, first and last a letter or digit, at most 63 characters",
    "objects, files and labels are named by it: one of them would be refused",
    ["session-cache"],
    |text| {
        if text.is_empty() {
            return Err(Wrong::new("a name is empty", "write a name such as `session-cache`"));
        }
        if text.len() > 63 {
            return Err(Wrong::new(
                format!("this name has {} characters", text.len()),
                "a name has at most 63 characters: Kubernetes refuses longer labels",
            ));
        }
        let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        if !text.bytes().all(inner) || text.starts_with('-') || text.ends_with('-') {
            return Err(Wrong::new(
                format!("`{text}` is not a name that Kubernetes accepts"),
                match suggestion(text) {
                    Some(it) => format!("write `{it}`: lower-case letters, digits and `-`"),
                    None => "use lower-case letters, digits and `-`, such as `session-cache`".to_owned(),
                },
            ));
        }
        // These are devices on Windows, where the tree is checked out too.
        let port = text.strip_prefix("com").or_else(|| text.strip_prefix("lpt"));
        if matches!(text, "con" | "prn" | "aux" | "nul") || port.is_some_and(is_one_digit) {
            return Err(Wrong::new(
                format!("`{text}` cannot be a file name on Windows"),
                format!("choose another name, such as `{text}-redis`"),
            ));
        }
        Ok(())
    }
);

text_type!(
    /// The name of an object that somebody else made: RFC 1123 subdomain.
    Subdomain,
    "subdomain",
    "The name of a Kubernetes object: lower-case letters, digits, `-` and `.`",
    "Kubernetes has no object of such a name, so it would not be found",
    ["logs-es-http-certs-public"],
    |text| {
        let good = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        let is_part = |it: &str| !it.is_empty() && it.bytes().all(good) && !it.starts_with('-') && !it.ends_with('-');
        if text.len() <= 253 && text.split('.').all(is_part) {
            return Ok(());
        }
        Err(Wrong::new(
            format!("`{text}` is not the name of a Kubernetes object"),
            match suggestion(text) {
                Some(it) if !text.contains('.') => format!("write `{it}`: lower-case letters, digits, `-` and `.`"),
                _ => "use lower-case letters, digits and `-`, with `.` between parts, at most 253 characters".to_owned(),
            },
        ))
    }
);

text_type!(
    /// A key of a Secret.
    SecretKey,
    "secret-key",
    "A key of a Secret: letters, digits, `-`, `_` and `.`",
    "a Secret has no key of such a name, so the credential would not be found",
    ["password"],
    |text| {
        let good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
        if !text.is_empty() && text.len() <= 253 && text.bytes().all(good) && !text.starts_with("..") && text != "." {
            return Ok(());
        }
        Err(Wrong::new("this is not the key of a Secret", "use letters, digits, `-`, `_` and `.`"))
    }
);

text_type!(
    /// The name of a Prometheus label.
    LabelName,
    "label-name",
    "The name of a Prometheus label: letters, digits and `_`, not first a digit",
    "for one label of such a name, Prometheus or Alertmanager refuses everything beside it",
    ["instance_name"],
    |text| {
        if is_identifier(text) && !text.starts_with("__") {
            return Ok(());
        }
        Err(Wrong::new(
            format!("`{text}` is not a label name"),
            match text.replace(['-', '.', ' ', '/'], "_") {
                near if near != text && LabelName::parse(&near).is_ok() => format!("write `{near}`"),
                _ => "use letters, digits and `_`, not first a digit and not first `__`, which Prometheus keeps for itself".to_owned(),
            },
        ))
    }
);

text_type!(
    /// The name of a metric.
    MetricName,
    "metric-name",
    "The name of a metric: letters, digits, `_` and `:`, not first a digit",
    "no expression can ask for a metric of such a name",
    ["redis_list_length"],
    |text| {
        if is_identifier(&text.replace(':', "_")) {
            return Ok(());
        }
        Err(Wrong::new(
            format!("`{text}` is not a metric name"),
            match text.split('{').next().unwrap_or_default().replace(['-', '.', ' ', '/'], "_") {
                near if near != text && MetricName::parse(&near).is_ok() => format!("write `{near}`"),
                _ => "use letters, digits, `_` and `:`, not first a digit".to_owned(),
            },
        ))
    }
);

text_type!(
    /// The name of an alert, which is also the name of its runbook's file.
    AlertName,
    "alert-name",
    "The name of an alert: letters and digits, first a capital letter",
    "it is the name of a runbook's file too, and stands in its address",
    ["CheckoutQueueStuck"],
    |text| {
        if text.len() <= 63
            && text.starts_with(|it: char| it.is_ascii_uppercase())
            && text.bytes().all(|it| it.is_ascii_alphanumeric())
        {
            return Ok(());
        }
        Err(Wrong::new(
            format!("`{text}` is not the name of an alert"),
            match capitals(text) {
                near if near != text && AlertName::parse(&near).is_ok() => format!("write `{near}`"),
                _ => "use letters and digits, first a capital letter, at most 63, such as `CheckoutQueueStuck`".to_owned(),
            },
        ))
    }
);

/// A digit from 1 to 9, alone: the numbers of Windows' ports.
fn is_one_digit(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'9'])
}

fn is_identifier(text: &str) -> bool {
    text.len() <= 200
        && text.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// Returns the words of a text as one, each with a capital letter: `CheckoutQueueStuck`.
fn capitals(text: &str) -> String {
    text.split([' ', '-', '_', '.'])
        .filter_map(|it| it.split_at_checked(1))
        .map(|(first, rest)| format!("{}{rest}", first.to_ascii_uppercase()))
        .collect()
}

/// Returns the nearest name that would be accepted.
fn suggestion(text: &str) -> Option<String> {
    let mut name = String::new();
    for it in text.chars() {
        match it {
            'A'..='Z' => name.push(it.to_ascii_lowercase()),
            'a'..='z' | '0'..='9' => name.push(it),
            _ if !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_matches('-');
    (!name.is_empty() && name.len() <= 63).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_is_corrected() {
        let wrong = Name::parse("Session_Cache").unwrap_err();
        assert!(wrong.help.contains("`session-cache`"), "{}", wrong.help);
    }

    #[test]
    fn names_that_are_paths_or_too_long_are_refused() {
        for text in [
            "",
            "..",
            ".",
            "a/b",
            "-a",
            "a-",
            "nul",
            "com1",
            "lpt9",
            &"a".repeat(64),
            "é",
        ] {
            assert!(Name::parse(text).is_err(), "{text}");
        }
        for text in [&"a".repeat(63), "com", "com0", "com10", "console"] {
            assert!(Name::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_name_of_an_object_has_whole_parts() {
        for text in ["a", "a.b", "1-2.3", "com0", &"a".repeat(253)] {
            assert!(Subdomain::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            ".",
            "a..b",
            "a.-b",
            "a-.b",
            ".a",
            "a.",
            "A",
            "a_b",
            "a/b",
            "é",
            &"a".repeat(254),
        ] {
            assert!(Subdomain::parse(text).is_err(), "{text}");
        }
        for text in ["", ".", "..", "..a", "a/b", "a b", &"a".repeat(254)] {
            assert!(SecretKey::parse(text).is_err(), "{text}");
        }
        assert!(
            SecretKey::parse(".dockerconfigjson").is_ok() && SecretKey::parse("tls.crt").is_ok()
        );
    }

    #[test]
    fn names_of_prometheus_are_corrected() {
        for (text, wrong) in [
            (
                "`instance_name`",
                LabelName::parse("instance-name").unwrap_err(),
            ),
            ("`redis_up`", MetricName::parse("redis.up").unwrap_err()),
            (
                "`redis_up`",
                MetricName::parse("redis_up{a=1}").unwrap_err(),
            ),
            (
                "`CheckoutQueueStuck`",
                AlertName::parse("checkout queue-stuck").unwrap_err(),
            ),
        ] {
            assert_eq!(wrong.help, format!("write {text}"));
        }
        for text in ["", "1a", "__name__", "é", "a:b"] {
            assert!(LabelName::parse(text).is_err(), "{text}");
        }
        for text in ["", "1a", "a b c{"] {
            assert!(MetricName::parse(text).is_err(), "{text}");
        }
        assert!(MetricName::parse("job:redis_up:sum").is_ok());
        for text in ["", "redisDown", "Redis_Down", "É", &"A".repeat(64)] {
            assert!(AlertName::parse(text).is_err(), "{text}");
        }
    }
}
