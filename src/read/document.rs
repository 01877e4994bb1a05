//! A policy's texts and the tree that was read from them: where every field is.

use std::collections::BTreeMap;
use std::sync::OnceLock;

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
    /// The positions of the named items of each long list: a policy of ten thousand instances may
    /// have a finding about each.
    names: OnceLock<BTreeMap<Vec<Segment>, BTreeMap<String, usize>>>,
}

/// Items of a list above which a name is looked up.
const LONG: usize = 32;

impl Document {
    pub(crate) fn new(sources: Vec<Source>, order: Vec<FileId>, root: Node) -> Self {
        Self {
            sources,
            order,
            root,
            names: OnceLock::new(),
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
        self.reached(path.segments()).map(|(_, it)| it)
    }

    /// Returns what a path leads to, with its key if it has one.
    fn reached(&self, path: &[Segment]) -> Option<(Option<&Entry>, &Node)> {
        let mut reached = (None, &self.root);
        for (depth, segment) in path.iter().enumerate() {
            reached = match (&reached.1.content, segment) {
                (Content::Map(_), Segment::Key(key)) => {
                    let entry = reached.1.get(key)?;
                    (Some(entry), &entry.value)
                }
                (Content::List(items), Segment::Index(index)) => (None, items.get(*index)?),
                (Content::List(items), Segment::Key(name)) => {
                    (None, self.named(&path[..depth], items, name)?)
                }
                _ => return None,
            };
        }
        Some(reached)
    }

    /// Returns the item of a name in the list at a path.
    fn named<'a>(&self, list: &[Segment], items: &'a [Node], name: &str) -> Option<&'a Node> {
        if items.len() <= LONG {
            return items.iter().find(|it| it.name() == Some(name));
        }
        let names = self.names.get_or_init(|| {
            let mut names = BTreeMap::new();
            collect_names(&self.root, &mut Vec::new(), &mut names);
            names
        });
        items.get(*names.get(list)?.get(name)?)
    }
}

/// Collects the names in every long list, by the path that findings have for it.
fn collect_names(
    node: &Node,
    path: &mut Vec<Segment>,
    acc: &mut BTreeMap<Vec<Segment>, BTreeMap<String, usize>>,
) {
    match &node.content {
        Content::Map(entries) => {
            for entry in entries {
                path.push(Segment::Key(entry.key.clone()));
                collect_names(&entry.value, path, acc);
                path.pop();
            }
        }
        Content::List(items) => {
            if items.len() > LONG {
                let mut names = BTreeMap::new();
                for (index, item) in items.iter().enumerate() {
                    if let Some(name) = item.name() {
                        names.entry(name.to_owned()).or_insert(index);
                    }
                }
                acc.insert(path.clone(), names);
            }
            for (index, item) in items.iter().enumerate() {
                path.push(match item.name() {
                    Some(name) => Segment::Key(name.to_owned()),
                    None => Segment::Index(index),
                });
                collect_names(item, path, acc);
                path.pop();
            }
        }
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Decimal(_)
        | Content::Text(_) => {}
    }
}

impl Locate for Document {
    fn source(&self, file: FileId) -> Option<&Source> {
        self.sources.get(file.0)
    }

    fn key_span(&self, path: &FieldPath) -> Option<Span> {
        if path.segments().is_empty() {
            return None;
        }
        let (entry, node) = self.reached(path.segments())?;
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
