//! Values that whoever compiles a policy sets over it: the last layer, one field a line.
//!
//! It is read as the files of a policy are, so that what is wrong with it is found, and said with its
//! place, in the same way. A setting changes one value. It takes nothing away and makes nothing new:
//! who delivers the output deletes what is no longer in it.

use std::collections::BTreeSet;

use crate::diag::path::{FieldPath, Segment};
use crate::diag::source::Source;
use crate::diag::{Diagnostic, Place, nearest, plural, ticked};
use crate::read::tree::{Content, Entry, Node};

/// The finding about a setting that is none.
pub const REFUSED: &str = "policy/setting-refused";

/// Values that are set over a policy, each for one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where they were set, as findings name it.
    from: String,
    /// A line for each: the field, and the value as a policy has it.
    text: String,
}

impl Settings {
    /// Nothing is set.
    pub fn none() -> Self {
        Self::default()
    }

    /// Takes fields with their values, both as in a policy: `redis.defaults.image` and
    /// `redis:8.0.2`. `from` is what findings call the place where they were set.
    ///
    /// The error says which is no field or no value; what the policy makes of them is found when it
    /// is read.
    pub fn new<'a>(
        from: &str,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let mut text = String::new();
        for (field, value) in fields {
            let is_of_a_field =
                |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_' | '/');
            if field.is_empty() || !field.chars().all(is_of_a_field) {
                return Err(format!(
                    "`{}` is no field that can be set: write it as findings do, such as \
                     `redis.instances.session-cache.image`",
                    field.escape_debug()
                ));
            }
            // A second line would be a setting of its own.
            if value.chars().any(char::is_control) {
                return Err(format!(
                    "the value of `{field}` has a line break or another control character: a \
                     setting is one value, as it stands in a policy"
                ));
            }
            text.push_str(&format!("{field}: {value}\n"));
        }
        Ok(Self {
            from: from.to_owned(),
            text,
        })
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text that they are read from.
    pub(super) fn source(&self) -> Option<Source> {
        (!self.is_empty()).then(|| Source::new(self.from.clone(), self.text.clone()))
    }
}

/// Makes of each setting the policy that has that field only, to be laid over the one that there is;
/// reports those that may not be laid over it.
pub(super) fn over(policy: &Node, settings: Node, acc: &mut Vec<Diagnostic>) -> Vec<Node> {
    let Content::Map(entries) = settings.content else {
        return Vec::new();
    };
    let mut layers = Vec::new();
    for entry in entries {
        let path = FieldPath::parse(&entry.key);
        match refused(policy, &path, &entry) {
            Some(finding) => acc.push(finding),
            None => layers.push(wrapped(policy, path.segments(), entry)),
        }
    }
    layers
}

/// What decides which objects there are and what they are called, and not how they are.
const FIXED: &[&str] = &["apiVersion", "kind", "extends", "remove", "name"];

/// Returns whether a field is none of those that cannot be set.
pub fn may_be_set(path: &FieldPath) -> bool {
    fixed(path).is_none()
}

/// What of a path cannot be set.
fn fixed(path: &FieldPath) -> Option<&String> {
    path.segments().iter().find_map(|it| match it {
        Segment::Key(key) => FIXED.contains(&key.as_str()).then_some(key),
        Segment::Index(_) => None,
    })
}

fn refused(policy: &Node, path: &FieldPath, entry: &Entry) -> Option<Diagnostic> {
    let at_key = Place::Span(entry.key_span.clone());
    if let Some(key) = fixed(path) {
        return Some(
            Diagnostic::error(REFUSED, at_key, format!("`{key}` cannot be set from outside"))
                .note("it decides which objects there are: those that are gone would be deleted where the output is delivered")
                .help("change the policy instead"),
        );
    }
    if matches!(
        entry.value.content,
        Content::Null | Content::List(_) | Content::Map(_)
    ) {
        return Some(
            Diagnostic::error(
                REFUSED,
                Place::Span(entry.key_span.clone()),
                format!("`{path}` is not set to a single value"),
            )
            .note("what it leaves out of a list or a map would be deleted where the output is delivered")
            .help("set the fields in it one by one, or change the policy"),
        );
    }
    // Each named thing on the way has to be there: a setting makes none.
    let (items, name) = way(policy, path.segments()).find_map(|(holder, key)| {
        let Content::List(items) = &holder?.content else {
            return None;
        };
        let is_there = items.iter().any(|it| it.name() == Some(&*key));
        (!is_there).then_some((items, key))
    })?;
    let finding = Diagnostic::error(
        REFUSED,
        at_key,
        format!("the policy has nothing called `{name}` there"),
    )
    .note("a setting changes a value, and makes nothing new");
    Some(match nearest(&name, items.iter().filter_map(Node::name)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help("correct the name, or add the thing to the policy"),
    })
}

/// Says of the objects of a policy that settings leave some out; objects are told apart by kind,
/// namespace and name.
pub fn missing(without: &BTreeSet<String>, with: &BTreeSet<String>) -> Option<Diagnostic> {
    let gone: Vec<&str> = without.difference(with).map(String::as_str).collect();
    (!gone.is_empty()).then(|| {
        Diagnostic::error(
            REFUSED,
            Place::Policy,
            format!(
                "what is set leaves out {}: {}",
                plural(gone.len(), "object"),
                ticked(&gone)
            ),
        )
        .note("an object that is no longer rendered is deleted where the output is delivered")
        .help("set other fields, or change the policy itself")
    })
}

/// The steps of a path as text, each with what it leads on from, as far as that is there.
fn way<'a>(
    policy: &'a Node,
    path: &'a [Segment],
) -> impl DoubleEndedIterator<Item = (Option<&'a Node>, String)> {
    let mut steps = Vec::new();
    let mut here = Some(policy);
    for segment in path {
        let key = match segment {
            Segment::Key(key) => key.clone(),
            Segment::Index(index) => index.to_string(),
        };
        let next = here.and_then(|it| match &it.content {
            Content::List(items) => items.iter().find(|it| it.name() == Some(&*key)),
            _ => it.get(&key).map(|it| &it.value),
        });
        steps.push((here, key));
        here = next;
    }
    steps.into_iter()
}

/// The value below the fields of a path; of a list, in the item of that name.
fn wrapped(policy: &Node, path: &[Segment], setting: Entry) -> Node {
    let Entry {
        key_span, value, ..
    } = setting;
    let node = |content| Node {
        span: key_span.clone(),
        content,
    };
    let field = |key: &str, value: Node| Entry {
        key: key.to_owned(),
        key_span: key_span.clone(),
        value,
    };
    way(policy, path).rev().fold(value, |value, (holder, key)| {
        let is_list = holder.is_some_and(|it| matches!(it.content, Content::List(_)));
        match (is_list, value.content) {
            (true, Content::Map(mut fields)) => {
                fields.insert(0, field("name", node(Content::Text(key))));
                node(Content::List(vec![node(Content::Map(fields))]))
            }
            (_, content) => {
                let value = Node {
                    span: value.span,
                    content,
                };
                node(Content::Map(vec![field(&key, value)]))
            }
        }
    })
}
