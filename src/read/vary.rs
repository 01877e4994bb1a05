//! Other values that the fields of a policy could have: what is tried to see what a field decides.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::diag::path::{FieldPath, Segment};
use crate::read::document::Document;
use crate::read::origin::written;
use crate::read::schema;
use crate::read::spec::PolicySpec;
use crate::read::tree::{Content, Node};
use crate::value::FORMATS;

/// A field of a policy, and other values for it that its type takes.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The field.
    pub field: FieldPath,
    /// What is assumed for it, because no file of the policy says it; nothing where one does.
    pub assumed: Option<String>,
    /// Other values, the most telling first.
    pub others: Vec<Value>,
}

/// A policy as data, of which variants are made.
pub struct Variants(Value);

/// What is done to a field in a variant.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// It gets another value.
    Set(&'a FieldPath, &'a Value),
    /// It is not there.
    Remove(&'a FieldPath),
}

impl Variants {
    /// Takes the merged policy.
    pub fn of(document: &Document) -> Self {
        Self(document.root().to_json())
    }

    /// The policy with changes; nothing where it is none any more.
    pub fn with<'a>(&self, changes: impl IntoIterator<Item = Change<'a>>) -> Option<PolicySpec> {
        let mut policy = self.0.clone();
        let changes = changes.into_iter().map(|it| match it {
            Change::Set(field, value) => (field.segments(), Some(value)),
            Change::Remove(field) => (field.segments(), None),
        });
        put(&mut policy, changes.collect())?;
        serde_json::from_value(policy).ok()
    }
}

/// What a field below a value becomes, by the steps to it; nothing where it goes.
type Changed<'a> = (&'a [Segment], Option<&'a Value>);

