//! The command line: one file per verb. Only here is the environment read.
//!
//! stdout is data, stderr is talk. Exit codes, frozen: 0 fine; 1 the policy is at fault, or the tree
//! is stale; 2 the run is at fault.

mod affected;
mod argocd;
mod build;
mod check;
mod completion;
mod coverage;
mod diff;
mod explain;
mod init;
mod man;
#[cfg(feature = "push")]
mod push;
mod render;
mod schema;
mod sources;
mod stacks;
mod terminal;
mod why;

use std::panic::{self, UnwindSafe};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cli::terminal::{printed, say};

/// What every verb ends with; part of the interface, never changed.
const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "It is as it should be."),
    (
        "1",
        "The policy is at fault (findings at or above `--fail-on`), or a tree is stale.",
    ),
    (
        "2",
        "The run is at fault: usage, a file that cannot be read or written, or a registry.",
    ),
];

/// Compile one policy into the whole observability of Redis on Kubernetes
#[derive(Debug, Parser)]
#[command(
    name = "obsgen",
    version,
    max_term_width = 100,
    after_help = after_help(),
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs"
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Init),
    /// Report what is wrong with each stack, and write nothing
    Check(check::Check),
    /// Write the Kustomize tree of each stack
    Build(build::Build),
    /// Print the final objects of a stack, as `kustomize build` of its tree gives them
    Render(render::Render),
    /// Explain a finding, or where a value comes from; without a name, list all findings
    Explain(explain::Explain),
    Coverage(coverage::Cover),
    Diff(diff::Diff),
    Why(why::Why),
    Affected(affected::Affected),
    #[cfg(feature = "push")]
    Push(push::Push),
    Argocd(argocd::Argocd),
    /// Print the JSON Schema of the policy, for editors
    Schema(schema::Schema),
    /// Print the completion of the command line for a shell
    Completion(completion::Completion),
    /// Print the manual page, of all or of one verb
    Man(man::Man),
}

fn after_help() -> String {
    let mut text = "Exit codes:\n".to_owned();
    for (code, meaning) in EXIT_CODES {
        text.push_str(&format!("  {code}  {meaning}\n"));
    }
    text.push_str("\nData goes to the standard output, all else to the standard error.");
    text
}

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// As it should.
    Fine,
    /// The policy is at fault, or the tree is stale.
    Policy,
    /// The run is at fault: usage, input or output.
    Run,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Fine => Self::SUCCESS,
            Outcome::Policy => Self::from(1),
            Outcome::Run => Self::from(2),
        }
    }
}

/// Runs the program.
pub fn run() -> ExitCode {
    // Folders are made as they are to be: one that is made and then opened to others would stay closed
    // where the build is killed in between.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            if error.use_stderr() {
                let _ = error.print();
                return ExitCode::from(2);
            }
            return printed(error.print()).into();
        }
    };
    guarded(move || {
        let outcome = match arguments.verb {
            Verb::Init(verb) => verb.run(),
            Verb::Check(verb) => verb.run(),
            Verb::Build(verb) => verb.run(),
            Verb::Render(verb) => verb.run(),
            Verb::Explain(verb) => verb.run(),
            Verb::Coverage(verb) => verb.run(),
            Verb::Diff(verb) => verb.run(),
            Verb::Why(verb) => verb.run(),
            Verb::Affected(verb) => verb.run(),
            #[cfg(feature = "push")]
            Verb::Push(verb) => verb.run(),
            Verb::Argocd(verb) => verb.run(),
            Verb::Schema(verb) => verb.run(),
            Verb::Completion(verb) => verb.run(),
            Verb::Man(verb) => verb.run(),
        };
        outcome.into()
    })
}

/// Runs a verb so that a defect in it tells nobody what it worked on: what a panic says, and the
/// memory of a process that was ended, may have parts of the policy in them. A panic is said by its
/// place, and ends in exit code 2.
pub fn guarded(verb: impl FnOnce() -> ExitCode + UnwindSafe) -> ExitCode {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // Where it is refused, the system decides, as it does elsewhere.
        let _ = setrlimit(Resource::Core, none);
    }
    panic::set_hook(Box::new(|panic| {
        let at = panic
            .location()
            .map_or_else(String::new, |it| format!(" at {it}"));
        say(&format!(
            "error: this is a defect of obsgen{at}; please report it with that place, and without credentials"
        ));
    }));
    panic::catch_unwind(verb).unwrap_or(ExitCode::from(2))
}
