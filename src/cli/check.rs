//! `obsgen check`: report findings, write nothing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::Outcome;
use crate::cli::stacks::{all_policies, compile_at};
use crate::cli::terminal::{count, print, say, show_findings};
use crate::diag::{Level, json as findings};
use crate::render::json;

/// Report what is wrong with each stack, and write nothing
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen check stacks/prod                      what is wrong, each with its line and a remedy
  obsgen check stacks --fail-on warning         warnings make the exit code 1 too
  obsgen check stacks/prod --format json        all findings, for programs")]
pub(super) struct Check {
    /// Folders with an observability.yaml, such files, or folders with stacks below them
    #[arg(required = true, value_name = "STACK")]
    stacks: Vec<PathBuf>,
    /// For people (to the standard error), or for programs (to the standard output)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The least level that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "LEVEL")]
    fail_on: FailOn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

impl Check {
    pub(super) fn run(&self) -> Outcome {
        let Some(policies) = all_policies(&self.stacks) else {
            return Outcome::Run;
        };
        let least = match self.fail_on {
            FailOn::Error => Level::Error,
            FailOn::Warning => Level::Warning,
        };
        let mut outcome = Outcome::Fine;
        let mut all: Vec<Value> = Vec::new();
        let mut shown: Option<&str> = None;
        for policy in &policies {
            let Some(compilation) = compile_at(policy) else {
                return Outcome::Run;
            };
            if compilation.findings.iter().any(|it| it.level >= least) {
                outcome = Outcome::Policy;
            }
            match self.format {
                Format::Text => {
                    show_findings(&compilation);
                    shown = shown.or(compilation.findings.first().map(|it| it.name));
                    let count = count(&compilation);
                    let verdict = if count.is_empty() {
                        "nothing found"
                    } else {
                        &count
                    };
                    say(&format!("{}: {verdict}", policy.display()));
                }
                Format::Json => all.extend(
                    compilation
                        .findings
                        .iter()
                        .map(|it| findings::finding(it, &compilation.document)),
                ),
            }
        }
        if let Some(name) = shown {
            say(&format!(
                "to read more about a finding: obsgen explain {name}"
            ));
        }
        if self.format == Format::Json {
            let document = json!({"schemaVersion": findings::SCHEMA_VERSION, "findings": all});
            outcome = outcome.max(print(json::pretty(&document).as_bytes()));
        }
        outcome
    }
}
