//! The first policy of a stack: an example to fill in, or what manifests tell of Redis that runs
//! already.
//!
//! The policy is text for people, from a template. What is inserted into it was read as a value of
//! its type before, and is written by the one writer of YAML; what a manifest says otherwise is
//! never repeated.

mod kustomize;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::model::stack::{Resources, Storage};
use crate::operators;
use crate::operators::raise::{Found, Loss, Manifests, Raised, group, is_ours, is_redis};
use crate::read::defaults;
use crate::read::manifest::{self, Manifest, Node};
use crate::read::spec::OperatorKind;
use crate::render::{template, yaml};
use crate::topologies::Topology;
use crate::value::image::Image;
use crate::value::name::Name;

const TEMPLATE: &str = include_str!("../../templates/init/observability.yaml.j2");

/// How a policy is called and laid out.
#[derive(Debug)]
pub struct Head<'a> {
    /// The name of the stack.
    pub name: &'a Name,
    /// Its folder, as a person types it.
    pub folder: &'a str,
    /// Where its editor finds the schema, from its folder, if it lies somewhere.
    pub schema: Option<&'a str>,
}

/// Returns a policy to fill in; it compiles as it is.
pub fn example(head: &Head<'_>, operator: OperatorKind) -> String {
    text(head, operator, json!({"imported": false, "team": "web"}))
}

/// Instances that manifests tell of.
#[derive(Debug)]
pub struct Import {
    operator: OperatorKind,
    /// Those that the policy has, in the order of their namespaces and names.
    instances: Vec<Raised>,
    /// Those whose name another one has.
    left_out: Vec<Raised>,
    sentinel_image: Option<Image>,
    /// That of the exporters, where it is not the built-in one.
    exporter_image: Option<Image>,
    generates_config: bool,
    /// What belongs to none of them.
    losses: Vec<Loss>,
}

/// Reads the Redis resources in files, each with its name and text.
///
/// Of two operators, one has to be chosen. Refuses what gives no instance, with the reason.
pub fn import(
    files: &[(String, String)],
    operator: Option<OperatorKind>,
    namespace: Option<&Name>,
) -> Result<Import, String> {
    let mut losses = Vec::new();
    let mut manifests: Vec<Manifest> = Vec::new();
    for (file, text) in files {
        match manifest::resources(file, text) {
            Ok(found) => {
                losses.extend(found.iter().filter(|it| is_rule(it)).map(rule));
                manifests.extend(found.into_iter().filter(is_wanted));
            }
            Err(wrong) => losses.push(Loss {
                file: file.clone(),
                line: wrong.line,
                what: format!("the file is left out: {}", wrong.why),
            }),
        }
    }
    kustomize::apply(files, &mut manifests, &mut losses);
    only_first(&mut manifests, &mut losses);
    let manifests = Manifests::new(&manifests);
    let raise = |kind| operators::by_kind(kind).raise(&manifests);
    let mut candidates: Vec<(OperatorKind, Found)> =
        [OperatorKind::Opstree, OperatorKind::RedisOperator]
            .into_iter()
            .map(|kind| (kind, raise(kind)))
            .filter(|(_, it)| !(it.instances.is_empty() && it.losses.is_empty()))
            .collect();
    if let Some(wanted) = operator {
        let others = candidates.iter().find(|it| it.0 != wanted);
        let others = others.map(|it| kind_name(it.0));
        candidates.retain(|it| it.0 == wanted);
        if let Some(others) = others.filter(|_| candidates.is_empty()) {
            return Err(format!(
                "what was found are resources of {others}, and none of {}: write `--operator {others}`, or leave it out",
                kind_name(wanted)
            ));
        }
    }
    if candidates.len() > 1 {
        return Err(
            "there are resources of both operators, and a stack has one: choose it with `--operator`"
                .to_owned(),
        );
    }
    let (operator, found) = candidates
        .into_iter()
        .next()
        .unwrap_or((OperatorKind::Opstree, Found::default()));
    losses.extend(found.losses);
    let mut all = found.instances;
    all.retain(|it| namespace.is_none_or(|only| namespace_of(it) == only.as_str()));
    all.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    let mut names = BTreeSet::new();
    for it in all.iter_mut().filter(|it| it.image.is_none()) {
        it.losses.push(Loss {
            file: it.file.clone(),
            line: it.line,
            what: format!(
                "its image is that of the defaults now, the example `{}`: write its own as `image:` at the instance",
                example_image(operator)
            ),
        });
    }
    let (instances, left_out): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|it| names.insert(it.name.clone()));
    if instances.is_empty() {
        return Err(refusal(files.len(), namespace, &losses));
    }
    for (images, field) in [
        (&found.sentinel_images, "redisSentinel"),
        (&found.exporter_images, "redisExporter"),
    ] {
        if images.len() > 1 {
            losses.push(Loss {
                file: instances[0].file.clone(),
                line: instances[0].line,
                what: format!(
                    "there are {} images of {}, and a policy has one: write it as `{field}` under `platform.images`",
                    images.len(),
                    if field == "redisSentinel" { "Sentinels" } else { "exporters" }
                ),
            });
        }
    }
    let only = |images: BTreeSet<Image>| {
        let mut images = images.into_iter();
        images.next().filter(|_| images.next().is_none())
    };
    Ok(Import {
        operator,
        instances,
        left_out,
        sentinel_image: only(found.sentinel_images),
        exporter_image: only(found.exporter_images)
            .filter(|it| it.as_str() != defaults::REDIS_EXPORTER),
        generates_config: found.generates_config,
        losses,
    })
}

