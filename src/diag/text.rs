//! Findings for a person at a terminal: the line, a caret, why, and what to write.

use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level as Shown, Origin, Renderer, Snippet,
};

use crate::diag::redact;
use crate::diag::source::{FileId, Locate, Source, Span};
use crate::diag::{Diagnostic, Level};

/// Renders one finding; `styled` adds colour.
pub fn render(diagnostic: &Diagnostic, locate: &dyn Locate, styled: bool) -> String {
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
    };
    let headline = said(&diagnostic.headline);
    let primary = locate.span(&diagnostic.at);
    let mut marks: Vec<Mark<'_>> = vec![(
        AnnotationKind::Primary,
        primary.clone(),
        diagnostic.label.as_deref(),
    )];
    for (place, label) in &diagnostic.context {
        marks.push((
            AnnotationKind::Context,
            locate.span(place),
            Some(label.as_str()),
        ));
    }
    let mut group = Group::with_title(level.primary_title(headline).id(diagnostic.name));
    let mut files: Vec<FileId> = Vec::new();
    for (_, span, _) in &marks {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    for file in files {
        let Some(source) = locate.source(file) else {
            continue;
        };
        let mut marked: Vec<_> = marks.iter().filter(|it| it.1.file == file).collect();
        marked.sort_by_key(|it| it.1.range.start);
        let mut pieces: Vec<Vec<&Mark<'_>>> = Vec::new();
        for mark in marked {
            let line = |it: &Mark<'_>| source.line(it.1.range.start);
            match pieces.last_mut() {
                Some(piece) if piece.last().is_some_and(|it| line(mark) - line(it) <= FAR) => {
                    piece.push(mark);
                }
                _ => pieces.push(vec![mark]),
            }
        }
        // The piece with the finding itself comes first: its place stands in the head.
        pieces.sort_by_key(|it| !it.iter().any(|(kind, ..)| *kind == AnnotationKind::Primary));
        for piece in pieces {
            group = match snippet(source, &piece) {
                Some(snippet) => group.element(snippet),
                None => group.element(origin(source, &piece)),
            };
        }
    }
    if let Some(note) = &diagnostic.note {
        group = group.element(Shown::NOTE.message(said(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Shown::HELP.message(said(help)));
    }
    let renderer = if styled {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&[group])
}

/// A mark below a line: what kind, where, and what stands beside it.
type Mark<'a> = (AnnotationKind, Span, Option<&'a str>);

/// Lines between two marks above which they are shown apart.
const FAR: usize = 50;
/// Bytes of a line above which it is not shown: nobody reads it, and it would be gone through anew
/// for every finding in it.
const LONGEST: usize = 16 * 1024;

/// Returns the lines that marks are on, with those between them; nothing if one of them is too long.
fn snippet<'a>(source: &'a Source, marks: &[&'a Mark<'a>]) -> Option<Snippet<'a, Annotation<'a>>> {
    let lines = marks.iter().map(|it| source.line(it.1.range.start));
    let (first, last) = (lines.clone().min()?, lines.max()?);
    let mut text = String::new();
    let mut annotations = Vec::new();
    for line in first..=last {
        let range = source.line_range(line);
        if range.len() > LONGEST {
            return None;
        }
        let shown = Line::new(source, range.clone());
        for (kind, span, label) in marks {
            if source.line(span.range.start) == line {
                let at = |byte: usize| text.len() + shown.offset(byte);
                let (start, end) = (at(span.range.start), at(span.range.end));
                let annotation = kind.span(start..end.max(start));
                annotations.push(match label {
                    Some(label) => annotation.label(said(label)),
                    None => annotation,
                });
            }
        }
        text.push_str(&shown.text);
        text.push('\n');
    }
    Some(
        Snippet::source(text)
            .line_start(first + 1)
            .path(path(source))
            .annotations(annotations),
    )
}

/// Returns the first line of a piece of text as it is shown; nothing if it is too long for that.
pub(super) fn line(source: &Source, piece: &Range<usize>) -> Option<String> {
    let range = source.line_range(source.line(piece.start));
    (range.len() <= LONGEST).then(|| Line::new(source, range).text)
}

/// Returns whether a piece of text is shown as it is written: it is on one line, and nothing in it
/// is hidden.
pub(super) fn shows(source: &Source, piece: &Range<usize>) -> bool {
    let range = source.line_range(source.line(piece.start));
    if range.len() > LONGEST || piece.end > range.end {
        return false;
    }
    let line = Line::new(source, range);
    let shown = line
        .text
        .get(line.offset(piece.start)..line.offset(piece.end));
    shown == source.text.get(piece.clone())
}

/// Returns the place alone.
fn origin<'a>(source: &'a Source, marks: &[&'a Mark<'a>]) -> Origin<'a> {
    let start = marks.first().map_or(0, |it| it.1.range.start);
    let position = source.position(start);
    Origin::path(path(source))
        .line(position.line)
        .char_column(position.column)
}

/// A line as it is shown: without what may be a credential, with nothing that a terminal would
/// obey, and with as many characters as it has.
struct Line {
    text: String,
    /// The bytes of each character, in the source and as shown.
    offsets: Vec<(usize, usize)>,
}

