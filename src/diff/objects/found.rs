//! What is found, as it comes in.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::consequence::{Cause, Caused, Consequence, Part};
use crate::diff::pairs::Pair;
use crate::diff::side::Id;
use crate::effect::Effect;

/// What something happens to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    /// Where it is told.
    pub(super) part: Part,
    /// What people call it.
    pub(super) name: String,
    /// The instance, where it is about one.
    pub(super) instance: Option<String>,
}

impl Subject {
    /// Something that instances share.
    pub(super) fn of(part: Part, name: impl Into<String>) -> Self {
        Self {
            part,
            name: name.into(),
            instance: None,
        }
    }

    /// An instance, or a part of it: `logs of` and its name.
    pub(super) fn of_instance(part: Part, what: &str, instance: &str) -> Self {
        Self {
            part,
            name: format!("{what}{instance}"),
            instance: Some(instance.to_owned()),
        }
    }
}

/// Effects by their subjects, and which objects and fields they account for.
#[derive(Default)]
pub(super) struct Found<'a> {
    effects: BTreeMap<Subject, Vec<Caused>>,
    said: BTreeSet<(&'a Id, Option<usize>)>,
}

impl<'a> Found<'a> {
    /// Takes what happens to a subject; what happens twice is told once, with both causes.
    pub(super) fn add(&mut self, subject: &Subject, effect: Effect, cause: Option<Cause>) {
        let known = self.effects.entry(subject.clone()).or_default();
        let place = known.iter().position(|it| it.effect == effect);
        let caused = match place {
            Some(place) => known.get_mut(place),
            None => {
                known.push(Caused {
                    effect,
                    by: Vec::new(),
                });
                known.last_mut()
            }
        };
        if let (Some(caused), Some(cause)) = (caused, cause)
            && !caused.by.contains(&cause)
        {
            caused.by.push(cause);
        }
    }

    /// Notes that all of an object is accounted for.
    pub(super) fn say(&mut self, id: &'a Id) {
        self.said.insert((id, None));
    }

    /// Notes that those fields of an object are accounted for.
    pub(super) fn say_fields(&mut self, pair: &'a Pair, is_said: impl Fn(&[String]) -> bool) {
        for (place, field) in pair.fields.iter().enumerate() {
            if is_said(&field.path) {
                self.said.insert((&pair.id, Some(place)));
            }
        }
    }

    /// Whether all of an object is accounted for.
    pub(super) fn is_said(&self, id: &Id) -> bool {
        self.said.contains(&(id, None))
    }

    /// Whether a field of an object is.
    pub(super) fn is_field_said(&self, id: &Id, place: usize) -> bool {
        self.said.contains(&(id, Some(place)))
    }

    /// What follows, a consequence for each subject.
    pub(super) fn consequences(self) -> Vec<Consequence> {
        self.effects
            .into_iter()
            .map(|(subject, mut effects)| {
                effects.sort_by_key(|it| std::cmp::Reverse(it.effect.class));
                Consequence {
                    part: subject.part,
                    subjects: vec![subject.name],
                    instances: subject.instance.into_iter().collect(),
                    effects,
                }
            })
            .collect()
    }
}
