//! A place in the output: a line or a field of a file, found again in the output of another policy.

use serde_json::Value;

use crate::diff::fields::{by_name, written};
use crate::diff::side::{data_of, delivered};
use crate::plan::{Content, Plan, Planned};
use crate::read::manifest::{self, Node};
use crate::render::{render, template};

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// A line of a file, counted from 1.
    Line(usize),
    /// A field of the objects in a file, as a difference names it: `spec.storage.size`.
    Field(String),
    /// A file as a whole.
    File,
}

/// A place in the output of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The file, from the top of the tree.
    pub file: String,
    /// The part of the output that it is of.
    pub owner: &'static str,
    of: Of,
    /// The steps from the object, or from the file, to the field.
    path: Vec<String>,
    /// The line of a text that is meant, and not all of the text.
    line: Option<String>,
    /// Whether the field itself is meant, and not what is in it.
    is_head: bool,
}

/// What a place is in.
#[derive(Debug, Clone, PartialEq)]
enum Of {
    /// An object.
    Object {
        identity: String,
        kind: String,
        /// Its position in the file.
        index: usize,
    },
    /// A kustomization.
    Kustomization,
    /// A page for people.
    Page,
}

/// Why nothing is at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nowhere {
    /// The tree has no such file; the nearest there is.
    File(Option<String>),
    /// The file has fewer lines: so many.
    Line(usize),
    /// The line is the same in every tree: a comment, or a line between objects.
    Fixed,
    /// No object in the file has such a field; fields it has.
    Field(Vec<String>),
}

impl Place {
    /// Finds the places in a file that a question is about: one for a line, one for each object that
    /// has the field.
    pub fn find(plan: &Plan, file: &str, question: &Question) -> Result<Vec<Self>, Nowhere> {
        let Some((_, planned)) = plan.files().find(|(path, _)| *path == file) else {
            let names = plan.files().map(|(path, _)| path);
            return Err(Nowhere::File(
                crate::diag::nearest(file, names).map(str::to_owned),
            ));
        };
        let place = |of| Self {
            file: file.to_owned(),
            owner: planned.owner,
            of,
            path: Vec::new(),
            line: None,
            is_head: true,
        };
        let wholes: Vec<Self> = match &planned.content {
            Content::Objects(objects) => objects
                .iter()
                .enumerate()
                .map(|(index, it)| {
                    place(Of::Object {
                        identity: it.object.identity(),
                        kind: it.object.kind().to_owned(),
                        index,
                    })
                })
                .collect(),
            Content::Kustomization(_) => vec![place(Of::Kustomization)],
            Content::Page { .. } => vec![place(Of::Page)],
        };
        match question {
            Question::File => Ok(wholes),
            Question::Line(line) => {
                let tree = render(plan);
                let text = tree.get(file).map(|it| String::from_utf8_lossy(&it.bytes));
                let text = text.unwrap_or_default();
                let lines = text.lines().count();
                let Some(written) = line.checked_sub(1).and_then(|it| text.lines().nth(it)) else {
                    return Err(Nowhere::Line(lines));
                };
                let found = wholes_at(&wholes, file, &text, *line).and_then(|(whole, root)| {
                    let data = whole.data(plan)?;
                    whole.at_line(&data, root.as_ref(), *line, written)
                });
                found.map(|it| vec![it]).ok_or(Nowhere::Fixed)
            }
            Question::Field(field) => {
                let mut found = Vec::new();
                let mut fields = Vec::new();
                for whole in &wholes {
                    let Some(data) = whole.data(plan) else {
                        continue;
                    };
                    let mut paths = Vec::new();
                    collect(&data, &mut Vec::new(), &mut paths);
                    for (path, is_leaf) in paths {
                        let name = written(&path);
                        if name == *field {
                            found.push(Self {
                                path,
                                is_head: !is_leaf,
                                ..whole.clone()
                            });
                        } else {
                            fields.push(name);
                        }
                    }
                }
                match found.is_empty() {
                    true => Err(Nowhere::Field(fields)),
                    false => Ok(found),
                }
            }
        }
    }

    /// What it is in, as a person calls it.
    pub fn name(&self) -> String {
        match &self.of {
            Of::Object { identity, .. } => identity.clone(),
            Of::Kustomization => "the kustomization".to_owned(),
            Of::Page => "the page".to_owned(),
        }
    }

    /// The field, as a person writes it; empty for the whole.
    pub fn field(&self) -> String {
        written(&self.path)
    }

