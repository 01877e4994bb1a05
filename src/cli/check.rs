//! `obsgen check`: report findings, write nothing.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::Outcome;
use crate::cli::stacks::{Names, all_policies, compile_in_repository, shown};
use crate::cli::terminal::{count, print, say, show_findings};
use crate::diag::report::{Finding, Report};
use crate::diag::{Level, github, gitlab, json, sarif};
use crate::files::{POLICY, Repository};
use crate::read::settings::Settings;

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
    /// The lines that findings are about, with an explanation
    Text,
    /// Everything, in the form of `obsgen schema findings`
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
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
        let mut report = Report::default();
        let mut names = Names::default();
        for policy in &policies {
            // A document of some of the stacks would say that the others are fine.
            let Some((repository, mut compilation)) =
                compile_in_repository(policy, &Settings::none())
            else {
                return Outcome::Run;
            };
            names.claim(policy, &mut compilation);
            if report.stacks.is_empty() {
                report.scope = self.scope(&repository);
            }
            let findings = &compilation.findings;
            if findings.iter().any(|it| it.level >= least) {
                outcome = Outcome::Policy;
            }
            let in_repository = |path: &str| {
                let relative = repository.relative(Path::new(path));
                relative.unwrap_or_else(|| path.to_owned())
            };
            let document = &compilation.document;
            let is_new = report.add(&shown(policy), findings, document, &in_repository);
            if self.format == Format::Text {
                let repeated = is_new.iter().filter(|it| !**it).count();
                let new = findings.iter().zip(is_new).filter(|(_, it)| *it);
                show_findings(new.map(|(it, _)| it), document);
                let verdict = match (count(&compilation), repeated) {
                    (count, _) if count.is_empty() => "nothing found".to_owned(),
                    (count, 0) => count,
                    (count, repeated) => format!("{count}; {repeated} of them shown above"),
                };
                say(&format!("{}: {verdict}", policy.display()));
            }
        }
        let document = match self.format {
            Format::Text => {
                // An error is in the way of more than a warning above it.
                let error = report.findings.iter().find(|it| it.level == Level::Error);
                let first = error.or(report.findings.first());
                if let Some(Finding { name, .. }) = first {
                    say(&format!(
                        "to read more about a finding: obsgen explain {name}"
                    ));
                }
                return outcome;
            }
            Format::Json => json::document(&report),
            Format::Sarif => sarif::document(&report),
            Format::Github => github::document(&report),
            Format::Gitlab => gitlab::document(&report),
        };
        outcome.max(print(document.as_bytes()))
    }

    /// What is looked at, as paths in the repository: the same on every machine.
    fn scope(&self, repository: &Repository) -> String {
        let paths = self.stacks.iter().map(|it| {
            let folder = match it.ends_with(POLICY) {
                true => it.parent().unwrap_or(it),
                false => it,
            };
            let relative = repository.relative(folder);
            relative.unwrap_or_else(|| shown(folder))
        });
        paths.collect::<Vec<_>>().join(",")
    }
}
