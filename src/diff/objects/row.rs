//! A row of a table of what a change of a field does.

use std::borrow::Cow;

use serde_json::Value;

use crate::diff::instances::is_when;
use crate::diff::objects::role::Role;
use crate::effect::{Class, Effect};
use crate::operators::changes::{When, leads_to};

/// What a change of some fields does. The first row that fits holds.
#[derive(Debug)]
pub(super) struct Row {
    /// The kinds of objects that it is about; empty for all.
    pub(super) kinds: &'static [&'static str],
    /// What the objects are there for; empty for whatever they are.
    pub(super) roles: &'static [Role],
    /// The fields, and those below them, by their paths; empty where the object itself comes or goes. `*` stands
    /// for any one key or index; a key may itself have dots.
    pub(super) fields: &'static [&'static str],
    /// How they change.
    pub(super) when: When,
    /// How bad that is.
    pub(super) class: Class,
    /// What will happen. `{before}` and `{after}` stand for the values, `{pods}` for the number of pods,
    /// `{step}` for what the first `*` stood for, `{field}` for the last step of the path.
    pub(super) what: &'static str,
    /// For how long something is exposed, and to what, likewise; empty where nothing is.
    pub(super) exposed: &'static str,
    /// A gentler way, likewise; empty where there is none.
    pub(super) instead: &'static str,
    /// Where it is written that it is so.
    pub(super) source: &'static str,
}

/// A row of which only what matters is written.
pub(super) const ROW: Row = Row {
    kinds: &[],
    roles: &[],
    fields: &[],
    when: When::Any,
    class: Class::None,
    what: "",
    exposed: "",
    instead: "",
    source: "",
};

/// What is filled into the texts of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filled<'a> {
    /// The value before.
    pub(super) before: &'a str,
    /// The value after.
    pub(super) after: &'a str,
    /// How many pods there are.
    pub(super) pods: u64,
}

impl Row {
    /// Whether it is about a change.
    pub(super) fn fits(
        &self,
        kind: &str,
        role: Role,
        path: &[String],
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> bool {
        let is_at = match path {
            [] => self.fields.is_empty(),
            path => self.fields.iter().any(|it| leads_to(it, path)),
        };
        is_at
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.roles.is_empty() || self.roles.contains(&role))
            && is_when(self.when, before, after)
    }

    /// What the change does.
    pub(super) fn effect(&'static self, path: &[String], values: Filled<'_>) -> Effect {
        let pattern = self.fields.iter().find(|it| leads_to(it, path));
        let place = pattern.and_then(|it| it.split('.').position(|step| step == "*"));
        let step = place.and_then(|it| path.get(it)).map_or("", String::as_str);
        let filled = |text: &'static str| match text.contains('{') {
            true => Cow::Owned(
                text.replace("{before}", values.before)
                    .replace("{after}", values.after)
                    .replace("{pods}", &values.pods.to_string())
                    .replace("{step}", step)
                    .replace("{field}", path.last().map_or("", String::as_str)),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_by_its_steps() {
        let has = |pattern: &str, path: &[&str]| {
            let path: Vec<String> = path.iter().map(|it| (*it).to_owned()).collect();
            leads_to(pattern, &path)
        };
        assert!(has("spec", &["spec", "replicas"]));
        assert!(has(
            "data.*.policy",
            &["data", "policy.json", "policy", "phases"]
        ));
        assert!(has(
            "metadata.labels.app.kubernetes.io/name",
            &["metadata", "labels", "app.kubernetes.io/name"]
        ));
        assert!(!has("spec.template", &["spec"]));
        assert!(!has("spec.replicas", &["spec", "replicasOf"]));
    }
}
