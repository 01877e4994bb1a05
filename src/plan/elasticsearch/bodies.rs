//! What Elasticsearch is told: which fields a document has, how an index is made, when it ends.

use serde_json::{Map, Value, json};

use crate::api::conventions::log::{self, Kind};
use crate::model::stack::{Logging, Stack};
use crate::read::spec::LoggingMode;
use crate::value::duration::Duration;

/// Above the templates of Elasticsearch itself (100) and of Fleet's integrations (200, 250), and above
/// the 500 that its documentation proposes to users.
const PRIORITY: u32 = 501;

/// The name of the policy and of the index template, and the beginning of the others.
pub(super) fn name(stack: &Stack) -> String {
    log::target(&stack.name)
}

/// The first index of an alias. A name of a stack has no dot, so that no pattern of one stack takes
/// the indices of another, whatever they are called.
pub(super) fn first_index(stack: &Stack) -> String {
    format!("{}.log-000001", name(stack))
}

/// The file of each body, in the order in which they are applied.
pub(super) fn all(stack: &Stack, logging: &Logging) -> Vec<(&'static str, Value)> {
    let mut bodies = vec![
        ("policy.json", policy(stack, logging)),
        ("mappings.json", mappings(stack)),
        ("settings.json", settings(stack, logging)),
        ("index-template.json", index_template(stack, logging)),
    ];
    match logging.mode {
        LoggingMode::DataStream => {}
        LoggingMode::Alias => bodies.push((
            "first-index.json",
            json!({"aliases": {name(stack): {"is_write_index": true}}}),
        )),
    }
    bodies
}

/// An index is deleted when the retention has passed since its last document, for which Elasticsearch
/// takes the rollover: nothing is kept shorter than the policy says.
fn policy(stack: &Stack, logging: &Logging) -> Value {
    json!({"policy": {
        "_meta": meta(stack),
        "phases": {
            "hot": {
                "min_age": "0ms",
                "actions": {
                    "rollover": {
                        "max_age": time(logging.rollover_age),
                        "max_primary_shard_size": logging.rollover_size,
                    },
                    "set_priority": {"priority": 100},
                },
            },
            "delete": {
                "min_age": time(logging.retention),
                "actions": {"delete": {}},
            },
        },
    }})
}

/// Fields that are not here are kept and not searched. `strict` would have a document refused for one,
/// and Fluent Bit notices a refused document only where a whole batch is refused.
fn mappings(stack: &Stack) -> Value {
    let mut properties = Map::new();
    for (field, kind) in log::FIELDS {
        let mapping = match kind {
            Kind::Time => json!({"type": "date"}),
            Kind::Text => json!({"type": "match_only_text"}),
            Kind::Name => json!({"type": "keyword", "ignore_above": 1024}),
            Kind::Number => json!({"type": "long", "ignore_malformed": true}),
        };
        properties.insert((*field).to_owned(), mapping);
    }
    json!({
        "template": {"mappings": {"dynamic": "false", "properties": properties}},
        "_meta": meta(stack),
    })
}

fn settings(stack: &Stack, logging: &Logging) -> Value {
    let mut settings = Map::new();
    settings.insert("index.number_of_shards".to_owned(), json!(logging.shards));
    settings.insert(
        "index.number_of_replicas".to_owned(),
        json!(logging.replicas),
    );
    settings.insert("index.lifecycle.name".to_owned(), json!(name(stack)));
    match logging.mode {
        LoggingMode::DataStream => {}
        LoggingMode::Alias => {
            settings.insert(
                "index.lifecycle.rollover_alias".to_owned(),
                json!(name(stack)),
            );
        }
    }
    json!({"template": {"settings": settings}, "_meta": meta(stack)})
}

fn index_template(stack: &Stack, logging: &Logging) -> Value {
    let name = name(stack);
    let mut template = Map::new();
    let patterns = match logging.mode {
        LoggingMode::DataStream => vec![name.clone()],
        LoggingMode::Alias => vec![format!("{name}.log-*")],
    };
    template.insert("index_patterns".to_owned(), json!(patterns));
    match logging.mode {
        LoggingMode::DataStream => {
            template.insert("data_stream".to_owned(), json!({}));
        }
        LoggingMode::Alias => {}
    }
    template.insert(
        "composed_of".to_owned(),
        json!([format!("{name}-mappings"), format!("{name}-settings")]),
    );
    template.insert("priority".to_owned(), json!(PRIORITY));
    template.insert("_meta".to_owned(), meta(stack));
    Value::Object(template)
}

fn meta(stack: &Stack) -> Value {
    json!({"managed_by": "obsgen", "stack": stack.name})
}

/// A time as Elasticsearch reads it: one number and one unit.
fn time(duration: Duration) -> String {
    let millis = duration.as_millis();
    [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ]
    .into_iter()
    .find(|(_, unit)| millis.is_multiple_of(*unit))
    .map_or_else(
        || format!("{millis}ms"),
        |(name, unit)| format!("{}{name}", millis / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_unit() {
        for (written, read) in [
            ("90d", "90d"),
            ("1y", "365d"),
            ("1h30m", "90m"),
            ("1s500ms", "1500ms"),
        ] {
            assert_eq!(time(Duration::parse(written).expect("a duration")), read);
        }
    }
}