fn refusal(files: usize, namespace: Option<&Name>, losses: &[Loss]) -> String {
    let place = namespace.map_or(String::new(), |it| format!(" in the namespace `{it}`"));
    let mut text = format!(
        "none of {files} files has a Redis{place}: resources of `redis.redis.opstreelabs.in` or \
         `redis.github.com` are read"
    );
    for it in losses.iter().take(10) {
        text.push_str(&format!("\n  {}:{}: {}", it.file, it.line, it.what));
    }
    text
}

/// Returns whether a resource may tell of Redis; no Secret is kept.
fn is_wanted(manifest: &Manifest) -> bool {
    match group(&manifest.api_version) {
        _ if is_redis(manifest) => true,
        "v1" => manifest.kind == "ConfigMap",
        "monitoring.coreos.com" => {
            matches!(manifest.kind.as_str(), "ServiceMonitor" | "PodMonitor")
        }
        _ => false,
    }
}

/// Returns whether a resource has rules about Redis that obsgen did not write.
fn is_rule(manifest: &Manifest) -> bool {
    let groups = manifest.root.at(&["spec", "groups"]);
    let mut rules = groups
        .map(Node::items)
        .into_iter()
        .flatten()
        .filter_map(|it| it.get("rules"))
        .flat_map(Node::items);
    group(&manifest.api_version) == "monitoring.coreos.com"
        && manifest.kind == "PrometheusRule"
        && !is_ours(manifest)
        && rules.any(|it| it.text_at(&["expr"]).is_some_and(|it| it.contains("redis")))
}

fn rule(manifest: &Manifest) -> Loss {
    Loss::at(
        manifest,
        manifest.line(),
        "the rules of this PrometheusRule are not taken over: write your own alerts under `alerts.custom`, and \
         delete those that obsgen has too, or they are told twice",
    )
}

/// Keeps the first of resources that are one to Kubernetes.
fn only_first(manifests: &mut Vec<Manifest>, losses: &mut Vec<Loss>) {
    let mut seen: BTreeMap<_, String> = BTreeMap::new();
    manifests.retain(|it| {
        let key = (
            group(&it.api_version).to_owned(),
            it.kind.clone(),
            it.namespace.clone(),
            it.name.clone(),
        );
        match seen.get(&key) {
            None => drop(seen.insert(key, it.file.clone())),
            Some(first) if is_redis(it) => {
                let what = format!("this is left out: it is in `{}` too", one_line(first));
                losses.push(Loss::at(it, it.line(), what));
                return false;
            }
            Some(_) => return false,
        }
        true
    });
}

impl Import {
    /// How many instances the policy has.
    pub fn count(&self) -> usize {
        self.instances.len()
    }

    /// The operator that runs them.
    pub fn operator(&self) -> OperatorKind {
        self.operator
    }

    /// Everything that is not carried over, with its place, in the order of the files.
    pub fn losses(&self) -> Vec<Loss> {
        let mut all: Vec<Loss> = self.losses.clone();
        for it in &self.instances {
            all.extend(it.losses.iter().cloned());
            if it.namespace.is_none() {
                all.push(self.without_namespace(it));
            }
        }
        all.extend(self.left_out.iter().map(|it| Loss {
            file: it.file.clone(),
            line: it.line,
            what: self.clash(it),
        }));
        all.sort_by(|a, b| (&a.file, a.line, &a.what).cmp(&(&b.file, b.line, &b.what)));
        all.dedup();
        all
    }

