//! Which objects of both sides are one.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::object::without_hash;
use crate::diff::canonical::canonical;
use crate::diff::fields::{Field, fields};
use crate::diff::side::{Id, Side};

/// An object that differs.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Its id: that after, where it is not gone.
    pub id: Id,
    /// The name before, where the object was made again under another one.
    pub renamed: Option<String>,
    /// The object before, in canonical form; nothing where it is new.
    pub before: Option<Value>,
    /// The object after, likewise; nothing where it is gone.
    pub after: Option<Value>,
    /// The fields in which they differ; none where one of them is not there.
    pub fields: Vec<Field>,
}

impl Pair {
    /// The object as it is after, or as it was where it is gone.
    pub fn object(&self) -> &Value {
        self.after
            .as_ref()
            .or(self.before.as_ref())
            .unwrap_or(&Value::Null)
    }
}

/// The objects that differ, in the order of their ids.
pub(super) fn pairs(before: &Side, after: &Side) -> Vec<Pair> {
    let mut gone: BTreeMap<&Id, &Value> = BTreeMap::new();
    let mut found: Vec<Pair> = Vec::new();
    for (id, object) in &before.objects {
        match after.objects.get(id) {
            None => drop(gone.insert(id, object)),
            Some(other) if object == other => {}
            Some(other) => found.extend(changed(id, None, object, other)),
        }
    }
    let mut by_stem: BTreeMap<(&str, &str, &str), Vec<&Id>> = BTreeMap::new();
    for id in gone.keys() {
        if let Some(key) = stem_of(id) {
            by_stem.entry(key).or_default().push(id);
        }
    }
    for (id, object) in &after.objects {
        if before.objects.contains_key(id) {
            continue;
        }
        // With several of a stem nobody can say which became which.
        let same = stem_of(id).and_then(|it| by_stem.remove(&it));
        match same.as_deref() {
            Some([was]) => {
                let old = gone.remove(*was).unwrap_or(&Value::Null);
                found.extend(changed(id, Some(was.name.clone()), old, object));
            }
            _ => found.push(alone(id, None, Some(object))),
        }
    }
    found.extend(gone.into_iter().map(|(id, it)| alone(id, Some(it), None)));
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// What names an object but for the hash of its content at the end of its name.
fn stem_of(id: &Id) -> Option<(&str, &str, &str)> {
    without_hash(&id.name).map(|it| (&*id.kind, &*id.namespace, it))
}

fn alone(id: &Id, before: Option<&Value>, after: Option<&Value>) -> Pair {
    let canonical_of = |it: Option<&Value>| {
        it.map(|it| {
            let mut it = it.clone();
            canonical(&mut it);
            it
        })
    };
    Pair {
        id: id.clone(),
        renamed: None,
        before: canonical_of(before),
        after: canonical_of(after),
        fields: Vec::new(),
    }
}

fn changed(id: &Id, renamed: Option<String>, before: &Value, after: &Value) -> Option<Pair> {
    let mut pair = Pair {
        renamed,
        ..alone(id, Some(before), Some(after))
    };
    let (Some(before), Some(after)) = (&pair.before, &pair.after) else {
        return None;
    };
    pair.fields = fields(before, after);
    (!pair.fields.is_empty()).then_some(pair)
}
