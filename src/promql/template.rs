//! Templates of Prometheus: which labels a text shows.
//!
//! What counts is what is surely read: a label that is only shown where it is there is asked for first, and
//! within `range` and `with` the dot is something else.

use std::collections::BTreeSet;

/// A label that a text shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// `$labels.x`: of the series that the alert fires for.
    OfSeries(String),
    /// `$externalLabels.x`: of the Prometheus that evaluates it.
    OfPrometheus(String),
}

/// The labels that a text shows, whatever happens.
pub fn labels(text: &str) -> BTreeSet<Read> {
    let mut shown = BTreeSet::new();
    let mut asked = BTreeSet::new();
    let mut is_reassigned = false;
    // For each block that is open, whether the dot is another one in it.
    let mut blocks: Vec<bool> = Vec::new();
    for action in actions(text) {
        let tokens = tokens(action);
        let first = tokens.first().map_or("", |it| it.text);
        let is_else_if = first == "else" && tokens.get(1).is_some_and(|it| it.text == "if");
        is_reassigned |= tokens
            .windows(2)
            .any(|it| it[0].text == "$labels" && matches!(it[1].text, ":=" | "="));
        let has_dot = !blocks.contains(&true);
        let read = read(&tokens, has_dot);
        match first {
            "if" | "with" => asked.extend(read),
            _ if is_else_if => asked.extend(read),
            _ => shown.extend(read),
        }
        match first {
            "if" => blocks.push(false),
            "range" | "with" | "define" | "block" => blocks.push(true),
            "end" => {
                blocks.pop();
            }
            _ => {}
        }
    }
    match is_reassigned {
        true => BTreeSet::new(),
        false => shown.difference(&asked).cloned().collect(),
    }
}

/// What stands between the braces of a text.
fn actions(text: &str) -> Vec<&str> {
    let mut actions = Vec::new();
    let mut rest = text;
    while let Some((_, inside)) = rest.split_once("{{") {
        let inside = inside.strip_prefix("- ").unwrap_or(inside);
        let end = match inside.trim_start().starts_with("/*") {
            true => inside
                .find("*/")
                .and_then(|it| Some(it + inside[it..].find("}}")?)),
            false => end_of(inside),
        };
        let Some(end) = end else {
            break;
        };
        if !inside.trim_start().starts_with("/*") {
            actions.push(inside[..end].trim().trim_end_matches(" -"));
        }
        rest = &inside[end + 2..];
    }
    actions
}

/// Where the braces close, outside of texts.
fn end_of(action: &str) -> Option<usize> {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, it) in action.char_indices() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some('"' | '\'') if it == '\\' => is_escaped = true,
            Some(open) if it == open => quote = None,
            Some(_) => {}
            None if matches!(it, '"' | '\'' | '`') => quote = Some(it),
            None if action[at..].starts_with("}}") => return Some(at),
            None => {}
        }
    }
    None
}

/// A word of an action.
struct Token<'a> {
    text: &'a str,
    /// What is quoted, without the quotes.
    quoted: Option<&'a str>,
}

fn tokens(action: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = action.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' | '`' => {
                let mut is_escaped = false;
                let end = rest.char_indices().skip(1).find(|(_, it)| {
                    let is_end = !is_escaped && *it == first;
                    is_escaped = !is_escaped && first != '`' && *it == '\\';
                    is_end
                });
                end.map_or(rest.len(), |(at, _)| at + 1)
            }
            '(' | ')' | '|' | ',' => 1,
            _ => rest
                .find(|it: char| {
                    it.is_whitespace() || matches!(it, '(' | ')' | '|' | ',' | '"' | '`')
                })
                .unwrap_or(rest.len()),
        };
        let (text, after) = rest.split_at(length);
        let is_quoted = matches!(first, '"' | '`') && text.len() >= 2;
        tokens.push(Token {
            text,
            quoted: is_quoted.then(|| &text[1..text.len() - 1]),
        });
        rest = after.trim_start();
    }
    tokens
}

fn read(tokens: &[Token<'_>], has_dot: bool) -> Vec<Read> {
    let mut read = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let mut of = |map: &str, make: fn(String) -> Read| {
            if token.quoted.is_some() {
                return;
            }
            if let Some(name) = token
                .text
                .strip_prefix(map)
                .and_then(|it| it.strip_prefix('.'))
            {
                // A field of a text is none.
                let name = name.split('.').next().unwrap_or_default();
                if !name.is_empty() {
                    read.push(make(name.to_owned()));
                }
            } else if token.text == map
                && place > 0
                && tokens[place - 1].text == "index"
                && let Some(name) = tokens.get(place + 1).and_then(|it| it.quoted)
            {
                read.push(make(name.to_owned()));
            }
        };
        of("$labels", Read::OfSeries);
        of("$externalLabels", Read::OfPrometheus);
        of("$.Labels", Read::OfSeries);
        of("$.ExternalLabels", Read::OfPrometheus);
        if has_dot {
            of(".Labels", Read::OfSeries);
            of(".ExternalLabels", Read::OfPrometheus);
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        labels(text)
            .into_iter()
            .map(|it| match it {
                Read::OfSeries(label) => label,
                Read::OfPrometheus(label) => format!("external {label}"),
            })
            .collect()
    }

    #[test]
    fn what_a_text_shows_is_found() {
        for (text, expected) in [
            ("{{ $labels.a }} and {{$labels.b}}", vec!["a", "b"]),
            ("{{- $labels.a -}}", vec!["a"]),
            ("{{ .Labels.a }}", vec!["a"]),
            ("{{ index $labels \"a.b\" }}", vec!["a.b"]),
            ("{{ printf \"%s\" (index .Labels `a`) | title }}", vec!["a"]),
            ("{{ $labels.a | toUpper }}", vec!["a"]),
            ("{{ $value }} {{ \"$labels.a\" }} $labels.b", vec![]),
            ("{{ \"}} {{ $labels.a\" }}", vec![]),
            (
                "{{ if $labels.a }}{{ $labels.a }}{{ else }}{{ $labels.b }}{{ end }}",
                vec!["b"],
            ),
            ("{{ with $labels.a }}in {{ . }}{{ end }}", vec![]),
            (
                "{{ range query \"up\" }}{{ .Labels.a }}{{ $labels.b }}{{ end }}{{ .Labels.c }}",
                vec!["b", "c"],
            ),
            (
                "{{ range query (printf \"up{n='%s'}\" $labels.a) }}{{ . }}{{ end }}",
                vec!["a"],
            ),
            (
                "{{ $externalLabels.a }}{{ .ExternalLabels.b }}",
                vec!["external a", "external b"],
            ),
            ("{{/* $labels.a */}}", vec![]),
            ("{{ $labels := .Labels }}{{ $labels.a }}", vec![]),
            ("{{ $labels.a", vec![]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
