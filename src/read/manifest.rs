//! Manifests that others wrote: YAML as Kubernetes' tools take it, with the line of every field.
//!
//! Anchors, aliases, merge keys and several documents are read here, unlike in a policy. What is
//! read is only looked at: a key that is written twice counts as kubectl counts it, the last time.

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle};

/// Nesting that no resource has, that of aliases included.
const MAX_DEPTH: usize = 64;
/// Values in one file, those that aliases repeat included.
const MAX_NODES: usize = 1_000_000;

/// A value and the line that it begins on; that of its key, where it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The line, counted from 1.
    pub line: usize,
    /// The value.
    pub content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing is written.
    Null,
    /// A text that nobody takes for anything else: it stands in quotes, or is a block.
    Text(String),
    /// A word without quotes, as it was written: a text, a number or a truth value.
    Word(String),
    /// A list.
    List(Vec<Node>),
    /// A map.
    Map(BTreeMap<String, Node>),
}

/// A resource.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file that it is in.
    pub file: String,
    /// Its API group, with the version.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace, where one is written.
    pub namespace: Option<String>,
    /// All of it.
    pub root: Node,
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong; nothing of the file is repeated in it.
    pub why: &'static str,
}

impl Manifest {
    /// The line that it begins on.
    pub fn line(&self) -> usize {
        self.root.line
    }
}

impl Node {
    /// A field of a map, if something is written there.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Map(fields) => fields.get(key).filter(|it| it.content != Content::Null),
            Content::Null | Content::Text(_) | Content::Word(_) | Content::List(_) => None,
        }
    }

    /// A field of a map in a map.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) | Content::Word(text) => Some(text),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The text at a path.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_text()
    }

    /// The items of a list; none if it is no list.
    pub fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            Content::Null | Content::Text(_) | Content::Word(_) | Content::Map(_) => &[],
        }
    }

    /// The fields of a map in which something is written; none if it is no map.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Node)> {
        let fields = match &self.content {
            Content::Map(fields) => Some(fields),
            Content::Null | Content::Text(_) | Content::Word(_) | Content::List(_) => None,
        };
        fields
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value))
            .filter(|(_, value)| value.content != Content::Null)
    }

    /// The value as Kubernetes' tools take it; which words are numbers or truth values is said by YAML 1.1.
    pub fn to_value(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.content {
            Content::Null => Value::Null,
            Content::Text(text) => Value::String(text.clone()),
            Content::Word(word) => resolved(word),
            Content::List(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            Content::Map(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_value()))
                    .collect(),
            ),
        }
    }

    fn without(content: Content) -> Self {
        Self { line: 1, content }
    }
}

/// What a word without quotes stands for.
fn resolved(word: &str) -> serde_json::Value {
    use serde_json::Value;
    match word {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ => {
            let is_number = word.starts_with(|it: char| it.is_ascii_digit() || "-+.".contains(it));
            let number = is_number
                .then(|| serde_json::from_str::<serde_json::Number>(word).ok())
                .flatten();
            number.map_or_else(|| Value::String(word.to_owned()), Value::Number)
        }
    }
}

/// Returns the resources in a file, those in lists among them, in their order.
pub fn resources(file: &str, text: &str) -> Result<Vec<Manifest>, Unreadable> {
    let documents = match documents(text) {
        // JSON has escapes that YAML has not.
        Err(wrong) => serde_json::from_str(text)
            .map(|it| vec![from_json(it)])
            .map_err(|_| match text.contains("{{") {
                true => Unreadable {
                    why: "it is a template; render it first, as with `helm template`",
                    ..wrong
                },
                false => wrong,
            })?,
        Ok(documents) => documents,
    };
    let mut found = Vec::new();
    for root in documents {
        push_resources(file, root, &mut found);
    }
    Ok(found)
}

/// Returns the first document of a file, such as a kustomization that does not say what it is.
pub fn document(text: &str) -> Option<Node> {
    documents(text).ok()?.into_iter().next()
}

