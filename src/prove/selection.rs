//! Objects by label, as Kubernetes and the Prometheus operator choose them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::operators::made::Labels;
use crate::prove::inventory::array;

/// A label selector.
#[derive(Debug, Clone)]
pub struct Selector<'a>(Vec<Requirement<'a>>);

#[derive(Debug, Clone)]
enum Requirement<'a> {
    In(&'a str, BTreeSet<&'a str>),
    NotIn(&'a str, BTreeSet<&'a str>),
    Exists(&'a str),
    DoesNotExist(&'a str),
}

/// Namespaces by name.
#[derive(Debug, Clone)]
pub enum Namespaces<'a> {
    /// All.
    Any,
    /// These.
    Names(BTreeSet<&'a str>),
}

impl<'a> Selector<'a> {
    /// Reads one; an empty one selects everything.
    pub fn parse(selector: &'a Value) -> Self {
        let mut requirements = Vec::new();
        let labels = selector["matchLabels"].as_object();
        for (name, value) in labels.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            requirements.push(Requirement::In(name, [value].into()));
        }
        for expression in array(&selector["matchExpressions"]) {
            let key = expression["key"].as_str().unwrap_or_default();
            let values = || {
                array(&expression["values"])
                    .filter_map(Value::as_str)
                    .collect()
            };
            requirements.push(match expression["operator"].as_str() {
                Some("NotIn") => Requirement::NotIn(key, values()),
                Some("Exists") => Requirement::Exists(key),
                Some("DoesNotExist") => Requirement::DoesNotExist(key),
                _ => Requirement::In(key, values()),
            });
        }
        Self(requirements)
    }

    /// Returns whether it selects an object with these labels.
    pub fn selects(&self, labels: &Labels<'_>) -> bool {
        self.0.iter().all(|it| match it {
            Requirement::In(key, values) => {
                labels.get(key).is_some_and(|value| values.contains(value))
            }
            Requirement::NotIn(key, values) => {
                labels.get(key).is_none_or(|value| !values.contains(value))
            }
            Requirement::Exists(key) => labels.get(key).is_some(),
            Requirement::DoesNotExist(key) => labels.get(key).is_none(),
        })
    }
}

impl<'a> Namespaces<'a> {
    /// Reads the `namespaceSelector` of a monitor, which without a name is for its own namespace.
    pub fn parse(selector: &'a Value, own: &'a str) -> Self {
        if selector["any"] == true {
            return Self::Any;
        }
        let names: BTreeSet<&str> = array(&selector["matchNames"])
            .filter_map(Value::as_str)
            .collect();
        match names.is_empty() {
            true => Self::Names([own].into()),
            false => Self::Names(names),
        }
    }
}
