//! Which pieces of a policy's text may hold a credential: nobody is shown them.
//!
//! The schema tells. A value is hidden where a credential is given by reference, where the schema
//! knows no field, where it is not of the shape that the schema has, and where it looks like a
//! credential. What could not be read is hidden word by word, but for the words of the language.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use serde_json::Value;

use crate::catalog::redis_config;
use crate::diag::secret;
use crate::read::schema;
use crate::read::tree::{Content, Entry, Node};
use crate::value::FORMATS;

/// Returns the pieces of a file that was read.
pub(super) fn in_tree(node: &Node) -> Vec<Range<usize>> {
    let mut acc = Vec::new();
    collect(node, schema::policy(), false, &mut acc);
    acc
}

fn collect(node: &Node, schema: &Value, in_reference: bool, acc: &mut Vec<Range<usize>>) {
    let hide = |acc: &mut Vec<Range<usize>>| acc.push(node.span.range.clone());
    match &node.content {
        Content::Map(entries) => {
            let is_config = schema::is_config(schema);
            for entry in entries {
                if secret::may_be(&entry.key) || is_value(entry, schema, in_reference) {
                    acc.push(entry.key_span.range.clone());
                }
                // A base's item is taken away by a field that no resolved policy has.
                if entry.key == "remove" && matches!(entry.value.content, Content::Bool(_)) {
                    continue;
                }
                let is_hidden = is_config && !redis_config::is_known(&entry.key);
                match schema::field(schema, &entry.key) {
                    Some(field) if field.is_named => {
                        let in_reference = in_reference || entry.key == "secretRef";
                        collect(&entry.value, field.schema, in_reference, acc);
                    }
                    Some(field) if !is_hidden && !secret::is_sensitive(&entry.key) => {
                        collect(&entry.value, field.schema, in_reference, acc);
                    }
                    _ => acc.push(entry.value.span.range.clone()),
                }
            }
        }
        Content::List(items) => match schema["items"].as_object() {
            Some(_) => {
                let schema = schema::resolve(&schema["items"]);
                for item in items {
                    collect(item, schema, in_reference, acc);
                }
            }
            None => hide(acc),
        },
        Content::Null => {}
        Content::Bool(_) | Content::Int(_) | Content::Decimal(_) | Content::Text(_) => {
            let text = node.as_text().unwrap_or_default();
            let is_refused = || {
                let format = FORMATS.iter().find(|it| schema["format"] == it.name);
                format.is_some_and(|it| (it.check)(text).is_err())
            };
            if schema["type"] == "object" || secret::may_be(text) || in_reference && is_refused() {
                hide(acc);
            }
        }
    }
}

/// Returns whether a key that the schema does not know may be a value: `{hunter2}` for
/// `"hunter2"`, or `url:hunter2` for `url: hunter2`.
fn is_value(entry: &Entry, schema: &Value, in_reference: bool) -> bool {
    if schema::field(schema, &entry.key).is_some() {
        return false;
    }
    let is_name = |it: char| it.is_ascii_alphabetic() || matches!(it, '-' | '_');
    let is_word = entry.key.chars().all(is_name) && entry.value.content != Content::Null;
    let in_credential = in_reference || schema::is_credential(Some(schema));
    entry.key.contains([':', '=']) || in_credential && !is_word
}

/// The words that the language itself has.
static WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let mut words = BTreeSet::from(["secretRef", "remove", "true", "false"]);
    let mut open = vec![schema::policy()];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                let properties = object.get("properties").and_then(Value::as_object);
                words.extend(properties.into_iter().flatten().map(|it| it.0.as_str()));
                let options = object.get("enum").and_then(Value::as_array);
                words.extend(options.into_iter().flatten().filter_map(Value::as_str));
                open.extend(object.values());
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    words
});

