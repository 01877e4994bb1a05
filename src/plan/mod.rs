//! The stack as objects and files: what will be written, as data. Nothing here can fail.

mod alertmanager;
mod elasticsearch;
mod fluent_bit;
mod grafana;
mod kibana;
mod prometheus;
mod redis;
mod runbooks;
pub mod secrets;
pub mod size;
mod tracing;

pub use prometheus::recordings_in_order;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::api::conventions::annotation;
use crate::api::fluent_bit::Settings;
use crate::api::kustomize::{self, Kustomization};
use crate::api::object::Object;
use crate::model::stack::Stack;

/// A part of the output: a folder, and what puts files into it.
pub struct Artifact {
    /// Its name, which is that of its folder.
    pub name: &'static str,
    /// Whether it is delivered; what is not is for people and their tools.
    pub delivered: bool,
    plan: fn(&Stack, &mut Files<'_>),
}

/// Every part of the output, in the order of delivery.
pub static ARTIFACTS: &[Artifact] = &[
    Artifact {
        name: "redis",
        delivered: true,
        plan: redis::plan,
    },
    Artifact {
        name: "prometheus",
        delivered: true,
        plan: prometheus::plan,
    },
    Artifact {
        name: "alertmanager",
        delivered: true,
        plan: alertmanager::plan,
    },
    Artifact {
        name: "elasticsearch",
        delivered: true,
        plan: elasticsearch::plan,
    },
    Artifact {
        name: "fluent-bit",
        delivered: true,
        plan: fluent_bit::plan,
    },
    Artifact {
        name: "kibana",
        delivered: true,
        plan: kibana::plan,
    },
    Artifact {
        name: "tracing",
        delivered: true,
        plan: tracing::plan,
    },
    Artifact {
        name: "grafana",
        delivered: true,
        plan: grafana::plan,
    },
    Artifact {
        name: "runbooks",
        delivered: false,
        plan: runbooks::plan,
    },
];

/// What is going to be written.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    files: BTreeMap<String, File>,
}

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// The artifact that it is part of.
    pub owner: &'static str,
    /// What is in it.
    pub content: Content,
}

/// What is in a file.
#[derive(Debug, Clone)]
pub enum Content {
    /// Objects of Kubernetes.
    Objects(Vec<Planned>),
    /// What makes a folder a unit of delivery.
    Kustomization(Kustomization),
    /// A template for people, and what it is filled with.
    Page {
        /// The name of the template, for messages.
        name: &'static str,
        /// The template.
        template: &'static str,
        /// What it is filled with.
        context: Value,
    },
}

/// An object, and the documents that are part of it as text.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The object without those documents.
    pub object: Object,
    /// The documents.
    pub documents: Vec<Embedded>,
}

/// A document inside an object.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// The field of the object that holds documents by name, such as `data`.
    pub field: &'static str,
    /// The name of the document.
    pub key: Cow<'static, str>,
    /// The document.
    pub document: Document,
}

