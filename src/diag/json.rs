//! Findings for a program: one JSON object with everything that the text shows.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

use crate::diag::report::{Checked, Finding, Report};
use crate::diag::text::is_unsafe;

/// The form of the document; it changes when a reader would have to.
pub const SCHEMA_VERSION: u32 = 1;

/// What `obsgen check --format json` found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "obsgen findings")]
struct Document<'a> {
    /// The form of this document; it changes when a reader would have to.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: u32,
    /// The policies that were looked at.
    stacks: &'a [Checked],
    /// What was found in them. What several policies share is there once.
    findings: &'a [Finding],
}

/// Returns the document.
pub fn document(report: &Report) -> String {
    pretty(&serde_json::json!(Document {
        schema_version: SCHEMA_VERSION,
        stacks: &report.stacks,
        findings: &report.findings,
    }))
}

/// Returns the JSON Schema of the document.
pub fn schema() -> Value {
    schema_of::<Document<'_>>()
}

/// Returns the JSON Schema of a document that programs read.
pub fn schema_of<T: JsonSchema>() -> Value {
    // The numeric formats of schemars are no formats of draft-07.
    let simplify = RecursiveTransform(|schema: &mut Schema| {
        schema.remove("format");
    });
    let settings = SchemaSettings::draft07().with_transform(simplify);
    let schema = settings.into_generator();
    schema.into_root_schema_for::<T>().to_value()
}

/// Returns a JSON document in which nothing is left that a terminal would obey.
pub fn pretty(value: &Value) -> String {
    let mut text = String::new();
    // All that is neither printable nor the layout stands within strings.
    for it in format!("{value:#}\n").chars() {
        match it {
            '\n' => text.push(it),
            it if is_unsafe(it) => {
                for unit in it.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
            it => text.push(it),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        let value = serde_json::json!({"a": "\u{1b}\u{7f}\u{9b}\u{202e}\u{e0041}é\n"});
        let text = pretty(&value);
        assert_eq!(
            text,
            "{\n  \"a\": \"\\u001b\\u007f\\u009b\\u202e\\udb40\\udc41é\\n\"\n}\n"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
