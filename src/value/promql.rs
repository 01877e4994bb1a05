//! Pieces of PromQL that are right by construction: quoted strings, selectors, regular expressions.

use std::fmt::Write as _;

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    DoesNotMatch,
}

impl Comparison {
    /// The operator, the same in Prometheus and Alertmanager.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::DoesNotMatch => "!~",
        }
    }
}

/// What stands between the braces after a metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector(Vec<(String, Comparison, String)>);

impl Selector {
    /// A selector of one label with one value.
    pub fn equal(label: &str, value: &str) -> Self {
        Self::default().and(label, Comparison::Equal, value)
    }

    /// Adds a comparison.
    pub fn and(mut self, label: &str, comparison: Comparison, value: &str) -> Self {
        self.0
            .push((label.to_owned(), comparison, value.to_owned()));
        self
    }

    /// Adds that the label is one of these texts, or is none of them.
    pub fn one_of(self, label: &str, values: &[&str], wanted: bool) -> Self {
        match (values, wanted) {
            ([value], true) => self.and(label, Comparison::Equal, value),
            ([value], false) => self.and(label, Comparison::NotEqual, value),
            (_, true) => self.and(label, Comparison::Matches, &alternatives(values)),
            (_, false) => self.and(label, Comparison::DoesNotMatch, &alternatives(values)),
        }
    }

    /// The selector of a metric.
    pub fn on(&self, metric: &str) -> String {
        format!("{metric}{self}")
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<_> = self
            .0
            .iter()
            .map(|(label, comparison, value)| {
                format!("{label}{}{}", comparison.symbol(), quote(value))
            })
            .collect();
        write!(f, "{{{}}}", parts.join(","))
    }
}

/// Quotes a string for PromQL and for Alertmanager's matchers.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for it in text.chars() {
        match it {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            it if it.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(it));
            }
            it => quoted.push(it),
        }
    }
    quoted.push('"');
    quoted
}

/// A regular expression that matches exactly these texts, in RE2's syntax.
pub fn alternatives(texts: &[&str]) -> String {
    texts
        .iter()
        .map(|it| escape(it))
        .collect::<Vec<_>>()
        .join("|")
}

/// Escapes a text for RE2. Names of ours need only the dot; the rest is for whatever else comes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in text.chars() {
        if r"\.+*?()|[]{}^$".contains(it) {
            escaped.push('\\');
        }
        escaped.push(it);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_cannot_end_the_string() {
        let hostile = "\"} or vector(1) #\\\n";
        let expression = Selector::equal("stack", hostile).on("up");
        let parsed = promql_parser::parser::parse(&expression).unwrap();
        let promql_parser::parser::Expr::VectorSelector(selector) = parsed else {
            unreachable!("a selector")
        };
        assert_eq!(selector.matchers.matchers[0].value, hostile);
    }

    #[test]
    fn one_value_needs_no_regular_expression() {
        assert_eq!(
            Selector::default().one_of("tier", &["a"], true).to_string(),
            r#"{tier="a"}"#
        );
        assert_eq!(
            Selector::default()
                .one_of("tier", &["a", "b"], false)
                .to_string(),
            r#"{tier!~"a|b"}"#
        );
    }
}
