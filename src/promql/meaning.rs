//! What an expression means, whatever its spacing, the order of its labels and brackets that it does not need; and
//! the numbers and times in it, so that two expressions can be said to differ in those alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use promql_parser::label::{Labels, MatchOp, Matcher};
use promql_parser::parser::{
    AtModifier, BinModifier, BinaryExpr, Expr, LabelModifier, Offset, VectorMatchCardinality,
    VectorSelector,
};

/// What an expression means.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// All of it but the thresholds and ranges, in a form that is the same for what means the same.
    pub form: String,
    /// The numbers that something is compared with, from left to right.
    pub thresholds: Vec<Threshold>,
    /// How far it looks back, from left to right.
    pub ranges: Vec<Duration>,
}

/// A number that something is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The operator, between the value on its left and the number on its right.
    pub operator: String,
    /// The number.
    pub number: f64,
}

impl Meaning {
    /// Reads the meaning of an expression. Matchers on labels that only narrow down what it is asked of are left
    /// out.
    pub fn of(expression: &Expr, narrowing: &[&str]) -> Self {
        let mut writer = Writer {
            narrowing,
            meaning: Self {
                form: String::new(),
                thresholds: Vec::new(),
                ranges: Vec::new(),
            },
        };
        writer.expression(expression);
        writer.meaning
    }
}

struct Writer<'a> {
    narrowing: &'a [&'a str],
    meaning: Meaning,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.meaning.form.push_str(text);
    }

    fn expression(&mut self, expression: &Expr) {
        match bare(expression) {
            Expr::NumberLiteral(it) => self.push(&it.val.to_string()),
            Expr::StringLiteral(it) => self.push(&format!("{:?}", it.val)),
            Expr::Binary(it) => self.binary(it),
            Expr::VectorSelector(it) => self.selector(it),
            Expr::MatrixSelector(it) => {
                self.selector(&it.vs);
                self.range(it.range);
            }
            Expr::Subquery(it) => {
                self.expression(&it.expr);
                self.range(it.range);
                if let Some(step) = it.step {
                    self.push(&format!(" step {step:?}"));
                }
                self.moved(it.offset.as_ref(), it.at.as_ref());
            }
            Expr::Unary(it) => {
                self.push("(- ");
                self.expression(&it.expr);
                self.push(")");
            }
            Expr::Call(it) => {
                self.push(&format!("({}", it.func.name));
                for argument in &it.args.args {
                    self.push(" ");
                    self.expression(argument);
                }
                self.push(")");
            }
            Expr::Aggregate(it) => {
                self.push(&format!("({}", it.op));
                match &it.modifier {
                    Some(LabelModifier::Exclude(labels)) => self.labels("without", labels),
                    // Without a word it keeps no label.
                    Some(LabelModifier::Include(labels)) if labels.is_empty() => {}
                    Some(LabelModifier::Include(labels)) => self.labels("by", labels),
                    None => {}
                }
                for part in it.param.iter().chain([&it.expr]) {
                    self.push(" ");
                    self.expression(part);
                }
                self.push(")");
            }
            Expr::Paren(it) => self.expression(&it.expr),
            Expr::Extension(it) => self.push(&format!("{it:?}")),
        }
    }

    fn binary(&mut self, binary: &BinaryExpr) {
        let operator = binary.op.to_string();
        let is_comparison = binary.op.is_comparison_operator();
        let (mut left, mut right) = (bare(&binary.lhs), bare(&binary.rhs));
        let mut operator = operator.as_str();
        // The result has the values of the vector on whichever side it stands.
        if is_comparison && number(left).is_some() && number(right).is_none() {
            (left, right) = (right, left);
            operator = turned(operator);
        }
        self.push(&format!("({operator}"));
        if let Some(modifier) = &binary.modifier {
            self.modifier(modifier);
        }
        self.push(" ");
        self.expression(left);
        match number(right).filter(|_| is_comparison) {
            Some(number) => {
                self.push(" ?");
                self.meaning.thresholds.push(Threshold {
                    operator: operator.to_owned(),
                    number,
                });
            }
            None => {
                self.push(" ");
                self.expression(right);
            }
        }
        self.push(")");
    }

    fn modifier(&mut self, modifier: &BinModifier) {
        if modifier.return_bool {
            self.push(" bool");
        }
        match &modifier.matching {
            Some(LabelModifier::Include(labels)) => self.labels("on", labels),
            Some(LabelModifier::Exclude(labels)) if !labels.is_empty() => {
                self.labels("ignoring", labels);
            }
            Some(LabelModifier::Exclude(_)) | None => {}
        }
        match &modifier.card {
            VectorMatchCardinality::ManyToOne(labels) => self.labels("group_left", labels),
            VectorMatchCardinality::OneToMany(labels) => self.labels("group_right", labels),
            VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => {}
        }
        let filled = &modifier.fill_values;
        if filled.lhs.is_some() || filled.rhs.is_some() {
            self.push(&format!(" fill {:?} {:?}", filled.lhs, filled.rhs));
        }
    }

    fn selector(&mut self, selector: &VectorSelector) {
        let mut matchers: BTreeSet<(&str, &str, &str)> = selector
            .matchers
            .matchers
            .iter()
            .filter(|it| !self.narrowing.contains(&it.name.as_str()))
            .map(|it| (it.name.as_str(), symbol(it), it.value.as_str()))
            .collect();
        if let Some(name) = &selector.name {
            matchers.insert(("__name__", "=", name));
        }
        let mut text = "{".to_owned();
        for (name, symbol, value) in matchers {
            let _ = write!(text, "{name}{symbol}{value:?},");
        }
        text.push('}');
        self.push(&text);
        self.moved(selector.offset.as_ref(), selector.at.as_ref());
    }

    fn moved(&mut self, offset: Option<&Offset>, at: Option<&AtModifier>) {
        if let Some(offset) = offset {
            self.push(&format!(" offset {offset}"));
        }
        if let Some(at) = at {
            self.push(&format!(" {at}"));
        }
    }

    fn range(&mut self, range: Duration) {
        self.push("[?]");
        self.meaning.ranges.push(range);
    }

    fn labels(&mut self, word: &str, labels: &Labels) {
        let sorted: BTreeSet<&str> = labels.labels.iter().map(String::as_str).collect();
        let sorted: Vec<&str> = sorted.into_iter().collect();
        self.push(&format!(" {word}({})", sorted.join(",")));
    }
}

