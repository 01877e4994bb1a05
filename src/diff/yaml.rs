//! What differs, as people know it: hunks of YAML with a few lines around them, each below the path of the field
//! that it is in. Documents within an object are data, and so are laid out too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

use crate::diag::text::printable;
use crate::diff::Page;
use crate::diff::canonical::has_order;
use crate::diff::fields::{by_name, written};
use crate::diff::pairs::Pair;
use crate::render::yaml;

/// Lines around what differs.
const AROUND: usize = 3;
/// Lines that are shown of an object that is new or gone.
const WHOLE: usize = 40;
/// Lines that are shown of one that differs.
const CHANGED: usize = 400;
/// Characters that are shown of a line.
const LONGEST: usize = 200;
/// Characters of a long line before what differs.
const BEFORE: usize = 40;

/// What differs in one object or page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunks {
    /// The pieces, in their order.
    pub hunks: Vec<Hunk>,
    /// Lines that are left out at the end, because there are too many.
    pub left_out: usize,
}

/// A piece in which something differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The path of the field that holds all that differs in it, in one line; empty for the whole.
    pub at: String,
    /// Its lines, in which nothing is left that a terminal would obey.
    pub lines: Vec<(Sign, String)>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The same on both sides.
    Same,
    /// Gone.
    Gone,
    /// New.
    New,
}

impl Sign {
    /// The character before a line.
    pub fn mark(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Gone => '-',
            Self::New => '+',
        }
    }
}

/// A line, and the steps to the field that it is of.
struct Line {
    text: String,
    path: Vec<String>,
}

/// What differs in an object.
pub fn of_object(pair: &Pair) -> Hunks {
    match (&pair.before, &pair.after) {
        (Some(before), Some(after)) => {
            let before = aligned("", before, after);
            changed(&lines(&before), &lines(after), &|paths| written(&paths))
        }
        (Some(before), None) => whole(Sign::Gone, &yaml::document(before)),
        (None, Some(after)) => whole(Sign::New, &yaml::document(after)),
        (None, None) => whole(Sign::Same, ""),
    }
}

/// What differs in a page. The path of a line is the heading above it.
pub fn of_page(page: &Page) -> Hunks {
    match (&page.before, &page.after) {
        (Some(before), Some(after)) => changed(&page_lines(before), &page_lines(after), &|path| {
            path.concat()
        }),
        (Some(before), None) => whole(Sign::Gone, before),
        (None, Some(after)) => whole(Sign::New, after),
        (None, None) => whole(Sign::Same, ""),
    }
}

fn whole(sign: Sign, text: &str) -> Hunks {
    let mut hunk = Hunk {
        at: String::new(),
        lines: Vec::new(),
    };
    let all = text.lines().count();
    let shown = text.lines().take(WHOLE);
    hunk.lines
        .extend(shown.map(|it| (sign, printable(&cut(it, 0)))));
    Hunks {
        left_out: all - hunk.lines.len(),
        hunks: vec![hunk],
    }
}

fn changed(before: &[Line], after: &[Line], name: &dyn Fn(Vec<String>) -> String) -> Hunks {
    let texts = |of: &[Line]| of.iter().map(|it| it.text.clone()).collect::<Vec<String>>();
    let (left, right) = (texts(before), texts(after));
    let steps = capture_diff_slices(Algorithm::Patience, &left, &right);
    let mut acc = Hunks {
        hunks: Vec::new(),
        left_out: 0,
    };
    let mut room = CHANGED;
    for steps in group_diff_ops(steps, AROUND) {
        let mut hunk = Hunk {
            at: printable(&name(common(&steps, before, after)).replace('\n', "\\n")),
            lines: Vec::new(),
        };
        for step in &steps {
            for change in step.iter_changes(&left, &right) {
                if room == 0 {
                    acc.left_out += 1;
                    continue;
                }
                room -= 1;
                let sign = match change.tag() {
                    ChangeTag::Equal => Sign::Same,
                    ChangeTag::Delete => Sign::Gone,
                    ChangeTag::Insert => Sign::New,
                };
                let text = change.value_ref();
                let from = match sign {
                    Sign::Same => 0,
                    Sign::Gone | Sign::New => {
                        let place = match sign {
                            Sign::Gone => change.old_index(),
                            _ => change.new_index(),
                        };
                        counterpart(step, sign, place, &left, &right)
                            .map_or(0, |it| first_difference(text, it))
                    }
                };
                hunk.lines.push((sign, printable(&cut(text, from))));
            }
        }
        if !hunk.lines.is_empty() {
            acc.hunks.push(hunk);
        }
    }
    acc
}

