//! Runs a tool and keeps what it said. Nothing here knows which tool that is.

use std::process::{Command, Output};

/// What a tool said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a tool that is not asked anything on its standard input.
pub(crate) fn run(command: &mut Command) -> Said {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .unwrap_or_else(|it| panic!("{command:?} does not start: {it}"));
    Said {
        code: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// Returns what a tool printed; it has to succeed, and to complain about nothing.
#[track_caller]
pub(crate) fn uncomplaining(command: &mut Command) -> String {
    let said = run(command);
    assert!(
        said.code == Some(0) && said.stderr.is_empty(),
        "{command:?}: exit {:?}\n{}{}",
        said.code,
        said.stderr,
        said.stdout
    );
    said.stdout
}
