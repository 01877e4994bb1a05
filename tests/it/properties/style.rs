//! The same policy, written otherwise: the same output, byte for byte.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Texts, config, tree};
use crate::random::Random;
use crate::stacks::stacks;

/// Lists in which the order says nothing, by the key of the list.
const SETS: &[&str] = &["teams", "externalMetrics", "allow"];

/// Writes a value as a person might: in blocks or in one line, quoted or not, with comments, blank
/// lines and any indentation.
struct Writer<'a> {
    random: &'a mut Random,
    text: String,
}

impl Writer<'_> {
    fn one_in(&mut self, count: usize) -> bool {
        self.random.below(count) == 0
    }

    fn end_line(&mut self, indentation: usize) {
        if self.one_in(8) {
            self.text.push_str("   # a: [remark]");
        }
        self.text.push('\n');
        match self.random.below(12) {
            0 => self.text.push('\n'),
            1 => self.text.push_str("# - at the margin: \"\n"),
            2 => {
                self.indent(indentation);
                self.text.push_str("# it's here\n");
            }
            _ => {}
        }
    }

    fn indent(&mut self, indentation: usize) {
        self.text.extend(std::iter::repeat_n(' ', indentation));
    }

    fn is_plain(text: &str) -> bool {
        let word = text.to_lowercase();
        text.starts_with(|it: char| it.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"-_./".contains(&it))
            && !matches!(
                word.as_str(),
                "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
            )
    }

    fn scalar(&mut self, value: &Value) {
        let Value::String(text) = value else {
            self.text.push_str(&value.to_string());
            return;
        };
        match self.random.below(3) {
            0 | 1 if Self::is_plain(text) => self.text.push_str(text),
            1 | 2 if !text.contains('\n') => {
                self.text
                    .push_str(&format!("'{}'", text.replace('\'', "''")));
            }
            _ => self.text.push_str(&value.to_string()),
        }
    }

    fn flow(&mut self, value: &Value) {
        let gap = ["", " ", "  "][self.random.below(3)];
        match value {
            Value::Object(map) => {
                self.text.push_str(&format!("{{{gap}"));
                for (index, (key, value)) in map.iter().enumerate() {
                    if index > 0 {
                        self.text.push_str(&format!("{gap}, "));
                    }
                    self.scalar(&Value::from(key.as_str()));
                    self.text.push_str(": ");
                    self.flow(value);
                }
                self.text.push_str(&format!("{gap}}}"));
            }
            Value::Array(items) => {
                self.text.push_str(&format!("[{gap}"));
                for (index, value) in items.iter().enumerate() {
                    if index > 0 {
                        self.text.push_str(", ");
                    }
                    self.flow(value);
                }
                self.text.push_str(&format!("{gap}]"));
            }
            _ => self.scalar(value),
        }
    }

    fn is_empty(value: &Value) -> bool {
        match value {
            Value::Object(map) => map.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => true,
        }
    }

    /// Writes what follows a key or a dash, up to the end of the line or of the block.
    fn below(&mut self, value: &Value, indentation: usize) {
        if Self::is_empty(value) || self.one_in(4) {
            self.text.push(' ');
            self.flow(value);
            self.end_line(indentation);
        } else {
            let deeper = indentation + 1 + self.random.below(5);
            self.end_line(deeper);
            self.block(value, deeper);
        }
    }

    fn block(&mut self, value: &Value, indentation: usize) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.indent(indentation);
                    self.scalar(&Value::from(key.as_str()));
                    self.text.push(':');
                    self.below(value, indentation);
                }
            }
            Value::Array(items) => {
                for value in items {
                    self.indent(indentation);
                    self.text.push('-');
                    self.below(value, indentation);
                }
            }
            _ => {
                self.indent(indentation);
                self.scalar(value);
                self.end_line(indentation);
            }
        }
    }
}

/// Shuffles the fields of maps and the items of sets.
fn shuffled(value: Value, is_set: bool, random: &mut Random) -> Value {
    let mut shuffle = |count: usize| -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            order.swap(at, random.below(at + 1));
        }
        order
    };
    match value {
        Value::Object(map) => {
            let order = shuffle(map.len());
            let mut fields: Vec<Option<(String, Value)>> = map.into_iter().map(Some).collect();
            let fields = order.into_iter().filter_map(|it| fields[it].take());
            let fields = fields.collect::<Vec<_>>().into_iter();
            fields
                .map(|(key, value)| {
                    let is_set = SETS.contains(&key.as_str());
                    let value = shuffled(value, is_set, random);
                    (key, value)
                })
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => {
            let order = match is_set {
                true => shuffle(items.len()),
                false => (0..items.len()).collect(),
            };
            let mut items: Vec<Option<Value>> = items.into_iter().map(Some).collect();
            let items: Vec<Value> = order
                .into_iter()
                .filter_map(|it| items[it].take())
                .collect();
            items
                .into_iter()
                .map(|it| shuffled(it, false, random))
                .collect()
        }
        other => other,
    }
}

fn rewritten(text: &str, random: &mut Random) -> String {
    let value: Value = serde_yaml::from_str(text).unwrap();
    let value = shuffled(value, false, random);
    let mut writer = Writer {
        random,
        text: String::new(),
    };
    writer.block(&value, 0);
    writer.text
}

proptest! {
    #![proptest_config(config(5))]

    #[test]
    fn order_of_keys_and_style_change_nothing(seed in any::<u64>(), stack in prop::sample::select(stacks())) {
        let stack = Texts::stack(&stack);
        let mut random = Random::new(seed);
        let mut other = stack.clone();
        for text in other.files.values_mut() {
            *text = rewritten(text, &mut random);
        }
        let (before, after) = (tree(&stack.compile()), tree(&other.compile()));
        for (path, text) in &before {
            prop_assert!(after.get(path) == Some(text), "{path} changed with\n{}", other.policy());
        }
        prop_assert_eq!(before.len(), after.len());
    }
}

#[test]
fn ends_of_lines_and_a_mark_of_unicode_change_nothing() {
    for stack in stacks() {
        let stack = Texts::stack(&stack);
        let expected = tree(&stack.compile());
        assert!(!expected.values().any(|it| it.contains('\r')));
        let windows = |text: &str| text.replace('\n', "\r\n");
        for changed in [
            stack.clone().map(windows),
            stack.clone().map(|it| format!("\u{feff}{it}")),
            stack.clone().map(|it| format!("\u{feff}{}", windows(it))),
            stack.clone().map(|it| it.trim_end().to_owned()),
        ] {
            assert!(tree(&changed.compile()) == expected, "{}", stack.path);
        }
    }
}

/// A text of several lines means the same whatever ends them.
#[test]
fn ends_of_lines_inside_texts_change_nothing() {
    let texts = [
        "|\n          a\n\n          b\n",
        "|-\n          a\n           b\n",
        ">\n          a\n          b\n\n          c\n",
        "\"a\n          b\"\n",
        "'a\n\n          b'\n",
        "a\n          b\n",
    ];
    for text in texts {
        let alerts = format!(
            "  alerts:\n    custom:\n      - name: Own\n        expr: redis_up == 0\n        \
             severity: info\n        team: web\n        summary: s\n        \
             runbook: https://a.example/b\n        description: {text}"
        );
        let stack = Texts::stack("minimal");
        let policy = format!("{}{alerts}", stack.policy());
        let stack = stack.with_policy(policy);
        let windows = stack.clone().map(|it| it.replace('\n', "\r\n"));
        assert!(tree(&windows.compile()) == tree(&stack.compile()), "{text}");
    }
}