/// Puts values in the place of fields, or takes fields away. A list is gone through once for all of
/// them: there may be as many as it has items.
fn put(value: &mut Value, changes: Vec<Changed<'_>>) -> Option<()> {
    let mut below: BTreeMap<&Segment, Vec<Changed<'_>>> = BTreeMap::new();
    for (path, new) in changes {
        match path.split_first() {
            Some((step, rest)) => below.entry(step).or_default().push((rest, new)),
            None => {
                *value = new?.clone();
                return Some(());
            }
        }
    }
    let goes = |changes: &[Changed<'_>]| {
        let mut changes = changes.iter();
        changes.any(|(rest, new)| rest.is_empty() && new.is_none())
    };
    match value {
        Value::Array(items) => {
            let names: BTreeMap<String, usize> = items
                .iter()
                .enumerate()
                .filter_map(|(index, it)| Some((it["name"].as_str()?.to_owned(), index)))
                .collect();
            let mut gone = BTreeSet::new();
            for (step, changes) in below {
                let index = match step {
                    Segment::Key(name) => *names.get(name)?,
                    Segment::Index(index) => *index,
                };
                let item = items.get_mut(index)?;
                match goes(&changes) {
                    true => drop(gone.insert(index)),
                    false => put(item, changes)?,
                }
            }
            // From the last one: the others keep their positions.
            for index in gone.into_iter().rev() {
                items.remove(index);
            }
            Some(())
        }
        Value::Object(fields) => {
            for (step, changes) in below {
                let Segment::Key(key) = step else {
                    return None;
                };
                if goes(&changes) {
                    fields.shift_remove(key)?;
                    continue;
                }
                let inner = fields
                    .entry(key)
                    .or_insert_with(|| Value::Object(Map::new()));
                put(inner, changes)?;
            }
            Some(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Every field of a policy that has a value, written or assumed, with others for it.
pub fn variables(document: &Document) -> Vec<Variable> {
    let mut acc = Vec::new();
    let mut names = Vec::new();
    collect_names(document.root(), &mut names);
    collect(
        document,
        &names,
        document.root(),
        &FieldPath::root(),
        &mut acc,
    );
    let whole = schema::policy();
    assumed(
        document,
        Some(document.root()),
        whole,
        &FieldPath::root(),
        &mut acc,
    );
    acc
}

/// Returns other values of the type of a field, for a value that holds where none is written.
pub fn others_than(document: &Document, field: &FieldPath, value: &Value) -> Vec<Value> {
    others(schema::schema_at(field, document), value, &[])
}

/// The names of what stands in one list or map: each may be meant where one of them is written.
fn collect_names<'a>(node: &'a Node, acc: &mut Vec<Vec<&'a str>>) {
    match &node.content {
        Content::Map(entries) => entries.iter().for_each(|it| collect_names(&it.value, acc)),
        Content::List(items) => {
            let names: Vec<&str> = items.iter().filter_map(Node::name).collect();
            if names.len() > 1 {
                acc.push(names);
            }
            items.iter().for_each(|it| collect_names(it, acc));
        }
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Decimal(_)
        | Content::Text(_) => {}
    }
}

/// What says what a file is, and nothing about its output.
const OF_THE_FILE: &[&str] = &["apiVersion", "kind", "extends"];

fn collect(
    document: &Document,
    names: &[Vec<&str>],
    node: &Node,
    path: &FieldPath,
    acc: &mut Vec<Variable>,
) {
    match &node.content {
        Content::Map(entries) => {
            for entry in entries {
                let depth = path.segments().len();
                if depth > 1 || !OF_THE_FILE.contains(&entry.key.as_str()) {
                    collect(document, names, &entry.value, &path.key(&entry.key), acc);
                }
            }
        }
        Content::List(items) if items.iter().any(|it| matches!(it.content, Content::Map(_))) => {
            for (index, item) in items.iter().enumerate() {
                let field = match item.name() {
                    Some(name) => path.key(name),
                    None => path.index(index),
                };
                collect(document, names, item, &field, acc);
            }
        }
        Content::List(_)
        | Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Decimal(_)
        | Content::Text(_) => {
            let schema = schema::schema_at(path, document);
            // Another thing's name would make one of both, which is another question.
            let is_name = path.segments().last() == Some(&Segment::Key("name".to_owned()));
            let names = if is_name { &[] } else { names };
            acc.push(Variable {
                field: path.clone(),
                assumed: None,
                others: others(schema, &node.to_json(), names),
            });
        }
    }
}

/// Adds the fields that are not written and have a default, of all that is there. What an instance
/// does not say is asked of `redis.defaults`, once for all of them.
fn assumed(
    document: &Document,
    node: Option<&Node>,
    schema: &Value,
    path: &FieldPath,
    acc: &mut Vec<Variable>,
) {
    if let Some(items) = schema.get("items") {
        let Some(Content::List(list)) = node.map(|it| &it.content) else {
            return;
        };
        for item in list {
            if let Some(name) = item.name() {
                assumed(
                    document,
                    Some(item),
                    schema::resolve(items),
                    &path.key(name),
                    acc,
                );
            }
        }
        return;
    }
    for key in schema::fields(Some(schema)) {
        let property = &schema["properties"][key];
        let inner = schema::resolve(property);
        let field = path.key(key);
        let below = node.and_then(|it| it.get(key)).map(|it| &it.value);
        let default = property.get("default").or_else(|| inner.get("default"));
        let is_of_all = field
            .in_defaults()
            .is_some_and(|it| schema::schema_at(&it, document).is_some());
        match default {
            _ if below.is_none() && is_of_all => {}
            Some(default) if below.is_none() => acc.push(Variable {
                others: others(Some(inner), default, &[]),
                assumed: Some(written(default)),
                field,
            }),
            _ => {
                let needs_fields = inner["required"]
                    .as_array()
                    .is_some_and(|it| !it.is_empty());
                // What is not there, and cannot be there with its defaults alone, assumes nothing.
                if below.is_some() || !needs_fields && inner.get("properties").is_some() {
                    assumed(document, below, inner, &field, acc);
                }
            }
        }
    }
}

/// Other values of a type.
fn others(schema: Option<&Value>, value: &Value, names: &[Vec<&str>]) -> Vec<Value> {
    let words = schema.and_then(|it| it["enum"].as_array());
    let mut acc: Vec<Value> = match (words, value) {
        (Some(words), _) => words.clone(),
        (None, Value::Bool(it)) => vec![json!(!it)],
        (None, Value::Number(it)) => {
            let it = it.as_i64().unwrap_or(1);
            vec![json!(it + 1), json!(it + 2), json!(it - 1)]
        }
        (None, Value::String(text)) => {
            let format = schema.and_then(|it| it["format"].as_str());
            let check = FORMATS.iter().find(|it| Some(it.name) == format);
            let same = names.iter().find(|it| it.contains(&text.as_str()));
            let known = same.into_iter().flatten().map(|it| (*it).to_owned());
            known
                .chain(texts(text))
                .filter(|it| check.is_none_or(|format| (format.check)(it).is_ok()))
                .map(Value::String)
                .collect()
        }
        (None, Value::Array(items)) => {
            let item = schema.map(|it| schema::resolve(&it["items"]));
            let each = items.iter().enumerate().flat_map(|(index, it)| {
                let first = others(item, it, names).into_iter().next();
                first.map(|it| {
                    let mut items = items.clone();
                    items[index] = it;
                    Value::Array(items)
                })
            });
            let mut lists: Vec<Value> = each.collect();
            lists.extend((0..items.len()).map(|index| {
                let mut items = items.clone();
                items.remove(index);
                Value::Array(items)
            }));
            lists
        }
        (None, Value::Object(fields)) => {
            let each = fields.iter().filter_map(|(key, it)| {
                let inner = schema.map(|schema| match schema["properties"].get(key) {
                    Some(property) => schema::resolve(property),
                    None => schema::resolve(&schema["additionalProperties"]),
                });
                let first = others(inner, it, names).into_iter().next()?;
                let mut fields = fields.clone();
                fields.insert(key.clone(), first);
                Some(Value::Object(fields))
            });
            each.collect()
        }
        (None, Value::Null) => Vec::new(),
    };
    acc.retain(|it| it != value);
    acc
}

/// Texts that resemble one: with another number in it, or another letter.
fn texts(text: &str) -> Vec<String> {
    let mut acc = Vec::new();
    // The first number, then the last one.
    let starts = |at: usize| {
        let before = text[..at].chars().next_back();
        text[at..].starts_with(|it: char| it.is_ascii_digit())
            && !before.is_some_and(|it| it.is_ascii_digit())
    };
    let numbers: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .filter(|at| starts(*at))
        .collect();
    for at in numbers.first().into_iter().chain(numbers.last()) {
        let digits: String = text[*at..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let Ok(number) = digits.parse::<u64>() else {
            continue;
        };
        for other in [
            number.saturating_add(1),
            number.saturating_sub(1),
            2 * (number / 2 + 1),
        ] {
            let rest = &text[at + digits.len()..];
            acc.push(format!("{}{other}{rest}", &text[..*at]));
        }
    }
    if let Some(end) = text.rfind('"') {
        acc.push(format!("{}x{}", &text[..end], &text[end..]));
    }
    acc.push(format!("{text}x"));
    acc.push(format!("x{text}"));
    // Zones, days and the like are words of a list that no schema holds.
    acc.extend(["UTC", "Europe/Berlin", "Asia/Tokyo", "monday", "sunday"].map(str::to_owned));
    acc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_have_another_number_or_letter() {
        let texts = texts("redis:8.0.2");
        assert_eq!(texts[0], "redis:9.0.2");
        assert!(texts.contains(&"redis:8.0.3".to_owned()), "{texts:?}");
        assert!(texts.contains(&"redis:8.0.2x".to_owned()), "{texts:?}");
    }

    #[test]
    fn a_field_is_put_where_it_belongs_and_taken_away() {
        let mut policy = json!({"spec": {"list": [{"name": "a", "v": 1}, {"name": "b"}]}});
        let at = |text: &str| FieldPath::parse(text);
        let [v, x] = [at("list.a.v"), at("list.b.w.x")];
        let (two, three) = (json!(2), json!(3));
        let new = vec![(v.segments(), Some(&two)), (x.segments(), Some(&three))];
        put(&mut policy, new).unwrap();
        assert_eq!(
            policy,
            json!({"spec": {"list": [{"name": "a", "v": 2}, {"name": "b", "w": {"x": 3}}]}})
        );
        let [a, w] = [at("list.a"), at("list.b.w")];
        put(
            &mut policy,
            vec![(w.segments(), None), (a.segments(), None)],
        )
        .unwrap();
        assert_eq!(policy, json!({"spec": {"list": [{"name": "b"}]}}));
        let missing = at("list.c.v");
        assert!(put(&mut policy, vec![(missing.segments(), Some(&two))]).is_none());
        let gone = at("gone");
        assert!(put(&mut policy, vec![(gone.segments(), None)]).is_none());
        // Items without names go by position, whatever the order in which they are named.
        let mut list = json!({"spec": {"list": [{"v": 1}, {"v": 2}, {"v": 3}]}});
        let places = [at("list").index(0), at("list").index(2)];
        let both = places.iter().map(|it| (it.segments(), None)).collect();
        put(&mut list, both).unwrap();
        assert_eq!(list, json!({"spec": {"list": [{"v": 2}]}}));
    }
}
