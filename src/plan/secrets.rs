//! The Secrets that have to be there before what is planned works. obsgen writes none with a
//! credential in it: it names the keys of those that people make.
//!
//! They are read from the planned objects, whatever put them there, so none can be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::api::jaeger;
use crate::api::object::Object;
use crate::model::stack::Stack;
use crate::plan::alertmanager::SECRETS_DIR;
use crate::plan::{Document, Embedded, Plan};

/// A key of a Secret, or a whole Secret where an object does not say which keys it reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The namespace of the Secret, which is that of its readers.
    pub namespace: String,
    /// The name of the Secret.
    pub name: String,
    /// The key.
    pub key: Option<String>,
}

/// Every key of a Secret that something planned reads, each with the kind and name of its readers.
pub fn needed(stack: &Stack, plan: &Plan) -> BTreeMap<Key, BTreeSet<String>> {
    let alertmanager = format!(
        "Alertmanager {} (spec.secrets)",
        stack.platform.alertmanager.name
    );
    let mut needed: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    let mut own = BTreeSet::new();
    for planned in plan.objects() {
        let object = &planned.object;
        if object.kind() == "Secret" {
            own.insert((object.namespace(), object.name()));
        }
        let mut of_object = Vec::new();
        selected(object.value(), "", &mut of_object);
        let reader = reader(object);
        let mounted = planned
            .documents
            .iter()
            .flat_map(mounted)
            .map(|it| (it, alertmanager.as_str()));
        let of_object = of_object.into_iter().map(|it| (it, reader.as_str()));
        for ((name, key), reader) in of_object.chain(mounted) {
            let key = Key {
                namespace: object.namespace().to_owned(),
                name,
                key,
            };
            needed.entry(key).or_default().insert(reader.to_owned());
        }
    }
    needed.retain(|it, _| !own.contains(&(it.namespace.as_str(), it.name.as_str())));
    needed
}

fn reader(object: &Object) -> String {
    format!("{} {}", object.kind(), object.name())
}

/// Finds the Secrets in the fields of an object: `field` is that which holds the value.
fn selected(value: &Value, field: &str, acc: &mut Vec<(String, Option<String>)>) {
    match value {
        Value::Object(fields) => {
            of_fields(fields, field, acc);
            for (field, value) in fields {
                selected(value, field, acc);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| selected(it, field, acc)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn of_fields(fields: &Map<String, Value>, field: &str, acc: &mut Vec<(String, Option<String>)>) {
    let text = |field: &str| fields.get(field).and_then(Value::as_str);
    // A selector is a map of these two, and of ConfigMaps it says so.
    if let (Some(name), Some(key)) = (text("name"), text("key"))
        && field != "configMapKeyRef"
    {
        acc.push((name.to_owned(), Some(key.to_owned())));
        return;
    }
    // A volume, or a part of a projected one.
    let volume = text("secretName").or_else(|| text("name").filter(|_| field == "secret"));
    let Some(name) = volume else { return };
    let items = fields.get("items").and_then(Value::as_array);
    let mut keys: Vec<&str> = items
        .into_iter()
        .flatten()
        .filter_map(|it| it.get("key")?.as_str())
        .collect();
    if fields.contains_key("esIndexCleaner") {
        keys = jaeger::LOGIN_KEYS.to_vec();
    }
    match keys.is_empty() {
        true => acc.push((name.to_owned(), None)),
        false => acc.extend(
            keys.into_iter()
                .map(|key| (name.to_owned(), Some(key.to_owned()))),
        ),
    }
}

/// The Secrets that a configuration of Alertmanager names by the files that they are mounted as.
fn mounted(document: &Embedded) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    match &document.document {
        Document::Yaml(value) | Document::Json(value) => files(value, &mut found),
        Document::Ndjson(values) => values.iter().for_each(|it| files(it, &mut found)),
        Document::Classic(_) => {}
    }
    found
}

fn files(value: &Value, acc: &mut Vec<(String, Option<String>)>) {
    match value {
        Value::String(text) => {
            let path = text.strip_prefix(SECRETS_DIR);
            let parts = path.and_then(|it| it.strip_prefix('/')?.split_once('/'));
            acc.extend(parts.map(|(name, key)| (name.to_owned(), Some(key.to_owned()))));
        }
        Value::Array(items) => items.iter().for_each(|it| files(it, acc)),
        Value::Object(fields) => fields.values().for_each(|it| files(it, acc)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
