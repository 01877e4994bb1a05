//! One policy laid over another: what `extends` means.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Place, nearest};
use crate::read::tree::{Content, Entry, Node};

/// Lays `over` on `base`: maps by key, lists of named things by name in the order of the base and
/// new ones after, other values whole. An item that says `remove: true` takes the base's away.
pub(crate) fn merge(base: Node, over: Node) -> Node {
    let span = over.span.clone();
    let content = match (base.content, over.content) {
        (Content::Map(base), Content::Map(over)) => Content::Map(merge_maps(base, over)),
        (Content::List(base), Content::List(over)) if is_named(&base) && is_named(&over) => {
            Content::List(merge_named(base, over))
        }
        (_, over) => over,
    };
    Node { span, content }
}

fn merge_maps(base: Vec<Entry>, over: Vec<Entry>) -> Vec<Entry> {
    // What is laid over is usually the smaller, so it is the one that is looked up in.
    let places: BTreeMap<String, usize> = over
        .iter()
        .enumerate()
        .map(|(at, it)| (it.key.clone(), at))
        .collect();
    let mut over: Vec<Option<Entry>> = over.into_iter().map(Some).collect();
    let mut merged = Vec::with_capacity(base.len());
    for below in base {
        let above = places.get(&below.key).and_then(|at| over[*at].take());
        merged.push(match above {
            Some(above) => Entry {
                value: merge(below.value, above.value),
                ..above
            },
            None => below,
        });
    }
    merged.extend(over.into_iter().flatten());
    merged
}

fn merge_named(base: Vec<Node>, over: Vec<Node>) -> Vec<Node> {
    let mut places: BTreeMap<String, usize> = base
        .iter()
        .enumerate()
        .filter_map(|(at, it)| Some((it.name()?.to_owned(), at)))
        .collect();
    let mut merged: Vec<Option<Node>> = base.into_iter().map(Some).collect();
    for node in over {
        let name = node.name().unwrap_or_default().to_owned();
        let place = places.get(&name).copied();
        match (is_removal(&node), place) {
            (true, Some(place)) => merged[place] = None,
            (true, None) => merged.push(Some(node)),
            (false, Some(place)) => {
                merged[place] = Some(match merged[place].take() {
                    Some(below) => merge(below, node),
                    None => node,
                });
            }
            (false, None) => {
                places.insert(name, merged.len());
                merged.push(Some(node));
            }
        }
    }
    merged.into_iter().flatten().collect()
}

fn is_named(items: &[Node]) -> bool {
    items.iter().all(|it| it.name().is_some())
}

fn is_removal(item: &Node) -> bool {
    item.get("remove")
        .is_some_and(|it| it.value.content == Content::Bool(true))
}

/// Takes out and reports the removals that are left after merging: nothing was there to remove.
pub(crate) fn refuse_removals(node: &mut Node, acc: &mut Vec<Diagnostic>) {
    if let Content::List(items) = &mut node.content {
        let names: Vec<String> = items
            .iter()
            .filter(|it| !is_removal(it))
            .filter_map(|it| it.name().map(str::to_owned))
            .collect();
        items.retain(|item| {
            if is_removal(item) {
                acc.push(removes_nothing(item, &names));
            }
            !is_removal(item)
        });
    }
    for child in children_mut(node) {
        refuse_removals(child, acc);
    }
}

fn removes_nothing(item: &Node, names: &[String]) -> Diagnostic {
    const NAME: &str = "policy/removes-nothing";
    let note = "what was to go may still be there, under another name";
    let (Some(entry), Some(name)) = (item.get("name"), item.name()) else {
        let place = item.get("remove").map_or(&item.span, |it| &it.key_span);
        let headline = "this does not name what it removes";
        return Diagnostic::error(NAME, Place::Span(place.clone()), headline)
            .note(note)
            .help("add the `name` of the item");
    };
    let finding = Diagnostic::error(
        NAME,
        Place::Span(entry.value.span.clone()),
        format!("no base has `{name}`, so it cannot be removed"),
    )
    .note(note);
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => finding.meant(near),
        None => finding.help("remove the item, or correct its name"),
    }
}

fn children_mut(node: &mut Node) -> Vec<&mut Node> {
    match &mut node.content {
        Content::Map(entries) => entries.iter_mut().map(|it| &mut it.value).collect(),
        Content::List(items) => items.iter_mut().collect(),
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Decimal(_)
        | Content::Text(_) => Vec::new(),
    }
}

/// Reports things of one file that have the same name: merging by name would lose one of them.
pub(crate) fn refuse_duplicate_names(node: &Node, acc: &mut Vec<Diagnostic>) {
    match &node.content {
        Content::Map(entries) => {
            for entry in entries {
                refuse_duplicate_names(&entry.value, acc);
            }
        }
        Content::List(items) => {
            let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
            for item in items {
                if let Some(entry) = item.get("name")
                    && let Some(name) = entry.value.as_text()
                {
                    match seen.get(name) {
                        Some(first) => acc.push(
                            Diagnostic::error(
                                "policy/duplicate-name",
                                Place::Span(entry.value.span.clone()),
                                format!("the name `{name}` is taken"),
                            )
                            .context(
                                Place::Span(
                                    first
                                        .get("name")
                                        .map_or(first.span.clone(), |it| it.value.span.clone()),
                                ),
                                "by this one",
                            )
                            .note("routes, layers and findings know it by its name, so it has to be one thing")
                            .help("give one of them another name"),
                        ),
                        None => {
                            seen.insert(name, item);
                        }
                    }
                }
                refuse_duplicate_names(item, acc);
            }
        }
        Content::Null
        | Content::Bool(_)
        | Content::Int(_)
        | Content::Decimal(_)
        | Content::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::source::FileId;
    use crate::read::tree::load;
    use serde_json::json;

    fn merged(base: &str, over: &str) -> serde_json::Value {
        let mut acc = Vec::new();
        let base = load(FileId(0), base, &mut acc).node.unwrap();
        let over = load(FileId(1), over, &mut acc).node.unwrap();
        let mut node = merge(base, over);
        refuse_removals(&mut node, &mut acc);
        assert!(acc.is_empty());
        node.to_json()
    }

    #[test]
    fn named_things_merge_by_name_and_other_lists_replace() {
        assert_eq!(
            merged(
                "a: [{name: x, v: 1, w: 2}, {name: u}]\nb: [1, 2]\nc: {d: 1}\n",
                "a: [{name: z}, {name: x, v: 3}]\nb: [3]\nc: {e: 2}\n"
            ),
            json!({"a": [{"name": "x", "v": 3, "w": 2}, {"name": "u"}, {"name": "z"}], "b": [3], "c": {"d": 1, "e": 2}})
        );
    }

    #[test]
    fn fields_keep_the_order_of_the_base_and_new_ones_follow() {
        let merged = merged("{b: 1, a: {y: 1}, c: 3}", "{d: 4, c: 5, a: {x: 2}, e: 6}");
        assert_eq!(
            merged.to_string(),
            r#"{"b":1,"a":{"y":1,"x":2},"c":5,"d":4,"e":6}"#
        );
    }

    #[test]
    fn a_named_thing_can_be_removed() {
        assert_eq!(
            merged(
                "a: [{name: x}, {name: u}]\n",
                "a: [{name: x, remove: true}]\n"
            ),
            json!({"a": [{"name": "u"}]})
        );
    }
}
