//! The schema of the language, derived from the types, and what it says about a policy.
//!
//! One schema serves the reader, which wants every field that must be there, and editors, which
//! also see files that leave fields to their base.

use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::{JsonType, Validator};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::diag::path::{FieldPath, Segment};
use crate::diag::{Diagnostic, Place, did_you_mean, ticked};
use crate::read::Document;
use crate::read::spec::PolicySpec;
use crate::value::FORMATS;

/// The schema as the reader applies it.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<PolicySpec>().to_value();
    simplify(&mut schema);
    schema
});

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let mut options = jsonschema::draft7::options().should_validate_formats(true);
    for format in FORMATS {
        let check = format.check;
        options = options.with_format(format.name, move |text: &str| check(text).is_ok());
    }
    options
        .build(&SCHEMA)
        .expect("the derived schema is a schema")
});

/// Returns the schema for editors: a file that extends another need not repeat its fields, and an
/// item of a list of named things can be removed.
pub fn for_editors() -> Value {
    let mut schema = SCHEMA.clone();
    relax(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!("obsgen policy"));
        root.insert(
            "required".to_owned(),
            json!(["apiVersion", "kind", "metadata", "spec"]),
        );
    }
    schema
}

/// What is left of a policy after its schema.
pub struct Validated {
    /// The policy as data, without the fields that were refused.
    pub value: Value,
    /// The fields that were refused.
    pub refused: Vec<FieldPath>,
}

/// Reports everything in which a policy is not of the language. What is refused for itself is left
/// out, or stands as an example of its type where nothing else refers to it, so that the rest can be
/// looked at in the same run.
pub fn validate(document: &Document, acc: &mut Vec<Diagnostic>) -> Validated {
    let value = document.root().to_json();
    let mut refused = Vec::new();
    let mut pointers = Vec::new();
    let mut examples = Vec::new();
    for error in VALIDATOR.iter_errors(&value) {
        let pointer = error.instance_path().as_str().to_owned();
        let mut path = FieldPath::root();
        for segment in pointer.split('/').skip(1) {
            let segment = segment.replace("~1", "/").replace("~0", "~");
            path = document.child(&path, &segment);
        }
        report(&error, &path, document, acc);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for field in unexpected {
                    refused.push(path.key(field));
                    pointers.push(format!(
                        "{pointer}/{}",
                        field.replace('~', "~0").replace('/', "~1")
                    ));
                }
            }
            ValidationErrorKind::Required { .. } => refused.push(path),
            _ => {
                match example(schema_at(&path, document)) {
                    Some(example) => examples.push((pointer, example)),
                    None => pointers.push(pointer),
                }
                refused.push(path);
            }
        }
    }
    let mut value = value;
    for (pointer, example) in examples {
        if let Some(place) = value.pointer_mut(&pointer) {
            *place = example;
        }
    }
    for pointer in pointers {
        remove(&mut value, &pointer);
    }
    Validated { value, refused }
}

/// Returns a value of a type, unless others could refer to what it names.
fn example(schema: Option<&Value>) -> Option<Value> {
    const REFERRED_TO_BY_NOTHING: &[&str] = &[
        "duration",
        "http-url",
        "image",
        "line",
        "matcher",
        "percentage",
        "prose",
        "quantity",
        "time-of-day",
        "version",
    ];
    let schema = schema?;
    if fields(Some(schema)) == ["secretRef"] {
        return Some(json!({"secretRef": {"name": "example", "key": "example"}}));
    }
    let format = schema["format"].as_str()?;
    REFERRED_TO_BY_NOTHING
        .contains(&format)
        .then(|| schema["examples"][0].clone())
}

/// Takes a field out of its map. An item of a list stays: the places of the others would change.
fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, field)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(parent)) = value.pointer_mut(parent) {
        parent.shift_remove(&field.replace("~1", "/").replace("~0", "~"));
    }
}

