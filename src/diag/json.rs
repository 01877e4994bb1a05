//! Findings for a program: one JSON object with everything that the text shows.

use serde_json::{Value, json};

use crate::diag::redact;
use crate::diag::source::Locate;
use crate::diag::{Diagnostic, Place};

/// The form of the document; it changes when a reader would have to.
pub const SCHEMA_VERSION: u32 = 1;

/// Returns a finding with its place.
pub fn finding(diagnostic: &Diagnostic, locate: &dyn Locate) -> Value {
    let mut value = json!({
        "name": diagnostic.name,
        "level": diagnostic.level.name(),
        "message": diagnostic.headline,
    });
    let place = place(&diagnostic.at, locate);
    if let (Some(value), Value::Object(place)) = (value.as_object_mut(), place) {
        value.extend(place);
        for (key, text) in [
            ("label", &diagnostic.label),
            ("note", &diagnostic.note),
            ("help", &diagnostic.help),
        ] {
            if let Some(text) = text {
                value.insert(key.to_owned(), json!(text));
            }
        }
        if !diagnostic.context.is_empty() {
            let related = diagnostic.context.iter().map(|(at, label)| {
                let mut value = self::place(at, locate);
                value["label"] = json!(label);
                value
            });
            value.insert("related".to_owned(), related.collect());
        }
    }
    value
}

fn place(at: &Place, locate: &dyn Locate) -> Value {
    let span = locate.span(at);
    let mut value = json!({});
    if let Place::Key(path) | Place::Value(path) = at {
        value["path"] = json!(redact::message(&path.to_string()));
    }
    if let Some(source) = locate.source(span.file) {
        let (start, end) = (
            source.position(span.range.start),
            source.position(span.range.end),
        );
        value["file"] = json!(source.path);
        value["start"] = json!({"line": start.line, "column": start.column});
        value["end"] = json!({"line": end.line, "column": end.column});
    }
    value
}
