//! What the YAML writer wrote, read back by another implementation.

use obsgen::render::yaml;
use serde_json::{Map, Value, json};

use crate::random::Random;

/// Strings that are something else, or not there at all, when they are written carelessly.
#[rustfmt::skip]
const NASTY: &[&str] = &[
    "", " ", "  ", "\t", "\n", "\n\n", "\r", "\r\n", "\0", "\u{7f}", "\u{85}", "\u{a0}",
    "\u{2028}", "\u{2029}", "\u{feff}", "\u{fffe}", "\u{10ffff}", "y", "Y", "n", "yes", "No", "ON",
    "off", "true", "False", "null", "NULL", "~", ".inf", "-.INF", ".NaN", "nan", "Infinity", "0",
    "-0", "+1", "012", "0o12", "0x1F", "0b11", "1.", ".5", "1e3", "1.0e+3", "1_000", "12:30",
    "12:30:45", "-1:30.5", "2024-01-01", "2024-01-01T00:00:00Z", "=", "<<", "-", "--", "---",
    "--- a", "...", "?", "? a", ":", ": a", "a:", "a: b", "a :b", "a:b", "#", "a #b", "a#b", "&a",
    "*a", "!a", "!!str a", "%a", "%YAML 1.1", "@a", "`a", "|", ">", "[", "]", "[a]", "{", "}",
    "{a: b}", ",", "a, b", "'", "''", "\"", "\"a\"", "'a'", "\\", "\\n", "it's", "a 'b' \"c\"",
    "a\n---\nb", "a\n...\nb", "a\n", "a\n\n", "a\nb", "\na", " a\nb", "a\n b", "a \nb", "a\n\tb",
    "\ta\nb", "a\n \nb", "a\n\n\nb\n", "# a\nb\n", "- a\n- b\n", "a: |\n  b\n", "a\rb\nc", "5m",
    "1h30m", "64Mi", "1y", "/metrics", "../base", "redis:7.4", "a  b", "sum(a) > 1 * 2",
    "redis_up{stack=\"prod\"} == 0", "{{ $labels.pod }} is down", "e1", "🙂", "漢字", "é\n漢",
];

#[track_caller]
fn check(value: &Value) {
    let text = yaml::document(value);
    let read: Value = serde_yaml::from_str(&text).unwrap_or_else(|it| panic!("{it}: {text:?}"));
    assert_eq!(read, *value, "{text:?}");
    // A blank at the end of a line is lost to the first editor that trims lines.
    for line in text.lines() {
        assert!(!line.ends_with([' ', '\t', '\r']), "{text:?}");
    }
}

fn texts(seed: u64, count: usize) -> Vec<String> {
    let mut random = Random::new(seed);
    (0..count).map(|_| random.text()).collect()
}

#[test]
fn a_nasty_string_is_the_same_as_a_value() {
    for text in NASTY {
        check(&json!(text));
        check(&json!({ "key": text, "next": "value" }));
        check(&json!([text, [text], { "key": [text, { "key": text }] }]));
    }
}

#[test]
fn a_nasty_string_is_the_same_as_a_key() {
    for text in NASTY {
        check(&json!({ *text: "value" }));
        check(&json!([{ *text: { *text: [text] }, "next": {} }]));
    }
    let all: Map<String, Value> = NASTY
        .iter()
        .map(|it| ((*it).to_owned(), json!(it)))
        .collect();
    check(&Value::Object(all));
}

#[test]
fn empty_and_nested_values_are_the_same() {
    for value in [
        json!({}),
        json!([]),
        json!(null),
        json!([[]]),
        json!([{}]),
        json!([[[], [[]]], {}]),
        json!({ "a": {}, "b": [] }),
        json!({ "a": { "b": { "c": [[{ "d": [{}, [], [[{ "e": null }]]] }]] } } }),
        json!([[["a\nb", "c"], "d\n"], [{ "e": "f\ng", "h": ["i\nj\n"] }]]),
        json!([
            0,
            -1,
            i64::MIN,
            u64::MAX,
            0.5,
            -0.25,
            1.0,
            1e21,
            1e-7,
            f64::MAX,
            f64::MIN_POSITIVE
        ]),
    ] {
        check(&value);
    }
}

#[test]
fn a_random_string_is_the_same() {
    for texts in texts(1, 20_000).chunks(50) {
        let values: Vec<Value> = texts.iter().map(|it| json!(it)).collect();
        check(&Value::Array(values));
        let fields: Map<String, Value> = texts.iter().map(|it| (it.clone(), json!(it))).collect();
        check(&Value::Object(fields));
    }
}

#[test]
fn a_random_document_is_the_same() {
    let mut random = Random::new(2);
    for _ in 0..500 {
        let value = nested(&mut random, 5);
        check(&value);
    }
}

#[test]
fn documents_of_a_stream_are_apart() {
    let mut random = Random::new(3);
    let values: Vec<Value> = (0..100).map(|_| nested(&mut random, 3)).collect();
    let text = yaml::stream(&values);
    let read: Vec<Value> = serde_yaml::Deserializer::from_str(&text)
        .map(|it| serde::Deserialize::deserialize(it).unwrap())
        .collect();
    assert_eq!(read, values);
}

fn nested(random: &mut Random, depth: usize) -> Value {
    let width = random.below(5);
    match random.below(if depth == 0 { 6 } else { 12 }) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 => json!(random.below(100_000)),
        3 => json!(random.below(100_000) as f64 / 64.0 - 500.0),
        4 | 5 => json!(random.text()),
        6..=8 => (0..width).map(|_| nested(random, depth - 1)).collect(),
        _ => (0..width)
            .map(|_| (random.text(), nested(random, depth - 1)))
            .collect::<Map<_, _>>()
            .into(),
    }
}
