//! What is known of the labels of series without looking at one.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use promql_parser::label::{MatchOp, Matcher};

/// The labels of the series of a vector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The labels that series can have. One of them that has no possible value is surely not there,
    /// whatever else may be.
    pub labels: BTreeMap<String, Label>,
    /// Whether series may have others too: something outside the stack exports them and does not say.
    pub is_open: bool,
}

/// A label that series can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Whether every series has it.
    pub is_always: bool,
    /// What it can be.
    pub values: Values,
}

/// What a label can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Any text.
    Any,
    /// One of these texts.
    OneOf(Rc<BTreeSet<String>>),
}

impl Values {
    /// No text at all.
    pub fn none() -> Self {
        Self::OneOf(Rc::default())
    }

    /// One text; an empty one is none.
    pub fn one(text: &str) -> Self {
        Self::of([text.to_owned()])
    }

    /// Several texts; an empty one is none.
    pub fn of(texts: impl IntoIterator<Item = String>) -> Self {
        Self::OneOf(Rc::new(
            texts.into_iter().filter(|it| !it.is_empty()).collect(),
        ))
    }

    /// Returns whether there is no such text.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::OneOf(texts) if texts.is_empty())
    }

    /// Returns whether a text is one of them.
    pub fn allow(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(texts) => texts.contains(text),
        }
    }

    fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::OneOf(ours), Self::OneOf(theirs)) if Rc::ptr_eq(ours, theirs) => self.clone(),
            (Self::OneOf(ours), Self::OneOf(theirs)) => {
                Self::OneOf(Rc::new(ours.union(theirs).cloned().collect()))
            }
            _ => Self::Any,
        }
    }

    fn intersection(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, it) | (it, Self::Any) => it.clone(),
            (Self::OneOf(ours), Self::OneOf(theirs)) if Rc::ptr_eq(ours, theirs) => self.clone(),
            (Self::OneOf(ours), Self::OneOf(theirs)) => {
                Self::OneOf(Rc::new(ours.intersection(theirs).cloned().collect()))
            }
        }
    }
}

impl Label {
    /// A label that no series has.
    pub fn absent() -> Self {
        Self::sometimes(Values::none())
    }

    /// A label that every series has.
    pub fn always(values: Values) -> Self {
        Self {
            is_always: true,
            values,
        }
    }

    /// A label that series may have.
    pub fn sometimes(values: Values) -> Self {
        Self {
            is_always: false,
            values,
        }
    }

    /// Returns whether no series can have it.
    pub fn is_absent(&self) -> bool {
        !self.is_always && self.values.is_none()
    }

    /// Returns whether no series can be as this says: it has the label, and there is no value for it.
    pub fn is_contradiction(&self) -> bool {
        self.is_always && self.values.is_none()
    }

    /// The label of series that are of one kind or of another.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            is_always: self.is_always && other.is_always,
            values: self.values.union(&other.values),
        }
    }

    /// The label of series that have what series of another kind have too.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            is_always: self.is_always || other.is_always,
            values: self.values.intersection(&other.values),
        }
    }

    /// The label of series that a matcher takes.
    pub(super) fn taken_by(&self, matcher: &Matcher) -> Self {
        let values = match (&self.values, &matcher.op) {
            (Values::Any, MatchOp::Equal) => Values::one(&matcher.value),
            (Values::Any, MatchOp::Re(_)) => alternatives(&matcher.value),
            (Values::Any, MatchOp::NotEqual | MatchOp::NotRe(_)) => Values::Any,
            (Values::OneOf(texts), _) if texts.iter().all(|it| matcher.is_match(it)) => {
                self.values.clone()
            }
            (Values::OneOf(texts), _) => {
                let taken = texts.iter().filter(|it| matcher.is_match(it));
                Values::OneOf(Rc::new(taken.cloned().collect()))
            }
        };
        Self {
            is_always: self.is_always || !matcher.is_match(""),
            values,
        }
    }
}

/// The texts that a regular expression without any sign but `|` takes.
fn alternatives(regex: &str) -> Values {
    if regex.contains(|it| r"\.+*?()[]{}^$".contains(it)) {
        return Values::Any;
    }
    Values::of(regex.split('|').map(str::to_owned))
}

