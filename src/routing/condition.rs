//! Matchers of a route or of an inhibition, ready to be asked.
//!
//! After `pkg/labels/matcher.go` of Alertmanager 0.28 to 0.34, in which they are the same: a label
//! that is absent has the empty text, and a regular expression is anchored at both ends.

use std::collections::BTreeSet;

use crate::routing::Verdict;
use crate::routing::labels::{Labels, Value};
use crate::routing::regex::Regex;
use crate::value::matcher::Matcher;
use crate::value::promql::Comparison;

/// A matcher with its regular expression.
#[derive(Debug, Clone)]
pub struct Condition {
    matcher: Matcher,
    /// Where the matcher has one.
    regex: Option<Regex>,
}

impl Condition {
    /// Prepares a matcher.
    pub fn new(matcher: &Matcher) -> Self {
        let regex = match matcher.comparison {
            Comparison::Matches | Comparison::DoesNotMatch => Some(Regex::new(&matcher.value)),
            Comparison::Equal | Comparison::NotEqual => None,
        };
        Self {
            matcher: matcher.clone(),
            regex,
        }
    }

    /// The matcher.
    pub fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// Whether alerts with these labels meet it.
    pub fn verdict(&self, labels: &Labels) -> Verdict {
        match labels.get(&self.matcher.label) {
            Value::Text(text) => self.takes(text),
            Value::OneOf(texts) => {
                let mut verdicts = texts.iter().map(|it| self.takes(it));
                let Some(first) = verdicts.next() else {
                    return Verdict::Maybe;
                };
                match verdicts.all(|it| it == first) {
                    true => first,
                    false => Verdict::Maybe,
                }
            }
            Value::Unknown => Verdict::Maybe,
        }
    }

    /// Whether a text meets it; `Maybe` where the regular expression cannot be read.
    pub fn takes(&self, text: &str) -> Verdict {
        let matches = |text: &str| match &self.regex {
            Some(it) => it.matches(text),
            None => Verdict::from(text == self.matcher.value),
        };
        match self.matcher.comparison {
            Comparison::Equal | Comparison::Matches => matches(text),
            Comparison::NotEqual | Comparison::DoesNotMatch => matches(text).negated(),
        }
    }

    /// The only texts that meet it, where they can be told.
    fn only(&self) -> Option<Vec<&str>> {
        match self.matcher.comparison {
            Comparison::Equal => Some(vec![&self.matcher.value]),
            Comparison::Matches => plain_alternatives(&self.matcher.value),
            Comparison::NotEqual | Comparison::DoesNotMatch => None,
        }
    }

    /// The only texts that do not meet it, where they can be told.
    fn all_but(&self) -> Option<Vec<&str>> {
        match self.matcher.comparison {
            Comparison::NotEqual => Some(vec![&self.matcher.value]),
            Comparison::DoesNotMatch => plain_alternatives(&self.matcher.value),
            Comparison::Equal | Comparison::Matches => None,
        }
    }
}

/// The texts that a regular expression without any sign but `|` takes.
pub fn plain_alternatives(regex: &str) -> Option<Vec<&str>> {
    let is_plain = !regex.contains(|it| r"\.+*?()[]{}^$".contains(it));
    is_plain.then(|| regex.split('|').collect())
}

/// Matchers, all of which an alert must meet.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Vec<Condition>);

impl Conditions {
    /// Prepares matchers.
    pub fn new(matchers: &[Matcher]) -> Self {
        Self(matchers.iter().map(Condition::new).collect())
    }

    /// Whether alerts with these labels meet all.
    pub fn verdict(&self, labels: &Labels) -> Verdict {
        let mut all = Verdict::Yes;
        for it in &self.0 {
            all = all.and(it.verdict(labels));
            if all == Verdict::No {
                break;
            }
        }
        all
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    /// The labels that they ask for.
    pub fn labels(&self) -> BTreeSet<&str> {
        self.0.iter().map(|it| it.matcher.label.as_str()).collect()
    }

    /// Returns whether whatever meets these meets the others too. `false` says only that it is not
    /// known.
    pub fn imply(&self, others: &Self) -> bool {
        others.0.iter().all(|it| self.implies(it))
    }

    fn implies(&self, other: &Condition) -> bool {
        let of_label: Vec<&Condition> = self
            .0
            .iter()
            .filter(|it| it.matcher.label == other.matcher.label)
            .collect();
        // Without a condition of its own, the label may have any text.
        if of_label.iter().any(|it| it.matcher == other.matcher) {
            return true;
        }
        let possible = of_label.iter().find_map(|it| it.only());
        if let Some(texts) = possible {
            return texts.iter().all(|text| {
                other.takes(text) == Verdict::Yes
                    || of_label.iter().any(|it| it.takes(text) == Verdict::No)
            });
        }
        other.all_but().is_some_and(|texts| {
            texts
                .iter()
                .all(|text| of_label.iter().any(|it| it.takes(text) == Verdict::No))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(matchers: &[&str]) -> Conditions {
        let read = |it: &&str| Matcher::parse(it).unwrap();
        Conditions::new(&matchers.iter().map(read).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_not_known_may_be() {
        let mut labels = Labels::at_least([("a", "x")]);
        labels.set("b", Value::OneOf(["x".into(), "y".into()].into()));
        for (matcher, verdict) in [
            (r#"a="x""#, Verdict::Yes),
            (r#"a!="x""#, Verdict::No),
            (r#"b="x""#, Verdict::Maybe),
            (r#"b=~"x|y""#, Verdict::Yes),
            (r#"b!~"x|y|z""#, Verdict::No),
            (r#"b="z""#, Verdict::No),
            (r#"c="""#, Verdict::Maybe),
        ] {
            assert_eq!(
                conditions(&[matcher]).verdict(&labels),
                verdict,
                "{matcher}"
            );
        }
        assert_eq!(
            conditions(&[r#"c="""#]).verdict(&Labels::default()),
            Verdict::Yes
        );
    }

    #[test]
    fn what_one_takes_the_other_takes() {
        for (these, others) in [
            (vec![r#"a="x""#], vec![]),
            (vec![r#"a="x""#, r#"b="y""#], vec![r#"a="x""#]),
            (vec![r#"a="x""#], vec![r#"a=~"x|y""#]),
            (vec![r#"a="x""#], vec![r#"a=~"x.*""#, r#"a!="y""#]),
            (vec![r#"a=~"x|y""#], vec![r#"a=~"y|x|z""#]),
            (vec![r#"a=~"x|y""#, r#"a!="y""#], vec![r#"a="x""#]),
            (vec![r#"a=~"x.*""#], vec![r#"a=~"x.*""#]),
            (vec![r#"a=~"x.*""#], vec![r#"a!="y""#]),
            (vec![r#"a!="y""#, r#"a!="x""#], vec![r#"a!~"x|y""#]),
        ] {
            assert!(conditions(&these).imply(&conditions(&others)), "{these:?}");
        }
        for (these, others) in [
            (vec![], vec![r#"a="x""#]),
            (vec![r#"a="x""#], vec![r#"a="x""#, r#"b="y""#]),
            (vec![r#"a=~"x|y""#], vec![r#"a="x""#]),
            (vec![r#"a!="x""#], vec![r#"a="y""#]),
            (vec![r#"a!="x""#], vec![r#"a!~"x|y""#]),
            (vec![r#"a=~"x.*""#], vec![r#"a=~"x.+""#]),
            (vec![], vec![r#"a=~".*""#]),
            (vec![r#"b="x""#], vec![r#"a!="x""#]),
        ] {
            assert!(!conditions(&these).imply(&conditions(&others)), "{these:?}");
        }
    }
}
