//! From an operator's resources back to instances: what both operators have in common.
//!
//! What a policy has no field for is said, by the name of its field and never by its value: a
//! manifest may hold credentials.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::conventions::object_label;
use crate::api::{opstree, redis_operator};
use crate::catalog::redis_config;
use crate::diag::secret;
use crate::model::redis_config::refuses;
use crate::model::stack::{Resources, Storage};
use crate::read::manifest::{Content, Manifest, Node};
use crate::read::spec::ConfigValue;
use crate::topologies::Topology;
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::name::{Name, SecretKey, Subdomain};
use crate::value::quantity::Quantity;
use crate::value::secret::SecretRef;

/// The group of an API version.
pub fn group(api_version: &str) -> &str {
    api_version.split('/').next().unwrap_or_default()
}

/// Annotations by which opstree's operator is told what to do.
const STEERING: &[&str] = &[
    "rediscluster.opstreelabs.in/skip-reconcile",
    "redisreplication.opstreelabs.in/skip-reconcile",
    "redissentinel.opstreelabs.in/skip-reconcile",
    "redis.opstreelabs.in/skip-reconcile",
    "redis.opstreelabs.in/recreate-statefulset",
    "redis.opstreelabs.in/recreate-statefulset-strategy",
];
/// How annotations begin that tools leave behind, or that obsgen writes.
const OF_TOOLS: &[&str] = &[
    "argocd.argoproj.io/",
    "config.kubernetes.io/",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kustomize.toolkit.fluxcd.io/",
    "meta.helm.sh/",
];

/// Returns whether a resource is one of an operator that obsgen knows.
pub fn is_redis(manifest: &Manifest) -> bool {
    let known = [opstree::API_VERSION, redis_operator::API_VERSION];
    known
        .iter()
        .any(|it| group(it) == group(&manifest.api_version))
}

/// What is found in manifests.
#[derive(Debug, Default)]
pub struct Found {
    /// The instances, in the order of the manifests.
    pub instances: Vec<Raised>,
    /// What belongs to none of them and cannot be carried over.
    pub losses: Vec<Loss>,
    /// The images of Sentinels, where the operator takes an image of its own for them.
    pub sentinel_images: BTreeSet<Image>,
    /// The images of exporters, where the operator runs one beside each Redis.
    pub exporter_images: BTreeSet<Image>,
    /// Whether some instance runs only where the operator writes the configuration itself.
    pub generates_config: bool,
}

/// An instance as manifests tell of it.
#[derive(Debug, Clone)]
pub struct Raised {
    /// Its name, which is that of its resource.
    pub name: Name,
    /// Its namespace, where the manifest names one.
    pub namespace: Option<Name>,
    /// How it is laid out.
    pub topology: Topology,
    /// The image of Redis, if a policy takes it.
    pub image: Option<Image>,
    /// Requests and limits of each Redis container.
    pub resources: Resources,
    /// The volume of each Redis pod.
    pub storage: Option<Storage>,
    /// Directives of redis.conf.
    pub config: BTreeMap<String, String>,
    /// The password.
    pub auth: Option<SecretRef>,
    /// How often it is scraped, where one monitor says so.
    pub interval: Option<Duration>,
    /// Where it is.
    pub file: String,
    /// The line that its resource begins on.
    pub line: usize,
    /// What cannot be carried over.
    pub losses: Vec<Loss>,
}

/// Something that a policy does not take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What it is, and why.
    pub what: String,
}

impl Loss {
    /// A loss at a place of a manifest.
    pub fn at(manifest: &Manifest, line: usize, what: impl Into<String>) -> Self {
        Self {
            file: manifest.file.clone(),
            line,
            what: what.into(),
        }
    }
}

/// Every resource that was read.
pub struct Manifests<'a> {
    all: &'a [Manifest],
    /// By namespace and name.
    config_maps: BTreeMap<(Option<&'a str>, &'a str), &'a Manifest>,
    monitors: Vec<&'a Manifest>,
}

