//! The labels of an alert, as far as they are known.

use std::collections::{BTreeMap, BTreeSet};

/// A value of a label. A label that is absent has the empty text: Alertmanager knows no difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// This text.
    Text(String),
    /// One of these texts, nobody knows which.
    OneOf(BTreeSet<String>),
    /// Any text, or none.
    Unknown,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The labels of an alert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels {
    named: BTreeMap<String, Value>,
    /// What every other label is: the empty text, or unknown.
    others: Value,
}

static UNKNOWN: Value = Value::Unknown;

impl Default for Labels {
    fn default() -> Self {
        Self::only([])
    }
}

impl Labels {
    /// These labels and no others.
    pub fn only<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            named: named(labels),
            others: Value::Text(String::new()),
        }
    }

    /// These labels; whether there are others is not known.
    pub fn at_least<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            named: named(labels),
            others: Value::Unknown,
        }
    }

    /// Says what a label is.
    pub fn set(&mut self, label: &str, value: Value) {
        self.named.insert(label.to_owned(), value);
    }

    /// Returns what a label is.
    pub fn get(&self, label: &str) -> &Value {
        self.named.get(label).unwrap_or(&self.others)
    }

    /// The labels that something is known of, and what.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.named.iter().map(|(label, it)| (label.as_str(), it))
    }

    /// Whether there may be labels that nothing is known of.
    pub fn has_others(&self) -> bool {
        self.others == UNKNOWN
    }

    /// What is known of some labels: alerts that agree in them go the same way.
    pub fn projected<'a>(&self, labels: impl IntoIterator<Item = &'a str>) -> Self {
        let kept = labels
            .into_iter()
            .map(|it| (it.to_owned(), self.get(it).clone()));
        Self {
            named: kept.collect(),
            others: Value::Text(String::new()),
        }
    }

    /// Every way in which the labels of which one text out of several is known may be, but for more
    /// than `most`: then none is told apart.
    pub(super) fn worlds(&self, most: usize) -> Vec<Self> {
        let mut worlds = vec![self.clone()];
        for (label, value) in &self.named {
            let Value::OneOf(texts) = value else {
                continue;
            };
            if worlds.len() * texts.len() > most {
                return vec![self.clone()];
            }
            let each = |world: &Self| {
                let with = |it: &String| {
                    let mut world = world.clone();
                    world.set(label, Value::Text(it.clone()));
                    world
                };
                texts.iter().map(with).collect::<Vec<_>>()
            };
            worlds = worlds.iter().flat_map(each).collect();
        }
        worlds
    }
}

fn named<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, Value> {
    labels
        .into_iter()
        .map(|(label, text)| (label.to_owned(), text.into()))
        .collect()
}
