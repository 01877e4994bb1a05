//! What the schema says about a policy, in words of our own.

use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::{JsonType, Validator};
use serde_json::Value;

use crate::diag::path::{FieldPath, Segment};
use crate::diag::source::Locate;
use crate::diag::{Diagnostic, Place, nearest, scalar, secret, ticked};
use crate::read::Document;
use crate::read::repair::Repair;
use crate::read::schema::{description, fields, is_credential, policy, resolve, schema_at};
use crate::read::words;
use crate::value::{FORMATS, Wrong};

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let mut options = jsonschema::draft7::options().should_validate_formats(true);
    for format in FORMATS {
        let check = format.check;
        options = options.with_format(format.name, move |text: &str| check(text).is_ok());
    }
    options
        .build(policy())
        .expect("the derived schema is a schema")
});

/// What is left of a policy after its schema.
pub(super) struct Validated {
    /// The policy as data, without the fields that were refused.
    pub(super) value: Value,
    /// The fields that were refused.
    pub(super) refused: Vec<FieldPath>,
}

/// Findings of the schema; what comes after them is noise.
const MAX_FINDINGS: usize = 200;

/// Why a credential is not written into a policy.
pub(super) const IN_GIT: &str =
    "whatever stands in a policy stands in Git, for everybody and forever";
/// Why a value of another form is refused.
const NO_GUESS: &str = "obsgen does not guess what a value of another form was meant to be";
/// Why a word that a field does not have is refused.
const ONLY_THESE: &str = "obsgen knows what to generate for the words of this field only";

/// Reports everything in which a policy is not of the language. Something else stands for what is
/// refused, so that the rest can be looked at in the same run. `broken` are fields that were refused
/// before; of a policy that `is_incomplete`, nothing is missed.
pub(super) fn validate(
    document: &Document,
    broken: &[FieldPath],
    is_incomplete: bool,
    acc: &mut Vec<Diagnostic>,
) -> Validated {
    let value = document.root().to_json();
    let mut repair = Repair::default();
    let before = acc.len();
    let errors: Vec<_> = VALIDATOR
        .iter_errors(&value)
        .take(MAX_FINDINGS + 1)
        .collect();
    for error in &errors {
        let pointer = error.instance_path().as_str().to_owned();
        let mut path = FieldPath::root();
        for segment in pointer.split('/').skip(1) {
            let segment = segment.replace("~1", "/").replace("~0", "~");
            path = document.child(&path, &segment);
        }
        let unexpected = unexpected(error);
        let left = MAX_FINDINGS.saturating_sub(acc.len() - before);
        if left < unexpected.len().max(1) {
            let schema = schema_at(&path, document);
            unknown_fields(unexpected.iter().take(left), &path, schema, broken, acc);
            acc.push(
                Diagnostic::error(
                    "policy/too-many-findings",
                    Place::Policy,
                    "this policy has more findings than are looked for",
                )
                .note("after so many, most only follow from others")
                .help("correct the others first"),
            );
            return Validated {
                value: Value::Null,
                refused: Vec::new(),
            };
        }
        let follows = match error.kind() {
            ValidationErrorKind::Required { property } => {
                is_incomplete
                    || is_misspelt(property, error, &errors)
                    || broken.iter().any(|it| path.is_within(it))
            }
            _ => broken.iter().any(|it| path.is_within(it)),
        };
        if !follows {
            report(error, &path, document, broken, acc);
        }
        let schema = schema_at(&path, document);
        let parent = path.parent().and_then(|it| schema_at(&it, document));
        repair.decide(error, &pointer, &path, schema, parent);
    }
    drop(errors);
    let mut value = value;
    let mut refused = broken.to_vec();
    refused.extend(repair.apply(&mut value));
    Validated { value, refused }
}

/// The fields that a map has and the schema does not.
fn unexpected<'a>(error: &'a ValidationError<'_>) -> &'a [String] {
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected,
        _ => &[],
    }
}