impl<'a> Manifests<'a> {
    /// The resources, in the order in which they were read.
    pub fn new(all: &'a [Manifest]) -> Self {
        let config_maps = all
            .iter()
            .filter(|it| it.kind == "ConfigMap" && it.api_version == "v1");
        let monitors = all
            .iter()
            .filter(|it| group(&it.api_version) == "monitoring.coreos.com")
            .filter(|it| matches!(it.kind.as_str(), "ServiceMonitor" | "PodMonitor"));
        Self {
            all,
            config_maps: config_maps
                .map(|it| ((it.namespace.as_deref(), it.name.as_str()), it))
                .collect(),
            monitors: monitors.collect(),
        }
    }

    /// Those of an API group, whatever the version.
    pub(super) fn of_group(&self, api_version: &'static str) -> impl Iterator<Item = &'a Manifest> {
        self.all
            .iter()
            .filter(move |it| group(&it.api_version) == group(api_version))
    }

    /// A ConfigMap by its name, beside a resource.
    fn config_map(&self, beside: &Manifest, name: &str) -> Option<&'a Manifest> {
        let key = (beside.namespace.as_deref(), name);
        self.config_maps.get(&key).copied()
    }

    /// The monitors that select something with these labels.
    fn selecting(&self, namespace: Option<&str>, labels: &[(&str, &str)]) -> Vec<&'a Manifest> {
        let selects = |it: &&&Manifest| {
            let any = it.root.text_at(&["spec", "namespaceSelector", "any"]) == Some("true");
            let named = it.root.at(&["spec", "namespaceSelector", "matchNames"]);
            let sees = match named {
                Some(names) => names.items().iter().any(|it| it.as_text() == namespace),
                None => any || it.namespace.as_deref() == namespace,
            };
            sees && it
                .root
                .at(&["spec", "selector"])
                .is_some_and(|it| selected(it, labels))
        };
        self.monitors.iter().filter(selects).copied().collect()
    }
}

/// The endpoints of a monitor, each with the field that it is in.
fn endpoints(monitor: &Manifest) -> impl Iterator<Item = (&'static str, &Node)> {
    ["endpoints", "podMetricsEndpoints"]
        .into_iter()
        .flat_map(|field| {
            let list = monitor.root.at(&["spec", field]);
            let items = list.map(Node::items).unwrap_or_default();
            items.iter().map(move |it| (field, it))
        })
}

/// The interval of all monitors, if it is one.
fn interval(monitors: &[&Manifest]) -> Option<Duration> {
    let intervals: BTreeSet<Duration> = monitors
        .iter()
        .flat_map(|it| endpoints(it))
        .filter_map(|(_, it)| Duration::parse(it.text_at(&["interval"])?).ok())
        .collect();
    intervals.first().copied().filter(|_| intervals.len() == 1)
}

/// What of a monitor is not carried over; of one that obsgen made, nothing is lost.
fn of_monitor(monitors: &Manifests<'_>, monitor: &Manifest) -> Vec<Loss> {
    if is_ours(monitor) {
        return Vec::new();
    }
    let mut raise = Raise::new(monitors, monitor, &[]);
    raise.lose(
        monitor.line(),
        format!(
            "obsgen writes the monitors of Redis: delete this {}, or it is scraped twice",
            monitor.kind
        ),
    );
    let labels = monitor.root.at(&["metadata", "labels"]);
    match labels.and_then(|it| it.get("release")) {
        Some(release) => {
            let value = release.as_text().and_then(|it| Name::parse(it).ok());
            let value = value.as_ref().map_or("…", Name::as_str);
            raise.lose(
                release.line,
                format!(
                    "`metadata.labels.release`: where your Prometheus chooses monitors by it, write \
                     `selects: {{monitors: {{release: {value}}}}}` under `platform.prometheus`"
                ),
            );
        }
        None => {
            if let Some(labels) = labels.filter(|it| !is_nothing(it)) {
                raise.lose(
                    labels.line,
                    "`metadata.labels`: write those by which your Prometheus chooses monitors under \
                     `platform.prometheus.selects.monitors`",
                );
            }
        }
    }
    raise.rest(
        monitor.root.get("spec"),
        "spec",
        &[
            "endpoints",
            "namespaceSelector",
            "podMetricsEndpoints",
            "selector",
        ],
    );
    let intervals = interval(&[monitor]);
    for (field, it) in endpoints(monitor) {
        let path = format!("spec.{field}");
        raise.rest(
            Some(it),
            &path,
            &["interval", "path", "port", "scheme", "targetPort"],
        );
        if let Some(node) = it.get("interval").filter(|_| intervals.is_none()) {
            raise.lose(
                node.line,
                format!("`{path}.interval`: it is no interval that a policy takes, or not the only one; write `metrics: {{interval: …}}`"),
            );
        }
    }
    raise.losses
}

