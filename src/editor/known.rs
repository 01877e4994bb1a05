//! What the stages before and after know and a schema cannot say by itself: forms of texts, alerts,
//! directives of redis.conf, warnings.

use serde_json::{Map, Value, json};

use crate::alerts::parameters::{Amount, Threshold};
use crate::alerts::{ALERTS, Alert, Scope};
use crate::catalog::redis_config::{self, Directive, FIRST, Takes};
use crate::check::WARNINGS;
use crate::editor::reference;
use crate::read::schema::children_mut;
use crate::value::duration::Duration;

pub(super) fn add(schema: &mut Value) {
    add_patterns(schema);
    let parameters = schema["definitions"]["AlertParametersSpec"].take();
    let alerts = map(
        "Parameters of alerts, by the name of the alert.",
        ALERTS
            .iter()
            .filter(|it| matches!(it.scope, Scope::Instances { .. }))
            .map(|it| (it.name, alert(it, &parameters))),
    );
    let directives = map("Directives of redis.conf.", directives());
    let Some(definitions) = schema["definitions"].as_object_mut() else {
        return;
    };
    definitions.insert("AlertParameters".to_owned(), alerts);
    definitions.insert("RedisConfig".to_owned(), directives);
    definitions["CheckName"]["enum"] = json!(WARNINGS);
    definitions["AlertsSpec"]["properties"]["tiers"]["additionalProperties"] =
        reference("AlertParameters");
    for (definition, field, known) in [
        ("InstanceSpec", "alerts", "AlertParameters"),
        ("InstanceSpec", "config", "RedisConfig"),
        ("InstanceDefaultsSpec", "config", "RedisConfig"),
    ] {
        let field = &mut definitions[definition]["properties"][field];
        *field = json!({"description": field["description"], "allOf": [reference(known)]});
    }
}

/// Forms of texts, for editors that pass over formats that they do not know. A type refuses more.
const PATTERNS: &[(&str, &str)] = &[
    ("alert-name", "^[A-Z][A-Za-z0-9]*$"),
    ("duration", "^([0-9]+(y|w|d|h|ms|m|s))+$"),
    (
        "field-path",
        r"^[A-Za-z0-9_-]+(\[[0-9]+\])?(\.[A-Za-z0-9_-]+(\[[0-9]+\])?)*$",
    ),
    ("http-url", r"^https?://[^/@\s]+(/\S*|[?#]\S*)?$"),
    ("image", r"^\S+(:[^:/@\s]+|@sha[0-9]+:[0-9a-f]+)$"),
    ("index-size", "^[0-9]+(mb|gb|tb)$"),
    (
        "label-key",
        "^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$",
    ),
    ("label-name", "^[A-Za-z_][A-Za-z0-9_]*$"),
    ("label-value", "^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"),
    ("mail-address", "^[^@]+@[^@]+$"),
    ("mail-server", r"^\S+:[0-9]+$"),
    ("metric-name", "^[A-Za-z_:][A-Za-z0-9_:]*$"),
    ("name", "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"),
    ("percentage", r"^[0-9]+(\.[0-9]+)?%$"),
    ("phone-number", "^[+]?[0-9][0-9-]*$"),
    (
        "quantity",
        r"^[0-9]+(\.[0-9]*)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$",
    ),
    ("relative-path", r"^[^/\\][^\\]*$"),
    ("slack-channel", r"^([#@][^\s#@,]+|[CGDUW][A-Z0-9]+)$"),
    ("subdomain", r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"),
    ("time-of-day", "^[0-2][0-9]:[0-5][0-9]$"),
    ("time-zone", r"^(?!Local$)[A-Z]\S*$"),
    ("version", r"^v?[0-9]+\.[0-9]+(\.[0-9]+)?$"),
];

fn add_patterns(schema: &mut Value) {
    let format = schema["format"].as_str();
    let pattern = PATTERNS
        .iter()
        .find(|it| Some(it.0) == format)
        .map(|it| it.1);
    if let (Some(pattern), Some(schema)) = (pattern, schema.as_object_mut()) {
        schema.insert("pattern".to_owned(), json!(pattern));
        if let Some(description) = schema.get("description").cloned() {
            schema.insert("patternErrorMessage".to_owned(), description);
        }
    }
    for child in children_mut(schema) {
        add_patterns(child);
    }
}

/// The schema of a map of known keys.
fn map(description: &str, properties: impl Iterator<Item = (&'static str, Value)>) -> Value {
    let properties: Map<String, Value> =
        properties.map(|(name, it)| (name.to_owned(), it)).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "description": description,
    })
}

