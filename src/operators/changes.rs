//! What an operator does with a change of its resources: a table for each operator.

use std::borrow::Cow;

use crate::effect::{Class, Effect};
use crate::topologies::Kind;

/// What a change of one thing does: a row of an operator's table. The first row that fits holds.
#[derive(Debug)]
pub struct Change {
    /// The kinds of resources that it is about.
    pub resources: &'static [&'static str],
    /// The topologies that it is about; empty for all.
    pub topologies: &'static [Kind],
    /// What changes.
    pub of: Of,
    /// How it changes.
    pub when: When,
    /// How bad that is.
    pub class: Class,
    /// What will happen. `{before}` and `{after}` stand for the values, `{pods}` for the number of Redis pods,
    /// and [`effect::NAME`](crate::effect::NAME) for the name of the instance.
    pub what: &'static str,
    /// For how long something is exposed, and to what, likewise; empty where nothing is.
    pub exposed: &'static str,
    /// A gentler way, likewise; empty where there is none.
    pub instead: &'static str,
    /// Where the operator does it.
    pub source: &'static str,
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The resource itself comes or goes.
    Resource,
    /// A field of the resource or one below it, by its path: `spec.kubernetesConfig.image`. `*` stands for
    /// any one key or index. A key may itself have dots.
    Field(&'static str),
    /// One of several fields, or one below it, likewise.
    AnyField(&'static [&'static str]),
    /// An annotation that the resource tells the operator to leave alone.
    IgnoredAnnotation,
    /// A directive of redis.conf.
    Directive(Applied),
}

/// When Redis takes over the value of a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// At once, by `CONFIG SET`.
    Live,
    /// When it starts, and the operator starts it again for it.
    AtStart,
    /// When it starts the next time, for whatever reason.
    NextStart,
}

/// How something changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In whatever way.
    Any,
    /// It is new.
    Appears,
    /// It is gone.
    Vanishes,
    /// It becomes a larger number or quantity.
    Grows,
    /// It becomes a smaller number or quantity.
    Shrinks,
    /// An image becomes one of an older release of Redis.
    Downgrades,
    /// It becomes this value.
    To(&'static str),
}

/// What is filled into the texts of a row.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The value before, where there was one.
    pub before: &'a str,
    /// The value after, where there is one.
    pub after: &'a str,
    /// How many Redis pods there were.
    pub pods: u64,
}

impl Change {
    /// What it does to an instance.
    pub fn effect(&'static self, values: Values<'_>) -> Effect {
        let filled = |text: &'static str| match text.contains('{') {
            true => Cow::Owned(
                text.replace("{before}", values.before)
                    .replace("{after}", values.after)
                    .replace("{pods}", &values.pods.to_string()),
            ),
            false => Cow::Borrowed(text),
        };
        Effect {
            class: self.class,
            what: filled(self.what),
            exposed: filled(self.exposed),
            instead: (!self.instead.is_empty()).then(|| filled(self.instead)),
            source: Cow::Borrowed(self.source),
        }
    }

    /// Whether it is about a resource of an instance with that topology.
    pub fn is_about(&self, resource: &str, topology: Kind) -> bool {
        self.resources.contains(&resource)
            && (self.topologies.is_empty() || self.topologies.contains(&topology))
    }
}

impl Of {
    /// Whether a field, by the steps to it, is one of these or below one.
    pub fn has_field(self, path: &[String]) -> bool {
        match self {
            Self::Field(pattern) => leads_to(pattern, path),
            Self::AnyField(patterns) => patterns.iter().any(|it| leads_to(it, path)),
            Self::Resource | Self::IgnoredAnnotation | Self::Directive(_) => false,
        }
    }
}

/// Whether the steps of a path begin as a pattern says, in which `*` stands for any one step.
pub fn leads_to(pattern: &str, path: &[String]) -> bool {
    let Some((step, below)) = path.split_first() else {
        return false;
    };
    // A step can have dots: the key of an annotation has some.
    let after = match pattern.strip_prefix('*') {
        Some(after) => Some(after),
        None => pattern.strip_prefix(step.as_str()),
    };
    match after {
        Some("") => true,
        Some(after) => after
            .strip_prefix('.')
            .is_some_and(|it| leads_to(it, below)),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_steps() {
        let has = |pattern: &'static str, path: &[&str]| {
            let path: Vec<String> = path.iter().map(|it| (*it).to_owned()).collect();
            Of::Field(pattern).has_field(&path)
        };
        assert!(has("spec.image", &["spec", "image"]));
        assert!(has("spec", &["spec", "image"]));
        assert!(has("spec.*.image", &["spec", "0", "image", "tag"]));
        assert!(has(
            "metadata.annotations.a.b/c",
            &["metadata", "annotations", "a.b/c"]
        ));
        assert!(!has("spec.image", &["spec"]));
        assert!(!has("spec.image", &["spec", "imagePullPolicy"]));
        assert!(!has("spec.*.image", &["spec", "image"]));
        assert!(!has(
            "metadata.annotations.a.b/c",
            &["metadata", "annotations", "a.b"]
        ));
    }
}
