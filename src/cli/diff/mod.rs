//! `obsgen diff`: what a change does, before the change itself.

pub(super) mod json;
mod markdown;
mod sides;
mod text;
mod verdict;

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::cli::Outcome;
use crate::cli::diff::markdown::Form;
use crate::cli::diff::sides::Compared;
use crate::cli::diff::text::Look;
use crate::cli::terminal::{columns, is_styled, print, say};
use crate::effect::Class;

/// Tell what a change does to what runs and to who watches it, then show what differs
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes of this verb:
  0  Both sides are the same, or nothing is at or above `--fail-on`.
  1  They differ.
  2  They could not be compared.

Examples:
  obsgen diff --from origin/main stacks/prod           what this branch does to a stack
  obsgen diff --from origin/main...HEAD --to HEAD stacks   two revisions, without the checkout
  obsgen diff build/prod stacks/prod                   what the next build would change
  kubectl kustomize build/prod | obsgen diff - stacks/prod")]
pub(super) struct Diff {
    /// Two sides: a policy, a tree, a stream of objects (`-` for the standard input); or, with `--from`, stacks
    #[arg(required = true, value_name = "SIDE")]
    sides: Vec<PathBuf>,
    /// The Git revision before
    #[arg(long, value_name = "REV")]
    from: Option<String>,
    /// The Git revision after; without it the files as they are
    #[arg(long, value_name = "REV", requires = "from")]
    to: Option<String>,
    /// For people, for programs, or for a comment on a pull request
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 1 only for these classes: one of what happens to Redis stands for the worse ones too,
    /// `monitoring-gap` for itself
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = classes())]
    fail_on: Vec<Class>,
    /// Exit with 0 although they differ
    #[arg(long, conflicts_with = "fail_on")]
    exit_zero: bool,
    /// Leave out the objects themselves
    #[arg(long)]
    summary: bool,
    /// Show how each estimate was computed
    #[arg(long)]
    estimates: bool,
    /// Columns of a line; without it those of the terminal
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Consequences, then the objects that differ
    Text,
    /// All of it, in the form of `obsgen schema diff`
    Json,
    /// A comment on a pull request, also where nothing differs
    Markdown,
}

/// The classes, by their names.
fn classes() -> impl TypedValueParser<Value = Class> {
    let named = Class::ALL
        .iter()
        .map(|it| PossibleValue::new(it.name()).help(it.meaning()));
    PossibleValuesParser::new(named).map(|name| {
        let mut all = Class::ALL.iter().copied();
        all.find(|it| it.name() == name).unwrap_or(Class::None)
    })
}

/// Whether something of a class is reason to fail for one that was named.
fn is_met(named: Class, class: Class) -> bool {
    match (named, class) {
        (Class::None, _) => true,
        (Class::MonitoringGap, other) | (other, Class::MonitoringGap) => {
            other == Class::MonitoringGap
        }
        (least, class) => class >= least,
    }
}

impl Diff {
    pub(super) fn run(&self) -> Outcome {
        let compared = match (&self.from, self.sides.as_slice()) {
            (Some(from), stacks) => sides::of_revisions(stacks, from, self.to.as_deref()),
            (None, [before, after]) => sides::of_places(before, after),
            (None, _) => {
                say(
                    "error: two sides are compared: name both, or the revision before with `--from`",
                );
                None
            }
        };
        let Some(compared) = compared else {
            return Outcome::Run;
        };
        let shown = match self.format {
            Format::Text => {
                let look = Look {
                    width: self.width.unwrap_or_else(columns),
                    is_styled: is_styled(),
                    is_summary: self.summary,
                    is_explained: self.estimates,
                };
                text::shown(&compared, look)
            }
            Format::Json => json::shown(&compared, self.summary),
            Format::Markdown => {
                let form = Form {
                    is_summary: self.summary,
                    is_explained: self.estimates,
                    command: &self.command(),
                };
                markdown::shown(&compared, form)
            }
        };
        let outcome = print(shown.as_bytes());
        if outcome != Outcome::Fine {
            return outcome;
        }
        match self.is_failure(&compared) {
            true => Outcome::Policy,
            false => Outcome::Fine,
        }
    }

    /// The command that compares the same.
    fn command(&self) -> String {
        let mut words = vec!["obsgen diff".to_owned()];
        for (flag, revision) in [("--from", &self.from), ("--to", &self.to)] {
            words.extend(revision.iter().map(|it| format!("{flag} {it}")));
        }
        words.extend(self.sides.iter().map(|it| it.display().to_string()));
        words.join(" ")
    }

    fn is_failure(&self, compared: &[Compared]) -> bool {
        let mut differ = compared
            .iter()
            .map(|it| &it.difference)
            .filter(|it| !it.is_empty());
        if self.exit_zero {
            return false;
        }
        if self.fail_on.is_empty() {
            return differ.next().is_some();
        }
        differ.any(|it| {
            let effects = it.consequences.iter().flat_map(|it| &it.effects);
            let mut classes = effects.map(|it| it.effect.class);
            let is_any = self.fail_on.contains(&Class::None);
            is_any || classes.any(|class| self.fail_on.iter().any(|it| is_met(*it, class)))
        })
    }
}
