//! Regular expressions as Prometheus holds them against values: anchored, `.` for any character.
//!
//! Most of ours list names, thousands in a large stack: those are looked up and never compiled.

use std::borrow::Cow;
use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};

/// A regular expression.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Matches everything, and has it as its first group.
    Everything,
    /// Matches everything but an empty text.
    Something,
    /// Matches these texts and no other.
    Literals(BTreeSet<String>),
    /// Anything else.
    Regex(Regex),
}

impl Pattern {
    /// Reads one; `None` where Prometheus would refuse it.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "(.*)" {
            return Some(Self::Everything);
        }
        if text == ".+" {
            return Some(Self::Something);
        }
        match literals(text) {
            Some(literals) => Some(Self::Literals(literals)),
            None => RegexBuilder::new(&format!("^(?s:{text})$"))
                .size_limit(64 << 20)
                .build()
                .ok()
                .map(Self::Regex),
        }
    }

    /// Returns whether it matches the whole of a text.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Something => !text.is_empty(),
            Self::Literals(literals) => literals.contains(text),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// Fills in the groups of a match; `None` where there is no match.
    pub fn expand<'t>(&self, text: &str, template: &'t str) -> Option<Cow<'t, str>> {
        match self {
            Self::Literals(literals) if !template.contains('$') => {
                literals.contains(text).then_some(Cow::Borrowed(template))
            }
            Self::Everything if !template.contains('$') => Some(Cow::Borrowed(template)),
            Self::Everything if matches!(template, "$1" | "${1}") => {
                Some(Cow::Owned(text.to_owned()))
            }
            Self::Everything => expand(&everything(), text, template).map(Cow::Owned),
            // Without groups of its own, what a template asks for is empty but for the whole.
            Self::Something | Self::Literals(_) => self.matches(text).then(|| {
                let whole = Regex::new("^(?s:.*)$").expect("a built-in regular expression is one");
                Cow::Owned(expand(&whole, text, template).unwrap_or_default())
            }),
            Self::Regex(regex) => expand(regex, text, template).map(Cow::Owned),
        }
    }
}

fn everything() -> Regex {
    Regex::new("^(?s:(.*))$").expect("a built-in regular expression is one")
}

fn expand(regex: &Regex, text: &str, template: &str) -> Option<String> {
    let captures = regex.captures(text)?;
    let mut expanded = String::new();
    captures.expand(template, &mut expanded);
    Some(expanded)
}

/// The texts that a regular expression lists, where it does nothing else.
fn literals(text: &str) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut current = String::new();
    let mut characters = text.chars();
    while let Some(it) = characters.next() {
        match it {
            '|' => {
                found.insert(std::mem::take(&mut current));
            }
            '\\' => {
                let escaped = characters.next().filter(char::is_ascii_punctuation)?;
                current.push(escaped);
            }
            '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' => return None,
            it => current.push(it),
        }
    }
    found.insert(current);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_has_to_match() {
        let is = |pattern: &str, text: &str| Pattern::parse(pattern).unwrap().matches(text);
        assert!(is("cart", "cart") && !is("cart", "cart-2") && !is("cart", "my-cart"));
        assert!(is("x|y", "x") && !is("x|y", "xy"));
        assert!(is(r"a\.b", "a.b") && !is(r"a\.b", "axb"));
        assert!(is("a.*", "a\nb") && !is(".+", ""));
        assert!(is("|a", "") && is("(.*)", ""));
        assert!(Pattern::parse("(").is_none());
    }

    #[test]
    fn groups_are_filled_in() {
        let expand = |pattern: &str, text: &str, template: &str| {
            let pattern = Pattern::parse(pattern).unwrap();
            pattern.expand(text, template).map(Cow::into_owned)
        };
        assert_eq!(
            expand("(.+)-leader", "a-leader", "$1"),
            Some("a".to_owned())
        );
        assert_eq!(expand("(.+)-leader", "a", "$1"), None);
        assert_eq!(expand("(.*)", "a", "${1}b"), Some("ab".to_owned()));
        assert_eq!(expand("a|b", "a", "c"), Some("c".to_owned()));
        assert_eq!(expand("a|b", "a", "$1"), Some(String::new()));
    }
}
