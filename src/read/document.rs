//! A policy's texts and the tree that was read from them: where every field is.

use crate::diag::path::{FieldPath, Segment};
use crate::diag::source::{FileId, Locate, Source, Span};
use crate::read::tree::{Content, Entry, Node};

/// The texts of a policy and its merged tree.
#[derive(Debug, Clone)]
pub struct Document {
    sources: Vec<Source>,
    /// The files that were read, each above those that it extends.
    order: Vec<FileId>,
    root: Node,
}

impl Document {
    pub(crate) fn new(sources: Vec<Source>, order: Vec<FileId>, root: Node) -> Self {
        Self {
            sources,
            order,
            root,
        }
    }

    /// The files that were read, each after those that it extends.
    pub(crate) fn files(&self) -> &[FileId] {
        &self.order
    }

    /// The merged tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Returns the path of what `segment` (a key, or a position as text) leads to from `path`; an
    /// item of a list of named things is addressed by its name.
    pub(crate) fn child(&self, path: &FieldPath, segment: &str) -> FieldPath {
        let Some(node) = self.node(path) else {
            return path.key(segment);
        };
        match &node.content {
            Content::List(items) => {
                let Ok(index) = segment.parse::<usize>() else {
                    return path.key(segment);
                };
                match items.get(index).and_then(Node::name) {
                    Some(name) => path.key(name),
                    None => path.index(index),
                }
            }
            _ => path.key(segment),
        }
    }

    /// Returns whether the value there is a list.
    pub(crate) fn is_list(&self, path: &FieldPath) -> bool {
        matches!(
            self.node(path).map(|it| &it.content),
            Some(Content::List(_))
        )
    }

    /// Returns the number at a path, as it was written.
    pub(crate) fn number(&self, path: &FieldPath) -> Option<String> {
        match &self.node(path)?.content {
            Content::Int(it) => Some(it.to_string()),
            Content::Decimal(it) => Some(it.clone()),
            Content::Null
            | Content::Bool(_)
            | Content::Text(_)
            | Content::List(_)
            | Content::Map(_) => None,
        }
    }

    /// Returns whether something is written at a path.
    pub fn has(&self, path: &FieldPath) -> bool {
        self.node(path).is_some()
    }

    /// Returns the keys of the map at a path, or the names of the things in the list there.
    pub fn keys(&self, path: &FieldPath) -> Vec<&str> {
        match self.node(path).map(|it| &it.content) {
            Some(Content::Map(entries)) => entries.iter().map(|it| it.key.as_str()).collect(),
            Some(Content::List(items)) => items.iter().filter_map(Node::name).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the value at a path of the merged tree.
    pub(crate) fn node(&self, path: &FieldPath) -> Option<&Node> {
        path.segments()
            .iter()
            .try_fold(&self.root, |node, segment| {
                step(node, segment).map(|(_, it)| it)
            })
    }
}

impl Locate for Document {
    fn source(&self, file: FileId) -> Option<&Source> {
        self.sources.get(file.0)
    }

    fn key_span(&self, path: &FieldPath) -> Option<Span> {
        let (last, parents) = path.segments().split_last()?;
        let parent = parents.iter().try_fold(&self.root, |node, segment| {
            step(node, segment).map(|(_, it)| it)
        })?;
        let (entry, node) = step(parent, last)?;
        Some(match (entry, node.get("name")) {
            (Some(entry), _) => entry.key_span.clone(),
            // An item of a list has no key: its name stands for it.
            (None, Some(name)) => name.value.span.clone(),
            (None, None) => node.span.clone(),
        })
    }

    fn value_span(&self, path: &FieldPath) -> Option<Span> {
        self.node(path).map(|it| it.span.clone())
    }

    fn start(&self) -> Span {
        let top = self.root.get("metadata").or_else(|| self.root.get("kind"));
        top.map_or(
            Span {
                file: FileId(0),
                range: 0..0,
            },
            |it| it.key_span.clone(),
        )
    }
}

/// Returns where a step leads to: the value, with its key where it has one.
pub(super) fn step<'a>(node: &'a Node, segment: &Segment) -> Option<(Option<&'a Entry>, &'a Node)> {
    match (&node.content, segment) {
        (Content::Map(_), Segment::Key(key)) => node.get(key).map(|it| (Some(it), &it.value)),
        (Content::List(items), Segment::Index(index)) => items.get(*index).map(|it| (None, it)),
        (Content::List(items), Segment::Key(name)) => items
            .iter()
            .find(|it| it.name() == Some(name))
            .map(|it| (None, it)),
        _ => None,
    }
}