/// Returns whether a missing field stands there under a name that is nearly its own: that one
/// finding is enough.
fn is_misspelt(
    property: &Value,
    missing: &ValidationError<'_>,
    all: &[ValidationError<'_>],
) -> bool {
    let Some(property) = property.as_str() else {
        return false;
    };
    all.iter()
        .filter(|it| it.instance_path() == missing.instance_path())
        .flat_map(unexpected)
        .any(|it| nearest(it, [property]).is_some())
}

fn report(
    error: &ValidationError<'_>,
    path: &FieldPath,
    document: &Document,
    broken: &[FieldPath],
    acc: &mut Vec<Diagnostic>,
) {
    let schema = schema_at(path, document);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unknown_fields(unexpected, path, schema, broken, acc);
        }
        ValidationErrorKind::PropertyNames { error } => {
            let key = error.instance().as_str().unwrap_or_default();
            if let ValidationErrorKind::Format { format } = error.kind()
                && !broken.contains(&path.key(key))
            {
                acc.push(wrong_format(
                    format,
                    key,
                    Place::Key(path.key(key)),
                    path,
                    None,
                ));
            }
        }
        ValidationErrorKind::Required { property } => {
            let field = property.as_str().unwrap_or_default();
            let place = match path.segments() {
                [] => Place::Policy,
                _ => Place::Key(path.clone()),
            };
            let mut finding = Diagnostic::error(
                "policy/missing-field",
                place,
                format!("`{field}` is missing from {}", name_of(path)),
            )
            .note("obsgen does not guess it: no value would be right for every stack")
            .label(format!("needs `{field}`"));
            let snippet = schema
                .map(|it| &it["properties"][field])
                .map_or_else(|| field.to_owned(), |it| snippet(field, it));
            if let Some(description) = description(schema, field) {
                finding = finding.help(format!("add `{snippet}`: {description}"));
            }
            acc.push(finding);
        }
        ValidationErrorKind::Type { kind } => {
            acc.push(wrong_type(kind, error.instance(), path, schema, document))
        }
        // What is not even a text is reported for that.
        ValidationErrorKind::Enum { .. } if !error.instance().is_string() => {}
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let written = error.instance().as_str().unwrap_or_default();
            acc.push(unknown_value(written, &options, path));
        }
        ValidationErrorKind::Pattern { pattern } => {
            let word = pattern.trim_matches(['^', '$']);
            let written = error.instance().as_str().unwrap_or_default();
            let mut finding = unknown_value(written, &[word], path);
            if let Some(description) = schema.and_then(|it| it["description"].as_str()) {
                finding = finding.note(format!("it is {description}"));
            }
            acc.push(finding);
        }
        ValidationErrorKind::Constant { expected_value } => {
            let expected = expected_value.as_str().unwrap_or_default();
            acc.push(
                Diagnostic::error(
                    "policy/unknown-value",
                    Place::Value(path.clone()),
                    format!(
                        "{} has another value than the only one there is",
                        name_of(path)
                    ),
                )
                .note(ONLY_THESE)
                .instead(scalar::written(expected), format!("write `{expected}`")),
            );
        }
        ValidationErrorKind::Format { format } => {
            let text = error.instance().as_str().unwrap_or_default();
            acc.push(wrong_format(
                format,
                text,
                Place::Value(path.clone()),
                path,
                schema,
            ));
        }
        ValidationErrorKind::Minimum { limit } => {
            acc.push(out_of_range(
                path,
                &format!("at least {limit}"),
                &format!("{limit} or more"),
            ));
        }
        ValidationErrorKind::Maximum { limit } => {
            acc.push(out_of_range(
                path,
                &format!("at most {limit}"),
                &format!("{limit} or less"),
            ));
        }
        _ => acc.push(
            Diagnostic::error(
                "policy/invalid-value",
                Place::Value(path.clone()),
                format!("{} does not have a value of its form", name_of(path)),
            )
            .note(NO_GUESS)
            .help(
                schema
                    .and_then(|it| it["description"].as_str())
                    .unwrap_or("see the schema of the field")
                    .to_owned(),
            ),
        ),
    }
}

fn out_of_range(path: &FieldPath, limit: &str, help: &str) -> Diagnostic {
    Diagnostic::error(
        "policy/out-of-range",
        Place::Value(path.clone()),
        format!("{} is {limit}", name_of(path)),
    )
    .note("a number beyond it is refused by who gets it, or a slip of the finger")
    .help(format!("write {help}"))
}

fn unknown_fields<'a>(
    unexpected: impl IntoIterator<Item = &'a String>,
    path: &FieldPath,
    schema: Option<&Value>,
    broken: &[FieldPath],
    acc: &mut Vec<Diagnostic>,
) {
    let known = fields(schema);
    for field in unexpected {
        let at = path.key(field);
        if broken.contains(&at) {
            continue;
        }
        let finding = Diagnostic::error(
            "policy/unknown-field",
            Place::Key(at),
            format!("there is no field `{field}` in {}", name_of(path)),
        )
        .label("not a field")
        .note("a field that nothing reads would be ignored in silence");
        acc.push(match words::instead(&path.to_string(), field) {
            Some(instead) => finding.help(instead),
            None => finding.did_you_mean(field, &known),
        });
    }
}