fn push_resources(file: &str, mut root: Node, acc: &mut Vec<Manifest>) {
    let text = |path: &[&str]| root.text_at(path).map(str::to_owned);
    let (Some(api_version), Some(kind)) = (text(&["apiVersion"]), text(&["kind"])) else {
        return;
    };
    if kind.ends_with("List") {
        let items = match &mut root.content {
            Content::Map(fields) => fields.remove("items"),
            Content::Null | Content::Text(_) | Content::Word(_) | Content::List(_) => None,
        };
        if let Some(Content::List(items)) = items.map(|it| it.content) {
            for item in items {
                push_resources(file, item, acc);
            }
        }
        return;
    }
    acc.push(Manifest {
        file: file.to_owned(),
        name: text(&["metadata", "name"]).unwrap_or_default(),
        namespace: text(&["metadata", "namespace"]),
        api_version,
        kind,
        root,
    });
}

fn from_json(value: serde_json::Value) -> Node {
    use serde_json::Value;
    Node::without(match value {
        Value::Null => Content::Null,
        Value::Bool(it) => Content::Word(it.to_string()),
        Value::Number(it) => Content::Word(it.to_string()),
        Value::String(it) => Content::Text(it),
        Value::Array(items) => Content::List(items.into_iter().map(from_json).collect()),
        Value::Object(fields) => Content::Map(
            fields
                .into_iter()
                .map(|(key, value)| (key, from_json(value)))
                .collect(),
        ),
    })
}

/// A list or map whose end has not been read.
struct Open {
    line: usize,
    anchor: usize,
    /// Levels of the deepest value in it, and how many values there are.
    extent: Extent,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map {
        fields: BTreeMap<String, Node>,
        merged: Vec<Node>,
        key: Option<(String, usize)>,
    },
}

#[derive(Debug, Clone, Copy)]
struct Extent {
    depth: usize,
    nodes: usize,
}

const LEAF: Extent = Extent { depth: 1, nodes: 1 };

#[derive(Default)]
struct Loader {
    open: Vec<Open>,
    /// What anchors name, each with its extent.
    anchors: BTreeMap<usize, (Node, Extent)>,
    nodes: usize,
    documents: Vec<Node>,
}

fn documents(text: &str) -> Result<Vec<Node>, Unreadable> {
    let body = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut parser = Parser::new_from_str_with_options(body, Options::default());
    let mut loader = Loader::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Unreadable {
            line: error.marker().line().max(1),
            why: "it is no YAML here",
        })?;
        let line = span.start.line();
        loader
            .take(event, line)
            .map_err(|why| Unreadable { line, why })?;
    }
    Ok(loader.documents)
}

impl Loader {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), &'static str> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Alias(anchor) => {
                const CIRCLE: &str = "an alias is inside of what it stands for";
                let extent = self.anchors.get(&anchor).ok_or(CIRCLE)?.1;
                // Counted before it is copied.
                self.count(extent.nodes, extent.depth)?;
                let node = self.anchors.get(&anchor).ok_or(CIRCLE)?.0.clone();
                self.place(Node { line, ..node }, 0, extent);
            }
            Event::Scalar(value, style, anchor, _) => {
                self.count(1, 1)?;
                let content = match (style, &*value) {
                    (ScalarStyle::Plain, "" | "~" | "null" | "Null" | "NULL") => Content::Null,
                    (ScalarStyle::Plain, _) => Content::Word(value.into_owned()),
                    _ => Content::Text(value.into_owned()),
                };
                self.place(Node { line, content }, anchor, LEAF);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(line, anchor, Items::List(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, _) => self.begin(
                line,
                anchor,
                Items::Map {
                    fields: BTreeMap::new(),
                    merged: Vec::new(),
                    key: None,
                },
            )?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(closed) = self.open.pop() {
                    let content = match closed.items {
                        Items::List(items) => Content::List(items),
                        Items::Map { fields, merged, .. } => Content::Map(merge(fields, merged)),
                    };
                    let node = Node {
                        line: closed.line,
                        content,
                    };
                    self.place(node, closed.anchor, closed.extent);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, line: usize, anchor: usize, items: Items) -> Result<(), &'static str> {
        self.count(1, 1)?;
        self.open.push(Open {
            line,
            anchor,
            extent: LEAF,
            items,
        });
        Ok(())
    }

    fn count(&mut self, nodes: usize, depth: usize) -> Result<(), &'static str> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err("it has over 1,000,000 values, those of aliases included");
        }
        if self.open.len() + depth > MAX_DEPTH {
            return Err("it is nested deeper than 64 levels");
        }
        Ok(())
    }

    fn place(&mut self, mut node: Node, anchor: usize, extent: Extent) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), extent));
            self.nodes = self.nodes.saturating_add(extent.nodes);
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        parent.extent.depth = parent.extent.depth.max(extent.depth + 1);
        parent.extent.nodes += extent.nodes;
        match &mut parent.items {
            Items::List(items) => items.push(node),
            Items::Map {
                fields,
                merged,
                key,
            } => match key.take() {
                None => {
                    let text = match node.content {
                        Content::Text(text) | Content::Word(text) => text,
                        Content::Null | Content::List(_) | Content::Map(_) => String::new(),
                    };
                    *key = Some((text, node.line));
                }
                Some((key, _)) if key == "<<" => merged.push(node),
                Some((key, line)) => {
                    node.line = line;
                    fields.insert(key, node);
                }
            },
        }
    }
}

