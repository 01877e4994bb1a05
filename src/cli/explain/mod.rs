//! `obsgen explain`: what there is to read about a finding, and where a value of a policy comes from.

mod alert;
mod metric;
mod route;
mod secrets;
mod threshold;
pub(super) mod value;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::Compilation;
use crate::cli::Outcome;
use crate::cli::stacks::{all_policies, compile_at};
use crate::cli::terminal::{count, print, say};
use crate::diag::pages::{PAGES, page};
use crate::diag::{names_like, ticked};

/// Explain a finding, or where a value of a policy comes from; without a name, list all findings
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Explain {
    /// The name of a finding, as it stands in brackets behind `error` or `warning`
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    Value(value::Value),
    Threshold(threshold::Threshold),
    Alert(alert::OfAlert),
    Metric(metric::OfMetric),
    Route(route::Route),
    Secrets(secrets::Secrets),
}

/// The stacks that a question is about
#[derive(Debug, Args)]
pub(super) struct In {
    /// A folder with an observability.yaml, such a file, or a folder with stacks below it; may be
    /// repeated
    #[arg(long = "stack", value_name = "STACK", default_value = ".")]
    stacks: Vec<PathBuf>,
}

impl In {
    /// Compiles the stacks, each with the path of its policy.
    pub(super) fn compile(&self) -> Option<Vec<(String, Compilation)>> {
        let policies = all_policies(&self.stacks)?;
        policies
            .iter()
            .map(|it| Some((it.display().to_string(), compile_at(it)?)))
            .collect()
    }
}

/// Says that a policy is at fault; what is wrong is the answer of `obsgen check`.
pub(super) fn wrong(policy: &str, compilation: &Compilation) -> Outcome {
    say(&format!(
        "error: {policy} has {}; run `obsgen check {policy}`, and correct them first",
        count(compilation)
    ));
    Outcome::Policy
}

/// Lays rows out in columns, two spaces apart.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|it| it.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let line: String = cells
            .map(|(cell, width)| format!("  {cell:width$}"))
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

impl Explain {
    pub(super) fn run(&self) -> Outcome {
        match &self.what {
            Some(What::Value(it)) => return it.run(),
            Some(What::Threshold(it)) => return it.run(),
            Some(What::Alert(it)) => return it.run(),
            Some(What::Metric(it)) => return it.run(),
            Some(What::Route(it)) => return it.run(),
            Some(What::Secrets(it)) => return it.run(),
            None => {}
        }
        match &self.name {
            None => print(list().as_bytes()),
            Some(name) => match page(name) {
                Some(page) => print(page.text.as_bytes()),
                None => {
                    say(&format!("error: there is no finding `{name}`"));
                    say(&format!("help: {}", name_for(name)));
                    Outcome::Run
                }
            },
        }
    }
}

/// Every finding with what is wrong, one to a line.
fn list() -> String {
    let width = PAGES.iter().map(|it| it.name.len()).max().unwrap_or(0);
    PAGES
        .iter()
        .map(|it| format!("{:width$}  {}\n", it.name, it.summary()))
        .collect()
}

/// Returns the help for a finding that there is none of.
fn name_for(written: &str) -> String {
    let names: Vec<&str> = PAGES.iter().map(|it| it.name).collect();
    match names_like(written, &names).as_slice() {
        [] => "`obsgen explain` lists all there are".to_owned(),
        [name] => format!("did you mean `{name}`?"),
        several => format!("one of {}", ticked(several)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_found_by_what_is_nearly_its_name() {
        for (written, help) in [
            ("unhardened", "did you mean `redis/unhardened`?"),
            ("policy/unhardened", "did you mean `redis/unhardened`?"),
            ("redis/unhardend", "did you mean `redis/unhardened`?"),
            ("unhardend", "did you mean `redis/unhardened`?"),
            (
                "references",
                "one of `references/unknown-mute-time`, `references/unknown-receiver`, `references/unknown-team`, `references/unknown-tier`",
            ),
            (
                "incomplete-login",
                "one of `logs/incomplete-login`, `receivers/incomplete-login`",
            ),
            ("the weather", "`obsgen explain` lists all there are"),
        ] {
            assert_eq!(name_for(written), help);
        }
    }

    #[test]
    fn the_list_has_a_line_for_every_finding() {
        let list = list();
        assert_eq!(list.lines().count(), PAGES.len());
        assert!(list.lines().all(|it| it.ends_with('.')), "{list}");
    }
}
