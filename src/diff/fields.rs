//! Which fields of an object differ.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The steps to it: keys, names of items, or their numbers in the list.
    pub path: Vec<String>,
    /// Its value before; nothing where it is new.
    pub before: Option<Value>,
    /// Its value after; nothing where it is gone.
    pub after: Option<Value>,
}

impl Field {
    /// The path as people write it: `spec.storage.size`, `rules[RedisDown].for`.
    pub fn name(&self) -> String {
        written(&self.path)
    }

    /// The field, or each label and annotation where all of them come or go.
    pub(super) fn each(&self) -> Cow<'_, [Self]> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let is_map = matches!(path.as_slice(), ["metadata", "labels" | "annotations"]);
        let (Some(Value::Object(all)), true) =
            (self.before.as_ref().or(self.after.as_ref()), is_map)
        else {
            return Cow::Borrowed(std::slice::from_ref(self));
        };
        let of = |side: &Option<Value>, key: &str| side.as_ref().map(|it| it[key].clone());
        all.keys()
            .map(|key| Self {
                path: self.path.iter().cloned().chain([key.clone()]).collect(),
                before: of(&self.before, key),
                after: of(&self.after, key),
            })
            .collect()
    }
}

/// A path as people write it.
pub(crate) fn written(path: &[String]) -> String {
    let mut name = String::new();
    for step in path {
        let is_plain = !step.is_empty()
            && step
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
            && !step.starts_with(|it: char| it.is_ascii_digit());
        if is_plain {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(step);
        } else {
            name.push('[');
            name.push_str(step);
            name.push(']');
        }
    }
    name
}

/// The fields in which two values differ, both in their canonical form. A map or list that is new or gone is one
/// field.
pub fn fields(before: &Value, after: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), before, after, &mut found);
    found
}

fn compare(path: &mut Vec<String>, before: &Value, after: &Value, acc: &mut Vec<Field>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, value) in left {
                path.push(key.clone());
                match right.get(key) {
                    Some(other) => compare(path, value, other, acc),
                    None => push(path, Some(value), None, acc),
                }
                path.pop();
            }
            for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                path.push(key.clone());
                push(path, None, Some(value), acc);
                path.pop();
            }
        }
        (Value::Array(left), Value::Array(right)) => lists(path, left, right, acc),
        _ => push(path, Some(before), Some(after), acc),
    }
}

fn push(path: &[String], before: Option<&Value>, after: Option<&Value>, acc: &mut Vec<Field>) {
    acc.push(Field {
        path: path.to_vec(),
        before: before.cloned(),
        after: after.cloned(),
    });
}

/// What names an item of a list among the others.
pub(super) fn name(item: &Value) -> Option<String> {
    let text = |field: &str| item.get(field).and_then(Value::as_str);
    if let Some(rule) = text("alert").or_else(|| text("record")) {
        // Several rules have one name; what tells them apart are labels.
        let labels = ["class", "namespace", "instance_name"];
        let of = labels.iter().filter_map(|it| item["labels"][it].as_str());
        return Some(of.fold(rule.to_owned(), |name, it| format!("{name}, {it}")));
    }
    match text("name").or_else(|| text("mountPath")) {
        Some(name) => Some(name.to_owned()),
        None => item.get("id").map(ToString::to_string),
    }
}

/// Where each item is by its name, if each has one of its own.
pub(crate) fn by_name(items: &[Value]) -> Option<BTreeMap<String, usize>> {
    let mut places = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        if places.insert(name(item)?, place).is_some() {
            return None;
        }
    }
    Some(places)
}

/// The names in the order of the items, those only that another list has too.
fn shared<'a>(of: &'a BTreeMap<String, usize>, other: &BTreeMap<String, usize>) -> Vec<&'a str> {
    let mut names: Vec<(usize, &str)> = of
        .iter()
        .filter(|(name, _)| other.contains_key(*name))
        .map(|(name, place)| (*place, name.as_str()))
        .collect();
    names.sort_unstable();
    names.into_iter().map(|(_, name)| name).collect()
}