    fn without_namespace(&self, it: &Raised) -> Loss {
        Loss {
            file: it.file.clone(),
            line: it.line,
            what: "no namespace is written: `default` is taken".to_owned(),
        }
    }

    /// A resource is called as its instance: with another name it would be another, empty Redis.
    fn clash(&self, it: &Raised) -> String {
        let namespace = namespace_of(it);
        format!(
            "`{}` of the namespace `{namespace}` is left out: another instance has its name, and under a new one it \
             would be a new, empty Redis; give it a stack of its own with `--namespace {namespace}`",
            it.name
        )
    }

    /// Returns the policy.
    pub fn policy(&self, head: &Head<'_>) -> String {
        let objects: Vec<Map<String, Value>> = self.instances.iter().map(object).collect();
        let common = common(&objects);
        let mut instances = String::new();
        for (instance, object) in self.instances.iter().zip(objects) {
            let object = less(object, &common);
            let mut losses: Vec<&str> = instance.losses.iter().map(|it| it.what.as_str()).collect();
            let none = self.without_namespace(instance).what;
            if instance.namespace.is_none() {
                losses.push(&none);
            }
            for it in losses {
                instances.push_str(&format!("    # Note: {}\n", one_line(it)));
            }
            instances.push_str(&indented(&yaml::document(&json!([object])), 4));
        }
        for it in &self.left_out {
            instances.push_str(&format!("    # {}\n", one_line(&self.clash(it))));
        }
        let defaults = match common.is_empty() {
            true => String::new(),
            false => indented(&yaml::document(&Value::Object(common)), 6),
        };
        let context = json!({
            "imported": true,
            "team": "platform",
            "defaults": defaults.trim_end_matches('\n'),
            "instances": instances.trim_end_matches('\n'),
            "image_missing": self.instances.iter().any(|it| it.image.is_none()),
            "feature_gates": self.generates_config && self.operator == OperatorKind::Opstree,
            "exporter_image": self.exporter_image.as_ref().map(Image::as_str),
            "sentinel_image": self.sentinel_image.as_ref().map(Image::as_str),
        });
        text(head, self.operator, context)
    }
}

fn text(head: &Head<'_>, operator: OperatorKind, mut context: Value) -> String {
    let (version, namespace) = match operator {
        OperatorKind::Opstree => ("0.26", "ot-operators"),
        OperatorKind::RedisOperator => ("0.1", "redis-operator-system"),
    };
    let (kind, image) = (kind_name(operator), example_image(operator));
    for (key, value) in [
        ("operator", kind),
        ("operator_version", version),
        ("operator_namespace", namespace),
        ("image", image),
        ("name", head.name.as_str()),
        ("folder", &one_line(head.folder)),
    ] {
        context[key] = json!(value);
    }
    context["schema"] = json!(head.schema);
    for key in ["exporter_image", "feature_gates", "sentinel_image"] {
        if context.get(key).is_none() {
            context[key] = Value::Null;
        }
    }
    template::page("init/observability.yaml.j2", TEMPLATE, &context)
}

fn kind_name(operator: OperatorKind) -> &'static str {
    match operator {
        OperatorKind::Opstree => "opstree",
        OperatorKind::RedisOperator => "redis-operator",
    }
}

/// An image that runs under an operator.
fn example_image(operator: OperatorKind) -> &'static str {
    match operator {
        OperatorKind::Opstree => "quay.io/opstree/redis:v7.4.11",
        OperatorKind::RedisOperator => "redis:7.4.7",
    }
}

/// Where kubectl puts what names no namespace.
fn namespace_of(instance: &Raised) -> &str {
    instance.namespace.as_ref().map_or("default", Name::as_str)
}

/// An instance as a policy writes it.
fn object(instance: &Raised) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    put("name", Some(json!(instance.name.as_str())));
    put("namespace", Some(json!(namespace_of(instance))));
    put("topology", topology(&instance.topology));
    put(
        "image",
        instance.image.as_ref().map(|it| json!(it.as_str())),
    );
    put("resources", resources(&instance.resources));
    put("storage", instance.storage.as_ref().map(storage));
    let config = (!instance.config.is_empty()).then(|| json!(instance.config));
    put("config", config);
    let auth = instance.auth.as_ref();
    put(
        "auth",
        auth.map(|it| json!({"secretRef": {"name": it.name.as_str(), "key": it.key.as_str()}})),
    );
    let interval = instance.interval;
    put(
        "metrics",
        interval.map(|it| json!({"interval": it.to_string()})),
    );
    object
}