fn unknown_value(written: &str, options: &[&str], path: &FieldPath) -> Diagnostic {
    let finding = Diagnostic::error(
        "policy/unknown-value",
        Place::Value(path.clone()),
        format!("{} cannot be `{written}`", name_of(path)),
    )
    .note(ONLY_THESE)
    .did_you_mean(written, options);
    match nearest(written, options.iter().copied()) {
        Some(_) if options.len() > 1 => finding.label(format!("one of {}", ticked(options))),
        _ => finding,
    }
}

/// Says why a text is not of a format. Where a credential may have been written, the text is not
/// repeated, not even in parts.
fn wrong_format(
    format: &str,
    text: &str,
    at: Place,
    path: &FieldPath,
    schema: Option<&Value>,
) -> Diagnostic {
    let in_reference = path
        .segments()
        .contains(&Segment::Key("secretRef".to_owned()));
    let known = FORMATS.iter().find(|it| it.name == format);
    let wrong = known.and_then(|it| (it.check)(text).err());
    let what = || format!("{} cannot be what is written here", name_of(path));
    let why = known.map_or(NO_GUESS, |it| it.why);
    match wrong {
        Some(_) if secret::may_be(text) => Wrong::new(
            what(),
            "write no credential into a policy: name the Secret that holds it; replace the one \
             that was written here",
        )
        .error(at, IN_GIT),
        Some(wrong) if !in_reference => wrong.error(at, why),
        _ => Wrong::new(
            what(),
            schema
                .and_then(|it| it["description"].as_str())
                .unwrap_or("see the schema of the field"),
        )
        .error(at, why),
    }
}

fn wrong_type(
    kind: &TypeKind,
    value: &Value,
    path: &FieldPath,
    schema: Option<&Value>,
    document: &Document,
) -> Diagnostic {
    let place = Place::Value(path.clone());
    let wanted: Vec<&str> = match kind {
        TypeKind::Single(single) => vec![word(*single)],
        TypeKind::Multiple(set) => set.iter().map(word).collect(),
    };
    let wanted = wanted.join(" or ");
    if value.is_null() {
        let finding = Diagnostic::error(
            "policy/no-value",
            Place::Key(path.clone()),
            format!("{} has no value", name_of(path)),
        )
        .label("nothing follows")
        .note("a field without a value could mean its default, or nothing at all");
        return match begins_a_comment(path, document) {
            true => finding.help("`#` begins a comment here: put the value in double quotes"),
            false => finding.help(format!("write {wanted}, or leave the field out")),
        };
    }
    if is_credential(schema) {
        return Diagnostic::error(
            "secrets/inline",
            place,
            format!(
                "{} is a credential, which is given by reference",
                name_of(path)
            ),
        )
        .note(IN_GIT)
        .help(
            "put it into a Secret and write `{secretRef: {name: …, key: …}}`; replace the one \
             that was written here",
        );
    }
    let finding = Diagnostic::error(
        "policy/wrong-type",
        place,
        format!(
            "{} has to be {wanted}, not {}",
            name_of(path),
            type_name(value)
        ),
    );
    let number = document.number(path);
    let is_share = path.segments().last() == Some(&Segment::Key("threshold".to_owned()))
        || schema.is_some_and(|it| it["format"] == "percentage");
    if is_share
        && let Some(number) = &number
        && let Some(share) = share(number)
    {
        let help = format!("write `{share}`");
        return finding
            .note("a number alone does not say of what: `1` could be a hundredth or all of it")
            .instead(share, help);
    }
    if wanted == "a text"
        && let Some(text) = number.or_else(|| value.as_bool().map(|it| it.to_string()))
    {
        let format = schema.and_then(|it| it["format"].as_str());
        let format = FORMATS.iter().find(|it| Some(it.name) == format);
        return match format.map(|it| ((it.check)(&text), it.why)) {
            Some((Err(wrong), why)) => wrong.remedy(finding.note(why)),
            Some((Ok(()), _)) | None => {
                let quoted = scalar::quoted(&text);
                let help = format!("write `{quoted}`");
                finding
                    .label("quote this")
                    .note(match value {
                        Value::Bool(_) => "without quotes, YAML reads a truth value",
                        _ => "without quotes, YAML reads a number, to which `1.30` is `1.3`",
                    })
                    .instead(quoted, help)
            }
        };
    }
    if let Some(truth) = value.as_bool()
        && matches!(path.segments(), [.., Segment::Key(parent), _] if parent == "config")
    {
        let word = scalar::quoted(if truth { "yes" } else { "no" });
        let help = format!("write `{word}`");
        return finding
            .note("redis.conf has `yes` and `no`: Redis would not start with another truth value")
            .instead(word, help);
    }
    if let Some(text) = value.as_str()
        && (wanted == word(JsonType::Boolean) && matches!(text, "true" | "false")
            || wanted == word(JsonType::Integer) && is_whole_number(text))
    {
        return finding
            .note("in quotes it is a text for YAML, whatever stands there")
            .instead(text, format!("write `{text}`, without quotes"));
    }
    let finding = finding.note(NO_GUESS);
    if schema.is_some_and(|it| it["format"] == "matcher")
        && let (Some(name), Some(matched)) = (value["name"].as_str(), value["value"].as_str())
    {
        let comparison = value["matchType"].as_str().unwrap_or("=");
        return finding.help(format!("write `'{name}{comparison}\"{matched}\"'`"));
    }
    if path.segments().last() == Some(&Segment::Key("secretRef".to_owned())) {
        return finding
            .note("a Secret has several keys, and each a value of its own")
            .help("write `{name: …, key: …}`: the Secret, and the key in it");
    }
    finding.help(match (schema, path.segments().last()) {
        (Some(schema), Some(Segment::Key(key))) => format!("write `{}`", snippet(key, schema)),
        _ => format!("write {wanted}"),
    })
}