/// Returns whether obsgen made a resource.
pub fn is_ours(manifest: &Manifest) -> bool {
    let label = ["metadata", "labels", object_label::MANAGED_BY];
    manifest.root.text_at(&label) == Some("obsgen")
}

/// Returns whether a selector is sure to choose something with these labels.
fn selected(selector: &Node, labels: &[(&str, &str)]) -> bool {
    let is = |key: &str, value: &str| labels.contains(&(key, value));
    let wanted = selector.get("matchLabels");
    let requirements = selector.get("matchExpressions");
    (wanted.is_some() || requirements.is_some())
        && wanted.is_none_or(|it| {
            it.fields()
                .all(|(key, value)| value.as_text().is_some_and(|it| is(key, it)))
        })
        && requirements.is_none_or(|it| {
            it.items().iter().all(|it| {
                let key = it.text_at(&["key"]).unwrap_or_default();
                let values = it.get("values").map(Node::items).unwrap_or_default();
                let among = values
                    .iter()
                    .filter_map(Node::as_text)
                    .any(|it| is(key, it));
                match it.text_at(&["operator"]) {
                    Some("In") => among,
                    Some("NotIn") => !among,
                    _ => false,
                }
            })
        })
}

/// One resource on its way to an instance.
pub(super) struct Raise<'a> {
    pub(super) manifests: &'a Manifests<'a>,
    pub(super) manifest: &'a Manifest,
    pub(super) losses: Vec<Loss>,
    config: BTreeMap<String, String>,
    /// Fields with what an API server writes into them where nothing is written.
    defaults: &'static [(&'static str, &'static str)],
}

