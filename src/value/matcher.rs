//! Matchers of Alertmanager, as a route writes them: `severity="critical"`.

use std::fmt;

use regex_syntax::hir::{Hir, HirKind};

use crate::value::promql::{Comparison, quote};
use crate::value::{Wrong, written_as_text};

/// One condition on a label of an alert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; a regular expression is anchored at both ends.
    pub value: String,
}

written_as_text!(
    Matcher,
    "matcher",
    "A condition on a label of an alert, its value in double quotes: `severity=\"critical\"`; also `!=`, `=~`, `!~`",
    "for one matcher that Alertmanager cannot read, it refuses its whole configuration",
    ["severity=\"critical\"", "team=~\"checkout|catalog\""]
);

impl Matcher {
    /// A label that has a value.
    pub fn equal(label: &str, value: &str) -> Self {
        Self {
            label: label.to_owned(),
            comparison: Comparison::Equal,
            value: value.to_owned(),
        }
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        let help = "write a label, one of `=`, `!=`, `=~`, `!~`, and a value in double quotes: `severity=\"critical\"`";
        let wrong = |what: String| Err(Wrong::new(what, help));
        let end = text
            .bytes()
            .position(|it| !(it.is_ascii_alphanumeric() || it == b'_'))
            .unwrap_or(text.len());
        let (label, rest) = text.split_at(end);
        // An invalid label name in one AlertmanagerConfig stops the whole Alertmanager
        // (prometheus-operator issue 7864).
        if label.is_empty() || label.starts_with(|it: char| it.is_ascii_digit()) {
            return wrong(format!("`{text}` does not begin with a label name"));
        }
        let rest = rest.trim_start();
        let (comparison, value) = if let Some(value) = rest.strip_prefix("=~") {
            (Comparison::Matches, value)
        } else if let Some(value) = rest.strip_prefix("!~") {
            (Comparison::DoesNotMatch, value)
        } else if let Some(value) = rest.strip_prefix("!=") {
            (Comparison::NotEqual, value)
        } else if let Some(value) = rest.strip_prefix('=') {
            (Comparison::Equal, value)
        } else {
            return wrong(format!(
                "`{text}` has no `=`, `!=`, `=~` or `!~` after the label"
            ));
        };
        let Some(value) = unquote(value.trim()) else {
            let bare = value.trim_matches([' ', '=', '\'', '"']);
            let wrong = Wrong::new(
                format!("the value of `{text}` is not in double quotes"),
                help,
            );
            return Err(match bare.contains(['"', '\\']) {
                true => wrong,
                false => wrong.near(&format!("{label}{}\"{bare}\"", comparison.symbol())),
            });
        };
        if let Comparison::Matches | Comparison::DoesNotMatch = comparison {
            check_regex(&value)?;
        }
        Ok(Self {
            label: label.to_owned(),
            comparison,
            value,
        })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}{}",
            self.label,
            self.comparison.symbol(),
            quote(&self.value)
        )
    }
}

/// Reads a string in double quotes with Alertmanager's escapes.
fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(it) = characters.next() {
        match it {
            '"' => return None,
            '\\' => match characters.next()? {
                'n' => value.push('\n'),
                it @ ('"' | '\\') => value.push(it),
                // Go keeps the backslash of a regular expression that is escaped once.
                it => value.extend(['\\', it]),
            },
            it => value.push(it),
        }
    }
    Some(value)
}

/// Refuses regular expressions that Go would refuse or read in another way than they look.
fn check_regex(value: &str) -> Result<(), Wrong> {
    if value.len() > 1_024 {
        return Err(Wrong::new(
            "this regular expression is over 1,024 characters",
            "shorten it",
        ));
    }
    if value.contains("(?=")
        || value.contains("(?!")
        || value.contains("(?<")
        || value.contains("&&")
    {
        return Err(Wrong::new(
            "this regular expression uses what Go's does not have",
            "do without look-around, named groups and `&&`",
        ));
    }
    match regex_syntax::parse(value) {
        Ok(regex) if repeats_at_most(&regex, MOST_REPETITIONS) => return Ok(()),
        Ok(_) => {
            return Err(Wrong::new(
                "this regular expression repeats something over 1,000 times",
                "repeat it less, or any number of times with `*`: Go takes no more",
            ));
        }
        Err(_) => {}
    }
    // Go takes a brace for itself where it begins no repetition, and so does PromQL's reader. It
    // builds what it reads, which takes long for a repetition: none is let through to it.
    let mut braces = value.match_indices('{').map(|(at, _)| &value[at + 1..]);
    let is_repeated = braces.any(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    let probe = format!("up{{x=~{}}}", quote(value));
    match !is_repeated && promql_parser::parser::parse(&probe).is_ok() {
        true => Ok(()),
        false => Err(Wrong::new(
            format!("`{value}` is not a regular expression"),
            "escape what is meant literally with a backslash",
        )),
    }
}

/// Go refuses more repetitions, those one within another multiplied.
const MOST_REPETITIONS: u32 = 1_000;

fn repeats_at_most(regex: &Hir, most: u32) -> bool {
    match regex.kind() {
        HirKind::Repetition(it) => {
            let count = it.max.unwrap_or(it.min);
            count <= most && repeats_at_most(&it.sub, most / count.max(1))
        }
        HirKind::Capture(it) => repeats_at_most(&it.sub, most),
        HirKind::Concat(all) | HirKind::Alternation(all) => {
            all.iter().all(|it| repeats_at_most(it, most))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_shown() {
        for text in [
            r#"severity="critical""#,
            r#"team=~"a|b""#,
            r#"x!="""#,
            r#"y!~"a.*""#,
        ] {
            assert_eq!(Matcher::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Matcher::parse(r#" a = "b" "#).unwrap(),
            Matcher::equal("a", "b")
        );
    }

    #[test]
    fn what_alertmanager_would_refuse_is_refused() {
        for text in [
            "severity=critical",
            "severity",
            "=\"x\"",
            "a.b=\"x\"",
            "1a=\"x\"",
            "a=~\"(\"",
            "a=\"x\" b=\"y\"",
        ] {
            assert!(Matcher::parse(text).is_err(), "{text}");
        }
        for text in [
            "severity=critical",
            "severity==critical",
            "severity = 'critical'",
        ] {
            assert_eq!(
                Matcher::parse(text).unwrap_err().help,
                r#"write `severity="critical"`"#
            );
        }
    }

    #[test]
    fn a_regular_expression_repeats_as_often_as_go_lets_it() {
        let is_taken = |regex: &str| Matcher::parse(&format!("a=~\"{regex}\"")).is_ok();
        for regex in [
            "a{1000}",
            "(a{30}){33}",
            "(\\\\w{50}){9}",
            "(a*)*",
            "a{b",
            "{a,b}",
            "(a|b)+",
        ] {
            assert!(is_taken(regex), "{regex}");
        }
        for regex in [
            "a{1001}",
            "(a{31}){33}",
            "((a{10}){10}){11}",
            "a{b(\\\\w{50}){9}",
            "(a",
        ] {
            assert!(!is_taken(regex), "{regex}");
        }
    }
}
