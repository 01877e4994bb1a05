//! Findings for a person at a terminal: the line, a caret, why, and what to write.

use annotate_snippets::{AnnotationKind, Group, Level as Shown, Renderer, Snippet};

use crate::diag::redact;
use crate::diag::source::{Locate, Span};
use crate::diag::{Diagnostic, Level};

/// Renders one finding; `styled` adds colour.
pub fn render(diagnostic: &Diagnostic, locate: &dyn Locate, styled: bool) -> String {
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
    };
    let headline = printable(&diagnostic.headline);
    let primary = locate.span(&diagnostic.at);
    let mut marks = vec![(
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
    let mut files = vec![primary.file];
    files.extend(marks.iter().map(|(_, span, _)| span.file));
    let mut seen = Vec::new();
    for file in files {
        if seen.contains(&file) {
            continue;
        }
        seen.push(file);
        let Some(source) = locate.source(file) else {
            continue;
        };
        let mut snippet = Snippet::source(shown(&source.text)).path(source.path.clone());
        for (kind, span, label) in marks.iter().filter(|(_, span, _)| span.file == file) {
            let mut annotation = kind.span(first_line(&source.text, span));
            if let Some(label) = label {
                annotation = annotation.label(printable(label));
            }
            snippet = snippet.annotation(annotation);
        }
        group = group.element(snippet);
    }
    if let Some(note) = &diagnostic.note {
        group = group.element(Shown::NOTE.message(printable(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Shown::HELP.message(printable(help)));
    }
    let renderer = if styled {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&[group])
}

/// Returns the text with every line blanked that could hold a credential, and with nothing in it
/// that a terminal would obey. Every byte keeps its offset.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let visible = redact::may_be_shown(line);
        for it in line.chars() {
            match it {
                '\n' => shown.push('\n'),
                _ if visible && !is_unsafe(it) => shown.push(it),
                _ => shown.extend(std::iter::repeat_n(
                    if visible { '?' } else { '*' },
                    it.len_utf8(),
                )),
            }
        }
    }
    shown
}

/// Returns the part of a span that is on its first line: a caret under a whole block says nothing.
fn first_line(text: &str, span: &Span) -> std::ops::Range<usize> {
    let start = span.range.start.min(text.len());
    let end = span.range.end.clamp(start, text.len());
    let stop = text[start..end].find('\n').map_or(end, |it| start + it);
    start..stop
}

/// Returns the text with whatever a terminal would obey made visible.
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
fn is_unsafe(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}