impl<'a> Raise<'a> {
    pub(super) fn new(
        manifests: &'a Manifests<'a>,
        manifest: &'a Manifest,
        defaults: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            manifests,
            manifest,
            defaults,
            losses: Vec::new(),
            config: BTreeMap::new(),
        }
    }

    pub(super) fn spec(&self) -> &'a Node {
        self.manifest
            .root
            .get("spec")
            .unwrap_or(&self.manifest.root)
    }

    pub(super) fn lose(&mut self, line: usize, what: impl Into<String>) {
        self.losses.push(Loss::at(self.manifest, line, what));
    }

    /// Reports the fields of a map that are not among those that are known.
    pub(super) fn rest(&mut self, node: Option<&Node>, path: &str, known: &[&str]) {
        for (key, value) in node.into_iter().flat_map(Node::fields) {
            let is_default = self
                .defaults
                .contains(&(key, value.as_text().unwrap_or_default()));
            if known.contains(&key) || is_default || is_nothing(value) {
                continue;
            }
            let key = shown(key);
            let dot = if path.is_empty() { "" } else { "." };
            self.lose(
                value.line,
                format!("`{path}{dot}{key}`: a policy has no field for it, so the generated resource lacks it"),
            );
        }
    }

    pub(super) fn image(&mut self, node: Option<&Node>, path: &str) -> Option<Image> {
        let Some(node) = node else {
            self.lose(
                self.manifest.line(),
                format!("there is no `{path}`; write it as `image:` at the instance"),
            );
            return None;
        };
        let image = node.as_text().and_then(|it| Image::parse(it).ok());
        if image.is_none() {
            self.lose(
                node.line,
                format!(
                    "`{path}`: it names no version; write one as `image:` at the instance, so that a restart is no upgrade"
                ),
            );
        }
        image
    }

    /// The image of Sentinels, which the platform names.
    pub(super) fn sentinel_image(&mut self, node: Option<&Node>, path: &str) -> Option<Image> {
        let image = node?.as_text().and_then(|it| Image::parse(it).ok());
        if image.is_none() {
            self.lose(
                node?.line,
                format!("`{path}`: it names no version; write one as `redisSentinel` under `platform.images`"),
            );
        }
        image
    }

    pub(super) fn resources(&mut self, node: Option<&Node>, path: &str) -> Resources {
        let mut resources = Resources::default();
        self.rest(node, path, &["requests", "limits"]);
        for (field, amounts) in [
            ("requests", &mut resources.requests),
            ("limits", &mut resources.limits),
        ] {
            let written = node.and_then(|it| it.get(field));
            let path = format!("{path}.{field}");
            self.rest(written, &path, &["cpu", "memory"]);
            for name in ["cpu", "memory"] {
                let Some(node) = written.and_then(|it| it.get(name)) else {
                    continue;
                };
                match self.quantity(node, &format!("{path}.{name}")) {
                    Some(amount) => drop(amounts.insert(name, amount)),
                    None => continue,
                }
            }
        }
        resources
    }

    pub(super) fn quantity(&mut self, node: &Node, path: &str) -> Option<Quantity> {
        let amount = node.as_text().and_then(|it| Quantity::parse(it).ok());
        if amount.is_none() {
            self.lose(
                node.line,
                format!("`{path}`: it is no amount that a policy takes, such as `500m` or `1Gi`"),
            );
        }
        amount
    }

    pub(super) fn class(&mut self, node: Option<&Node>, path: &str) -> Option<String> {
        let node = node?;
        if node.as_text() == Some("") {
            self.lose(
                node.line,
                format!("`{path}`: it asks for a volume that was made by hand; the generated claim names no class, and gets the default one"),
            );
            return None;
        }
        let class = node.as_text().and_then(|it| Subdomain::parse(it).ok());
        if class.is_none() {
            self.lose(
                node.line,
                format!("`{path}`: it is no name of a storage class"),
            );
        }
        class.map(|it| it.to_string())
    }

    /// Reports what is written otherwise than obsgen writes it: `same` has the paths of what it
    /// writes, with the value. A map of which it writes nothing is reported once, as a list is.
    pub(super) fn same(&mut self, node: Option<&Node>, path: &str, same: &[(&str, &str)]) {
        let Some(node) = node else { return };
        match &node.content {
            Content::Map(_) if same.iter().any(|it| is_below(it.0, path)) => {
                for (key, value) in node.fields() {
                    self.same(Some(value), &format!("{path}.{}", shown(key)), same);
                }
            }
            _ => {
                if !is_same(node, path, same) {
                    let written = same.iter().any(|it| is_below(it.0, path) || it.0 == path);
                    let why = match written {
                        true => "obsgen writes its own",
                        false => "a policy has no field for it, so the generated resource lacks it",
                    };
                    self.lose(node.line, format!("`{path}`: {why}"));
                }
            }
        }
    }

    /// Reports what of the metadata is not carried over, and fields beside `spec`.
    pub(super) fn metadata(&mut self, labels: &str) {
        let root = &self.manifest.root;
        let known = ["apiVersion", "kind", "metadata", "spec", "status"];
        self.rest(Some(root), "", &known);
        let metadata = root.get("metadata");
        // What an API server writes, or whoever deletes.
        const OF_THE_CLUSTER: &[&str] = &[
            "annotations",
            "creationTimestamp",
            "deletionGracePeriodSeconds",
            "deletionTimestamp",
            "finalizers",
            "generation",
            "labels",
            "managedFields",
            "name",
            "namespace",
            "resourceVersion",
            "selfLink",
            "uid",
        ];
        self.rest(metadata, "metadata", OF_THE_CLUSTER);
        let of = |field: &str| metadata.and_then(|it| it.get(field));
        if let Some(it) = of("labels").filter(|it| !is_nothing(it)) {
            self.lose(it.line, format!("`metadata.labels`: {labels}"));
        }
        let mut others = None;
        for (key, value) in of("annotations").into_iter().flat_map(Node::fields) {
            if STEERING.contains(&key) {
                self.lose(
                    value.line,
                    format!("`metadata.annotations`: `{key}` steers the operator, and the generated resource lacks it"),
                );
            } else if !OF_TOOLS.iter().any(|it| key.starts_with(it)) {
                others = others.or(Some(value.line));
            }
        }
        if let Some(line) = others {
            self.lose(
                line,
                "`metadata.annotations`: the generated resource lacks those that its operator does not know",
            );
        }
    }

    /// A key of a Secret, by its two names.
    pub(super) fn secret(&mut self, node: Option<&Node>, path: &str) -> Option<SecretRef> {
        let node = node?;
        let name = node
            .text_at(&["name"])
            .and_then(|it| Subdomain::parse(it).ok());
        let key = node
            .text_at(&["key"])
            .and_then(|it| SecretKey::parse(it).ok());
        let reference = name.zip(key).map(|(name, key)| SecretRef { name, key });
        if reference.is_none() {
            self.lose(
                node.line,
                format!("`{path}`: it names no Secret and key; write `auth: {{secretRef: {{name: …, key: …}}}}`"),
            );
        }
        reference
    }

    /// A number that the policy takes between two others; the nearest is taken instead, and said.
    pub(super) fn number(
        &mut self,
        node: Option<&Node>,
        otherwise: u32,
        range: std::ops::RangeInclusive<u32>,
        path: &str,
    ) -> u32 {
        let written = node.and_then(Node::as_text);
        let number = written.map_or(Some(otherwise), |it| it.parse().ok());
        let line = node.map_or(self.manifest.line(), |it| it.line);
        let Some(number) = number else {
            self.lose(
                line,
                format!("`{path}`: it is no number; {otherwise} is written here"),
            );
            return otherwise.clamp(*range.start(), *range.end());
        };
        let nearest = number.clamp(*range.start(), *range.end());
        if nearest != number {
            self.lose(
                line,
                format!("`{path}`: it is {number}, and a policy takes {} to {}; {nearest} is written here", range.start(), range.end()),
            );
        }
        nearest
    }

    /// The text of a ConfigMap that is included in redis.conf.
    pub(super) fn config_map(&mut self, reference: Option<&Node>, path: &str, key: &str) {
        let Some(reference) = reference else { return };
        let name = reference.as_text().and_then(|it| Subdomain::parse(it).ok());
        let Some(name) = name else {
            self.lose(reference.line, format!("`{path}`: it names no ConfigMap"));
            return;
        };
        let Some(map) = self.manifests.config_map(self.manifest, name.as_str()) else {
            self.lose(
                reference.line,
                format!("`{path}`: the ConfigMap `{name}` is not among what was read; write its directives under `config`"),
            );
            return;
        };
        let Some(node) = map.root.at(&["data", key]) else {
            self.lose(
                reference.line,
                format!("`{path}`: the ConfigMap `{name}` has no key `{key}`"),
            );
            return;
        };
        let mut lines = Vec::new();
        for line in node.as_text().unwrap_or_default().lines() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                lines.push(line);
            }
        }
        let own = std::mem::take(&mut self.losses);
        for line in lines {
            let (directive, value) = split(line);
            self.directive(node.line, directive, value, true);
        }
        // These are about the ConfigMap, in its file.
        let there = std::mem::replace(&mut self.losses, own);
        self.losses.extend(there.into_iter().map(|it| Loss {
            file: map.file.clone(),
            ..it
        }));
    }

    /// One directive; a later one replaces those before it, where Redis does not add them up.
    pub(super) fn directive(&mut self, line: usize, directive: &str, value: &str, adds: bool) {
        let directive = directive.to_ascii_lowercase();
        if let Some(why) = redis_config::forbidden(&directive) {
            self.lose(line, format!("`{directive}`: {why}"));
            return;
        }
        if !redis_config::is_known(&directive) {
            let it = match is_word(&directive) && !value.is_empty() {
                true => format!("`{directive}`: a directive"),
                false => "a directive".to_owned(),
            };
            self.lose(line, format!("{it} that obsgen does not know is left out: look for its name of today in redis.conf"));
            return;
        }
        let value = value.trim();
        let bare = ["\"", "'"]
            .iter()
            .find_map(|it| value.strip_prefix(it)?.strip_suffix(it))
            .unwrap_or(value);
        let value = match self.config.get(&directive) {
            // An empty list begins anew.
            Some(before)
                if adds
                    && !bare.is_empty()
                    && !before.is_empty()
                    && matches!(directive.as_str(), "save" | "client-output-buffer-limit") =>
            {
                format!("{before} {bare}")
            }
            _ => bare.to_owned(),
        };
        let written = ConfigValue::Text(value.clone());
        if refuses(&directive, &written, None) || secret::may_be(&value) {
            self.lose(
                line,
                format!(
                    "`{directive}`: a policy does not take its value; write one under `config`"
                ),
            );
            return;
        }
        self.config.insert(directive, value);
    }

    pub(super) fn has_directive(&self, directive: &str) -> bool {
        self.config.contains_key(directive)
    }

    /// Ends with an instance, if the resource has a name that an instance can have.
    pub(super) fn finish(mut self, labels: &[(&str, &str)], parts: Parts, found: &mut Found) {
        let manifest = self.manifest;
        for (directive, value) in std::mem::take(&mut self.config) {
            let written = ConfigValue::Text(value.clone());
            if refuses(&directive, &written, parts.image.as_ref()) {
                self.lose(
                    manifest.line(),
                    format!("`{directive}`: the Redis of its image does not start with it"),
                );
            } else {
                self.config.insert(directive, value);
            }
        }
        if let Some(line) = template(&manifest.root) {
            found.losses.push(Loss::at(
                manifest,
                line,
                format!(
                    "a {} is left out: it is a template; render it first, as with `helm template`",
                    manifest.kind
                ),
            ));
            return;
        }
        let Ok(name) = Name::parse(&manifest.name) else {
            found.losses.push(Loss::at(
                manifest,
                manifest.line(),
                format!(
                    "a {} is left out: an instance cannot have its name",
                    manifest.kind
                ),
            ));
            return;
        };
        let namespace = manifest
            .namespace
            .as_deref()
            .and_then(|it| Name::parse(it).ok());
        let monitors = self
            .manifests
            .selecting(manifest.namespace.as_deref(), labels);
        for it in &monitors {
            found.losses.extend(of_monitor(self.manifests, it));
        }
        found.instances.push(Raised {
            interval: interval(&monitors),
            name,
            namespace,
            topology: parts.topology,
            image: parts.image,
            resources: parts.resources,
            storage: parts.storage,
            config: self.config,
            auth: parts.auth,
            file: manifest.file.clone(),
            line: manifest.line(),
            losses: self.losses,
        });
    }
}