impl Shape {
    /// Series without any label.
    pub fn bare() -> Self {
        Self::default()
    }

    /// Series of which nothing is known.
    pub fn unknown() -> Self {
        Self {
            labels: BTreeMap::new(),
            is_open: true,
        }
    }

    /// What is known of a label.
    pub fn label(&self, name: &str) -> Label {
        match self.labels.get(name) {
            Some(label) => label.clone(),
            None if self.is_open => Label::sometimes(Values::Any),
            None => Label::absent(),
        }
    }

    /// Returns whether series can have a label.
    pub fn can_have(&self, name: &str) -> bool {
        match self.labels.get(name) {
            Some(label) => !label.is_absent(),
            None => self.is_open,
        }
    }

    /// Gives every series a label.
    pub fn set(&mut self, name: &str, label: Label) {
        if label.is_absent() && !self.is_open {
            self.labels.remove(name);
        } else {
            self.labels.insert(name.to_owned(), label);
        }
    }

    /// Takes a label from every series.
    pub fn drop(&mut self, name: &str) {
        self.set(name, Label::absent());
    }

    /// Only these labels.
    pub fn keep<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut kept = Self::bare();
        for name in names {
            kept.set(name, self.label(name));
        }
        kept
    }

    /// The series that a matcher takes.
    pub fn taken_by(&mut self, matcher: &Matcher) {
        let taken = self.label(&matcher.name).taken_by(matcher);
        self.set(&matcher.name, taken);
    }

    /// Returns whether no series can be as this says.
    pub fn is_contradiction(&self) -> bool {
        self.labels.values().any(Label::is_contradiction)
    }

    /// The names of all labels of which something is known here or there.
    pub(super) fn names_with<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        let names = self.labels.keys().chain(other.labels.keys());
        names.map(String::as_str).collect()
    }

    /// Series that are of one kind or of another.
    pub fn or(&self, other: &Self) -> Self {
        let mut either = Self {
            labels: BTreeMap::new(),
            is_open: self.is_open || other.is_open,
        };
        for name in self.names_with(other) {
            either.set(name, self.label(name).or(&other.label(name)));
        }
        either
    }
}

#[cfg(test)]
mod tests {
    use promql_parser::parser::{Expr, parse};

    use super::*;

    fn taken(label: Label, matcher: &str) -> Label {
        let Ok(Expr::VectorSelector(selector)) = parse(&format!("x{{{matcher}}}")) else {
            panic!("{matcher}")
        };
        label.taken_by(&selector.matchers.matchers[0])
    }

    #[test]
    fn a_matcher_takes_what_it_matches() {
        let some = || Label::sometimes(Values::of(["a".to_owned(), "b".to_owned()]));
        assert_eq!(taken(some(), "l=\"a\""), Label::always(Values::one("a")));
        assert_eq!(
            taken(some(), "l!=\"a\""),
            Label::sometimes(Values::one("b"))
        );
        assert_eq!(taken(some(), "l=\"\""), Label::absent());
        assert!(taken(some(), "l!=\"\"").is_always);
        assert!(taken(some(), "l=~\"c.*\"").is_contradiction());
        assert_eq!(
            taken(some(), "l=~\"|a\""),
            Label::sometimes(Values::one("a"))
        );
        let any = || Label::sometimes(Values::Any);
        assert_eq!(taken(any(), "l=~\"a|b\"").values, some().values);
        assert_eq!(taken(any(), "l=~\"a.*\""), Label::always(Values::Any));
        assert_eq!(taken(any(), "l!~\"a.*\""), any());
        assert!(taken(Label::absent(), "l=\"a\"").is_contradiction());
        assert_eq!(taken(Label::absent(), "l!=\"a\""), Label::absent());
    }

    #[test]
    fn of_an_open_shape_a_label_can_be_gone() {
        let mut shape = Shape::unknown();
        assert!(shape.can_have("a"));
        shape.drop("a");
        assert!(!shape.can_have("a") && shape.can_have("b"));
        assert!(shape.or(&Shape::bare()).can_have("b"));
        assert!(!shape.or(&Shape::bare()).can_have("a"));
    }
}