/// A field as it could be written: with an example of its type, if that is short.
fn snippet(field: &str, schema: &Value) -> String {
    const LONGEST: usize = 76;
    let example = example(schema);
    match example.chars().count() <= LONGEST {
        true => format!("{field}: {example}"),
        false => format!("{field}: …"),
    }
}

/// A value of a type as it could be written on one line.
fn example(schema: &Value) -> String {
    let example = schema["examples"].get(0);
    let schema = resolve(schema);
    if let Some(it) = example
        .or_else(|| schema["enum"].get(0))
        .or_else(|| schema["examples"].get(0))
    {
        return match it {
            Value::String(text) => scalar::written(text),
            it => it.to_string(),
        };
    }
    match schema["type"].get(0).unwrap_or(&schema["type"]).as_str() {
        Some("array") => match schema.get("items") {
            Some(items) => format!("[{}]", self::example(items)),
            None => "[…]".to_owned(),
        },
        Some("boolean") => "true".to_owned(),
        Some("integer") => schema
            .get("minimum")
            .map_or("1".to_owned(), Value::to_string),
        Some("string") => "…".to_owned(),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten();
            let fields: Vec<String> = required
                .filter_map(Value::as_str)
                .map(|it| format!("{it}: {}", self::example(&schema["properties"][it])))
                .collect();
            match fields.is_empty() {
                true => "{…}".to_owned(),
                false => format!("{{{}}}", fields.join(", ")),
            }
        }
    }
}

/// Returns whether a key is followed by what was meant as its value and became a comment.
fn begins_a_comment(path: &FieldPath, document: &Document) -> bool {
    let Some(span) = document.key_span(path) else {
        return false;
    };
    let rest = document
        .source(span.file)
        .and_then(|it| it.text.get(span.range.end..));
    let line = rest.and_then(|it| it.lines().next()).unwrap_or_default();
    line.trim_start_matches(['"', '\'', ':', ' '])
        .starts_with('#')
}

/// Returns a number between 0 and 1 as a percentage.
fn share(number: &str) -> Option<String> {
    let fraction = number.strip_prefix("0.")?;
    let fraction = format!("{fraction:0<2}");
    let (whole, rest) = fraction.split_at(2);
    let whole = whole.strip_prefix('0').unwrap_or(whole);
    Some(match rest.trim_end_matches('0') {
        "" => format!("{whole}%"),
        rest => format!("{whole}.{rest}%"),
    })
}

/// Returns whether a text is a whole number as a policy has it.
fn is_whole_number(text: &str) -> bool {
    let number: Option<u32> = text.parse().ok();
    number.is_some_and(|it| it.to_string() == text)
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
