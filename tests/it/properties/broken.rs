//! Text that nobody meant: an answer, never a panic.

use obsgen::render::yaml;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Texts, config, wrong};
use crate::random::PIECES;
use crate::stacks::{root, stacks};

/// Words of the language, so that random text gets somewhere.
const WORDS: &[&str] = &[
    "apiVersion: obsgen/v1alpha1\n",
    "kind: Observability\n",
    "kind: ObservabilityBase\n",
    "metadata: {name: a}\n",
    "spec:\n",
    "  cluster: a\n",
    "  extends: [base.yaml]\n",
    "  redis:\n    instances:\n",
    "      - name: a\n",
    "        auth: {secretRef: {name: a, key: b}}\n",
    "  teams: [",
    "remove: true",
    "\u{feff}",
    "password: ",
    "https://hooks.slack.com/services/T0/B0/abc",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        3 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => ".{0,8}",
        1 => vec(any::<u8>(), 0..8).prop_map(|it| String::from_utf8_lossy(&it).into_owned()),
    ];
    vec(piece, 0..40).prop_map(|it| it.concat())
}

/// One change of a tree: what is done, to which of its values, with which other.
type Change = (u8, u16, u16);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    vec(any::<Change>(), 1..6)
}

/// A stack and some changes to its tree, or to its text.
fn stack() -> impl Strategy<Value = Texts> {
    prop::sample::select(stacks()).prop_map(|it| Texts::stack(&it))
}

fn tree_of(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// The values of a tree, as pointers, the root left out.
fn pointers(value: &Value, at: &str, acc: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, it)| (key.replace('~', "~0").replace('/', "~1"), it))
            .collect(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, it)| (index.to_string(), it)).collect()
        }
        _ => Vec::new(),
    };
    for (key, value) in below {
        let at = format!("{at}/{key}");
        pointers(value, &at, acc);
        acc.push(at);
    }
}

/// Values that are seldom right.
fn strange(which: u16) -> Value {
    let texts = PIECES.len();
    match usize::from(which) % (texts + 12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(0),
        4 => json!(i64::MAX),
        5 => json!({}),
        6 => json!([]),
        7 => json!("a".repeat(64)),
        8 => json!("é".repeat(40_000)),
        9 => json!([[[[{"name": "a"}]]]]),
        10 => json!({"secretRef": {"name": "a", "key": "b"}}),
        11 => json!("kustomization"),
        it => json!(PIECES[it - 12]),
    }
}

fn changed(mut tree: Value, other: &Value, changes: &[Change]) -> Value {
    for (what, at, with) in changes {
        let mut places = Vec::new();
        pointers(&tree, "", &mut places);
        if places.is_empty() {
            break;
        }
        let at = &places[usize::from(*at) % places.len()];
        let from = &places[usize::from(*with) % places.len()];
        let replacement = match what % 5 {
            0 => strange(*with),
            1 => tree.pointer(from).cloned().unwrap(),
            2 => {
                let mut places = Vec::new();
                pointers(other, "", &mut places);
                let from = &places[usize::from(*with) % places.len()];
                other.pointer(from).cloned().unwrap()
            }
            // What follows a value in its list, twice; or a field under another's name.
            3 => {
                let (parent, key) = at.rsplit_once('/').unwrap();
                let value = tree.pointer(at).cloned().unwrap();
                match tree.pointer_mut(parent).unwrap() {
                    Value::Array(items) => items.push(value),
                    Value::Object(map) => {
                        let name = from.rsplit('/').next().unwrap_or(key);
                        map.insert(name.to_owned(), value);
                    }
                    _ => {}
                }
                continue;
            }
            _ => {
                let (parent, key) = at.rsplit_once('/').unwrap();
                let key = key.replace("~1", "/").replace("~0", "~");
                match tree.pointer_mut(parent).unwrap() {
                    Value::Array(items) => drop(items.remove(key.parse::<usize>().unwrap())),
                    Value::Object(map) => drop(map.shift_remove(&key)),
                    _ => {}
                }
                continue;
            }
        };
        *tree.pointer_mut(at).unwrap() = replacement;
    }
    tree
}

#[track_caller]
fn check(texts: &Texts) {
    let wrong = wrong(&texts.compile());
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), texts.policy());
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn any_text_gets_an_answer(text in text(), base in text()) {
        let mut texts = Texts::one(&text);
        texts.files.insert("base.yaml".to_owned(), base);
        check(&texts);
    }
}

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn any_change_of_a_policy_gets_an_answer(
        stack in stack(), other in stack(), changes in changes(), in_base in any::<bool>()
    ) {
        let other = tree_of(other.policy());
        let path = match in_base {
            true => "base.yaml".to_owned(),
            false => stack.path.clone(),
        };
        let tree = changed(tree_of(&stack.files[&path]), &other, &changes);
        let mut stack = stack;
        stack.files.insert(path, yaml::document(&tree));
        check(&stack);
    }

    #[test]
    fn any_change_of_its_text_gets_an_answer(
        stack in stack(), edits in vec((any::<u16>(), 0usize..40, text()), 1..4)
    ) {
        let mut text = stack.policy().to_owned();
        for (at, length, piece) in edits {
            let near = |mut at: usize| {
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let start = near(usize::from(at) % (text.len() + 1));
            let end = near((start + length).min(text.len()));
            text.replace_range(start..end.max(start), &piece);
        }
        check(&stack.with_policy(text));
    }
}

/// Inputs that once broke something, or that lead to where little else does.
#[test]
fn the_corpus_gets_answers() {
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("tests/corpus")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        check(&Texts::one(&String::from_utf8_lossy(&bytes)));
        count += 1;
    }
    assert!(count > 10, "{count}");
}