/// What an operator's file finds out about an instance.
pub(super) struct Parts {
    pub(super) topology: Topology,
    pub(super) image: Option<Image>,
    pub(super) resources: Resources,
    pub(super) storage: Option<Storage>,
    pub(super) auth: Option<SecretRef>,
}

/// Directive and value of a line.
pub(super) fn split(line: &str) -> (&str, &str) {
    let line = line.trim();
    line.split_once(char::is_whitespace).unwrap_or((line, ""))
}

/// A key as it is shown: one that is no field of a resource may be anything.
fn shown(key: &str) -> &str {
    let is_field = key.len() <= 40
        && key
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-');
    if is_field { key } else { "…" }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|it| it.starts_with('.'))
}

/// Returns whether everything in a value is what obsgen writes, or nothing; items of a list have the
/// path of the list.
fn is_same(node: &Node, path: &str, same: &[(&str, &str)]) -> bool {
    match &node.content {
        Content::Null => true,
        Content::Text(text) | Content::Word(text) => same.contains(&(path, text)),
        Content::List(items) => items.iter().all(|it| is_same(it, path, same)),
        Content::Map(_) => node
            .fields()
            .all(|(key, value)| is_same(value, &format!("{path}.{key}"), same)),
    }
}

/// Returns where a resource has what only a template has: `{{`, which YAML reads as a map that is a
/// key where it is in no quotes.
fn template(node: &Node) -> Option<usize> {
    match &node.content {
        Content::Null => None,
        Content::Text(text) | Content::Word(text) => text.contains("{{").then_some(node.line),
        Content::List(items) => items.iter().find_map(template),
        Content::Map(fields) => match fields.contains_key("") {
            true => Some(node.line),
            false => fields.values().filter_map(template).min(),
        },
    }
}

/// Returns whether a word can be told: it is spelled as directives are, and looks like no credential.
fn is_word(text: &str) -> bool {
    let is_spelled = text.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
    !text.is_empty() && text.len() <= 32 && is_spelled && !secret::may_be(text)
}

/// Returns whether a field says nothing: an empty text, list or map, or `false`.
fn is_nothing(node: &Node) -> bool {
    match node.as_text() {
        Some(text) => matches!(text, "" | "false"),
        None => node.items().is_empty() && node.fields().next().is_none(),
    }
}