    /// What is there, in one line; nothing where it is more than that.
    pub fn value(&self, plan: &Plan) -> Option<String> {
        if let Some(line) = &self.line {
            return Some(line.trim().to_owned());
        }
        let data = self.data(plan)?;
        let value = self.path.iter().try_fold(&data, step)?;
        match value {
            Value::String(text) if text.lines().count() <= 1 => Some(text.clone()),
            Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
            Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The object, the kustomization or the page as data; nothing where a plan has none.
    fn data(&self, plan: &Plan) -> Option<Value> {
        let file = || plan.files().find(|(path, _)| *path == self.file);
        match &self.of {
            Of::Object { identity, .. } => {
                let mut objects = plan.objects().into_iter();
                let object = objects.find(|it| it.object.identity() == *identity)?;
                Some(delivered(object))
            }
            Of::Kustomization => match &file()?.1.content {
                Content::Kustomization(it) => serde_json::to_value(it).ok(),
                Content::Objects(_) | Content::Page { .. } => None,
            },
            Of::Page => match &file()?.1.content {
                Content::Page {
                    name,
                    template,
                    context,
                } => Some(Value::String(template::page(name, template, context))),
                Content::Objects(_) | Content::Kustomization(_) => None,
            },
        }
    }

    /// The same object under another name: what stands in its place in the file, or else the only one
    /// of its kind that only the other plan has.
    fn renamed(&self, plan: &Plan, other: &Plan) -> Option<Value> {
        let Of::Object { kind, index, .. } = &self.of else {
            return None;
        };
        let known = plan.identities();
        let is_new =
            |it: &&Planned| it.object.kind() == kind && !known.contains(&it.object.identity());
        let file = other.files().find(|(path, _)| *path == self.file);
        if let Some((_, file)) = file
            && let Content::Objects(objects) = &file.content
            && let Some(object) = objects.get(*index).filter(is_new)
        {
            return Some(delivered(object));
        }
        let objects = other.objects();
        let mut new = objects.into_iter().filter(is_new);
        let only = new.next()?;
        new.next().is_none().then(|| delivered(only))
    }

    /// What became of the place in the output of another policy.
    pub fn compared(&self, plan: &Plan, other: &Plan) -> Fate {
        let Some(before) = self.data(plan) else {
            return Fate::Gone;
        };
        let after = self.data(other).or_else(|| self.renamed(plan, other));
        match after {
            None => Fate::Gone,
            Some(after) if self.is_same(&before, &after) => Fate::Same,
            Some(_) => Fate::Different,
        }
    }

    fn is_same(&self, before: &Value, after: &Value) -> bool {
        same(
            before,
            after,
            &self.path,
            &|before, after| match (&self.line, after) {
                (Some(line), Value::String(text)) => text.lines().any(|it| it == line),
                _ => self.is_head || before == after,
            },
        )
    }

    /// The place of a line in the object, or in the file, that it is in.
    fn at_line(
        &self,
        data: &Value,
        root: Option<&Node>,
        line: usize,
        written: &str,
    ) -> Option<Self> {
        let mut place = self.clone();
        let Some(root) = root else {
            // A page: its lines are all there is.
            place.line = Some(written.to_owned());
            place.is_head = false;
            return (!written.trim().is_empty()).then_some(place);
        };
        let mut node = root;
        let mut at = Some(data);
        loop {
            let next = match &node.content {
                manifest::Content::Map(fields) => fields
                    .iter()
                    .filter(|(_, it)| it.line <= line)
                    .max_by_key(|(_, it)| it.line)
                    .map(|(key, it)| (key.clone(), it)),
                manifest::Content::List(items) => items
                    .iter()
                    .enumerate()
                    .filter(|(_, it)| it.line <= line)
                    .max_by_key(|(index, it)| (it.line, *index))
                    .map(|(index, it)| (named(at, index), it)),
                manifest::Content::Null
                | manifest::Content::Text(_)
                | manifest::Content::Word(_) => None,
            };
            let Some((step_to, inner)) = next else {
                break;
            };
            at = at.and_then(|it| step(it, &step_to));
            place.path.push(step_to);
            node = inner;
        }
        match (&node.content, at) {
            (manifest::Content::Text(text), Some(inner)) if line > node.line => {
                let row = line - node.line;
                let of_text = text.lines().nth(row - 1)?.to_owned();
                place.in_document(text, inner, row, of_text);
            }
            (_, at) => {
                place.is_head = matches!(at, Some(Value::Array(_) | Value::Object(_)));
            }
        }
        Some(place)
    }

    /// Goes on into a document that an object has as text.
    fn in_document(&mut self, text: &str, data: &Value, row: usize, line: String) {
        self.is_head = false;
        let (root, data, row) = match data {
            Value::String(_) => {
                self.line = Some(line);
                return;
            }
            // A document a line.
            Value::Array(documents) if data_of("ndjson", text).as_ref() == Some(data) => {
                self.path.push((row - 1).to_string());
                match documents.get(row - 1) {
                    Some(_) => return,
                    None => (None, data, row),
                }
            }
            _ => (manifest::document(text), data, row),
        };
        let inner = root.and_then(|root| {
            let whole = Self {
                path: Vec::new(),
                ..self.clone()
            };
            whole.at_line(data, Some(&root), row, "")
        });
        if let Some(inner) = inner {
            self.path.extend(inner.path);
            self.line = inner.line;
            self.is_head = inner.is_head;
        }
    }
}

/// What became of a place in the output of another policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is there as it was.
    Same,
    /// It is another, or not in the object any more.
    Different,
    /// The object, or the file, is not there any more.
    Gone,
}

/// The object of a file that a line is in, with what is written of it.
fn wholes_at<'a>(
    wholes: &'a [Place],
    file: &str,
    text: &str,
    line: usize,
) -> Option<(&'a Place, Option<Node>)> {
    let first = wholes.first()?;
    match first.of {
        Of::Page => Some((first, None)),
        Of::Kustomization => {
            let root = manifest::document(text)?;
            (root.line <= line).then_some((first, Some(root)))
        }
        Of::Object { .. } => {
            let separated = text.lines().nth(line - 1).is_some_and(|it| it == "---");
            let manifests = manifest::resources(file, text).ok()?;
            wholes
                .iter()
                .zip(manifests)
                .rfind(|(_, it)| it.line() <= line && !separated)
                .map(|(whole, it)| (whole, Some(it.root)))
        }
    }
}

