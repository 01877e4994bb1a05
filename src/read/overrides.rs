//! Overrides that say again what they override: whoever changes the value below believes that it
//! reaches further than it does.
//!
//! An override stands in a file that extends the one below, or in an instance over `redis.defaults`
//! or the parameters of its tier. Files that are extended side by side do not override each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::path::FieldPath;
use crate::diag::source::{FileId, Span};
use crate::diag::{Diagnostic, Place};
use crate::read::tree::{Content, Node};

/// Which file is laid over which.
#[derive(Default)]
pub(super) struct Layers {
    /// The files below each.
    below: BTreeMap<FileId, BTreeSet<FileId>>,
    /// Where values are written that have another file's value of the same field below them: without
    /// them that one would count, and not what is below both.
    over_others: BTreeSet<(FileId, usize)>,
}

impl Layers {
    /// Says that a file extends another, and what that one does.
    pub(super) fn extend(&mut self, over: FileId, base: FileId) {
        let mut below = self.below.get(&base).cloned().unwrap_or_default();
        below.insert(base);
        self.below.entry(over).or_default().extend(below);
    }

    /// Returns whether what is written at `over` knows of what is written at `base`.
    fn is_over(&self, over: &Span, base: &Span) -> bool {
        let below = self.below.get(&over.file);
        over != base && (over.file == base.file || below.is_some_and(|it| it.contains(&base.file)))
    }
}

/// Notes which values of a file are laid over those of another that is extended beside it.
pub(super) fn of_sibling(one: &Node, over: &Node, layers: &mut Layers) {
    let mut compared = Comparison {
        what: None,
        layers,
        acc: &mut Vec::new(),
    };
    compared.run(one, over, &FieldPath::root());
}

/// Reports every value of a file that the files which it extends have too.
pub(super) fn of_file(base: &Node, over: &Node, layers: &mut Layers, acc: &mut Vec<Diagnostic>) {
    // These say what the file is, and are in every one.
    const OWN: &[&str] = &["apiVersion", "kind", "metadata"];
    let Content::Map(entries) = &over.content else {
        return;
    };
    let mut compared = Comparison {
        what: Some("the base"),
        layers,
        acc,
    };
    for entry in entries.iter().filter(|it| !OWN.contains(&it.key.as_str())) {
        if let Some(below) = base.get(&entry.key) {
            let path = FieldPath::root().key(&entry.key);
            compared.run(&below.value, &entry.value, &path);
        }
    }
}

/// Reports every value of an instance that `redis.defaults` or its tier has too.
pub(super) fn of_instances(policy: &Node, layers: &mut Layers, acc: &mut Vec<Diagnostic>) {
    let Some(Content::List(instances)) =
        at(policy, &["spec", "redis", "instances"]).map(|it| &it.content)
    else {
        return;
    };
    let defaults = at(policy, &["spec", "redis", "defaults"]);
    let tiers = at(policy, &["spec", "alerts", "tiers"]);
    for instance in instances {
        let Some(name) = instance.name() else {
            continue;
        };
        let path = FieldPath::spec(&["redis", "instances", name]);
        if let Some(defaults) = defaults {
            let mut compared = Comparison {
                what: Some("`redis.defaults`"),
                layers,
                acc,
            };
            compared.run(defaults, instance, &path);
        }
        let own = instance.get("tier").map(|it| &it.value);
        let tier = own.or_else(|| Some(&defaults?.get("tier")?.value));
        if let Some(tier) = tier.and_then(Node::as_text)
            && let Some(parameters) = tiers.and_then(|it| it.get(tier))
            && let Some(alerts) = instance.get("alerts")
        {
            let mut compared = Comparison {
                what: Some(&format!("the tier `{tier}`")),
                layers,
                acc,
            };
            compared.run(&parameters.value, &alerts.value, &path.key("alerts"));
        }
    }
}

fn at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter()
        .try_fold(node, |node, key| node.get(key).map(|it| &it.value))
}

/// One thing that is laid over another.
struct Comparison<'a> {
    /// What the lower one is; nothing where it stands beside the other.
    what: Option<&'a str>,
    layers: &'a mut Layers,
    acc: &'a mut Vec<Diagnostic>,
}

impl Comparison<'_> {
    fn run(&mut self, base: &Node, over: &Node, path: &FieldPath) {
        match (&base.content, &over.content) {
            (Content::Map(_), Content::Map(entries)) => {
                // The name says which thing it is.
                for entry in entries.iter().filter(|it| it.key != "name") {
                    if let Some(below) = base.get(&entry.key) {
                        self.run(&below.value, &entry.value, &path.key(&entry.key));
                    }
                }
            }
            (Content::List(below), Content::List(items))
                if !items.is_empty() && items.iter().chain(below).all(|it| it.name().is_some()) =>
            {
                let named: BTreeMap<_, _> = below.iter().map(|it| (it.name(), it)).collect();
                for item in items {
                    if let (Some(below), Some(name)) = (named.get(&item.name()), item.name()) {
                        self.run(below, item, &path.key(name));
                    }
                }
            }
            _ => self.value(base, over, path),
        }
    }

    fn value(&mut self, base: &Node, over: &Node, path: &FieldPath) {
        let is_same = is_same(base, over);
        let place = (over.span.file, over.span.range.start);
        let is_new = match over.span.file == base.span.file {
            true => !self.layers.over_others.contains(&place),
            false if is_same && self.what.is_none() => return,
            false if over.span == base.span => return,
            false => self.layers.over_others.insert(place),
        };
        if let Some(what) = self.what
            && is_new
            && is_same
            && self.layers.is_over(&over.span, &base.span)
        {
            self.acc.push(
                Diagnostic::warning(
                    "policy/override-without-change",
                    Place::Span(over.span.clone()),
                    format!("{what} says this already"),
                )
                .context(Place::Span(base.span.clone()), "here")
                .note("when that is changed one day, this keeps the old value in silence")
                .help("remove it")
                .about(path.clone()),
            );
        }
    }
}

/// Returns whether two values are the same, wherever they are written.
fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.content, &other.content) {
        (Content::List(one), Content::List(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Content::Map(one), Content::Map(other_entries)) => {
            one.len() == other_entries.len()
                && one.iter().all(|it| {
                    other
                        .get(&it.key)
                        .is_some_and(|other| is_same(&it.value, &other.value))
                })
        }
        (one, other) => one == other,
    }
}