fn lists(path: &mut Vec<String>, left: &[Value], right: &[Value], acc: &mut Vec<Field>) {
    if let (Some(of_left), Some(of_right)) = (by_name(left), by_name(right)) {
        for (name, place) in &of_left {
            path.push(name.clone());
            match of_right.get(name) {
                Some(other) => compare(path, &left[*place], &right[*other], acc),
                None => push(path, Some(&left[*place]), None, acc),
            }
            path.pop();
        }
        for (name, place) in of_right
            .iter()
            .filter(|(name, _)| !of_left.contains_key(*name))
        {
            path.push(name.clone());
            push(path, None, Some(&right[*place]), acc);
            path.pop();
        }
        // Where the order says nothing, both are sorted.
        let (before, after) = (shared(&of_left, &of_right), shared(&of_right, &of_left));
        if before != after {
            push(
                path,
                Some(&Value::from(before)),
                Some(&Value::from(after)),
                acc,
            );
        }
        return;
    }
    let texts = |items: &[Value]| -> Vec<String> {
        items
            .iter()
            .map(|it| {
                let mut it = it.clone();
                it.sort_all_objects();
                it.to_string()
            })
            .collect()
    };
    for step in capture_diff_slices(Algorithm::Myers, &texts(left), &texts(right)) {
        match step {
            DiffOp::Equal { .. } => {}
            DiffOp::Delete {
                old_index, old_len, ..
            } => each(path, old_index, &left[old_index..][..old_len], &[], acc),
            DiffOp::Insert {
                new_index, new_len, ..
            } => each(path, new_index, &[], &right[new_index..][..new_len], acc),
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => each(
                path,
                new_index,
                &left[old_index..][..old_len],
                &right[new_index..][..new_len],
                acc,
            ),
        }
    }
}

/// Items that stand in each other's place.
fn each(
    path: &mut Vec<String>,
    first: usize,
    left: &[Value],
    right: &[Value],
    acc: &mut Vec<Field>,
) {
    for index in 0..left.len().max(right.len()) {
        path.push((first + index).to_string());
        match (left.get(index), right.get(index)) {
            (Some(before), Some(after)) => compare(path, before, after, acc),
            (before, after) => push(path, before, after, acc),
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::canonical::canonical;

    fn changed(mut before: Value, mut after: Value) -> Vec<String> {
        canonical(&mut before);
        canonical(&mut after);
        fields(&before, &after).iter().map(Field::name).collect()
    }

    #[test]
    fn the_order_of_what_has_no_order_is_no_change() {
        let before = json!({"a": 1, "spec": {"groupBy": ["x", "y"], "env": [{"name": "A"}, {"name": "B", "value": "1"}]}});
        let after = json!({"spec": {"env": [{"value": "1", "name": "B"}, {"name": "A"}], "groupBy": ["y", "x"]}, "a": 1});
        assert!(changed(before, after).is_empty());
    }

    #[test]
    fn the_order_of_routes_is_one() {
        let route = |name: &str| json!({"receiver": name});
        let before = json!({"routes": [route("a"), route("b")]});
        let after = json!({"routes": [route("b"), route("a")]});
        assert!(!changed(before, after).is_empty());
    }

    #[test]
    fn what_is_put_before_others_does_not_change_them() {
        let rule = |name: &str, time: &str| json!({"alert": name, "for": time});
        let before = json!({"rules": [rule("B", "1m"), rule("C", "1m")]});
        let after = json!({"rules": [rule("A", "1m"), rule("B", "1m"), rule("C", "2m")]});
        assert_eq!(changed(before, after), ["rules.C.for", "rules.A"]);
        let before = json!({"args": ["x", "y"]});
        let after = json!({"args": ["w", "x", "y"]});
        assert_eq!(changed(before, after), ["args[0]"]);
    }

    #[test]
    fn a_path_says_what_is_a_key() {
        let before = json!({"metadata": {"labels": {"app.kubernetes.io/name": "a"}}});
        let after = json!({"metadata": {"labels": {}}});
        assert_eq!(
            changed(before, after),
            ["metadata.labels[app.kubernetes.io/name]"]
        );
    }
}
