//! YAML that every reader reads the same, laid out the way `kubectl` does.
//!
//! Kubernetes resolves plain scalars by YAML 1.1, where `on` is a boolean, `12:30` a number and
//! `2024-01-01` a date; other readers follow YAML 1.2. A string goes without quotes only when no
//! reader can take it for anything else, so the values that come back are the values given.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// Returns one document, with a newline at its end.
pub fn document(value: &Value) -> String {
    let mut out = String::new();
    node(&mut out, value, 0);
    out
}

/// Returns several documents, with `---` between them.
pub fn stream<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut out = String::new();
    for value in values {
        if !out.is_empty() {
            out.push_str("---\n");
        }
        node(&mut out, value, 0);
    }
    out
}

/// Writes a value whose first line begins at `column`, where `out` already stands.
fn node(out: &mut String, value: &Value, column: usize) {
    match value {
        Value::Array(items) if !items.is_empty() => sequence(out, items, column),
        Value::Object(fields) if !fields.is_empty() => mapping(out, fields, column),
        Value::Null => out.push_str("null\n"),
        Value::Bool(true) => out.push_str("true\n"),
        Value::Bool(false) => out.push_str("false\n"),
        Value::Number(it) => {
            number(out, it);
            out.push('\n');
        }
        Value::String(text) => {
            string(out, text, column);
            out.push('\n');
        }
        Value::Array(_) => out.push_str("[]\n"),
        Value::Object(_) => out.push_str("{}\n"),
    }
}

fn sequence(out: &mut String, items: &[Value], column: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        out.push_str("- ");
        node(out, item, column + 2);
    }
}

fn mapping(out: &mut String, fields: &Map<String, Value>, column: usize) {
    for (index, (key, value)) in fields.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        if is_plain(key) {
            out.push_str(key);
        } else {
            quoted(out, key);
        }
        out.push(':');
        // The dashes of a list stand below its key, not two spaces further in.
        let column = match value {
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                indent(out, column);
                column
            }
            Value::Object(fields) if !fields.is_empty() => {
                out.push('\n');
                indent(out, column + 2);
                column + 2
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                out.push(' ');
                column + 2
            }
        };
        node(out, value, column);
    }
}

fn number(out: &mut String, number: &Number) {
    let start = out.len();
    let _ = write!(out, "{number}");
    // YAML 1.1 knows a float by its point and wants a sign in the exponent: `1e21` is a string.
    if let Some(offset) = out[start..].find('e') {
        let exponent = start + offset;
        if !out[exponent + 1..].starts_with(['-', '+']) {
            out.insert(exponent + 1, '+');
        }
        if !out[start..exponent].contains('.') {
            out.insert_str(exponent, ".0");
        }
    }
}

fn string(out: &mut String, text: &str, column: usize) {
    if is_plain(text) {
        out.push_str(text);
    } else if is_literal(text) {
        literal(out, text, column);
    } else {
        quoted(out, text);
    }
}

/// Words that some reader resolves to a boolean, to null or to a number, in any case of letters.
const RESOLVED: [&str; 12] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity",
];

/// Units of durations and quantities, after which digits are no longer a number. Letters that
/// could belong to a number, such as those of `1e3`, `0b1` and `0x1f`, are not among them.
const UNITS: [&str; 11] = ["ms", "s", "m", "h", "w", "y", "k", "Ki", "Mi", "Gi", "Ti"];

