//! The program under strace: which system calls it makes, and what becomes of it when one of them fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{missing, tool};

/// The tracer, where it may trace.
pub(crate) struct Strace(PathBuf);

/// A system call of a program that was traced.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Its arguments, as strace prints them.
    pub(crate) arguments: String,
    pub(crate) result: String,
}

impl Strace {
    /// Finds the tracer; some containers have it and do not let it trace.
    #[track_caller]
    pub(crate) fn here() -> Option<Self> {
        let strace = tool("strace")?;
        let mut command = Command::new(&strace);
        let said = command.args(["-f", "-o", "/dev/null", "true"]).output();
        match said {
            Ok(it) if it.status.success() => Some(Self(strace)),
            Ok(_) | Err(_) => missing("the right to trace").map(Self),
        }
    }

    /// Begins a command that writes the named calls of a program to a file: program and arguments
    /// are still to come. A name with `?` before it need not be known here.
    pub(crate) fn command(&self, trace: &Path, names: &[&str], umask: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "umask \"$0\"; exec \"$@\"", umask])
            .arg(&self.0)
            .args(["-f", "-s", "4096", "-o"])
            .arg(trace)
            .args(["-e", &format!("trace={}", names.join(","))]);
        command
    }
}

/// Reads what a tracer wrote: the calls in their order.
pub(crate) fn calls(trace: &Path) -> Vec<Call> {
    let text = fs::read(trace).expect("strace wrote it");
    let call = |line: &str| {
        let (name, rest) = line.split_once(' ')?.1.trim_start().split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        Some(Call {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            result: result.to_owned(),
        })
    };
    let text = String::from_utf8_lossy(&text);
    text.lines().filter_map(call).collect()
}