/// The line that stands in the place of another.
fn counterpart<'a>(
    step: &DiffOp,
    sign: Sign,
    place: Option<usize>,
    left: &'a [String],
    right: &'a [String],
) -> Option<&'a String> {
    let (old, new) = (step.old_range(), step.new_range());
    let (own, other, lines) = match sign {
        Sign::Gone => (old, new, right),
        Sign::New => (new, old, left),
        Sign::Same => return None,
    };
    let offset = place?.checked_sub(own.start)?;
    lines.get(other)?.get(offset)
}

fn first_difference(text: &str, other: &str) -> usize {
    let same = text.chars().zip(other.chars());
    same.take_while(|(one, other)| one == other).count()
}

/// A line, or the part of a long one in which it differs.
fn cut(line: &str, difference: usize) -> String {
    let count = line.chars().count();
    if count <= LONGEST {
        return line.to_owned();
    }
    let start = match difference {
        0..LONGEST => 0,
        far => far - BEFORE,
    };
    let part: String = line.chars().skip(start).take(LONGEST).collect();
    let left_out = |is: bool| if is { "…" } else { "" };
    format!(
        "{}{part}{}",
        left_out(start > 0),
        left_out(start + LONGEST < count)
    )
}

/// The steps that all lines share that differ.
fn common(steps: &[DiffOp], before: &[Line], after: &[Line]) -> Vec<String> {
    let mut shared: Option<Vec<String>> = None;
    let of = steps
        .iter()
        .filter(|it| !matches!(it, DiffOp::Equal { .. }));
    for step in of {
        let lines = before[step.old_range()]
            .iter()
            .chain(&after[step.new_range()]);
        for line in lines {
            match &mut shared {
                None => shared = Some(line.path.clone()),
                Some(shared) => {
                    let same = shared.iter().zip(&line.path);
                    let count = same.take_while(|(one, other)| one == other).count();
                    shared.truncate(count);
                }
            }
        }
    }
    shared.unwrap_or_default()
}

fn page_lines(text: &str) -> Vec<Line> {
    let mut heading = Vec::new();
    let mut is_code = false;
    let lines = text.lines().map(|line| {
        is_code ^= line.trim_start().starts_with("```");
        if !is_code && line.starts_with('#') {
            heading = vec![line.trim_start_matches('#').trim().to_owned()];
        }
        Line {
            text: line.to_owned(),
            path: heading.clone(),
        }
    });
    lines.collect()
}

/// The lines of a value, as it is written.
fn lines(value: &Value) -> Vec<Line> {
    let text = yaml::document(value);
    let mut paths = Vec::new();
    steps(value, &mut Vec::new(), &mut paths);
    let mut paths = paths.into_iter();
    let lines = text.lines().map(|line| Line {
        text: line.to_owned(),
        path: paths.next().unwrap_or_default(),
    });
    lines.collect()
}

/// The steps to each line of a value, in the layout of `render::yaml`.
fn steps(value: &Value, path: &mut Vec<String>, acc: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                path.push(key.clone());
                if is_below(value) {
                    acc.push(path.clone());
                }
                steps(value, path, acc);
                path.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let mut names = vec![None; items.len()];
            for (name, place) in by_name(items).into_iter().flatten() {
                names[place] = Some(name);
            }
            for (place, (item, name)) in items.iter().zip(names).enumerate() {
                path.push(name.unwrap_or_else(|| place.to_string()));
                steps(item, path, acc);
                path.pop();
            }
        }
        scalar => {
            let count = match scalar {
                Value::String(text) if text.contains('\n') => {
                    yaml::document(scalar).lines().count()
                }
                _ => 1,
            };
            acc.extend(std::iter::repeat_n(path.clone(), count));
        }
    }
}

