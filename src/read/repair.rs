//! What stands in for the parts of a policy that its schema refuses, so that the rest can be looked
//! at in the same run. Nothing of it is ever delivered: there is an error for each.

use jsonschema::error::{ValidationError, ValidationErrorKind};
use serde_json::{Map, Value, json};

use crate::diag::nearest;
use crate::diag::path::FieldPath;
use crate::read::schema::{is_credential, resolve};

/// Changes to a policy as data, and the fields that it does without since.
#[derive(Default)]
pub(super) struct Repair {
    /// What to write, by pointer; nothing where the field or item is taken out.
    edits: Vec<(String, Option<Value>)>,
    /// The fields: what is found about them later follows from this.
    pub(super) refused: Vec<FieldPath>,
}

impl Repair {
    /// Decides about one error. `path` and `pointer` lead to what it is about, `schema` is of that,
    /// and `parent` of the map or list that has it.
    pub(super) fn decide(
        &mut self,
        error: &ValidationError<'_>,
        pointer: &str,
        path: &FieldPath,
        schema: Option<&Value>,
        parent: Option<&Value>,
    ) {
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = schema.and_then(|it| it["properties"].as_object());
                for field in unexpected {
                    self.refused.push(path.key(field));
                    // It was probably meant for this one, which is not missed as well.
                    let names = known.into_iter().flat_map(Map::keys).map(String::as_str);
                    self.refused
                        .extend(nearest(field, names).map(|it| path.key(it)));
                    self.edits
                        .push((format!("{pointer}/{}", escape(field)), None));
                }
            }
            ValidationErrorKind::PropertyNames { error } => {
                if let Some(key) = error.instance().as_str() {
                    self.refused.push(path.key(key));
                }
            }
            ValidationErrorKind::Required { property } => {
                let field = property.as_str().unwrap_or_default();
                let wanted = schema.map(|it| resolve(&it["properties"][field]));
                if field == "name" && parent.is_some_and(is_named_list) {
                    self.take_out(pointer, path);
                } else if let Some(wanted) = wanted {
                    self.refuse(path, &path.key(field), wanted);
                    let pointer = format!("{pointer}/{}", escape(field));
                    self.edits.push((pointer, Some(any(wanted))));
                }
            }
            _ => self.replace(pointer, path, schema, parent),
        }
    }

    fn replace(
        &mut self,
        pointer: &str,
        path: &FieldPath,
        schema: Option<&Value>,
        parent: Option<&Value>,
    ) {
        let Some(schema) = schema else {
            self.take_out(pointer, path);
            return;
        };
        if let Some(neutral) = neutral(schema) {
            self.refused.push(path.clone());
            self.edits.push((pointer.to_owned(), Some(neutral)));
            return;
        }
        let (above, field) = pointer.rsplit_once('/').unwrap_or(("", pointer));
        let required = parent.and_then(|it| it["required"].as_array());
        let is_required = required.is_some_and(|it| it.iter().any(|it| it == field));
        let outer = path.parent().unwrap_or_default();
        match (is_required, field) {
            (true, "name") => self.take_out(above, &outer),
            (true, _) => {
                self.refuse(&outer, path, schema);
                self.edits.push((pointer.to_owned(), Some(any(schema))));
            }
            // An item of a list that is addressed by position holds it for the others.
            (false, _) if parent.is_some_and(|it| it["type"] == "array" && !is_named_list(it)) => {
                self.refused.push(path.clone());
                self.edits.push((pointer.to_owned(), Some(any(schema))));
            }
            (false, _) => self.take_out(pointer, path),
        }
    }

    fn take_out(&mut self, pointer: &str, path: &FieldPath) {
        self.refused.push(path.clone());
        self.edits.push((pointer.to_owned(), None));
    }

    /// Refuses a field that has to be there. One of some words decides what else its map has.
    fn refuse(&mut self, map: &FieldPath, field: &FieldPath, schema: &Value) {
        let decides = schema.get("enum").is_some() && !map.segments().is_empty();
        self.refused
            .push(if decides { map.clone() } else { field.clone() });
    }

    /// Carries the changes out.
    pub(super) fn apply(self, policy: &mut Value) -> Vec<FieldPath> {
        for (pointer, value) in self.edits {
            let Some((above, field)) = pointer.rsplit_once('/') else {
                continue;
            };
            let field = field.replace("~1", "/").replace("~0", "~");
            match (policy.pointer_mut(above), value) {
                (Some(Value::Object(map)), Some(value)) => {
                    map.insert(field, value);
                }
                (Some(Value::Object(map)), None) => {
                    map.shift_remove(&field);
                }
                (Some(Value::Array(items)), value) => {
                    let index = field.parse::<usize>().ok();
                    if let Some(item) = index.and_then(|it| items.get_mut(it)) {
                        // Taken out below: until then, the others keep their positions.
                        *item = value.unwrap_or(Value::Null);
                    }
                }
                _ => {}
            }
        }
        close_ranks(policy);
        self.refused
    }
}

/// Takes the empty items out of lists.
fn close_ranks(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.retain(|it| !it.is_null());
            items.iter_mut().for_each(close_ranks);
        }
        Value::Object(map) => map.values_mut().for_each(close_ranks),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A step of a JSON pointer.
fn escape(field: &str) -> String {
    field.replace('~', "~0").replace('/', "~1")
}

/// Returns whether a list is of things with a name.
fn is_named_list(schema: &Value) -> bool {
    resolve(&schema["items"])["properties"]
        .get("name")
        .is_some()
}

/// Returns a value of a type, unless others could refer to what it names.
fn neutral(schema: &Value) -> Option<Value> {
    const REFERRED_TO_BY_NOTHING: &[&str] = &[
        "check-name",
        "corp-id",
        "duration",
        "feishu-member",
        "field-path",
        "folder",
        "http-url",
        "image",
        "index-size",
        "line",
        "login",
        "mail-address",
        "mail-server",
        "matcher",
        "percentage",
        "phone-number",
        "prose",
        "quantity",
        "relative-path",
        "slack-channel",
        "time-of-day",
        "time-zone",
        "version",
        "wechat-agent",
        "wechat-groups",
        "wechat-members",
        "wecom-member",
    ];
    let is_neutral = is_credential(Some(schema))
        || schema["format"]
            .as_str()
            .is_some_and(|it| REFERRED_TO_BY_NOTHING.contains(&it));
    is_neutral.then(|| any(schema))
}

/// Returns some value of a type.
fn any(schema: &Value) -> Value {
    let schema = resolve(schema);
    if let Some(first) = schema["enum"].get(0).or_else(|| schema["examples"].get(0)) {
        return first.clone();
    }
    let kind = schema["type"].get(0).unwrap_or(&schema["type"]);
    match kind.as_str() {
        Some("array") => json!([]),
        Some("boolean") => json!(false),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("string") => json!("example"),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten();
            let fields = required.filter_map(Value::as_str);
            let map: Map<String, Value> = fields
                .map(|it| (it.to_owned(), any(&schema["properties"][it])))
                .collect();
            Value::Object(map)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::schema;
    use crate::read::spec::PolicySpec;

    #[test]
    fn an_empty_policy_can_be_made_whole() {
        let whole = any(schema::policy());
        assert!(serde_json::from_value::<PolicySpec>(whole).is_ok());
    }
}