fn report(
    error: &ValidationError<'_>,
    path: &FieldPath,
    document: &Document,
    acc: &mut Vec<Diagnostic>,
) {
    let schema = schema_at(path, document);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = fields(schema);
            for field in unexpected {
                let at = path.key(field);
                acc.push(
                    Diagnostic::error(
                        "policy/unknown-field",
                        Place::Key(at),
                        format!("there is no field `{field}` in {}", name_of(path)),
                    )
                    .label("not a field")
                    .note("a field that nothing reads would be ignored in silence")
                    .help(did_you_mean(field, &known)),
                );
            }
        }
        ValidationErrorKind::Required { property } => {
            let field = property.as_str().unwrap_or_default();
            let mut finding = Diagnostic::error(
                "policy/missing-field",
                Place::Key(path.clone()),
                format!("`{field}` is missing from {}", name_of(path)),
            )
            .label(format!("needs `{field}`"));
            if let Some(description) = description(schema, field) {
                finding = finding.help(format!("add `{field}`: {description}"));
            }
            acc.push(finding);
        }
        ValidationErrorKind::Type { kind } => {
            acc.push(wrong_type(kind, error.instance(), path, schema))
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let written = error.instance().as_str().unwrap_or_default();
            acc.push(
                Diagnostic::error(
                    "policy/unknown-value",
                    Place::Value(path.clone()),
                    format!("{} cannot be `{written}`", name_of(path)),
                )
                .label(format!("one of {}", ticked(&options)))
                .help(did_you_mean(written, &options)),
            );
        }
        ValidationErrorKind::Constant { expected_value } => acc.push(
            Diagnostic::error(
                "policy/unknown-value",
                Place::Value(path.clone()),
                format!(
                    "{} has another value than the only one there is",
                    name_of(path)
                ),
            )
            .help(format!(
                "write `{}`",
                expected_value.as_str().unwrap_or_default()
            )),
        ),
        ValidationErrorKind::Format { format } => {
            let text = error.instance().as_str().unwrap_or_default();
            let known = FORMATS.iter().find(|it| it.name == format);
            if let Some(wrong) = known.and_then(|it| (it.check)(text).err()) {
                acc.push(
                    Diagnostic::error(
                        "policy/invalid-value",
                        Place::Value(path.clone()),
                        wrong.what,
                    )
                    .help(wrong.help),
                );
            }
        }
        ValidationErrorKind::Minimum { limit } | ValidationErrorKind::Maximum { limit } => {
            let least = matches!(error.kind(), ValidationErrorKind::Minimum { .. });
            acc.push(
                Diagnostic::error(
                    "policy/out-of-range",
                    Place::Value(path.clone()),
                    format!(
                        "{} is at {} {limit}",
                        name_of(path),
                        if least { "least" } else { "most" }
                    ),
                )
                .help(format!(
                    "write {limit} or {}",
                    if least { "more" } else { "less" }
                )),
            );
        }
        _ => acc.push(
            Diagnostic::error(
                "policy/invalid-value",
                Place::Value(path.clone()),
                format!("{} does not have a value of its form", name_of(path)),
            )
            .help(
                schema
                    .and_then(|it| it["description"].as_str())
                    .unwrap_or("see the schema of the field")
                    .to_owned(),
            ),
        ),
    }
}

fn wrong_type(
    kind: &TypeKind,
    value: &Value,
    path: &FieldPath,
    schema: Option<&Value>,
) -> Diagnostic {
    let place = Place::Value(path.clone());
    if fields(schema).contains(&"secretRef") {
        return Diagnostic::error(
            "secrets/inline",
            place,
            format!("{} is a credential, which is given by reference", name_of(path)),
        )
        .note("whatever stands in a policy stands in Git, for everybody and forever")
        .help("put it into a Secret and write `{secretRef: {name: …, key: …}}`; replace the one that was written here");
    }
    let wanted: Vec<&str> = match kind {
        TypeKind::Single(single) => vec![word(*single)],
        TypeKind::Multiple(set) => set.iter().map(word).collect(),
    };
    let wanted = wanted.join(" or ");
    if value.is_null() {
        return Diagnostic::error(
            "policy/no-value",
            Place::Key(path.clone()),
            format!("{} has no value", name_of(path)),
        )
        .label("nothing follows")
        .help(format!("write {wanted}, or leave the field out"));
    }
    let finding = Diagnostic::error(
        "policy/wrong-type",
        place,
        format!("{} is {wanted}, not {}", name_of(path), type_name(value)),
    );
    if wanted == "a text" && (value.is_number() || value.is_boolean()) {
        return finding.label("quote this").help("put it in double quotes");
    }
    finding.help(match schema.and_then(|it| it["description"].as_str()) {
        Some(description) => format!("write {wanted}: {description}"),
        None => format!("write {wanted}"),
    })
}

fn word(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a map",
        JsonType::String => "a text",
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(it) if it.is_i64() => "a whole number",
        Value::Number(_) => "a number with a fraction",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

fn name_of(path: &FieldPath) -> String {
    match path.segments() {
        [] => "the policy".to_owned(),
        _ => format!("`{path}`"),
    }
}

/// The fields that a map of this schema may have.
fn fields(schema: Option<&Value>) -> Vec<&str> {
    let properties = schema.and_then(|it| it["properties"].as_object());
    properties
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect()
}

fn description<'a>(schema: Option<&'a Value>, field: &str) -> Option<&'a str> {
    let property = &schema?["properties"][field];
    property["description"]
        .as_str()
        .or_else(|| resolve(property)["description"].as_str())
}

/// Returns the schema of a field.
fn schema_at<'a>(path: &FieldPath, document: &Document) -> Option<&'a Value> {
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
        at = match segment {
            Segment::Key(key) => at.key(key),
            Segment::Index(index) => at.index(*index),
        };
    }
    Some(schema)
}

/// Follows a reference to the definition of a type.
fn resolve(schema: &Value) -> &Value {
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

fn relax(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        let named = object
            .get("properties")
            .is_some_and(|it| it.get("name").is_some());
        if let Some(Value::Array(required)) = object.get_mut("required") {
            required.retain(|it| named && it == "name");
            if required.is_empty() {
                object.shift_remove("required");
            }
        }
        if named && let Some(Value::Object(properties)) = object.get_mut("properties") {
            properties.insert(
                "remove".to_owned(),
                json!({"type": "boolean", "description": "Takes away what a base defines under this name."}),
            );
        }
    }
    for child in children_mut(schema) {
        relax(child);
    }
}

fn children_mut(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Object(object) => object.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
