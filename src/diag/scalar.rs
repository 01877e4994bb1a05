//! Texts as they are written in a policy: without quotes where every reader takes them for a text.

/// Words that some reader takes for a truth value, for nothing or for a number.
const RESOLVED: &[&str] = &[
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity",
];

/// Returns a text as a value or a key of a policy, in a block as well as between braces.
pub fn written(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Returns a text in double quotes.
pub fn quoted(text: &str) -> String {
    // What JSON escapes, YAML escapes in the same way.
    serde_json::Value::from(text).to_string()
}

/// Returns whether a text is one of the words that no credential is.
pub fn is_word_of_yaml(text: &str) -> bool {
    RESOLVED.iter().any(|it| it.eq_ignore_ascii_case(text))
}

/// Returns whether a text is a word, or digits with a unit such as `30s`, `768mb` or `85%`.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_word = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.' | b'/');
    match bytes.first() {
        Some(b'a'..=b'z' | b'A'..=b'Z') => {
            bytes.iter().all(is_word) && !RESOLVED.iter().any(|it| it.eq_ignore_ascii_case(text))
        }
        Some(b'0'..=b'9') => {
            let number = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
            let is_amount = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
            match text.strip_suffix('%') {
                Some(share) => share.split('.').count() <= 2 && share.split('.').all(is_amount),
                // `0x1f`, `0o17` and `0b1` are numbers to some reader, and all begin with it.
                None => number.len() < text.len() && !text.starts_with('0') && is_amount(number),
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_stand_where_a_reader_needs_them() {
        for text in [
            "redis",
            "checkout-pager",
            "obsgen/v1alpha1",
            "30s",
            "768mb",
            "85%",
            "0.5%",
        ] {
            assert_eq!(written(text), text);
        }
        for (text, expected) in [
            ("yes", "\"yes\""),
            ("No", "\"No\""),
            ("", "\"\""),
            ("12", "\"12\""),
            ("0b", "\"0b\""),
            ("1e3", "\"1e3\""),
            ("#redis", "\"#redis\""),
            ("a, b", "\"a, b\""),
            ("a: b", "\"a: b\""),
            ("-", "\"-\""),
            ("é\n\"", "\"é\\n\\\"\""),
        ] {
            assert_eq!(written(text), expected);
        }
    }
}