/// Returns the pieces of a file that could not be read, or not from a byte on: every word that the
/// language does not have.
pub(super) fn in_text(text: &str, from: usize) -> Vec<Range<usize>> {
    let mut acc = Vec::new();
    let is_mark = |it: char| it.is_whitespace() || "{}[],:\"'-#|>&*".contains(it);
    let mut start = None;
    let rest = text[from..].char_indices().map(|(at, it)| (from + at, it));
    for (at, it) in rest.chain([(text.len(), ' ')]) {
        // Marks inside a word belong to it, so that a password of marks is not shown.
        let ends = match start {
            None => is_mark(it),
            Some(_) => it.is_whitespace() || "{}[],".contains(it),
        };
        match (start, ends) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                let word = text[from..at].trim_end_matches(['"', '\'']);
                let word = word.strip_suffix(':').unwrap_or(word);
                if !WORDS.contains(word.trim_end_matches(['"', '\''])) {
                    acc.push(from..at);
                }
                start = None;
            }
            (None, true) | (Some(_), false) => {}
        }
    }
    acc
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::source::{FileId, Source};
    use crate::read::tree::load;

    fn shown(text: &str, pieces: Vec<Range<usize>>) -> String {
        let mut source = Source::new(String::new(), text.to_owned());
        source.hide(pieces);
        text.char_indices()
            .filter(|(at, _)| !source.is_hidden(*at))
            .map(|(_, it)| it)
            .collect()
    }

    #[test]
    fn credentials_are_hidden_wherever_they_stand() {
        for text in [
            "spec: {redis: {instances: [{name: a, auth: CANARY}]}}",
            "spec: {redis: {instances: [{name: a, auth: {password: CANARY}}]}}",
            "spec: {redis: {instances: [{name: a, auth: {secretRef: CANARY/password}}]}}",
            "spec: {redis: {instances: [{name: a, auth: {secretRef: {name: CANARY!, key: a}}}]}}",
            "spec: {redis: {instances: [{name: a, config: {requirepass: CANARY}}]}}",
            "spec: {redis: {defaults: {config: {requirepas: CANARY}}}}",
            "spec: {receivers: [{name: a, slack: CANARY}]}",
            "spec: {receivers: [{name: a, slack: {url: [CANARY, {a: CANARY}]}}]}",
            "spec: {receivers: [{name: a, webhok: {url: CANARY}}]}",
            "spec:\n  receivers:\n    - name: a\n      pagerduty:\n        routingKey: |\n          CANARY\n          CANARY\n",
            "metadata: {labels: {apiToken: CANARY}}",
            "metadata: {name: xoxb-CANARY}",
            "data: {password: CANARY}",
            "spec: {cluster: {password: CANARY}}",
        ] {
            let node = load(FileId(0), text, &mut Vec::new()).node.unwrap();
            let shown = shown(text, in_tree(&node));
            assert!(!shown.contains("CANARY"), "{shown}");
        }
    }

    #[test]
    fn what_is_no_credential_is_shown() {
        for text in [
            "spec: {redis: {instances: [{name: a, auth: {secretRef: {name: a, key: password}}}]}}",
            "spec: {platform: {alertmanager: {secrets: [alert-slack]}}}",
            "metadata: {labels: {env: prod}}",
            "spec: {redis: {defaults: {config: {maxmemory: 1gb}, image: redis@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}}",
            "spec: {receivers: [{name: a, remove: true}]}",
        ] {
            let node = load(FileId(0), text, &mut Vec::new()).node.unwrap();
            assert_eq!(shown(text, in_tree(&node)), text);
        }
    }

    #[test]
    fn what_cannot_be_read_is_hidden_but_for_the_words_of_the_language() {
        assert_eq!(
            shown(
                "spec:\n  redis: {auth: CANARY, kind: standalone\n",
                in_text("spec:\n  redis: {auth: CANARY, kind: standalone\n", 0)
            ),
            "spec:\n  redis: {auth: , kind: standalone\n"
        );
        for text in [
            "auth: CANARY: x",
            "password: \"CANARY!#\nCANARY",
            "CANARY",
            "a: 'CANARY'",
            "k:CANARY",
        ] {
            assert!(!shown(text, in_text(text, 0)).contains("CANARY"), "{text}");
        }
    }
}
