//! Where the value of a field comes from: every place that says it, in the order in which they are
//! laid over each other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diag::path::FieldPath;
use crate::diag::source::{Locate, Span};
use crate::read::document::Document;
use crate::read::schema;
use crate::read::tree::{self, Content, Node};

/// A place that says a value.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The field there; that of an instance may be said under `redis.defaults`.
    pub field: FieldPath,
    /// Where.
    pub at: Span,
    /// The value, as it is written; `None` where it may hold a credential.
    pub value: Option<String>,
}

/// The files of a policy, each by itself.
pub struct Layers<'a> {
    document: &'a Document,
    /// From the lowest up.
    trees: Vec<Document>,
}

impl<'a> Layers<'a> {
    /// Reads the files of a policy again, one by one.
    pub fn of(document: &'a Document) -> Self {
        let files = document.files().iter();
        let trees = files.filter_map(|file| {
            let text = &document.source(*file)?.text;
            let root = tree::load(*file, text, &mut Vec::new()).node?;
            Some(Document::new(Vec::new(), Vec::new(), root))
        });
        Self {
            document,
            trees: trees.collect(),
        }
    }

    /// Returns every place that says a field, from the lowest up: the last one counts.
    pub fn origins(&self, field: &FieldPath) -> Vec<Origin> {
        let mut origins = Vec::new();
        for field in field.in_defaults().iter().chain([field]) {
            origins.extend(self.of_field(field));
        }
        origins
    }

    /// Returns what obsgen itself assumes for a field, as it would be written.
    pub fn built_in(&self, field: &FieldPath) -> Option<String> {
        schema::default_of(field, self.document).map(written)
    }

    fn of_field(&self, field: &FieldPath) -> Vec<Origin> {
        let mut origins = Vec::new();
        for tree in &self.trees {
            match lookup(tree, field) {
                Found::Removed => origins.clear(),
                Found::Nothing => {}
                Found::Value(node) => origins.push(Origin {
                    field: field.clone(),
                    at: node.span.clone(),
                    value: self.shown(node),
                }),
            }
        }
        origins
    }

    /// Returns the fields that have a value of their own at a field or in it, in the order of the
    /// policy; those of an instance with what the defaults bring.
    pub fn leaves(&self, field: &FieldPath) -> Vec<FieldPath> {
        let mut leaves = Vec::new();
        let is_there = field.instance().is_none_or(|it| self.document.has(&it));
        if let Some(defaults) = field.in_defaults().filter(|_| is_there) {
            let prefix = defaults.segments().len();
            for leaf in leaves_of(self.document, &defaults) {
                let rest = &leaf.segments()[prefix..];
                leaves.push(rest.iter().fold(field.clone(), |path, it| path.step(it)));
            }
        }
        let known: BTreeSet<FieldPath> = leaves.iter().cloned().collect();
        let own = leaves_of(self.document, field).into_iter();
        leaves.extend(own.filter(|it| !known.contains(it)));
        leaves
    }

    fn shown(&self, node: &Node) -> Option<String> {
        let source = self.document.source(node.span.file)?;
        let range = node.span.range.clone();
        let is_hidden = range.clone().any(|byte| source.is_hidden(byte));
        (!is_hidden).then(|| source.text[range].trim_end().to_owned())
    }
}

/// A value as a person writes it.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let fields = map
                .iter()
                .map(|(key, it)| format!("{key}: {}", written(it)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

enum Found<'a> {
    Nothing,
    Removed,
    Value(&'a Node),
}

fn lookup<'a>(tree: &'a Document, field: &FieldPath) -> Found<'a> {
    let segments = field.segments();
    let mut node = tree.root();
    for (depth, segment) in segments.iter().enumerate() {
        match tree.step(node, &segments[..depth], segment) {
            Some((_, inner)) => node = inner,
            None => return Found::Nothing,
        }
        let removal = node.get("remove").map(|it| &it.value.content);
        if removal == Some(&Content::Bool(true)) {
            return Found::Removed;
        }
    }
    Found::Value(node)
}

fn leaves_of(document: &Document, field: &FieldPath) -> Vec<FieldPath> {
    let mut leaves = Vec::new();
    if let Some(node) = document.node(field) {
        collect(node, field, &mut leaves);
    }
    leaves
}

fn collect(node: &Node, path: &FieldPath, leaves: &mut Vec<FieldPath>) {
    match &node.content {
        Content::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                collect(&entry.value, &path.key(&entry.key), leaves);
            }
        }
        Content::List(items) if items.iter().any(|it| it.name().is_some()) => {
            for item in items {
                if let Some(name) = item.name() {
                    collect(item, &path.key(name), leaves);
                }
            }
        }
        _ => leaves.push(path.clone()),
    }
}