/// What a policy can say of an alert, with what holds where it does not. `parameters` is the schema of
/// what can be said of any.
fn alert(alert: &Alert, parameters: &Value) -> Value {
    let mut schema = parameters.clone();
    let threshold = alert.threshold.map(|it| it.default.to_string());
    let filled = |text: &str| {
        let text = text.replace("<< threshold >>", threshold.as_deref().unwrap_or_default());
        placeholders(&text)
    };
    schema["description"] = json!(format!(
        "{}\n\n{}",
        filled(alert.summary),
        filled(alert.description)
    ));
    let fields = &mut schema["properties"];
    fields["enabled"]["default"] = json!(true);
    fields["severity"]["default"] = json!(alert.severity.name());
    if let Some(it) = alert.for_ {
        fields["for"]["default"] = json!(it.to_string());
    }
    match alert.threshold {
        Some(it) => fields["threshold"] = self::threshold(it),
        None => {
            fields
                .as_object_mut()
                .and_then(|it| it.shift_remove("threshold"));
        }
    }
    schema
}

fn threshold(threshold: Threshold) -> Value {
    let Threshold { default, of, fires } = threshold;
    let (unit, side) = (default.unit(), fires.side());
    let description = format!("The threshold: {unit}, of {of}. The alert fires {side} it.");
    match default {
        Amount::Share(_) => json!({
            "type": "string",
            "format": "percentage",
            "description": description,
            "default": default.to_string(),
            "examples": ["85%"],
        }),
        Amount::Number(number) => json!({
            "type": "integer",
            "minimum": 0,
            "description": description,
            "default": number,
        }),
        Amount::Time(_) => json!({
            "type": "string",
            "format": "duration",
            "description": description,
            "default": default.to_string(),
            "examples": [Duration::seconds(30).to_string()],
        }),
    }
}

/// Puts words in place of what Prometheus fills into a notification: `{{ $labels.pod }}` is `POD`.
fn placeholders(text: &str) -> String {
    let mut pieces = text.split("{{");
    let mut acc = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (expression, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        let word = expression
            .trim()
            .split([' ', '|'])
            .next()
            .unwrap_or_default();
        let word = word.trim_start_matches("$labels.").trim_start_matches('$');
        acc.push_str(&word.replace('_', " ").to_ascii_uppercase());
        acc.push_str(rest);
    }
    acc.replace("<< window >>", "a while")
        .replace("<< namespace >>", "its namespace")
}

/// The directives that some release of Redis has and a policy may set, each with the schema of its
/// value.
fn directives() -> impl Iterator<Item = (&'static str, Value)> {
    redis_config::known(None).filter_map(|name| Some((name, directive(redis_config::spans(name))?)))
}

/// Returns the schema of a directive; none where it has no effect in any release.
fn directive(spans: &[Directive]) -> Option<Value> {
    let newest = spans.iter().rfind(|it| it.takes != Takes::Nothing)?;
    let mut description = format!("`{}` of redis.conf", newest.name);
    if let Some(until) = newest.until {
        description.push_str(&format!(", until Redis {until}"));
    } else if let Some(oldest) = spans.first().filter(|it| it.since != FIRST) {
        description.push_str(&format!(", since Redis {}", oldest.since));
    }
    description.push_str(match redis_config::is_live(newest.name, None) {
        true => "; takes effect at once.",
        false => "; takes effect when Redis starts.",
    });
    let mut schema = json!({"type": ["string", "integer"]});
    // Releases that differ are told apart by `obsgen check`, which knows the image.
    let same = spans.iter().all(|it| it.takes == newest.takes);
    match newest.takes {
        Takes::Switch => schema = json!({"type": "string", "enum": ["yes", "no"]}),
        Takes::Word(_) => {
            let mut words: Vec<&str> = Vec::new();
            for it in spans {
                if let Takes::Word(known) = it.takes {
                    words.extend(known.split('|'));
                }
            }
            words.sort_unstable();
            words.dedup();
            schema = json!({"type": "string", "enum": words});
        }
        Takes::Number(least, largest) if same => {
            // Larger ones are none that JSON has.
            if let (Ok(least), Ok(largest)) = (i64::try_from(least), i64::try_from(largest)) {
                schema["minimum"] = json!(least);
                if largest < i64::MAX {
                    schema["maximum"] = json!(largest);
                }
            }
        }
        _ => {}
    }
    if !newest.default.is_empty() {
        description.push_str(&format!(" Redis' own value is `{}`.", newest.default));
    }
    schema["description"] = json!(description);
    Some(schema)
}