fn topology(topology: &Topology) -> Option<Value> {
    let kind = topology.kind().name();
    match topology {
        Topology::Standalone => None,
        Topology::Replication { redis_pods } => {
            Some(json!({"kind": kind, "redisPods": redis_pods}))
        }
        Topology::Sentinel {
            redis_pods,
            sentinels,
            quorum,
            master_name,
        } => {
            let mut value = json!({
                "kind": kind, "redisPods": redis_pods, "sentinels": sentinels, "quorum": quorum
            });
            if master_name != "mymaster" {
                value["masterName"] = json!(master_name);
            }
            Some(value)
        }
        Topology::Cluster {
            masters,
            replicas_per_master,
        } => Some(
            json!({"kind": kind, "masters": masters, "replicasPerMaster": replicas_per_master}),
        ),
    }
}

fn resources(resources: &Resources) -> Option<Value> {
    let mut value = Map::new();
    for (field, amounts) in [
        ("requests", &resources.requests),
        ("limits", &resources.limits),
    ] {
        let amounts: Map<String, Value> = amounts
            .iter()
            .map(|(name, amount)| ((*name).to_owned(), json!(amount.to_string())))
            .collect();
        if !amounts.is_empty() {
            value.insert(field.to_owned(), Value::Object(amounts));
        }
    }
    (!value.is_empty()).then_some(Value::Object(value))
}

fn storage(storage: &Storage) -> Value {
    let mut value = json!({"size": storage.size.to_string()});
    if let Some(class) = &storage.class_name {
        value["className"] = json!(class);
    }
    value
}

/// What a policy says once: of what every instance has, that which most of them have. The
/// namespace only where it is that of all.
fn common(objects: &[Map<String, Value>]) -> Map<String, Value> {
    let mut common = Map::new();
    if objects.len() < 2 {
        return common;
    }
    for key in ["namespace", "image", "resources", "storage", "metrics"] {
        let least = if key == "namespace" { objects.len() } else { 2 };
        if let Some(value) = usual(objects.iter().map(|it| it.get(key)), least) {
            common.insert(key.to_owned(), value);
        }
    }
    // Directives are merged one by one.
    let of = |it: &Map<String, Value>| it.get("config").and_then(Value::as_object).cloned();
    let configs: Vec<Map<String, Value>> = objects
        .iter()
        .map(|it| of(it).unwrap_or_default())
        .collect();
    let mut config = Map::new();
    for directive in configs[0].keys() {
        if let Some(value) = usual(configs.iter().map(|it| it.get(directive)), 2) {
            config.insert(directive.clone(), value);
        }
    }
    if !config.is_empty() {
        common.insert("config".to_owned(), Value::Object(config));
    }
    common
}

/// The value that is there most often, the first of them, if one is there everywhere.
fn usual<'a>(values: impl Iterator<Item = Option<&'a Value>>, least: usize) -> Option<Value> {
    let values: Vec<&Value> = values.collect::<Option<_>>()?;
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (index, value) in values.iter().enumerate() {
        counts.entry(value.to_string()).or_insert((0, index)).0 += 1;
    }
    let (count, index) = counts
        .into_values()
        .max_by_key(|(count, index)| (*count, Reverse(*index)))?;
    (count >= least).then(|| values[index].clone())
}

/// An instance without what the defaults say.
fn less(mut object: Map<String, Value>, common: &Map<String, Value>) -> Map<String, Value> {
    for (key, value) in common {
        if key != "config" {
            if object.get(key) == Some(value) {
                object.shift_remove(key);
            }
            continue;
        }
        let Some(own) = object.get_mut(key).and_then(Value::as_object_mut) else {
            continue;
        };
        own.retain(|directive, it| value.get(directive) != Some(it));
        if own.is_empty() {
            object.shift_remove(key);
        }
    }
    object
}

fn indented(text: &str, column: usize) -> String {
    let indentation = " ".repeat(column);
    text.lines()
        .map(|it| format!("{indentation}{it}\n"))
        .collect()
}

/// A text in a comment: nothing in it begins a line of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|it| {
            let is_safe =
                crate::value::text::forbidden(it.encode_utf8(&mut [0; 4]), false).is_none();
            if is_safe { it } else { ' ' }
        })
        .collect()
}
