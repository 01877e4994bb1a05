//! A policy's texts and the tree that was read from them: where every field is.

use std::collections::BTreeMap;

use crate::diag::nearest;
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
    /// Where in a long map or list of named things the entry of each name is, by the path of it:
    /// each finding is looked up, and there may be one for each entry.
    wide: BTreeMap<Vec<Segment>, BTreeMap<String, usize>>,
}

/// Entries from which on a map or list is not gone through for each of them.
const WIDE: usize = 32;

/// A step to a value, borrowed from the tree.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Document {
    pub(crate) fn new(sources: Vec<Source>, order: Vec<FileId>, root: Node) -> Self {
        let mut wide = BTreeMap::new();
        collect_wide(&root, &mut Vec::new(), &mut wide);
        Self {
            sources,
            order,
            root,
            wide,
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

    /// Returns the field that was probably meant by one that is not written: with one step of its
    /// path corrected. What an instance does not say, the defaults may.
    pub fn near(&self, path: &FieldPath) -> Option<FieldPath> {
        let mut found = FieldPath::root();
        let mut steps = path.segments().iter();
        for step in &mut steps {
            let Segment::Key(key) = step else { return None };
            if self.has(&found.key(key)) {
                found = found.key(key);
                continue;
            }
            found = found.key(nearest(key, self.keys(&found))?);
            break;
        }
        let whole = steps.fold(found, |path, it| path.step(it));
        let is_written = |it: &FieldPath| self.has(it);
        let has_default = || {
            let of_instance = whole.instance().is_some_and(|it| self.has(&it));
            of_instance && whole.in_defaults().is_some_and(|it| self.has(&it))
        };
        (is_written(&whole) || has_default()).then_some(whole)
    }

    /// Returns the value at a path of the merged tree.
    pub(crate) fn node(&self, path: &FieldPath) -> Option<&Node> {
        self.walk(path.segments()).map(|(_, it)| it)
    }

    /// Returns the value at a path, and its entry if a map holds it.
    fn walk(&self, segments: &[Segment]) -> Option<(Option<&Entry>, &Node)> {
        let mut found = (None, &self.root);
        for (depth, segment) in segments.iter().enumerate() {
            found = self.step(found.1, &segments[..depth], segment)?;
        }
        Some(found)
    }

    /// Returns what `segment` leads to from the value at `at`.
    pub(super) fn step<'a>(
        &self,
        node: &'a Node,
        at: &[Segment],
        segment: &Segment,
    ) -> Option<(Option<&'a Entry>, &'a Node)> {
        let place = |name: &String| self.wide.get(at).map(|it| it.get(name).copied());
        match (&node.content, segment) {
            (Content::Map(entries), Segment::Key(key)) => {
                let entry = match place(key) {
                    Some(place) => entries.get(place?),
                    None => node.get(key),
                };
                entry.map(|it| (Some(it), &it.value))
            }
            (Content::List(items), Segment::Index(index)) => items.get(*index).map(|it| (None, it)),
            (Content::List(items), Segment::Key(name)) => {
                let item = match place(name) {
                    Some(place) => items.get(place?),
                    None => items.iter().find(|it| it.name() == Some(name)),
                };
                item.map(|it| (None, it))
            }
            _ => None,
        }
    }
}

fn collect_wide<'a>(
    node: &'a Node,
    at: &mut Vec<Step<'a>>,
    acc: &mut BTreeMap<Vec<Segment>, BTreeMap<String, usize>>,
) {
    let mut places = BTreeMap::new();
    match &node.content {
        Content::Map(entries) => {
            for (place, entry) in entries.iter().enumerate() {
                if entries.len() >= WIDE {
                    places.entry(entry.key.clone()).or_insert(place);
                }
                at.push(Step::Key(&entry.key));
                collect_wide(&entry.value, at, acc);
                at.pop();
            }
        }
        Content::List(items) => {
            for (place, item) in items.iter().enumerate() {
                let name = item.name();
                if items.len() >= WIDE
                    && let Some(name) = name
                {
                    places.entry(name.to_owned()).or_insert(place);
                }
                at.push(name.map_or(Step::Index(place), Step::Key));
                collect_wide(item, at, acc);
                at.pop();
            }
        }
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Decimal(_)
        | Content::Text(_) => {}
    }
    if !places.is_empty() {
        let segment = |it: &Step<'_>| match it {
            Step::Key(key) => Segment::Key((*key).to_owned()),
            Step::Index(index) => Segment::Index(*index),
        };
        acc.insert(at.iter().map(segment).collect(), places);
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
        let (entry, node) = self.walk(path.segments())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::load;

    #[test]
    fn a_field_is_found_in_long_maps_and_lists_as_in_short_ones() {
        for count in [WIDE - 1, WIDE, 3 * WIDE] {
            let fields: String = (0..count).map(|it| format!("  f{it}: [{it}]\n")).collect();
            let items: String = (0..count)
                .map(|it| format!("  - {{name: n{it}, v: {it}}}\n"))
                .collect();
            let text = format!("map:\n{fields}list:\n{items}");
            let root = load(FileId(0), &text, &mut Vec::new()).node.unwrap();
            let document = Document::new(
                vec![Source::new(String::new(), text.clone())],
                vec![FileId(0)],
                root,
            );
            let at = |path: &str| {
                let path = path
                    .split('.')
                    .fold(FieldPath::root(), |path, it| path.key(it));
                let span = document.value_span(&path)?;
                Some(text[span.range].to_owned())
            };
            for it in [0, count - 1] {
                assert_eq!(at(&format!("list.n{it}.v")), Some(it.to_string()));
                let last = FieldPath::root().key("map").key(&format!("f{it}")).index(0);
                let key = document.key_span(&last).map(|it| text[it.range].to_owned());
                assert_eq!(key, Some(it.to_string()));
            }
            assert_eq!(at(&format!("list.n{count}")), None);
            assert_eq!(at(&format!("map.f{count}")), None);
        }
    }
}