impl Line {
    fn new(source: &Source, range: Range<usize>) -> Self {
        let written = &source.text[range.clone()];
        let comment = redact::secret_comment(written).unwrap_or(written.len());
        let mut text = String::with_capacity(written.len());
        let mut offsets = Vec::new();
        for (at, it) in written.char_indices() {
            let byte = range.start + at;
            offsets.push((byte, text.len()));
            if byte == 0 && it == '\u{FEFF}' {
                continue;
            }
            let is_hidden = at >= comment || source.is_hidden(byte);
            // Between words of one hidden piece there is nothing to see either.
            let is_indentation = text.trim_start().is_empty();
            text.push(match it {
                '\t' => ' ',
                ' ' if is_hidden && !is_indentation => '*',
                _ if it.is_whitespace() && !is_unsafe(it) => it,
                _ if is_hidden => '*',
                _ if is_unsafe(it) => '?',
                '[' if text.ends_with("##") || text.ends_with("##vso") => '?',
                _ => it,
            });
        }
        offsets.push((range.end, text.len()));
        if !redact::may_be_shown(&text) {
            // Every byte keeps its offset.
            text = text
                .chars()
                .flat_map(|it| {
                    std::iter::repeat_n(if it == ' ' { ' ' } else { '*' }, it.len_utf8())
                })
                .collect();
        }
        Self { text, offsets }
    }

    /// Where a byte of the source is shown; what lies behind the line is shown at its end.
    fn offset(&self, byte: usize) -> usize {
        let after = self.offsets.partition_point(|(from, _)| *from <= byte);
        self.offsets[after.max(1) - 1].1
    }
}

/// The path of a file, on one line.
fn path(source: &Source) -> String {
    printable(&source.path.replace('\n', "\\n"))
}

/// How lines begin that a CI system obeys, wherever they come from, and what some obey within a line.
const COMMANDS: (&str, [&str; 2]) = ("::", ["##[", "##vso["]);

/// Returns the text for a person: printable, and with no line that a CI system would obey.
pub fn said(text: &str) -> String {
    let (start, within) = COMMANDS;
    let lines = text.split('\n').map(|line| {
        let rest = line.trim_start();
        let line = match rest.strip_prefix(start) {
            Some(rest) => format!("\\u{{3A}}:{rest}"),
            None => line.to_owned(),
        };
        within.iter().fold(line, |line, it| {
            line.replace(it, &it.replacen('#', "\\u{23}", 1))
        })
    });
    printable(&lines.collect::<Vec<_>>().join("\n"))
}

/// Returns the text with whatever a terminal would obey made visible; lines stay lines.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|it| match it {
            '\n' => "\n".to_owned(),
            it if is_unsafe(it) => format!("\\u{{{:X}}}", u32::from(it)),
            it => it.to_string(),
        })
        .collect()
}

/// Control characters, and those that turn the direction of text or have no width.
pub(super) fn is_unsafe(it: char) -> bool {
    it.is_control()
        || matches!(
            it,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}'
        )
        || matches!(it, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Place;
    use crate::diag::path::FieldPath;

    #[test]
    fn a_path_is_one_line_that_no_terminal_obeys() {
        let mut source = Source::new("a\u{1b}[31m\n::b".to_owned(), "a: 1\n".to_owned());
        source.hide(Vec::new());
        let at = Place::Span(Span {
            file: FileId(0),
            range: 0..1,
        });
        let finding = Diagnostic::error("a/b", at, "a");
        let shown = render(&finding, &OneFile(source), false);
        assert!(shown.contains("--> a\\u{1B}[31m\\n::b:1:1"), "{shown}");
    }

    /// A file without fields.
    struct OneFile(Source);

    impl Locate for OneFile {
        fn source(&self, _: FileId) -> Option<&Source> {
            Some(&self.0)
        }

        fn key_span(&self, _: &FieldPath) -> Option<Span> {
            None
        }

        fn value_span(&self, _: &FieldPath) -> Option<Span> {
            None
        }

        fn start(&self) -> Span {
            Span {
                file: FileId(0),
                range: 0..0,
            }
        }
    }

    /// Shows a finding at the first `here`, with the first `other`, if any, beside it.
    fn shown(text: &str) -> String {
        let mut source = Source::new("a.yaml".to_owned(), text.to_owned());
        source.hide(Vec::new());
        let place = |word: &str| {
            let start = text.find(word)?;
            Some(Place::Span(Span {
                file: FileId(0),
                range: start..start + word.len(),
            }))
        };
        let mut finding = Diagnostic::error("a/b", place("here").unwrap(), "c");
        if let Some(place) = place("other") {
            finding = finding.context(place, "d");
        }
        render(&finding, &OneFile(source), false)
    }

    #[test]
    fn ends_of_lines_and_the_mark_of_unicode_are_not_shown() {
        let shown = shown("\u{FEFF}a: here\r\nb: é\r\n");
        assert!(shown.contains("--> a.yaml:1:4"), "{shown}");
        assert!(shown.contains("1 | a: here\n"), "{shown}");
    }

    #[test]
    fn a_character_that_a_terminal_obeys_takes_one_place() {
        let shown = shown("x: \u{202e}\u{1b} here\n");
        assert!(shown.contains("1 | x: ?? here\n"), "{shown}");
        assert!(shown.contains("--> a.yaml:1:7"), "{shown}");
    }

    #[test]
    fn places_far_from_each_other_are_shown_apart() {
        let far = format!("other\n{}here\n", "secret\n".repeat(1_000));
        let shown = shown(&far);
        assert!(
            shown.contains("1002 | here") && shown.contains("1 | other"),
            "{shown}"
        );
        assert!(shown.len() < 500, "{shown}");
    }

    #[test]
    fn a_line_that_nobody_reads_is_named_only() {
        let shown = shown(&format!("{}here", "a".repeat(100_000)));
        assert!(
            shown.contains("a.yaml:1:100001") && shown.len() < 500,
            "{shown}"
        );
    }
}