/// Whether a string needs no quotes: words and paths, or digits with a unit.
///
/// The characters are listed because what YAML refuses cannot be: each is an ordinary character in
/// the middle of a plain scalar, to every reader.
fn is_plain(text: &str) -> bool {
    let is_quantity = || {
        let unit = text.trim_start_matches(|it: char| it.is_ascii_digit());
        unit.len() < text.len() && UNITS.contains(&unit)
    };
    let is_words = || {
        text.bytes().all(|it| {
            matches!(it,
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b' ' | b'-' | b'_' | b'.' | b'/' | b':'
                | b',' | b'(' | b')' | b'+' | b'*' | b'=' | b'<' | b'>' | b'@' | b'%')
        }) && !text.ends_with([' ', ':'])
            && text.as_bytes().windows(2).all(|pair| match pair[0] {
                b' ' => !matches!(pair[1], b' ' | b':'),
                b':' => matches!(pair[1], b':' | b'/') || pair[1].is_ascii_alphanumeric(),
                _ => true,
            })
            && !RESOLVED.iter().any(|it| it.eq_ignore_ascii_case(text))
    };
    match text.as_bytes() {
        [b'a'..=b'z' | b'A'..=b'Z' | b'/', ..] | [b'.', b'/', ..] | [b'.', b'.', b'/', ..] => {
            is_words()
        }
        [b'0'..=b'9', ..] => is_quantity(),
        _ => false,
    }
}

/// Whether a string of several lines comes back from a block scalar with no character changed.
///
/// Two newlines at the end would need `|+`, and the blank lines it keeps are lost to whatever
/// trims the end of a file.
fn is_literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    text.contains('\n')
        && !body.is_empty()
        && !body.starts_with([' ', '\t', '\n'])
        && !body.ends_with('\n')
        && body.split('\n').all(|line| {
            !line.ends_with([' ', '\t'])
                && !line.trim_start_matches(' ').starts_with('\t')
                && line.chars().all(|it| it == '\t' || is_visible(it))
        })
}

fn literal(out: &mut String, text: &str, column: usize) {
    let body = match text.strip_suffix('\n') {
        Some(body) => {
            out.push('|');
            body
        }
        None => {
            out.push_str("|-");
            text
        }
    };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            // A block that is the whole document is indented too: readers want one space at least.
            indent(out, column.max(2));
            out.push_str(line);
        }
    }
}

/// Writes a string in the quotes that need the fewest backslashes, on one line.
fn quoted(out: &mut String, text: &str) {
    if text.contains(['"', '\\']) && !text.contains('\'') && text.chars().all(is_visible) {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
    } else {
        double_quoted(out, text);
    }
}

fn double_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut written = 0;
    for (at, it) in text.char_indices() {
        if is_visible(it) && it != '"' && it != '\\' {
            continue;
        }
        out.push_str(&text[written..at]);
        written = at + it.len_utf8();
        let _ = match it {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\t' => out.write_str("\\t"),
            '\r' => out.write_str("\\r"),
            it if u32::from(it) > 0xffff => write!(out, "\\U{:08x}", u32::from(it)),
            it => write!(out, "\\u{:04x}", u32::from(it)),
        };
    }
    out.push_str(&text[written..]);
    out.push('"');
}

/// Whether a character may stand as it is: readers keep it, and people see it.
///
/// Left out are controls, line separators and non-characters, which readers refuse or change, and
/// spaces without a look of their own, marks of direction and private characters.
fn is_visible(it: char) -> bool {
    match it {
        ' '..='~' => true,
        '\0'..='\u{a0}' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' => false,
        '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' => false,
        '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' => false,
        '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'.. => false,
        it => u32::from(it) & 0xfffe != 0xfffe,
    }
}

