//! The texts that a policy was read from, and where in them a field is.

use std::ops::Range;

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
    /// How many characters begin before each [`BLOCK`] of bytes: a line can be the whole text, and
    /// nobody counts it anew for every finding.
    characters: Vec<usize>,
}

/// Bytes between two counts of characters.
const BLOCK: usize = 1024;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Source {
    /// A file of which nothing may be shown yet.
    pub fn new(path: String, text: String) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, it)| *it == b'\n');
        let lines = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        let mut characters = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            let before = characters.last().copied().unwrap_or_default();
            characters.push(before + beginnings(block));
        }
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
        let block = byte / BLOCK;
        let counted = self.characters.get(block).copied().unwrap_or_default();
        let rest = self.text.as_bytes().get(block * BLOCK..byte);
        counted + rest.map_or(0, beginnings)
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
        let start = self.lines[line];
        let before = self.characters_before(byte) - self.characters_before(start);
        // What marks a text as Unicode has no width, and no editor counts it.
        let is_marked = byte > 0 && start == 0 && self.text.starts_with('\u{FEFF}');
        Position {
            line: line + 1,
            column: before + 1 - usize::from(is_marked),
        }
    }
}

/// Counts the bytes with which a character begins.
fn beginnings(bytes: &[u8]) -> usize {
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

    /// Returns where a finding is; a field that is not written is shown at the nearest that is.
    fn span(&self, place: &Place) -> Span {
        let (path, by_key) = match place {
            Place::Span(span) => return span.clone(),
            Place::Policy => return self.start(),
            Place::Key(path) => (path, true),
            Place::Value(path) => (path, false),
        };
        let exact = if by_key {
            self.key_span(path)
        } else {
            self.value_span(path)
        };
        if let Some(span) = exact {
            return span;
        }
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
    fn a_column_is_counted_in_characters_however_long_the_line() {
        let text = "é漢🙂a".repeat(2_000);
        let source = Source::new("a".to_owned(), text.clone());
        for (count, (at, _)) in text.char_indices().enumerate().step_by(7) {
            assert_eq!(source.position(at).column, count + 1);
        }
        assert_eq!(source.position(text.len()).column, 8_001);
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
