//! What a file that stands alone must have: fields that are missing, and what needs another field.
//!
//! For each type of the policy a definition beside its own, of requirements alone, so that what an
//! editor shows about a field stays in one place.

use serde_json::{Map, Value, json};

use crate::editor::conditions::{TOPOLOGIES, has, is, needs, no, unless, when};
use crate::editor::{add_conditions, definition_of, items, reference};
use crate::receivers::KINDS;
use crate::value::time_zone::UTC;

/// The name of the requirements of a type.
pub(super) fn name(definition: &str) -> String {
    format!("Whole{definition}")
}

/// Holds for a stack that extends nothing.
pub(super) fn stands_alone() -> Value {
    json!({
        "properties": {
            "kind": {"const": "Observability"},
            "spec": {"not": needs(&["extends"])},
        },
        "required": ["kind", "spec"],
    })
}

/// The requirements of every type that has any.
pub(super) fn definitions(schema: &Value) -> Map<String, Value> {
    let mut all: Map<String, Value> = schema["definitions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(it, definition)| (it.clone(), requirements(definition)))
        .collect();
    for (item, is_named) in items(schema) {
        if is_named && let Some(definition) = all.get_mut(&item) {
            // There is no base that it could be taken away from.
            definition["properties"]["remove"] = json!(false);
        }
    }
    for (name, conditions) in conditions() {
        add_conditions(&mut all, name, conditions);
    }
    // What refers to nothing with requirements has none itself.
    loop {
        let empty: Vec<String> = all
            .iter()
            .filter(|(_, it)| it.as_object().is_some_and(Map::is_empty))
            .map(|(name, _)| name.clone())
            .collect();
        if empty.is_empty() {
            break;
        }
        all.retain(|name, _| !empty.contains(name));
        for definition in all.values_mut() {
            forget(definition, &empty);
        }
    }
    all.into_iter()
        .map(|(it, value)| (name(&it), value))
        .collect()
}

/// What a schema requires, with references to the requirements of others.
fn requirements(schema: &Value) -> Value {
    if let Some(definition) = definition_of(schema) {
        return reference(&name(definition));
    }
    let mut acc = Map::new();
    if let Some(required) = schema.get("required") {
        acc.insert("required".to_owned(), required.clone());
    }
    let properties: Map<String, Value> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, it)| (field.clone(), requirements(it)))
        .filter(|(_, it)| it.as_object().is_some_and(|it| !it.is_empty()))
        .collect();
    if !properties.is_empty() {
        acc.insert("properties".to_owned(), Value::Object(properties));
    }
    for field in ["items", "additionalProperties"] {
        let below = schema
            .get(field)
            .filter(|it| it.is_object())
            .map(requirements);
        if let Some(below) = below.filter(|it| it.as_object().is_some_and(|it| !it.is_empty())) {
            acc.insert(field.to_owned(), below);
        }
    }
    Value::Object(acc)
}

/// Takes out references to what has no requirements, and what is empty without them.
fn forget(schema: &mut Value, empty: &[String]) {
    let Value::Object(object) = schema else {
        return;
    };
    let is_forgotten = |it: &Value| {
        let named = it["$ref"]
            .as_str()
            .and_then(|it| it.strip_prefix("#/definitions/Whole"));
        named.is_some_and(|it| empty.iter().any(|empty| empty == it))
    };
    for field in ["items", "additionalProperties"] {
        if let Some(below) = object.get_mut(field) {
            forget(below, empty);
            if is_forgotten(below) || below.as_object().is_some_and(Map::is_empty) {
                object.shift_remove(field);
            }
        }
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(|it| forget(it, empty));
        properties.retain(|_, it| !is_forgotten(it) && !it.as_object().is_some_and(Map::is_empty));
        if properties.is_empty() {
            object.shift_remove("properties");
        }
    }
}