fn indent(out: &mut String, column: usize) {
    out.extend(std::iter::repeat_n(' ', column));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_file_looks_hand_written() {
        let value = json!({
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"labels": {}, "finalizers": []},
            "spec": {"groups": [{
                "name": "redis",
                "interval": "30s",
                "rules": [{
                    "alert": "RedisDown",
                    "expr": "redis_up{stack=\"prod\"} == 0",
                    "for": "5m",
                    "annotations": {
                        "description": "First line.\n\nSecond line.\n",
                        "enabled": "on",
                        "summary": "Redis is down, on every node (of two)",
                        "text": "{{ $labels.pod }} doesn't answer",
                    },
                }],
            }]},
            "matrix": [[1, 2.5], [[], {}], [null, true]],
        });
        let expected = r#"apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  labels: {}
  finalizers: []
spec:
  groups:
  - name: redis
    interval: 30s
    rules:
    - alert: RedisDown
      expr: 'redis_up{stack="prod"} == 0'
      for: 5m
      annotations:
        description: |
          First line.

          Second line.
        enabled: "on"
        summary: Redis is down, on every node (of two)
        text: "{{ $labels.pod }} doesn't answer"
matrix:
- - 1
  - 2.5
- - []
  - {}
- - null
  - true
"#;
        assert_eq!(document(&value), expected);
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(document(&json!(text)).strip_suffix('\n'), Some(expected));
    }

    #[test]
    fn plain_is_what_no_reader_resolves() {
        #[rustfmt::skip]
        let plain = [
            "redis", "a:b", "job:redis:up", "http://redis:6379/0", "redis:7.4@sha256", "/metrics",
            "../base", "./a.yaml", "5m", "100ms", "64Mi", "a - b", "a > 1", "None", "e1",
        ];
        for text in plain {
            check(text, text);
        }
        #[rustfmt::skip]
        let quoted = [
            "", " ", "y", "No", "NULL", "~", "NaN", "Infinity", ".inf", "1", "-1", "0x1f", "0b1",
            "012", "1e3", "1_000", "12:30", "2024-01-01", "1.2.3", "=", "<<", "-", "- a", "---",
            "...", "a:", "a: b", "a #b", " a", "a ", "a  b", "a :b", "#", "*a", "&a", "!a", "%a",
            "@a", "`a", "[a]", "{a}", "5d", "1Ei", "é", "_", "_1", "a\u{a0}b",
        ];
        for text in quoted {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn quotes_need_few_backslashes() {
        check(r#"a "b""#, r#"'a "b"'"#);
        check(r"\d+", r"'\d+'");
        check("it's", r#""it's""#);
        check(r#"it's "b""#, r#""it's \"b\"""#);
        check("\\\t", r#""\\\t""#);
        check("\u{0}\u{7f}\u{85}\u{2028}", r#""\u0000\u007f\u0085\u2028""#);
        check("é\u{feff}\u{10ffff}", r#""é\ufeff\U0010ffff""#);
    }

    #[test]
    fn a_block_is_used_only_where_it_is_exact() {
        check("a\nb", "|-\n  a\n  b");
        check("a\n", "|\n  a");
        check("a\n\n  b\tc\n", "|\n  a\n\n    b\tc");
        check("\n", r#""\n""#);
        check("a\n\n", r#""a\n\n""#);
        check("\na", r#""\na""#);
        check(" a\nb", r#"" a\nb""#);
        check("a \nb", r#""a \nb""#);
        check("a\n \nb", r#""a\n \nb""#);
        check("a\n\tb", r#""a\n\tb""#);
        check("a\n \tb", r#""a\n \tb""#);
        check("a\r\nb", r#""a\r\nb""#);
        check("a\u{2028}\nb", r#""a\u2028\nb""#);
    }

    #[test]
    fn a_key_is_always_one_line() {
        let value = json!({"on": 1, "a\nb\n": 2, "{a=\"b\"}": 3});
        assert_eq!(
            document(&value),
            "\"on\": 1\n\"a\\nb\\n\": 2\n'{a=\"b\"}': 3\n"
        );
    }

    #[test]
    fn a_float_is_a_float_to_every_reader() {
        for (value, expected) in [
            (json!(1.0), "1.0\n"),
            (json!(1e21), "1.0e+21\n"),
            (json!(-1.5e300), "-1.5e+300\n"),
            (json!(1e-7), "1.0e-7\n"),
            (json!(u64::MAX), "18446744073709551615\n"),
            (json!(i64::MIN), "-9223372036854775808\n"),
        ] {
            assert_eq!(document(&value), expected);
        }
    }

    #[test]
    fn documents_are_separated() {
        assert_eq!(stream([]), "");
        assert_eq!(stream([&json!({"a": 1})]), "a: 1\n");
        assert_eq!(stream([&json!({}), &json!(["a"])]), "{}\n---\n- a\n");
    }
}
