//! The schema of the language, derived from the types, and ways through it.
//!
//! What of it editors are given, who also see files that leave fields to their base, is `editor`'s.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::diag::path::{FieldPath, Segment};
use crate::read::Document;
use crate::read::spec::PolicySpec;

/// The schema as the reader applies it.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<PolicySpec>().to_value();
    simplify(&mut schema);
    schema
});

/// Returns the schema of a whole policy, as the reader applies it.
pub fn policy() -> &'static Value {
    &SCHEMA
}

/// Returns whether the schema is that of a credential.
pub(super) fn is_credential(schema: Option<&Value>) -> bool {
    fields(schema) == ["secretRef"]
}

/// A field as its map's schema has it.
pub(super) struct Field<'a> {
    /// Its schema.
    pub(super) schema: &'a Value,
    /// Whether the schema names it; else the map takes any key.
    pub(super) is_named: bool,
}

/// Returns what the schema of a map says about one of its fields.
pub(super) fn field<'a>(schema: &'a Value, key: &str) -> Option<Field<'a>> {
    let named = schema["properties"].get(key);
    let schema = named.or_else(|| {
        schema
            .get("additionalProperties")
            .filter(|it| it.is_object())
    })?;
    Some(Field {
        schema: resolve(schema),
        is_named: named.is_some(),
    })
}

/// Returns whether a map is of directives of redis.conf: nothing else is a text or a whole number.
pub(super) fn is_config(schema: &Value) -> bool {
    schema["additionalProperties"]["type"] == json!(["string", "integer"])
}

/// The fields that a map of this schema may have.
pub(super) fn fields(schema: Option<&Value>) -> Vec<&str> {
    let properties = schema.and_then(|it| it["properties"].as_object());
    properties
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect()
}

pub(super) fn description<'a>(schema: Option<&'a Value>, field: &str) -> Option<&'a str> {
    let property = &schema?["properties"][field];
    property["description"]
        .as_str()
        .or_else(|| resolve(property)["description"].as_str())
}

/// Returns the schema of a field.
pub(super) fn schema_at<'a>(path: &FieldPath, document: &Document) -> Option<&'a Value> {
    let mut schema: &'a Value = LazyLock::force(&SCHEMA);
    let mut at = FieldPath::root();
    for segment in path.segments() {
        let is_list = document.is_list(&at);
        schema = match segment {
            _ if is_list => schema.get("items")?,
            Segment::Key(key) => match schema["properties"].get(key) {
                Some(property) => property,
                None => schema.get("additionalProperties")?,
            },
            Segment::Index(_) => schema.get("items")?,
        };
        schema = resolve(schema);
        at = at.step(segment);
    }
    Some(schema)
}

/// Returns what holds for a field that a policy does not have. Nothing does where the field belongs
/// to a thing that is not there either.
pub(super) fn default_of(path: &FieldPath, document: &Document) -> Option<&'static Value> {
    let mut schema = policy();
    let mut default = None;
    let mut at = FieldPath::root();
    for segment in path.segments() {
        let is_there = document.has(&at);
        let needs_fields = schema["required"]
            .as_array()
            .is_some_and(|it| !it.is_empty());
        if !is_there && (needs_fields || schema.get("items").is_some()) {
            return None;
        }
        let inner = match (schema.get("items"), segment) {
            (Some(items), _) => items,
            (None, Segment::Key(key)) => &schema["properties"][key],
            (None, Segment::Index(_)) => return None,
        };
        schema = resolve(inner);
        default = inner.get("default").or_else(|| schema.get("default"));
        at = at.step(segment);
    }
    default
}

/// Follows a reference to the definition of a type.
pub(super) fn resolve(schema: &Value) -> &Value {
    let reference = schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str());
    let definition = reference
        .and_then(|it| it.strip_prefix('#'))
        .and_then(|it| SCHEMA.pointer(it));
    match definition {
        // The static lives as long as any borrow of it.
        Some(definition) => definition,
        None => schema,
    }
}

/// Makes what serde derives say what the language means: nothing written is no value, and a field
/// that may be left out may not be `null`.
fn simplify(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        // Comments are broken into lines where the source is.
        if let Some(Value::String(text)) = object.get_mut("description") {
            *text = text
                .replace("\n\n", "\0")
                .replace('\n', " ")
                .replace('\0', "\n\n");
        }
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|it| it != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(options)) = object.get_mut("enum") {
            options.retain(|it| !it.is_null());
        }
        if let Some(Value::Array(options)) = object.get("anyOf")
            && let [only, null] = options.as_slice()
            && null["type"] == "null"
        {
            let only = only.clone();
            object.shift_remove("anyOf");
            match only.get("$ref") {
                // Beside a reference, draft-07 reads nothing: the description needs an `allOf`.
                Some(_) => {
                    object.insert("allOf".to_owned(), json!([only]));
                }
                None => object.extend(only.as_object().cloned().unwrap_or_default()),
            }
        }
        // A choice whose options have comments becomes one of the others' form, which editors show
        // better; the comments go where they look for them.
        if let Some(Value::Array(options)) = object.get("oneOf")
            && let Some(words) = options
                .iter()
                .map(|it| it["const"].as_str())
                .collect::<Option<Vec<_>>>()
        {
            let words = json!(words);
            let meanings: Vec<Value> = options.iter().map(|it| it["description"].clone()).collect();
            object.shift_remove("oneOf");
            object.insert("type".to_owned(), json!("string"));
            object.insert("enum".to_owned(), words);
            object.insert("enumDescriptions".to_owned(), json!(meanings));
        }
        if object.get("default").is_some_and(Value::is_null) {
            object.shift_remove("default");
        }
        // The numeric formats of schemars are no formats of draft-07.
        if object
            .get("format")
            .and_then(Value::as_str)
            .is_some_and(|it| it.starts_with("uint") || it.starts_with("int"))
        {
            object.shift_remove("format");
        }
    }
    for child in children_mut(schema) {
        simplify(child);
    }
}

/// The values in a map or list.
pub(crate) fn children_mut(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Object(object) => object.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
