//! The JSON Schema as editors use it: the language of the reader, completed with what the stages
//! after it know.
//!
//! An editor sees one file, which may leave fields to what it extends. So a field is missed only in a
//! file that stands alone; what contradicts itself in one map is shown everywhere. Nothing here
//! refuses a policy: that is for the reader and the stages after it, whose findings say more.

mod conditions;
mod known;
mod whole;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::read::schema::{self, children_mut};

/// Returns the schema for editors, in draft-07.
pub fn schema() -> Value {
    let mut schema = schema::policy().clone();
    let whole = whole::definitions(&schema);
    relax(&mut schema);
    conditions::add(&mut schema);
    known::add(&mut schema);
    describe(&mut schema);
    if let Some(definitions) = schema["definitions"].as_object_mut() {
        definitions.extend(whole);
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!("obsgen policy"));
        root.insert(
            "required".to_owned(),
            json!(["apiVersion", "kind", "metadata", "spec"]),
        );
        root.insert("if".to_owned(), whole::stands_alone());
        let parts = json!({
            "metadata": reference(&whole::name("MetadataSpec")),
            "spec": reference(&whole::name("StackSpec")),
        });
        root.insert("then".to_owned(), json!({ "properties": parts }));
    }
    drop_unused(&mut schema);
    mark_up(&mut schema);
    schema
}

/// The name of the definition that a schema refers to.
fn definition_of(schema: &Value) -> Option<&str> {
    let reference = schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str());
    reference?.strip_prefix("#/definitions/")
}

fn reference(definition: &str) -> Value {
    json!({"$ref": format!("#/definitions/{definition}")})
}

/// The definitions of what stands in lists, each with whether its items have names: those are merged
/// by them, and other lists are replaced as a whole.
fn items(schema: &Value) -> Vec<(String, bool)> {
    let mut acc = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        acc.extend(definition_of(&value["items"]).map(str::to_owned));
        open.extend(children(value));
    }
    acc.into_iter()
        .map(|it| {
            let is_named = schema["definitions"][&it]["properties"]
                .get("name")
                .is_some();
            (it, is_named)
        })
        .collect()
}

/// Lets a file leave fields to what it extends, and take away items of its lists.
fn relax(schema: &mut Value) {
    let items = items(schema);
    let definitions = schema["definitions"].as_object_mut();
    for (name, definition) in definitions.into_iter().flatten() {
        let Some(definition) = definition.as_object_mut() else {
            continue;
        };
        let required = match items.iter().find(|(item, _)| item == name) {
            Some((_, false)) => continue,
            Some((_, true)) => vec!["name"],
            None => Vec::new(),
        };
        if required.is_empty() {
            definition.shift_remove("required");
            continue;
        }
        definition.insert("required".to_owned(), json!(required));
        if let Some(Value::Object(properties)) = definition.get_mut("properties") {
            properties.insert(
                "remove".to_owned(),
                json!({
                    "type": "boolean",
                    "enum": [true],
                    "description": "Takes away what a base defines under this name.",
                }),
            );
        }
    }
}

/// Puts the description of every field at the field: an editor that finds one at a type as well shows
/// that of the type. What is no map is written out, with what the type says behind what the field says.
fn describe(schema: &mut Value) {
    let definitions = schema["definitions"].clone();
    describe_below(schema, &definitions);
    for (_, definition) in schema["definitions"].as_object_mut().into_iter().flatten() {
        if let Some(definition) = definition.as_object_mut() {
            definition.shift_remove("description");
        }
    }
}

fn describe_below(schema: &mut Value, definitions: &Value) {
    let fields = |it: &str| matches!(it, "properties" | "definitions");
    for (key, value) in schema.as_object_mut().into_iter().flatten() {
        match value {
            Value::Object(below) if fields(key) => {
                for field in below.values_mut() {
                    describe_field(field, definitions);
                }
            }
            Value::Object(_) if matches!(key.as_str(), "items" | "additionalProperties") => {
                describe_field(value, definitions);
            }
            _ => {}
        }
    }
}

fn describe_field(field: &mut Value, definitions: &Value) {
    let Some(name) = definition_of(field).map(str::to_owned) else {
        return describe_below(field, definitions);
    };
    let definition = &definitions[&name];
    let Some(of_type) = definition["description"].as_str() else {
        return;
    };
    let own = field["description"].as_str();
    let is_map = definition["type"] == "object";
    let description = match own {
        Some(own) if is_map => own.to_owned(),
        Some(own) => format!("{own}\n\n{of_type}."),
        None => of_type.to_owned(),
    };
    let mut described = Map::new();
    described.insert("description".to_owned(), json!(description));
    match definition.as_object().filter(|_| !is_map) {
        Some(definition) => described.extend(definition.clone()),
        None => {
            described.insert("allOf".to_owned(), json!([reference(&name)]));
        }
    }
    for (key, value) in field.as_object().into_iter().flatten() {
        if !matches!(key.as_str(), "$ref" | "allOf") {
            described.insert(key.clone(), value.clone());
        }
    }
    // What holds anyway is a better example than that of any other field of the type.
    if let (Some(default), None, false) = (field.get("default"), field.get("examples"), is_map) {
        described.insert("examples".to_owned(), json!([default]));
    }
    described.insert("description".to_owned(), json!(description));
    *field = Value::Object(described);
}

/// Takes out the definitions that nothing refers to any more.
fn drop_unused(schema: &mut Value) {
    loop {
        let mut used = BTreeSet::new();
        let mut open = vec![&*schema];
        while let Some(value) = open.pop() {
            let name = value["$ref"]
                .as_str()
                .and_then(|it| it.strip_prefix("#/definitions/"));
            used.extend(name.map(str::to_owned));
            open.extend(children(value));
        }
        let Some(definitions) = schema["definitions"].as_object_mut() else {
            return;
        };
        let before = definitions.len();
        definitions.retain(|name, _| used.contains(name));
        if definitions.len() == before {
            return;
        }
    }
}

/// Says behind a description what holds where nothing is written, which editors do not show otherwise,
/// and says descriptions with code in them as Markdown too: a plain one is shown as it is written.
fn mark_up(schema: &mut Value) {
    if let Value::Object(object) = schema {
        let default = object.get("default").map(|it| match it.as_str() {
            Some(text) => text.to_owned(),
            None => it.to_string(),
        });
        if let (Some(default), Some(Value::String(text))) = (default, object.get_mut("description"))
        {
            text.push_str(&format!("\n\nDefault: `{default}`."));
        }
        for (plain, marked) in [
            ("description", "markdownDescription"),
            ("enumDescriptions", "markdownEnumDescriptions"),
        ] {
            let text = object
                .get(plain)
                .filter(|it| it.is_string() || it.is_array());
            if let Some(text) = text.filter(|it| it.to_string().contains('`')).cloned() {
                object.insert(marked.to_owned(), text);
            }
        }
    }
    for child in children_mut(schema) {
        mark_up(child);
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Adds conditions to a definition.
fn add_conditions(definitions: &mut Map<String, Value>, name: &str, conditions: Vec<Value>) {
    let definition = definitions
        .entry(name.to_owned())
        .or_insert_with(|| json!({}));
    if let Some(definition) = definition.as_object_mut() {
        definition.insert("allOf".to_owned(), json!(conditions));
    }
}
