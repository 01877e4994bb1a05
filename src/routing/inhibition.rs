//! Alerts that keep others quiet.
//!
//! After `inhibit/inhibit.go` of Alertmanager 0.28 to 0.34. Up to 0.29 every source alert is looked
//! at; since 0.30 one of those that agree in the labels of `equal`. Where that one matches both
//! sides and so does the target, it keeps it not quiet, and hides another that would.

use crate::routing::Verdict;
use crate::routing::condition::Conditions;
use crate::routing::labels::{Labels, Value};
use crate::value::matcher::Matcher;

/// What silences what.
#[derive(Debug, Clone)]
pub struct Inhibition {
    /// The alerts that silence.
    pub source: Conditions,
    /// What is silenced.
    pub target: Conditions,
    /// The labels that must be the same on both; one that both lack is.
    pub equal: Vec<String>,
}

impl Inhibition {
    /// Prepares a rule.
    pub fn new(source: &[Matcher], target: &[Matcher], equal: &[String]) -> Self {
        Self {
            source: Conditions::new(source),
            target: Conditions::new(target),
            equal: equal.to_vec(),
        }
    }

    /// Whether an alert, firing alone beside another, keeps it quiet.
    pub fn silences(&self, source: &Labels, target: &Labels) -> Verdict {
        self.applies(source, target)
            .and(self.is_of_both_sides(source, target).negated())
    }

    /// Whether alerts that fire keep another quiet. `Maybe` also where versions of Alertmanager do
    /// not agree, or one depends on which of the alerts ends later.
    pub fn is_silenced(&self, target: &Labels, firing: &[Labels]) -> Verdict {
        let applying = firing.iter().filter_map(|source| {
            let applies = self.applies(source, target);
            (applies != Verdict::No).then(|| (applies, self.is_of_both_sides(source, target)))
        });
        let mut silences = Verdict::No;
        let mut is_hidden = Verdict::No;
        for (applies, of_both) in applying {
            silences = silences.or(applies.and(of_both.negated()));
            is_hidden = is_hidden.or(of_both);
        }
        match is_hidden {
            Verdict::No => silences,
            Verdict::Maybe | Verdict::Yes => silences.and(Verdict::Maybe),
        }
    }

    fn applies(&self, source: &Labels, target: &Labels) -> Verdict {
        let mut applies = self.target.verdict(target);
        if applies != Verdict::No {
            applies = applies.and(self.source.verdict(source));
        }
        for label in &self.equal {
            if applies == Verdict::No {
                break;
            }
            applies = applies.and(are_equal(source.get(label), target.get(label)));
        }
        applies
    }

    /// Whether both alerts match both sides, given that each matches its own: then neither silences
    /// the other, nor itself.
    fn is_of_both_sides(&self, source: &Labels, target: &Labels) -> Verdict {
        self.source.verdict(target).and(self.target.verdict(source))
    }
}

fn are_equal(left: &Value, right: &Value) -> Verdict {
    match (left, right) {
        (Value::Unknown, _) | (_, Value::Unknown) => Verdict::Maybe,
        (Value::Text(left), Value::Text(right)) => Verdict::from(left == right),
        (Value::Text(text), Value::OneOf(texts)) | (Value::OneOf(texts), Value::Text(text)) => {
            match texts.contains(text) {
                true => Verdict::Maybe,
                false => Verdict::No,
            }
        }
        (Value::OneOf(left), Value::OneOf(right)) => match left.is_disjoint(right) {
            true => Verdict::No,
            false => Verdict::Maybe,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(source: &str, target: &str, equal: &[&str]) -> Inhibition {
        let read = |it: &str| vec![Matcher::parse(it).unwrap()];
        let equal: Vec<String> = equal.iter().map(|it| (*it).to_owned()).collect();
        Inhibition::new(&read(source), &read(target), &equal)
    }

    #[test]
    fn a_label_that_both_lack_is_equal() {
        let rule = rule(r#"severity="critical""#, r#"severity="warning""#, &["node"]);
        let critical = Labels::only([("severity", "critical")]);
        let warning = Labels::only([("severity", "warning")]);
        assert_eq!(rule.silences(&critical, &warning), Verdict::Yes);
        let on_node = Labels::only([("severity", "warning"), ("node", "a")]);
        assert_eq!(rule.silences(&critical, &on_node), Verdict::No);
        let unknown = Labels::at_least([("severity", "warning")]);
        assert_eq!(rule.silences(&critical, &unknown), Verdict::Maybe);
        assert_eq!(rule.silences(&warning, &critical), Verdict::No);
    }

    #[test]
    fn an_alert_of_both_sides_silences_none_of_them() {
        let rule = rule(r#"team="a""#, r#"severity="warning""#, &[]);
        let both = Labels::only([("team", "a"), ("severity", "warning")]);
        let source = Labels::only([("team", "a"), ("severity", "critical")]);
        let target = Labels::only([("team", "b"), ("severity", "warning")]);
        assert_eq!(rule.silences(&both, &both), Verdict::No);
        assert_eq!(rule.silences(&both, &target), Verdict::Yes);
        assert_eq!(rule.silences(&source, &both), Verdict::Yes);
        // Since 0.30 the alert itself may hide the other.
        let firing = [both.clone(), source.clone()];
        assert_eq!(rule.is_silenced(&both, &firing), Verdict::Maybe);
        assert_eq!(rule.is_silenced(&target, &firing), Verdict::Yes);
        assert_eq!(rule.is_silenced(&source, &firing), Verdict::No);
    }
}
