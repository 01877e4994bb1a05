//! Text to an expression, within limits.

use std::collections::BTreeSet;

use promql_parser::parser::{self, Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

/// Reading an expression takes time that grows faster than its length.
const LONGEST: usize = 16 * 1024;
/// Brackets one within another, or signs in a row, that no expression needs; reading them takes time
/// that grows with the square of their number.
const DEEPEST: usize = 32;
/// Names, numbers and operators of one expression, and of all together, for the same reason.
const MOST_WORDS: usize = 1_000;
const MOST_WORDS_TOGETHER: usize = 1_000_000;

/// Why an expression is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It would take too long.
    TooLong(&'static str),
    /// All that were read with it take too long together; none after it is read.
    TooMany(&'static str),
    /// It is not PromQL.
    Invalid(String),
}

/// Reads the expressions of one policy.
#[derive(Debug, Default)]
pub struct Reader {
    words: usize,
}

impl Reader {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// It is not PromQL, or reading it would take too long.
    pub fn read(&mut self, expression: &str) -> Result<Expr, Refusal> {
        if expression.len() > LONGEST {
            return Err(Refusal::TooLong("this expression is over 16 KiB"));
        }
        let size = Size::of(expression);
        self.words += size.words;
        if self.words > MOST_WORDS_TOGETHER {
            return Err(Refusal::TooMany(
                "the expressions of this policy are too long together",
            ));
        }
        if size.depth > DEEPEST {
            return Err(Refusal::TooLong(
                "this expression is nested deeper than 32 levels",
            ));
        }
        if size.words > MOST_WORDS {
            return Err(Refusal::TooLong(
                "this expression has over 1,000 names and operators",
            ));
        }
        let read = parser::parse(expression).map_err(Refusal::Invalid)?;
        // The parser knows dialects too.
        let mut dialect = None;
        each(&read, &mut |it| {
            if let Expr::VectorSelector(VectorSelector { matchers, .. }) = it
                && !matchers.or_matchers.is_empty()
            {
                dialect = Some("Prometheus has no `or` between matchers");
            }
        });
        match dialect {
            Some(why) => Err(Refusal::Invalid(why.to_owned())),
            None => Ok(read),
        }
    }
}

/// The metric that a selector names, by itself or in quotes.
pub fn metric_of(selector: &VectorSelector) -> Option<&str> {
    let quoted = || {
        let matchers = &selector.matchers.matchers;
        let names = |it: &&promql_parser::label::Matcher| {
            it.name == promql_parser::label::METRIC_NAME
                && it.op == promql_parser::label::MatchOp::Equal
        };
        matchers.iter().find(names).map(|it| it.value.as_str())
    };
    selector.name.as_deref().or_else(quoted)
}

/// The metrics that an expression asks for by name.
pub fn metrics(expression: &Expr) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    each(expression, &mut |it| {
        if let Expr::VectorSelector(selector) = it {
            names.extend(metric_of(selector).map(str::to_owned));
        }
    });
    names
}

/// Shows every part of an expression, also those that the walk of the parser leaves out: the parameter of
/// an aggregation, and the selector of a range.
pub fn each(expression: &Expr, look: &mut dyn FnMut(&Expr)) {
    struct All<'a>(&'a mut dyn FnMut(&Expr));

    impl ExprVisitor for All<'_> {
        type Error = std::convert::Infallible;

        fn pre_visit(&mut self, expression: &Expr) -> Result<bool, Self::Error> {
            (self.0)(expression);
            match expression {
                Expr::Aggregate(aggregate) => {
                    if let Some(parameter) = &aggregate.param {
                        let _ = walk_expr(self, parameter);
                    }
                }
                Expr::MatrixSelector(selector) => {
                    (self.0)(&Expr::VectorSelector(selector.vs.clone()));
                }
                _ => {}
            }
            Ok(true)
        }
    }
    let _ = walk_expr(&mut All(look), expression);
}

/// How much there is to read in an expression.
struct Size {
    /// The most brackets that are open, or signs that follow each other, anywhere.
    depth: usize,
    /// Names, numbers, texts and operators.
    words: usize,
}

impl Size {
    /// Measures an expression without reading it; what its texts and comments say does not count.
    fn of(expression: &str) -> Self {
        let (mut open, mut signs) = (0_usize, 0_usize);
        let mut size = Self { depth: 0, words: 0 };
        let mut text: Option<char> = None;
        let (mut is_escaped, mut in_word, mut in_comment) = (false, false, false);
        for it in expression.chars() {
            if in_comment {
                in_comment = !matches!(it, '\r' | '\n');
                continue;
            }
            if let Some(quote) = text {
                if is_escaped {
                    is_escaped = false;
                } else if it == '\\' && quote != '`' {
                    is_escaped = true;
                } else if it == quote {
                    text = None;
                }
                continue;
            }
            match it {
                '"' | '\'' | '`' => text = Some(it),
                '#' => {
                    in_comment = true;
                    in_word = false;
                    continue;
                }
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' => open = open.saturating_sub(1),
                '+' | '-' => signs += 1,
                _ => {}
            }
            if !matches!(it, '+' | '-') && !it.is_whitespace() {
                signs = 0;
            }
            let is_inside = it.is_alphanumeric() || matches!(it, '_' | ':' | '.');
            if !is_inside && !it.is_whitespace() || is_inside && !in_word {
                size.words += 1;
            }
            in_word = is_inside;
            size.depth = size.depth.max(open).max(signs);
        }
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_to_read_is_seen_before() {
        for text in [
            "-".repeat(16_000),
            "- + ".repeat(50),
            "(".repeat(50),
            "a[".repeat(50),
            format!("a # it's\n + {}", "(".repeat(50)),
        ] {
            assert!(Size::of(&text).depth > DEEPEST, "{text}");
        }
        for text in [
            format!("a{{b=\"{}\"}}", "(".repeat(50)),
            "(a) - ".repeat(50),
            "a{b='\\'((((('}".to_owned(),
            format!("a # {}", "(".repeat(50)),
        ] {
            assert!(Size::of(&text).depth < 4, "{text}");
        }
    }

    #[test]
    fn what_is_long_is_seen_before() {
        for text in ["+1".repeat(1_000), " or a".repeat(1_000)] {
            assert!(Size::of(&text).words > MOST_WORDS, "{text}");
        }
        assert_eq!(
            Size::of("sum(rate(a_total{b=\"c d e\"}[5m])) > 1.5").words,
            17
        );
    }

    #[test]
    fn a_dialect_is_not_promql() {
        let read = |it: &str| Reader::default().read(it);
        assert!(read("x{a=\"b\" or a=\"c\"}").is_err());
        assert!(read("rate(x{a=\"b\" or a=\"c\"}[5m])").is_err());
        assert!(read("x{a=~\"b|c\"} or y").is_ok());
    }

    #[test]
    fn every_metric_of_an_expression_is_seen() {
        let text =
            "sum by (a) (rate(x_total[5m])) / on (a) {\"y\"} > scalar(z) and topk(scalar(p), q)";
        let names = metrics(&Reader::default().read(text).unwrap());
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            ["p", "q", "x_total", "y", "z"]
        );
    }
}
