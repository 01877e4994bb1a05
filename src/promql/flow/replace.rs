//! `label_replace` and `label_join`: labels that are made of others.

use std::collections::BTreeSet;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};

use crate::promql::shape::{Label, Values};

/// More values than these are not tried one by one.
const MOST_TRIED: usize = 1_000;
/// More texts than these are not put together.
const MOST_JOINED: usize = 64;
/// The memory that a regular expression may take.
const REGEX_BYTES: usize = 1 << 20;

/// What `label_replace` does to one label.
pub(super) struct Replacement<'a> {
    /// What is written, with `$1` for what was found.
    pub(super) replacement: &'a str,
    /// What must be found, whole.
    pub(super) regex: &'a str,
    /// The label that is read.
    pub(super) source: Label,
    /// The label that is written.
    pub(super) target: Label,
}

impl Replacement<'_> {
    /// What is known of the label afterwards.
    pub(super) fn result(&self) -> Label {
        // A newline is a character like others (promql/functions.go).
        let regex = RegexBuilder::new(&format!("^(?s:{})$", self.regex))
            .size_limit(REGEX_BYTES)
            .build();
        let Ok(regex) = regex else {
            return Label::sometimes(Values::Any);
        };
        match &self.source.values {
            Values::OneOf(texts) if texts.len() <= MOST_TRIED => self.tried(&regex, texts),
            _ => self.estimated(&regex),
        }
    }

    /// Tries every value that the source can have.
    fn tried(&self, regex: &Regex, texts: &BTreeSet<String>) -> Label {
        let missing = (!self.source.is_always).then_some("");
        let mut result: Option<Label> = None;
        for text in texts.iter().map(String::as_str).chain(missing) {
            let after = match regex.captures(text) {
                None => self.target.clone(),
                Some(captures) => {
                    let mut written = String::new();
                    captures.expand(self.replacement, &mut written);
                    match written.is_empty() {
                        true => Label::absent(),
                        false => Label::always(Values::one(&written)),
                    }
                }
            };
            result = Some(match result {
                None => after,
                Some(before) => before.or(&after),
            });
        }
        result.unwrap_or_else(|| self.target.clone())
    }

    /// Says what holds for any value.
    fn estimated(&self, regex: &Regex) -> Label {
        let written = match self.replacement {
            "" => Label::absent(),
            fixed if !fixed.contains('$') => Label::always(Values::one(fixed)),
            // Nothing but what was found, which is everything.
            "$1" | "${1}" if matches!(self.regex, "(.*)" | "(.+)") => self.source.clone(),
            _ => Label {
                is_always: !without_references(self.replacement).is_empty(),
                values: Values::Any,
            },
        };
        let is_any = matches!(self.regex, ".*" | "(.*)")
            || matches!(self.regex, ".+" | "(.+)") && self.source.is_always;
        match is_any && regex.is_match("a") {
            true => written,
            false => written.or(&self.target),
        }
    }
}

/// What a replacement writes whatever was found.
fn without_references(replacement: &str) -> String {
    let mut rest = replacement;
    let mut fixed = String::new();
    while let Some((before, after)) = rest.split_once('$') {
        fixed.push_str(before);
        let is_name = |it: char| it.is_alphanumeric() || it == '_';
        rest = match after.strip_prefix('{') {
            Some(named) => named.split_once('}').map_or("", |(_, it)| it),
            None if after.starts_with('$') => {
                fixed.push('$');
                &after[1..]
            }
            None => after.trim_start_matches(is_name),
        };
    }
    fixed.push_str(rest);
    fixed
}

/// What `label_join` writes.
pub(super) fn joined(parts: &[Label], separator: &str) -> Label {
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for (index, part) in parts.iter().enumerate() {
        let Values::OneOf(values) = &part.values else {
            return some(parts, separator);
        };
        let missing = (!part.is_always).then_some("");
        let values: Vec<&str> = values.iter().map(String::as_str).chain(missing).collect();
        if index == 0 {
            texts.extend(values.into_iter().map(str::to_owned));
            continue;
        }
        if texts.len() * values.len() > MOST_JOINED {
            return some(parts, separator);
        }
        texts = texts
            .iter()
            .flat_map(|it| {
                values
                    .iter()
                    .map(move |last| format!("{it}{separator}{last}"))
            })
            .collect();
    }
    Label {
        is_always: !texts.is_empty() && !texts.contains(""),
        values: Values::OneOf(Rc::new(
            texts.into_iter().filter(|it| !it.is_empty()).collect(),
        )),
    }
}

fn some(parts: &[Label], separator: &str) -> Label {
    Label {
        is_always: parts.iter().any(|it| it.is_always) || parts.len() > 1 && !separator.is_empty(),
        values: Values::Any,
    }
}
