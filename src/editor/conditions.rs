//! What fields of one map say about each other: true in every file, whatever it extends.

use serde_json::{Value, json};

use crate::editor::add_conditions;
use crate::topologies::Kind;

pub(super) fn add(schema: &mut Value) {
    let Some(definitions) = schema["definitions"].as_object_mut() else {
        return;
    };
    for (name, conditions) in [
        ("TopologySpec", topologies()),
        (
            "RedisOperatorSpec",
            vec![when(is("kind", "redis-operator"), no(&["featureGates"]))],
        ),
        (
            "PrometheusSpec",
            vec![when(is("managed", true), no(&["serviceAccount"]))],
        ),
        (
            "AlertmanagerSpec",
            vec![
                when(is("delivery", "alertmanager-config"), no(&["secrets"])),
                when(
                    is("delivery", "secret"),
                    no(&["selects", "matcherStrategy"]),
                ),
            ],
        ),
        (
            "GrafanaSpec",
            vec![when(is("delivery", "sidecar"), no(&["instanceSelector"]))],
        ),
        // A list without names is of one file, so that an empty one is known to be.
        (
            "RouteSpec",
            vec![json!({"properties": {"matchers": {"minItems": 1}}})],
        ),
        (
            "EmailSpec",
            vec![json!({"properties": {"to": {"minItems": 1}}})],
        ),
    ] {
        add_conditions(definitions, name, conditions);
    }
}

/// The kinds of topologies, each with the fields that it needs and the least that each is, and with
/// those that it may have.
pub(super) const TOPOLOGIES: [(Kind, &[(&str, u32)], &[&str]); 4] = [
    (Kind::Standalone, &[], &[]),
    (Kind::Replication, &[("redisPods", 2)], &[]),
    (
        Kind::Sentinel,
        &[("redisPods", 2), ("sentinels", 3), ("quorum", 1)],
        &["masterName"],
    ),
    (
        Kind::Cluster,
        &[("masters", 3), ("replicasPerMaster", 0)],
        &[],
    ),
];

fn topologies() -> Vec<Value> {
    let all = TOPOLOGIES
        .iter()
        .flat_map(|(_, needed, others)| needed.iter().map(|it| it.0).chain(others.iter().copied()));
    let all: std::collections::BTreeSet<&str> = all.collect();
    TOPOLOGIES
        .iter()
        .map(|(kind, needed, others)| {
            let mut then = no(&[]);
            for field in &all {
                let least = needed.iter().find(|it| it.0 == *field);
                match least {
                    Some((_, least)) => then["properties"][*field] = json!({"minimum": least}),
                    None if others.contains(field) => {}
                    None => then["properties"][*field] = json!(false),
                }
            }
            when(is("kind", kind.name()), then)
        })
        .collect()
}

/// Holds where a field has a value.
pub(super) fn is(field: &str, value: impl Into<Value>) -> Value {
    json!({"properties": {field: {"const": value.into()}}, "required": [field]})
}

/// Holds where a field is there, and what it has is so.
pub(super) fn has(field: &str, what: Value) -> Value {
    json!({"properties": {field: what}, "required": [field]})
}

/// Holds where none of these fields is there.
pub(super) fn no(fields: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> = fields
        .iter()
        .map(|it| ((*it).to_owned(), json!(false)))
        .collect();
    json!({ "properties": properties })
}

/// Holds where all of these fields are there.
pub(super) fn needs(fields: &[&str]) -> Value {
    json!({ "required": fields })
}

pub(super) fn when(condition: Value, then: Value) -> Value {
    json!({"if": condition, "then": then})
}

pub(super) fn unless(condition: Value, then: Value) -> Value {
    json!({"if": condition, "else": then})
}