/// Whether a value begins on the line below its key.
fn is_below(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A value in the order of another one, where the order says nothing.
fn aligned(name: &str, value: &Value, like: &Value) -> Value {
    match (value, like) {
        (Value::Object(fields), Value::Object(like)) => {
            let (own, others): (Vec<&String>, Vec<&String>) =
                (fields.keys().collect(), like.keys().collect());
            let keys = in_order(&own, &others);
            let sorted = keys.into_iter().map(|key| {
                let value = match like.get(key) {
                    Some(like) => aligned(key, &fields[key], like),
                    None => fields[key].clone(),
                };
                (key.clone(), value)
            });
            Value::Object(sorted.collect())
        }
        (Value::Array(items), Value::Array(like)) => {
            let (Some(own), Some(others)) = (by_name(items), by_name(like)) else {
                let aligned = items
                    .iter()
                    .enumerate()
                    .map(|(place, item)| match like.get(place) {
                        Some(like) => aligned(name, item, like),
                        None => item.clone(),
                    });
                return Value::Array(aligned.collect());
            };
            let mut names = names(&own);
            if !has_order(name) {
                names = in_order(&names, &self::names(&others));
            }
            let aligned = names.into_iter().map(|item| {
                let value = &items[own[item]];
                match others.get(item) {
                    Some(place) => aligned(name, value, &like[*place]),
                    None => value.clone(),
                }
            });
            Value::Array(aligned.collect())
        }
        (value, _) => value.clone(),
    }
}

/// Names in the order of the items that have them.
fn names(places: &BTreeMap<String, usize>) -> Vec<&String> {
    let mut names: Vec<(&usize, &String)> = places.iter().map(|(name, it)| (it, name)).collect();
    names.sort_unstable();
    names.into_iter().map(|(_, name)| name).collect()
}

/// Names in the order of others. What the others do not have stays behind the name that it followed.
fn in_order<'a>(names: &[&'a String], like: &[&'a String]) -> Vec<&'a String> {
    let known: BTreeSet<&String> = like.iter().copied().collect();
    let mut followers: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    let mut sorted: Vec<&String> = Vec::new();
    let mut last: Option<&String> = None;
    for name in names {
        match (known.contains(name), last) {
            (true, _) => last = Some(name),
            (false, Some(last)) => followers.entry(last).or_default().push(name),
            (false, None) => sorted.push(name),
        }
    }
    let own: BTreeSet<&String> = names.iter().copied().collect();
    for name in like.iter().filter(|it| own.contains(*it)) {
        sorted.push(name);
        sorted.extend(followers.remove(name).unwrap_or_default());
    }
    sorted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::diff::fields::fields;
    use crate::diff::side::Id;

    fn pair(before: Option<Value>, after: Option<Value>) -> Pair {
        let fields = match (&before, &after) {
            (Some(before), Some(after)) => fields(before, after),
            _ => Vec::new(),
        };
        Pair {
            id: Id {
                group: String::new(),
                kind: "ConfigMap".to_owned(),
                namespace: String::new(),
                name: "a".to_owned(),
            },
            renamed: None,
            before,
            after,
            fields,
        }
    }

    fn shown(hunks: &Hunks) -> String {
        let mut text = String::new();
        for hunk in &hunks.hunks {
            text.push_str(&format!("@@ {}\n", hunk.at));
            for (sign, line) in &hunk.lines {
                text.push_str(&format!("{}{line}\n", sign.mark()));
            }
        }
        text
    }

    #[test]
    fn a_hunk_names_the_field_that_it_is_in() {
        let object = |size: &str, time: &str| {
            json!({
                "kind": "ConfigMap",
                "spec": {"storage": {"class": "a", "size": size}, "replicas": 3},
                "data": {"rules.yaml": {"groups": [{"name": "redis", "rules": [
                    {"alert": "A", "expr": "up == 0", "for": "1m", "labels": {"severity": "critical"}},
                    {"alert": "B", "expr": "up == 1", "for": time, "labels": {"severity": "warning"}},
                ]}]}},
            })
        };
        let pair = pair(Some(object("1Gi", "1m")), Some(object("2Gi", "5m")));
        assert_eq!(
            shown(&of_object(&pair)),
            "@@ spec.storage.size\n spec:\n   storage:\n     class: a\n-    size: 1Gi\n\
             +    size: 2Gi\n   replicas: 3\n data:\n   rules.yaml:\n\
             @@ data[rules.yaml].groups.redis.rules.B.for\n           severity: critical\n\
             \u{20}      - alert: B\n         expr: up == 1\n-        for: 1m\n+        for: 5m\n\
             \u{20}        labels:\n           severity: warning\n"
        );
    }

    /// Values of every layout.
    fn values() -> impl Strategy<Value = Value> {
        let texts = prop::sample::select(vec![
            "", "a", "on", "a\nb", "a\n\nb\n", "\n", "a \nb", "\ta",
        ]);
        let scalars = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i8>().prop_map(Value::from),
            texts.prop_map(Value::from),
        ];
        scalars.prop_recursive(5, 64, 4, |inner| {
            let keys = prop::sample::select(vec!["name", "b", "a\nb", "alert"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(keys, inner, 0..4).prop_map(|it| it
                    .into_iter()
                    .map(|(key, it)| (key.to_owned(), it))
                    .collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_line_has_a_path(value in values()) {
            let mut paths = Vec::new();
            steps(&value, &mut Vec::new(), &mut paths);
            prop_assert_eq!(paths.len(), yaml::document(&value).lines().count());
        }

        #[test]
        fn what_is_aligned_is_the_same(value in values(), like in values()) {
            let aligned = aligned("routes", &value, &like);
            prop_assert_eq!(aligned, value);
        }
    }

    #[test]
    fn the_order_of_keys_is_no_difference() {
        let before = json!({"x": 0, "a": 1, "z": 0, "b": {"c": 1, "d": [{"name": "e", "f": 1}]}});
        let after = json!({"b": {"d": [{"f": 2, "name": "e"}], "c": 1}, "a": 1});
        let text = shown(&of_object(&pair(Some(before), Some(after))));
        assert_eq!(
            text,
            "@@ \n-x: 0\n b:\n   d:\n-  - f: 1\n+  - f: 2\n     name: e\n   c: 1\n a: 1\n-z: 0\n"
        );
    }

    #[test]
    fn the_order_of_items_is_a_difference_where_it_counts() {
        let lists = |field: &str, first: &str, second: &str| {
            let mut list = json!({});
            list[field] = json!([{"name": first, "a": 1}, {"name": second, "a": 1}]);
            Some(list)
        };
        let rules = pair(lists("rules", "x", "y"), lists("rules", "y", "x"));
        assert_eq!(of_object(&rules).hunks, []);
        let routes = pair(lists("routes", "x", "y"), lists("routes", "y", "x"));
        assert_eq!(of_object(&routes).hunks.len(), 1);
    }

    #[test]
    fn a_new_object_is_shown_to_a_bound() {
        let data: Map<String, Value> = (0..100).map(|it| (format!("k{it}"), json!(it))).collect();
        let hunks = of_object(&pair(None, Some(json!({"data": data}))));
        assert_eq!(hunks.hunks[0].lines.len(), WHOLE);
        assert_eq!(hunks.left_out, 61);
        assert!(hunks.hunks[0].lines.iter().all(|it| it.0 == Sign::New));
    }

    #[test]
    fn an_object_that_differs_in_all_is_shown_to_a_bound() {
        let data = |more: usize| -> Value {
            let data: Map<String, Value> = (0..1_000)
                .map(|it| (format!("k{it}"), json!(it + more)))
                .collect();
            json!({"data": data})
        };
        let hunks = of_object(&pair(Some(data(0)), Some(data(1))));
        let lines: usize = hunks.hunks.iter().map(|it| it.lines.len()).sum();
        assert_eq!((lines, hunks.left_out), (CHANGED, 2_001 - CHANGED));
    }

    #[test]
    fn of_a_long_line_there_is_what_differs() {
        let line =
            |it: &str| json!({"a": format!("{} {it} {}", "x".repeat(1_000), "y".repeat(1_000))});
        let text = shown(&of_object(&pair(Some(line("old")), Some(line("new")))));
        assert!(text.contains("old") && text.contains("new"), "{text}");
        assert!(text.len() < 3 * LONGEST, "{text}");
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let page = Page {
            path: "a.md".to_owned(),
            before: Some("# A\n\na\n```\n# no heading\n```\n## B\n\nc\n".to_owned()),
            after: Some(
                "# A\n\na\n```\n# no heading\n```\n## B\n\n\u{202e}\u{1b}[31m\u{200b}\n".to_owned(),
            ),
        };
        let text = shown(&of_page(&page));
        assert_eq!(
            text,
            "@@ B\n ```\n ## B\n \n-c\n+\\u{202E}\\u{1B}[31m\\u{200B}\n"
        );
    }
}