/// What fields say about each other, by type.
fn conditions() -> Vec<(&'static str, Vec<Value>)> {
    let one_of = |fields: &[&str]| {
        let options: Vec<Value> = fields.iter().map(|it| needs(&[it])).collect();
        json!({ "anyOf": options })
    };
    let together = json!({"dependencies": {"username": ["password"], "password": ["username"]}});
    vec![
        ("StackSpec", stack()),
        (
            "RedisSpec",
            ["namespace", "team", "image"]
                .iter()
                .map(|it| {
                    let instances = json!({"properties": {"instances": {"items": needs(&[it])}}});
                    unless(has("defaults", needs(&[it])), instances)
                })
                .chain([json!({"properties": {"instances": {"minItems": 1}}})])
                .collect(),
        ),
        (
            "TopologySpec",
            TOPOLOGIES
                .iter()
                .filter(|it| !it.needed.is_empty())
                .map(|it| {
                    let fields: Vec<&str> = it.needed.iter().map(|it| it.0).collect();
                    when(is("kind", it.kind.name()), needs(&fields))
                })
                .collect(),
        ),
        (
            "AlertParametersSpec",
            vec![
                when(is("enabled", false), needs(&["reason"])),
                unless(is("enabled", false), no(&["reason"])),
            ],
        ),
        ("ElasticsearchSpec", vec![together.clone()]),
        ("EmailSpec", vec![together]),
        ("WechatSpec", vec![one_of(&["toUser", "toParty", "toTag"])]),
        ("ReceiverSpec", vec![one_of(&KINDS)]),
        ("MuteTimeSpec", vec![one_of(&["weekdays", "times"])]),
        (
            "TracingBackendSpec",
            vec![unless(is("backend", "none"), needs(&["namespace"]))],
        ),
    ]
}

/// What the parts of a stack need of each other, and what has no effect without another.
fn stack() -> Vec<Value> {
    let platform = |what: Value| json!({"properties": {"platform": what}});
    let images = |what: Value| platform(json!({"properties": {"images": what}}));
    let prometheus = |what: Value| platform(json!({"properties": {"prometheus": what}}));
    let alertmanager = |what: Value| platform(json!({"properties": {"alertmanager": what}}));
    let logs = needs(&["logging"]);
    let traces = needs(&["tracing"]);
    let grafana = has("dashboards", is("grafana", true));
    let kibana = has("dashboards", is("kibana", true));
    let managed = has("platform", has("prometheus", is("managed", true)));
    let operator = |it: &str| has("platform", has("redisOperator", is("kind", it)));
    let jaeger = has("platform", has("tracing", is("backend", "otel-operator")));
    let robots: Vec<Value> = ["dingtalk", "feishu", "wecom"]
        .iter()
        .map(|it| needs(&[it]))
        .collect();
    let robot = has("receivers", json!({"contains": {"anyOf": robots}}));
    let as_resource = has(
        "platform",
        has("alertmanager", is("delivery", "alertmanager-config")),
    );
    vec![
        when(
            logs.clone(),
            platform(needs(&["elasticsearch", "fluentBit"])),
        ),
        unless(logs.clone(), platform(no(&["fluentBit"]))),
        unless(logs.clone(), images(no(&["fluentBit", "curl"]))),
        when(
            traces.clone(),
            platform(needs(&["elasticsearch", "tracing"])),
        ),
        when(
            traces.clone(),
            platform(
                json!({"properties": {"tracing": {"properties": {"backend": {"not": {"const": "none"}}}}}}),
            ),
        ),
        unless(
            traces.clone(),
            platform(
                json!({"properties": {"tracing": {"properties": {"backend": {"const": "none"}}}}}),
            ),
        ),
        unless(
            json!({"anyOf": [logs, traces]}),
            platform(no(&["elasticsearch"])),
        ),
        when(grafana.clone(), platform(needs(&["grafana"]))),
        unless(grafana.clone(), platform(no(&["grafana"]))),
        unless(
            grafana,
            json!({"properties": {"dashboards": no(&["folder"])}}),
        ),
        when(kibana.clone(), platform(needs(&["kibana"]))),
        when(kibana.clone(), needs(&["logging"])),
        unless(kibana, platform(no(&["kibana"]))),
        when(managed.clone(), alertmanager(no(&["secrets"]))),
        unless(managed.clone(), no(&["metrics"])),
        when(operator("opstree"), prometheus(no(&["serviceAccount"]))),
        unless(
            json!({"anyOf": [managed, {"not": operator("redis-operator")}]}),
            prometheus(needs(&["serviceAccount"])),
        ),
        when(operator("redis-operator"), images(no(&["redisSentinel"]))),
        unless(jaeger, images(no(&["jaeger", "jaegerIndexCleaner"]))),
        unless(robot, images(no(&["python"]))),
        when(
            as_resource,
            json!({"properties": {"routing": {"properties": {"muteTimes": {"items": {
                "properties": {"location": {"const": UTC}}
            }}}}}}),
        ),
    ]
}
