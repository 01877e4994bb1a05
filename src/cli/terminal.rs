//! What is printed, and what happens when nobody takes it.

use std::io::{ErrorKind, IsTerminal, Write};

use crate::Compilation;
use crate::cli::Outcome;
use crate::diag::{Level, text};

/// Prints data, whole or not at all as far as that is ours to say. A reader that went away
/// (`| head`) is no fault; a full disk is.
pub(super) fn print(data: &[u8]) -> Outcome {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(data).and_then(|()| stdout.flush()) {
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

/// Says something to the person at the terminal; where nobody listens, that is fine.
pub(super) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{}", text::printable(line));
}

/// Shows the findings of a policy, and a line that counts them.
pub(super) fn show_findings(compilation: &Compilation) {
    let styled = std::io::stderr().is_terminal();
    let mut stderr = anstream::stderr().lock();
    for finding in &compilation.findings {
        let _ = writeln!(
            stderr,
            "{}\n",
            text::render(finding, &compilation.document, styled)
        );
    }
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

/// `1 file`, `2 files`.
pub(super) fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
