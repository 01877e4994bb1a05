//! What fields of one map say about each other: true in every file, whatever it extends.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

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

/// The fields of a kind of topology.
pub(super) struct Fields {
    pub(super) kind: Kind,
    /// Those that it needs, each with the least that it is.
    pub(super) needed: &'static [(&'static str, u32)],
    /// Those that it may have.
    others: &'static [&'static str],
}

pub(super) const TOPOLOGIES: [Fields; 4] = [
    Fields {
        kind: Kind::Standalone,
        needed: &[],
        others: &[],
    },
    Fields {
        kind: Kind::Replication,
        needed: &[("redisPods", 2)],
        others: &[],
    },
    Fields {
        kind: Kind::Sentinel,
        needed: &[("redisPods", 2), ("sentinels", 3), ("quorum", 1)],
        others: &["masterName"],
    },
    Fields {
        kind: Kind::Cluster,
        needed: &[("masters", 3), ("replicasPerMaster", 0)],
        others: &[],
    },
];

fn topologies() -> Vec<Value> {
    let all: BTreeSet<&str> = TOPOLOGIES
        .iter()
        .flat_map(|it| {
            it.needed
                .iter()
                .map(|it| it.0)
                .chain(it.others.iter().copied())
        })
        .collect();
    TOPOLOGIES
        .iter()
        .map(|of| {
            let mut fields = Map::new();
            for field in &all {
                let rule = match of.needed.iter().find(|it| it.0 == *field) {
                    Some((_, least)) => json!({ "minimum": least }),
                    None if of.others.contains(field) => continue,
                    None => json!(false),
                };
                fields.insert((*field).to_owned(), rule);
            }
            when(is("kind", of.kind.name()), json!({ "properties": fields }))
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
    let properties: Map<String, Value> = fields
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
