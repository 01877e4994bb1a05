//! `obsgen explain`: what there is to read about a finding.

use clap::Args;

use crate::cli::Outcome;
use crate::cli::terminal::{print, say};
use crate::diag::pages::{PAGES, page};
use crate::diag::{names_like, ticked};

/// Explain a finding; without a name, list all there are
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Explain {
    /// The name of a finding, as it stands in brackets behind `error` or `warning`
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl Explain {
    pub(super) fn run(&self) -> Outcome {
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
