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
}

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
    /// Returns the line and column of a byte.
    pub fn position(&self, byte: usize) -> Position {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &self.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |it| it + 1);
        Position {
            line: before.bytes().filter(|it| *it == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
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