/// What an item of a list is called: by its name where each has one.
fn named(list: Option<&Value>, index: usize) -> String {
    let names = list.and_then(Value::as_array).and_then(|it| by_name(it));
    let name = names.and_then(|it| it.into_iter().find(|(_, at)| *at == index));
    name.map_or_else(|| index.to_string(), |(name, _)| name)
}

/// Goes one step into a value.
fn step<'a>(value: &'a Value, to: &String) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(to),
        Value::Array(items) => match by_name(items).and_then(|it| it.get(to).copied()) {
            Some(index) => items.get(index),
            None => items.get(to.parse::<usize>().ok()?),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Whether what a path leads to in one value is in the other too. Items of a list without names are
/// known by what they are: one that moved is the same.
fn same(
    before: &Value,
    after: &Value,
    path: &[String],
    is_same: &dyn Fn(&Value, &Value) -> bool,
) -> bool {
    if before == after {
        return true;
    }
    let Some((first, rest)) = path.split_first() else {
        return is_same(before, after);
    };
    let Some(inner) = step(before, first) else {
        return false;
    };
    if let (Value::Array(items), Value::Array(others)) = (before, after)
        && by_name(items).is_none()
        && others.contains(inner)
    {
        return true;
    }
    step(after, first)
        .or_else(|| renamed(before, after, first))
        .is_some_and(|it| same(inner, it, rest, is_same))
}

/// What became of a key, or of an item of a list, that is not there under its name any more: what only
/// the other value has, in the same position; or the only new item that begins as it does, up to a
/// comma, behind which the labels of a rule are.
fn renamed<'a>(before: &Value, after: &'a Value, name: &str) -> Option<&'a Value> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let position = before.keys().position(|it| it == name)?;
            let (key, value) = after.iter().nth(position)?;
            (!before.contains_key(key)).then_some(value)
        }
        (Value::Array(before), Value::Array(after)) => {
            let (known, names) = (by_name(before)?, by_name(after)?);
            let new = || names.iter().filter(|(it, _)| !known.contains_key(*it));
            let stem = |it: &str| it.split(',').next().unwrap_or_default().to_owned();
            let mut alike = new().filter(|(it, _)| stem(it) == stem(name));
            let place = match (alike.next(), alike.next()) {
                (Some((_, only)), None) => Some(*only),
                _ => {
                    let position = *known.get(name)?;
                    let mut there = new().map(|(_, it)| *it);
                    there.find(|it| *it == position)
                }
            };
            after.get(place?)
        }
        _ => None,
    }
}

/// Every path in a value, and whether it leads to the end.
fn collect(value: &Value, path: &mut Vec<String>, acc: &mut Vec<(Vec<String>, bool)>) {
    let mut inner = |key: String, value: &Value| {
        path.push(key);
        let is_leaf = !matches!(value, Value::Array(_) | Value::Object(_));
        acc.push((path.clone(), is_leaf));
        collect(value, path, acc);
        path.pop();
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| inner(key.clone(), value)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                inner(named(Some(value), index), item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
