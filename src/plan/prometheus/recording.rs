//! Metrics of the user's own that are computed from others and recorded.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::conventions::label;
use crate::api::monitoring::{RecordingRule, Rule};
use crate::model::stack::{Recording, Stack};
use crate::promql::read::{Reader, metrics};

/// The rules in the order in which they are evaluated: each after those whose metrics it asks for, so that
/// all have the values of the same evaluation. The rules of one group are evaluated one after the other.
pub(super) fn rules(stack: &Stack) -> Vec<Rule> {
    ordered(stack)
        .into_iter()
        .map(|it| {
            let mut labels = it.labels.clone();
            labels.insert(label::STACK.to_owned(), stack.name.clone());
            labels.insert(label::CLUSTER.to_owned(), stack.cluster.clone());
            Rule::Record(RecordingRule {
                record: it.name.clone(),
                expr: it.expr.clone(),
                labels,
            })
        })
        .collect()
}

/// The recordings of a stack in the order in which they are evaluated.
pub fn ordered(stack: &Stack) -> Vec<&Recording> {
    by_need(&stack.recording)
}

/// Recordings in the order of their dependencies, else in that of the policy. Of those that ask for each
/// other, the first of the policy comes last.
fn by_need(recordings: &[Recording]) -> Vec<&Recording> {
    let places: BTreeMap<&str, usize> = recordings
        .iter()
        .enumerate()
        .map(|(place, it)| (it.name.as_str(), place))
        .collect();
    let mut reader = Reader::default();
    let needed: Vec<BTreeSet<usize>> = recordings
        .iter()
        .map(|it| match reader.read(&it.expr) {
            Ok(expression) => {
                let asked = metrics(&expression);
                asked
                    .iter()
                    .filter_map(|it| places.get(it.as_str()).copied())
                    .collect()
            }
            // It is refused.
            Err(_) => BTreeSet::new(),
        })
        .collect();
    let mut order = Vec::with_capacity(recordings.len());
    let mut is_begun = vec![false; recordings.len()];
    for first in 0..recordings.len() {
        // What is on the way, and how far what it needs was looked at.
        let mut way = Vec::new();
        if !is_begun[first] {
            is_begun[first] = true;
            way.push((first, needed[first].iter()));
        }
        while let Some((place, rest)) = way.last_mut() {
            match rest.next() {
                Some(next) if is_begun[*next] => {}
                Some(next) => {
                    is_begun[*next] = true;
                    way.push((*next, needed[*next].iter()));
                }
                None => {
                    order.push(&recordings[*place]);
                    way.pop();
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::path::FieldPath;

    #[test]
    fn what_is_needed_comes_first() {
        let order = |rules: &[(&str, &str)]| {
            let rules: Vec<Recording> = rules
                .iter()
                .map(|(name, expr)| Recording {
                    name: (*name).to_owned(),
                    expr: (*expr).to_owned(),
                    labels: BTreeMap::new(),
                    at: FieldPath::root(),
                })
                .collect();
            let names: Vec<String> = by_need(&rules).iter().map(|it| it.name.clone()).collect();
            names.join(" ")
        };
        assert_eq!(order(&[("a", "up"), ("b", "up")]), "a b");
        assert_eq!(order(&[("a", "b + c"), ("b", "c"), ("c", "up")]), "c b a");
        assert_eq!(order(&[("a", "topk(scalar(b), up)"), ("b", "up")]), "b a");
        assert_eq!(order(&[("a", "b"), ("b", "a"), ("c", "a")]), "b a c");
        assert_eq!(order(&[("a", "a or up")]), "a");
        assert_eq!(order(&[("a", "(b"), ("b", "up")]), "a b");
    }
}
