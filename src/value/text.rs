//! Texts with little form of their own.

use crate::value::name::Subdomain;
use crate::value::{Wrong, is_digits, text_type};

/// Returns the first character that no output can carry safely, if there is one.
///
/// C0, DEL and C1: Kustomize re-emits U+007F raw and turns U+0085 into a space. The others turn
/// the direction of text or cannot be seen.
pub fn forbidden(text: &str, line_breaks: bool) -> Option<char> {
    text.chars().find(|it| {
        let control = it.is_control() && !(line_breaks && matches!(it, '\n' | '\t'));
        control
            || matches!(it, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    })
}

pub(super) fn refuse_forbidden(text: &str, line_breaks: bool) -> Result<(), Wrong> {
    match forbidden(text, line_breaks) {
        None => Ok(()),
        Some('\n') => Err(Wrong::new(
            "this text has a line break",
            "write it on one line: in several of the generated formats a line break begins a new entry",
        )),
        Some(it) => Err(Wrong::new(
            format!(
                "this text has the control character U+{:04X}",
                u32::from(it)
            ),
            "remove it",
        )),
    }
}

text_type!(
    /// A text of one line.
    Line,
    "line",
    "A text of one line",
    "people and programs read it in the output as it is written here",
    ["the checkout queue of {{ $labels.instance_name }} is not being drained"],
    |text| {
        if text.trim().is_empty() {
            return Err(Wrong::new("this text is empty", "write something or leave the field out"));
        }
        refuse_forbidden(text, false)
    }
);

text_type!(
    /// A text of any number of lines.
    Prose,
    "prose",
    "A text of any number of lines",
    "people and programs read it in the output as it is written here",
    ["Consumers of the queue have stopped."],
    |text| {
        if text.trim().is_empty() {
            return Err(Wrong::new("this text is empty", "write something or leave the field out"));
        }
        refuse_forbidden(text, true)
    }
);

text_type!(
    /// The value of a Kubernetes label.
    LabelValue,
    "label-value",
    "The value of a Kubernetes label: letters, digits, `-`, `_` and `.`, at most 63 characters",
    "Kubernetes refuses every object with a label that has such a value",
    ["prod"],
    |text| {
        let good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
        let ends = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        if text.len() <= 63 && text.bytes().all(good) && ends(bytes.first()) && ends(bytes.last()) {
            return Ok(());
        }
        Err(Wrong::new(
            format!("`{text}` cannot be the value of a label"),
            match near_label(text) {
                Some(near) => format!("write `{near}`: letters, digits, `-`, `_` and `.`, at most 63 characters"),
                None => "use letters, digits, `-`, `_` and `.`, first and last a letter or digit, at most 63 characters".to_owned(),
            },
        ))
    }
);

/// Returns the text with `-` in place of what a label does not have.
fn near_label(text: &str) -> Option<String> {
    let good = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    let near: String = text
        .chars()
        .map(|it| if good(it) { it } else { '-' })
        .collect();
    let near = near.trim_matches(['-', '_', '.']).to_owned();
    ((1..=63).contains(&near.len()) && near.contains(|it: char| it.is_ascii_alphanumeric()))
        .then_some(near)
}

text_type!(
    /// The key of a Kubernetes label.
    LabelKey,
    "label-key",
    "The key of a Kubernetes label: letters, digits, `-`, `_` and `.`, at most 63 characters, perhaps behind a domain and `/`",
    "Kubernetes refuses every object with a label of such a key",
    ["app.kubernetes.io/part-of"],
    |text| {
        let (prefix, name) = match text.split_once('/') {
            Some((prefix, name)) => (Some(prefix), name),
            None => (None, text),
        };
        if LabelValue::parse(name).is_ok() && prefix.is_none_or(|it| Subdomain::parse(it).is_ok()) {
            return Ok(());
        }
        Err(Wrong::new(
            format!("`{text}` cannot be the key of a label"),
            match near_label(name).filter(|near| near != name) {
                Some(near) if prefix.is_none() => format!("write `{near}`"),
                _ => "use letters, digits, `-`, `_` and `.`, at most 63 characters, perhaps behind a domain and `/`".to_owned(),
            },
        ))
    }
);

text_type!(
    /// A time of day.
    TimeOfDay,
    "time-of-day",
    "A time of day, quoted: `\"22:00\"`; the end of a day is `\"24:00\"`",
    "for one time that Alertmanager cannot read, it refuses its whole configuration",
    ["22:00"],
    |text| {
        let two = |it: &str| (it.len() == 2 && is_digits(it)).then(|| it.parse::<u32>().ok()).flatten();
        let time = text.split_once(':').and_then(|(hour, minute)| Some((two(hour)?, two(minute)?)));
        match time {
            Some((hour, minute)) if hour < 24 && minute < 60 || hour == 24 && minute == 0 => Ok(()),
            _ => {
                let wrong = Wrong::new(format!("`{text}` is not a time of day"), "write it as `\"22:00\"`");
                let near = match text.trim().split_once(':') {
                    _ if text.is_empty() => String::new(),
                    Some((hour, minute)) => format!("{hour:0>2}:{}", minute.get(..2).unwrap_or(minute)),
                    None => format!("{:0>2}:00", text.trim()),
                };
                Err(match near != text && TimeOfDay::parse(&near).is_ok() {
                    true => wrong.near(&format!("\"{near}\"")),
                    false => wrong,
                })
            }
        }
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_carries_nothing_hidden() {
        for text in ["a\nb", "a\rb", "a\u{7f}", "a\u{85}", "\u{202e}", "", "  "] {
            assert!(Line::parse(text).is_err(), "{text:?}");
        }
        assert!(Prose::parse("a\n\tb").is_ok());
    }

    #[test]
    fn a_label_key_is_one_that_kubernetes_takes() {
        for text in ["release", "app.kubernetes.io/part-of", "A_b"] {
            assert!(LabelKey::parse(text).is_ok(), "{text}");
        }
        for text in ["", "a b", "a b/", "/a", "a/b/c", "Ex_ample/a", "-a"] {
            assert!(LabelKey::parse(text).is_err(), "{text}");
        }
        assert!(LabelKey::parse(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_day_has_twenty_four_hours() {
        assert!(TimeOfDay::parse("24:00").is_ok() && TimeOfDay::parse("00:00").is_ok());
        for text in [
            "", "24:01", "9:00", "12:60", "noon", "+1:00", "12:+5", "12:00:00", "é:00",
        ] {
            assert!(TimeOfDay::parse(text).is_err(), "{text}");
        }
        for (text, near) in [("9:00", "09:00"), ("9", "09:00"), ("22:00:00", "22:00")] {
            assert_eq!(
                TimeOfDay::parse(text).unwrap_err().help,
                format!("write `\"{near}\"`")
            );
        }
    }

    #[test]
    fn the_value_of_a_label_is_one_that_kubernetes_takes() {
        for text in ["prod", "A", "1.2_3-4", &"a".repeat(63)] {
            assert!(LabelValue::parse(text).is_ok(), "{text}");
        }
        for text in ["", "-a", "a-", "a b", "a/b", "é", &"a".repeat(64)] {
            assert!(LabelValue::parse(text).is_err(), "{text}");
        }
        let help = LabelValue::parse("dev 1").unwrap_err().help;
        assert!(help.contains("`dev-1`"), "{help}");
    }
}