/// The expression within brackets that it does not need.
fn bare(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(it) => bare(&it.expr),
        it => it,
    }
}

/// The number that an expression is.
fn number(expression: &Expr) -> Option<f64> {
    match bare(expression) {
        Expr::NumberLiteral(it) => Some(it.val),
        Expr::Unary(it) => number(&it.expr).map(|it| -it),
        _ => None,
    }
}

/// The comparison that says the same with its sides exchanged.
fn turned(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

fn symbol(matcher: &Matcher) -> &'static str {
    match matcher.op {
        MatchOp::Equal => "=",
        MatchOp::NotEqual => "!=",
        MatchOp::Re(_) => "=~",
        MatchOp::NotRe(_) => "!~",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::read::Reader;

    fn meaning(text: &str) -> Meaning {
        Meaning::of(&Reader::default().read(text).unwrap(), &["tier"])
    }

    #[test]
    fn what_is_written_otherwise_means_the_same() {
        for (one, other) in [
            ("a{x=\"1\",y=\"2\"}>1", "( a { y = '2', x=\"1\" } )  > 1.0"),
            ("sum by (a, b) (c) / d", "(sum by (b,a)((c)))/(d)"),
            ("{__name__=\"a\"}", "a"),
            ("rate(a[5m]) > 1e3", "rate(a[300s]) > 1000"),
            ("0.9 < a", "a > 0.9"),
            ("sum(a)", "sum by () (a)"),
            (
                "a * on (x, y) group_left (z, w) b",
                "a * on(y,x) group_left(w,z) b",
            ),
            (
                "a{tier=\"critical\"} > 1",
                "a{tier=~\"critical|standard\"} > 1",
            ),
            ("(a + b) * c", "((a) + (b)) * c"),
        ] {
            assert_eq!(meaning(one), meaning(other), "{one} and {other}");
        }
    }

    #[test]
    fn what_means_something_else_differs() {
        for (one, other) in [
            ("a > 1", "a >= 1"),
            ("a > 1", "a > bool 1"),
            ("(a + b) * c", "a + b * c"),
            ("a{x=\"1\"}", "a{x!=\"1\"}"),
            ("sum by (a) (c)", "sum without (a) (c)"),
            ("rate(a[5m])", "irate(a[5m])"),
            ("a offset 5m", "a"),
            ("a - b", "b - a"),
            ("a unless b", "a and b"),
            ("a * ignoring (x) b", "a * on (x) b"),
        ] {
            assert_ne!(meaning(one).form, meaning(other).form, "{one} and {other}");
        }
    }

    #[test]
    fn thresholds_and_ranges_are_told_apart_from_the_rest() {
        let (one, other) = (
            meaning("rate(a[5m]) > 0.5 and b < 3"),
            meaning("rate(a[10m]) > 0.75 and b < 3"),
        );
        assert_eq!(one.form, other.form);
        let numbers =
            |it: &Meaning| -> Vec<f64> { it.thresholds.iter().map(|it| it.number).collect() };
        assert_eq!(numbers(&one), [0.5, 3.0]);
        assert_eq!(numbers(&other), [0.75, 3.0]);
        assert_eq!(other.ranges, [Duration::from_secs(600)]);
    }
}
