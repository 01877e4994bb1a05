//! The texts that a policy was read from, and where in them a field is.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::Place;
use crate::diag::path::FieldPath;

/// One file of a policy.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path as the user knows it, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The pieces of the text that may hold a credential, in bytes: they are never shown.
    hidden: Vec<Range<usize>>,
    /// Where each line begins.
    lines: Vec<usize>,
    /// The characters before every [`STRIDE`]th byte: a column is found without going through its
    /// line, which may be the whole file.
    characters: Vec<usize>,
}

/// Bytes between two places of a text whose characters are counted beforehand.
const STRIDE: usize = 1024;

/// Which file of a policy: an index into its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub usize);

/// A piece of one file, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The bytes, end excluded.
    pub range: Range<usize>,
}

/// A place as people count it: both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The line, from 1.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// The column, from 1, in characters.
    #[schemars(range(min = 1))]
    pub column: usize,
}

impl Source {
    /// A file of which nothing may be shown yet.
    pub fn new(path: String, text: String) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, it)| *it == b'\n');
        let lines = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        let mut counted = 0;
        let characters = text
            .as_bytes()
            .chunks(STRIDE)
            .map(|it| {
                let before = counted;
                counted += begun(it);
                before
            })
            .collect();
        let everything = 0..text.len();
        Self {
            path,
            text,
            hidden: vec![everything],
            lines,
            characters,
        }
    }

    /// Returns how many characters begin before a byte.
    fn characters_before(&self, byte: usize) -> usize {
        let block = (byte / STRIDE).min(self.characters.len().saturating_sub(1));
        let counted = self.characters.get(block).copied().unwrap_or(0);
        counted + begun(&self.text.as_bytes()[block * STRIDE..byte])
    }

    /// Says which pieces of the text may hold a credential; all others may be shown.
    pub fn hide(&mut self, mut pieces: Vec<Range<usize>>) {
        pieces.sort_by_key(|it| (it.start, it.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for piece in pieces {
            match merged.last_mut() {
                Some(last) if piece.start <= last.end => last.end = last.end.max(piece.end),
                _ => merged.push(piece),
            }
        }
        self.hidden = merged;
    }

    /// Returns whether a byte belongs to what may hold a credential.
    pub fn is_hidden(&self, byte: usize) -> bool {
        let after = self.hidden.partition_point(|it| it.start <= byte);
        after > 0 && self.hidden[after - 1].contains(&byte)
    }

    /// Returns the line of a byte, counted from 0.
    pub fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|it| *it <= byte).max(1) - 1
    }

    /// Returns the bytes of a line, counted from 0, without its line break.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.lines.get(line).copied().unwrap_or(self.text.len());
        let end = match self.lines.get(line + 1) {
            Some(next) => next - 1,
            None => self.text.len(),
        };
        let end = match self.text[start..end].ends_with('\r') {
            true => end - 1,
            false => end,
        };
        start..end
    }

    /// Returns the line and column of a byte.
    pub fn position(&self, byte: usize) -> Position {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.line(byte);
        // What marks a text as Unicode has no width, and no editor counts it.
        let is_marked = line == 0 && byte > 0 && self.text.starts_with('\u{FEFF}');
        let before = self.characters_before(byte) - self.characters_before(self.lines[line]);
        Position {
            line: line + 1,
            column: before - usize::from(is_marked) + 1,
        }
    }
}

/// Returns how many characters of UTF-8 begin in these bytes.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|it| **it & 0xC0 != 0x80).count()
}

/// The texts of a policy and the way from a field to its place in them.
pub trait Locate {
    /// Returns the file of that number.
    fn source(&self, file: FileId) -> Option<&Source>;

    /// Returns where the key of a field is written.
    fn key_span(&self, path: &FieldPath) -> Option<Span>;

    /// Returns where the value of a field is written.
    fn value_span(&self, path: &FieldPath) -> Option<Span>;

    /// Returns where the policy begins.
    fn start(&self) -> Span;

    /// Returns where the text is that a place names; nothing if it is not written.
    fn exact(&self, place: &Place) -> Option<Span> {
        match place {
            Place::Span(span) => Some(span.clone()),
            Place::Policy => None,
            Place::Key(path) => self.key_span(path),
            Place::Value(path) => self.value_span(path),
        }
    }

    /// Returns where a finding is; a field that is not written is shown at the nearest that is.
    fn span(&self, place: &Place) -> Span {
        if let Some(span) = self.exact(place) {
            return span;
        }
        let (Place::Key(path) | Place::Value(path)) = place else {
            return self.start();
        };
        let mut path = path.clone();
        loop {
            if let Some(span) = self.key_span(&path).or_else(|| self.value_span(&path)) {
                return span;
            }
            match path.parent() {
                Some(parent) => path = parent,
                None => return self.start(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_from_one() {
        let source = Source::new("a".to_owned(), "\u{FEFF}a: é1\r\n\nb".to_owned());
        let position = |text: &str| {
            let it = source.position(source.text.find(text).unwrap());
            (it.line, it.column)
        };
        assert_eq!(position("a"), (1, 1));
        assert_eq!(position("1"), (1, 5));
        assert_eq!(position("b"), (3, 1));
        assert_eq!(source.text[source.line_range(0)], *"\u{FEFF}a: é1");
    }

    #[test]
    fn a_column_far_into_a_line_is_found() {
        let text = format!("\u{FEFF}{}b\n{}c", "é".repeat(5_000), "a€".repeat(5_000));
        let source = Source::new("a".to_owned(), text);
        let position = |text: &str| {
            let it = source.position(source.text.find(text).unwrap());
            (it.line, it.column)
        };
        assert_eq!(position("b"), (1, 5_001));
        assert_eq!(position("c"), (2, 10_001));
        let end = source.position(source.text.len());
        assert_eq!((end.line, end.column), (2, 10_002));
        let empty = Source::new("a".to_owned(), String::new()).position(9);
        assert_eq!((empty.line, empty.column), (1, 1));
    }

    #[test]
    fn nothing_is_shown_until_something_says_what_may_be() {
        let mut source = Source::new("a".to_owned(), "abcdef".to_owned());
        assert!(source.is_hidden(0) && source.is_hidden(5));
        source.hide(vec![3..5, 1..2, 2..3]);
        let hidden: Vec<usize> = (0..6).filter(|it| source.is_hidden(*it)).collect();
        assert_eq!(hidden, [1, 2, 3, 4]);
    }
}
