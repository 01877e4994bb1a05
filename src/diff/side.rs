//! One side of a comparison: the objects that are delivered, as data, whoever wrote them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::diff::estimates::Amounts;
use crate::model::stack::Stack;
use crate::plan::{Content, Document, Plan, Planned};
use crate::read::manifest::{self, Manifest};
use crate::render::{classic, template};

/// What names an object in a cluster. The version of its group does not: an object keeps its name when its
/// kind gets another version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// The API group; empty for the core of Kubernetes.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace, where it has one.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// What only the policy of a side knows.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    /// The labels that Prometheus selects monitors by.
    pub monitor_labels: BTreeMap<String, String>,
    /// The labels that Prometheus selects rules by.
    pub rule_labels: BTreeMap<String, String>,
    /// The labels that Alertmanager selects its resources by.
    pub config_labels: BTreeMap<String, String>,
    /// What it costs.
    pub amounts: Amounts,
}

/// One side: everything that is delivered, and the pages beside it.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// The objects. A document that is part of an object as text is data here.
    pub objects: BTreeMap<Id, Value>,
    /// Pages for people, by their path in the tree; `None` where the side has only objects.
    pub pages: Option<BTreeMap<String, String>>,
    /// What only the policy knows; `None` where the side is none.
    pub compiled: Option<Compiled>,
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

impl Id {
    /// The id of an object.
    pub fn of(object: &Value) -> Self {
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let version = object["apiVersion"].as_str().unwrap_or_default();
        Self {
            group: version
                .split_once('/')
                .map_or("", |(group, _)| group)
                .to_owned(),
            kind: text(&object["kind"]),
            namespace: text(&object["metadata"]["namespace"]),
            name: text(&object["metadata"]["name"]),
        }
    }
}

impl Side {
    /// What a policy delivers.
    pub fn of_plan(stack: &Stack, plan: &Plan) -> Self {
        let mut side = Self {
            objects: BTreeMap::new(),
            pages: Some(BTreeMap::new()),
            compiled: None,
        };
        for planned in plan.objects() {
            side.insert(delivered(planned));
        }
        for (path, file) in plan.files() {
            if let Content::Page {
                name,
                template,
                context,
            } = &file.content
                && let Some(pages) = &mut side.pages
            {
                pages.insert(path.to_owned(), template::page(name, template, context));
            }
        }
        let prometheus = &stack.platform.prometheus;
        side.compiled = Some(Compiled {
            monitor_labels: prometheus.monitor_labels.clone(),
            rule_labels: prometheus.rule_labels.clone(),
            config_labels: stack.platform.alertmanager.selects.clone(),
            amounts: Amounts::of(stack, side.objects.values()),
        });
        side
    }

    /// What manifests deliver: those of a tree, or of one stream.
    pub fn of_manifests(manifests: Vec<Manifest>) -> Self {
        let mut side = Self::default();
        for manifest in manifests {
            let is_of_kustomize = manifest.api_version.starts_with("kustomize.config.k8s.io/");
            if !is_of_kustomize {
                side.insert(with_documents(as_applied(manifest.root.to_value())));
            }
        }
        side
    }

    fn insert(&mut self, object: Value) {
        self.objects.insert(Id::of(&object), object);
    }
}

/// An object as planned, with its documents in it as data.
pub fn delivered(planned: &Planned) -> Value {
    let mut value = planned.object.value().clone();
    for embedded in &planned.documents {
        value[embedded.field][&*embedded.key] = match &embedded.document {
            Document::Yaml(document) | Document::Json(document) => document.clone(),
            Document::Ndjson(documents) => Value::Array(documents.clone()),
            Document::Classic(sections) => Value::String(classic::file(sections)),
        };
    }
    match planned.documents.is_empty() {
        true => with_documents(value),
        false => value,
    }
}

/// What the API server adds to an object: nobody applies it.
const SET_BY_SERVER: &[&str] = &[
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];
/// Annotations that tools keep their own notes in.
const NOTES: &[&str] = &[
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// An object without what only one that was read from a cluster has.
fn as_applied(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.shift_remove("status");
    }
    let Some(Value::Object(metadata)) = object.get_mut("metadata") else {
        return object;
    };
    for field in SET_BY_SERVER {
        metadata.shift_remove(*field);
    }
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        for note in NOTES {
            annotations.shift_remove(*note);
        }
        if annotations.is_empty() {
            metadata.shift_remove("annotations");
        }
    }
    object
}

/// The fields of a kind that hold documents by their names.
fn fields_of_documents(kind: &str) -> &'static [&'static str] {
    match kind {
        "ConfigMap" => &["data"],
        "GrafanaDashboard" => &["spec"],
        "Secret" => &["data", "stringData"],
        _ => &[],
    }
}

/// Reads the documents that are part of an object as text, by the endings of their names.
fn with_documents(mut object: Value) -> Value {
    let fields = fields_of_documents(object["kind"].as_str().unwrap_or_default());
    for field in fields {
        let Some(Value::Object(documents)) = object.get_mut(*field) else {
            continue;
        };
        for (key, document) in documents {
            if let Value::String(text) = document
                && let Some(data) = data_of(key, text)
            {
                *document = data;
            }
        }
    }
    object
}

/// The data in a document; nothing where it is a text, or none that can be read.
pub(crate) fn data_of(key: &str, text: &str) -> Option<Value> {
    let data = match key.rsplit('.').next()? {
        "json" => serde_json::from_str(text).ok()?,
        "ndjson" => Value::Array(
            text.lines()
                .filter(|it| !it.trim().is_empty())
                .map(|it| serde_json::from_str(it).ok())
                .collect::<Option<_>>()?,
        ),
        "yaml" | "yml" => manifest::document(text)?.to_value(),
        _ => return None,
    };
    matches!(data, Value::Object(_) | Value::Array(_)).then_some(data)
}