/// Adds to a map what merge keys name; what is written in it wins, then what is named first.
fn merge(mut fields: BTreeMap<String, Node>, merged: Vec<Node>) -> BTreeMap<String, Node> {
    for node in merged {
        let maps = match node.content {
            Content::List(items) => items,
            Content::Map(_) => vec![node],
            Content::Null | Content::Text(_) | Content::Word(_) => Vec::new(),
        };
        for map in maps {
            if let Content::Map(more) = map.content {
                for (key, value) in more {
                    fields.entry(key).or_insert(value);
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Manifest> {
        resources("a.yaml", text).unwrap()
    }

    #[test]
    fn anchors_aliases_and_merge_keys_are_read() {
        let text = "x: &base {a: 1, b: 2}\napiVersion: v1\nkind: A\nmetadata: {name: n}\n\
                    y: {<<: *base, b: 3}\nz:\n  <<: [*base, {c: 4}]\n";
        let found = read(text);
        let root = &found[0].root;
        assert_eq!(root.text_at(&["y", "a"]), Some("1"));
        assert_eq!(root.text_at(&["y", "b"]), Some("3"));
        assert_eq!(root.text_at(&["z", "c"]), Some("4"));
        assert_eq!(root.get("z").unwrap().line, 6);
    }

    #[test]
    fn documents_and_lists_are_flattened() {
        let text = "---\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n\
                    ---\nkind: none\n---\napiVersion: v1\nkind: B\nmetadata:\n  name: b\n  namespace: c\n";
        let found = read(text);
        let kinds: Vec<&str> = found.iter().map(|it| it.kind.as_str()).collect();
        assert_eq!(kinds, ["A", "B"]);
        assert_eq!(found[1].namespace.as_deref(), Some("c"));
    }

    #[test]
    fn json_is_read_with_tabs_and_its_own_escapes() {
        let text = "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"A\",\n\t\"metadata\": {\"name\": \"\\ud83d\\ude00\"}\n}\n";
        assert_eq!(read(text)[0].name, "😀");
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..12 {
            let below = format!("*a{},", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        assert!(resources("a", &bomb).unwrap_err().why.contains("values"));
        let mut deep = "a0: &a0 [x]\n".to_owned();
        for level in 1..100 {
            deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(resources("a", &deep).unwrap_err().why.contains("nested"));
        for text in [
            "[".repeat(100_000),
            "{a: ".repeat(100_000),
            "- ".repeat(200_000),
        ] {
            assert!(resources("a", &text).is_err());
        }
        assert!(resources("a", "a: &a [*a]\n").is_err());
    }

    #[test]
    fn a_template_is_called_one() {
        let wrong = resources("a", "a: 1\n{{- if .Values.x }}\nb: 2\n{{ end }}\n").unwrap_err();
        assert!(wrong.why.contains("template"));
        assert_eq!(wrong.line, 2);
    }
}
