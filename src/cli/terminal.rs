//! What is printed, and what happens when nobody takes it.

use std::io::{self, ErrorKind, IsTerminal, Write};

use clap::ValueEnum;

use crate::Compilation;
use crate::cli::Outcome;
pub(super) use crate::diag::plural;
use crate::diag::source::Locate;
use crate::diag::{Diagnostic, Level, Place, text};
use crate::read::Document;

/// The form of an answer: for people, or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    Text,
    Json,
}

/// Prints data, whole or not at all as far as that is ours to say. A reader that went away
/// (`| head`) is no fault; a full disk is.
pub(super) fn print(data: &[u8]) -> Outcome {
    printed(io::stdout().lock().write_all(data))
}

/// What it means that data was, or was not, printed.
pub(super) fn printed(result: io::Result<()>) -> Outcome {
    match result.and_then(|()| io::stdout().lock().flush()) {
        Ok(()) => Outcome::Fine,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Outcome::Fine,
        Err(error) => {
            say(&format!(
                "error: could not write to the standard output: {error}"
            ));
            Outcome::Run
        }
    }
}

/// Whether the standard output shows colours: it is a terminal, and nothing says otherwise.
pub(super) fn is_styled() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Columns of a line on the standard output, or as many as people read where it is no terminal.
pub(super) fn columns() -> usize {
    const READ: usize = 100;
    let size = terminal_size::terminal_size_of(std::io::stdout());
    size.map_or(READ, |(width, _)| usize::from(width.0))
}

/// Says something to the person at the terminal; where nobody listens, that is fine.
pub(super) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{}", text::said(line));
}

/// Findings that are shown to a person at once.
const SHOWN: usize = 100;

/// Shows findings of a policy: the errors first to be shown where there are too many.
pub(super) fn show_findings<'a>(
    findings: impl IntoIterator<Item = &'a Diagnostic>,
    document: &Document,
) {
    let styled = std::io::stderr().is_terminal();
    let mut stderr = anstream::stderr().lock();
    let findings: Vec<&Diagnostic> = findings.into_iter().collect();
    let errors = findings.iter().filter(|it| it.is_error()).count();
    let (mut errors, mut warnings) = (errors.min(SHOWN), SHOWN.saturating_sub(errors));
    for finding in &findings {
        let left = match finding.level {
            Level::Error => &mut errors,
            Level::Warning => &mut warnings,
        };
        if *left == 0 {
            continue;
        }
        *left -= 1;
        let _ = writeln!(stderr, "{}\n", text::render(finding, document, styled));
    }
    if findings.len() > SHOWN {
        let _ = writeln!(
            stderr,
            "and {} more; `obsgen check --format json` has all of them\n",
            findings.len() - SHOWN
        );
    }
}

/// File, line and column of a place, or nothing where it is in no file.
pub(super) fn located(place: &Place, document: &Document) -> String {
    let span = document.span(place);
    document
        .source(span.file)
        .map_or_else(String::new, |source| {
            let at = source.position(span.range.start);
            format!("{}:{}:{}", source.path, at.line, at.column)
        })
}

/// `2 errors, 1 warning`, or nothing where there is nothing.
pub(super) fn count(compilation: &Compilation) -> String {
    let of = |level: Level| {
        compilation
            .findings
            .iter()
            .filter(|it| it.level == level)
            .count()
    };
    let parts: Vec<String> = [(of(Level::Error), "error"), (of(Level::Warning), "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| plural(count, word))
        .collect();
    parts.join(", ")
}