/// A document by its format.
#[derive(Debug, Clone)]
pub enum Document {
    /// YAML.
    Yaml(Value),
    /// JSON.
    Json(Value),
    /// JSON documents, one a line.
    Ndjson(Vec<Value>),
    /// A configuration of Fluent Bit, in the format that Fluent Bit calls classic.
    Classic(Vec<(&'static str, Settings)>),
}

impl From<Object> for Planned {
    fn from(object: Object) -> Self {
        Self {
            object,
            documents: Vec::new(),
        }
    }
}

impl Planned {
    /// Tells Flux, which replaces variables where a Kustomization has `postBuild`, that those of
    /// this object are of the program that reads it.
    fn kept_from_substitution(mut self) -> Self {
        if has_variable(self.object.value()) || self.documents.iter().any(Embedded::has_variable) {
            self.object
                .annotate(annotation::FLUX_SUBSTITUTE, "disabled");
        }
        self
    }
}

impl Planned {
    /// Tells Argo CD to let the API server apply an object that is too large for the annotation in
    /// which it would keep what it applied. Flux applies so always.
    fn applied_by_server(mut self) -> Self {
        // The other annotations, and what is not counted exactly, have room below it.
        if self.size() > size::LARGEST_ANNOTATIONS / 10 * 9 {
            const OPTION: &str = "ServerSideApply=true";
            let key = annotation::ARGOCD_SYNC_OPTIONS;
            let options = self.object.value()["metadata"]["annotations"][key].as_str();
            let options = options.map_or(OPTION.to_owned(), |it| format!("{it},{OPTION}"));
            self.object.annotate(key, &options);
        }
        self
    }
}

impl Embedded {
    fn has_variable(&self) -> bool {
        match &self.document {
            Document::Yaml(value) | Document::Json(value) => has_variable(value),
            Document::Ndjson(values) => values.iter().any(has_variable),
            Document::Classic(sections) => sections
                .iter()
                .flat_map(|(_, settings)| settings.iter())
                .any(|(_, value)| is_replaced(value)),
        }
    }
}

/// Whether a text has what Flux would replace: a variable in braces, or two dollars, of which it leaves
/// one, braces or not. `$name` it leaves alone (fluxcd/pkg, envsubst/parse/scan.go).
fn is_replaced(text: &str) -> bool {
    text.contains("${") || text.contains("$$")
}

fn has_variable(value: &Value) -> bool {
    match value {
        Value::String(text) => is_replaced(text),
        Value::Array(items) => items.iter().any(has_variable),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, value)| is_replaced(key) || has_variable(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Takes the files of one artifact.
pub(crate) struct Files<'a> {
    owner: &'static str,
    plan: &'a mut Plan,
}

impl Files<'_> {
    /// Adds a file with objects, if there are any; the path is below the artifact's folder.
    fn objects<T: Into<Planned>>(&mut self, path: &str, objects: impl IntoIterator<Item = T>) {
        let objects: Vec<Planned> = objects
            .into_iter()
            .map(|it| it.into().kept_from_substitution().applied_by_server())
            .collect();
        if !objects.is_empty() {
            self.add(path, Content::Objects(objects));
        }
    }

    fn add(&mut self, path: &str, content: Content) {
        let file = File {
            owner: self.owner,
            content,
        };
        self.plan
            .files
            .insert(format!("{}/{path}", self.owner), file);
    }
}

/// Plans the output of a stack.
pub fn plan(stack: &Stack) -> Plan {
    plan_of(stack, |_| true)
}

/// Plans one part of the output of a stack by its name, and all of it where no part has that name.
pub fn plan_part(stack: &Stack, name: &str) -> Plan {
    let is_one = ARTIFACTS.iter().any(|it| it.name == name);
    plan_of(stack, |it| !is_one || it.name == name)
}

fn plan_of(stack: &Stack, is_planned: impl Fn(&Artifact) -> bool) -> Plan {
    let mut plan = Plan::default();
    for artifact in ARTIFACTS.iter().filter(|it| is_planned(it)) {
        (artifact.plan)(
            stack,
            &mut Files {
                owner: artifact.name,
                plan: &mut plan,
            },
        );
    }
    plan.add_kustomizations();
    plan
}

impl Plan {
    /// The files in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The plan with objects changed, file by file, as a defect of this program would have them: what
    /// such a plan is refused for is known before there is one.
    pub fn with(&self, mut change: impl FnMut(&str, &mut Vec<Planned>)) -> Self {
        let mut plan = self.clone();
        for (path, file) in &mut plan.files {
            if let Content::Objects(objects) = &mut file.content {
                change(path, objects);
            }
        }
        plan
    }

    /// What each object is known by where it is delivered: kind and group, namespace, name.
    pub fn identities(&self) -> BTreeSet<String> {
        let objects = self.objects().into_iter();
        objects.map(|it| it.object.identity()).collect()
    }

    /// The objects in the order of delivery: that of the kustomizations.
    pub fn objects(&self) -> Vec<&Planned> {
        let mut objects = Vec::new();
        self.deliver("", &mut objects);
        objects
    }

    fn deliver<'a>(&'a self, folder: &str, acc: &mut Vec<&'a Planned>) {
        let below = |name: &str| {
            if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            }
        };
        let Some(File {
            content: Content::Kustomization(kustomization),
            ..
        }) = self.files.get(&below(kustomize::FILE_NAME))
        else {
            return;
        };
        for resource in &kustomization.resources {
            match self.files.get(&below(resource)) {
                Some(File {
                    content: Content::Objects(objects),
                    ..
                }) => acc.extend(objects),
                Some(_) => {}
                None => self.deliver(&below(resource), acc),
            }
        }
    }

    /// Gives every folder with objects below it a kustomization, so that each builds alone.
    fn add_kustomizations(&mut self) {
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, file) in &self.files {
            if !matches!(file.content, Content::Objects(_)) {
                continue;
            }
            let mut below = path.as_str();
            while let Some((folder, name)) = below.rsplit_once('/') {
                folders
                    .entry(folder.to_owned())
                    .or_default()
                    .insert(name.to_owned());
                below = folder;
            }
            folders
                .entry(String::new())
                .or_default()
                .insert(below.to_owned());
        }
        for (folder, names) in folders {
            let mut names: Vec<String> = names.into_iter().collect();
            if folder.is_empty() {
                names.sort_by_key(|name| ARTIFACTS.iter().position(|it| it.name == name));
            }
            let first = folder.split('/').next().unwrap_or_default();
            let owner = ARTIFACTS
                .iter()
                .find(|it| it.name == first)
                .map_or("kustomize", |it| it.name);
            let path = match folder.as_str() {
                "" => kustomize::FILE_NAME.to_owned(),
                folder => format!("{folder}/{}", kustomize::FILE_NAME),
            };
            let content = Content::Kustomization(Kustomization::new(names));
            self.files.insert(path, File { owner, content });
        }
    }
}
