//! `obsgen build`: write the tree of each stack.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Outcome;
use crate::cli::stacks::{Names, all_policies, compile_at, shown};
use crate::cli::terminal::{count, plural, say, show_findings};
use crate::diag::report::Report;
use crate::files::{Repository, are_one, is_taken};
use crate::render::render;
use crate::{Compilation, write};

/// Write the Kustomize tree of each stack
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen build stacks/prod           to build/prod, for `kubectl apply -k`, Argo CD or Flux
  obsgen build stacks                every stack below the folder
  obsgen build stacks --check        in CI: exits with 1 if what is committed is stale")]
pub(super) struct Build {
    /// Folders with an observability.yaml, such files, or folders with stacks below them
    #[arg(required = true, value_name = "STACK")]
    stacks: Vec<PathBuf>,
    /// The folder that trees are written into, each as a folder with the name of its stack
    #[arg(long, value_name = "DIR", default_value = "build")]
    out: PathBuf,
    /// Write nothing; exit with 1 if a tree is not what its policy gives
    #[arg(long)]
    check: bool,
}

impl Build {
    pub(super) fn run(&self) -> Outcome {
        // A tree would be a folder beside what is there already, and nobody means that.
        let top = [Some(PathBuf::from("/")), home()];
        if !self.check && top.iter().flatten().any(|it| are_one(it, &self.out)) {
            say(&format!(
                "error: `{}` is not a folder for output: choose another one with `--out`",
                self.out.display()
            ));
            return Outcome::Run;
        }
        let Some(policies) = all_policies(&self.stacks) else {
            return Outcome::Run;
        };
        // Every stack is compiled before the first is written.
        let mut compiled = Vec::new();
        let mut outcome = Outcome::Fine;
        let mut report = Report::default();
        let mut names = Names::default();
        for policy in &policies {
            let Some(mut compilation) = compile_at(policy) else {
                return Outcome::Run;
            };
            names.claim(policy, &mut compilation);
            let Compilation {
                findings, document, ..
            } = &compilation;
            let is_new = report.add(&shown(policy), findings, document, &str::to_owned);
            let new = findings.iter().zip(is_new).filter(|(_, it)| *it);
            show_findings(new.map(|(it, _)| it), document);
            if compilation.output.is_none() {
                say(&format!(
                    "{}: {}; nothing is written",
                    policy.display(),
                    count(&compilation)
                ));
                outcome = Outcome::Policy;
            }
            compiled.push((policy, compilation));
        }
        if outcome != Outcome::Fine {
            return outcome;
        }
        for (policy, compilation) in &compiled {
            let Some((stack, plan)) = &compilation.output else {
                continue;
            };
            let out = self.out.join(&stack.name);
            let tree = render(plan);
            outcome = outcome.max(match self.check {
                true => check(&tree, &out),
                false => {
                    let is_first = !is_taken(&out);
                    let outcome = build(&tree, &out, policy);
                    if is_first && outcome == Outcome::Fine {
                        say(&format!(
                            "next: `obsgen explain secrets --stack {}` lists the Secrets that have to be there",
                            shown(policy)
                        ));
                    }
                    outcome
                }
            });
        }
        outcome
    }
}

fn build(tree: &crate::render::tree::Tree, out: &Path, policy: &Path) -> Outcome {
    match write::write(tree, out, &protected(policy)) {
        Ok(written) => {
            say(&format!(
                "{}: {} written, {} unchanged, {} removed",
                out.display(),
                plural(written.changed, "file"),
                written.unchanged,
                written.removed
            ));
            Outcome::Fine
        }
        Err(error) => {
            say(&format!("error: {error}"));
            Outcome::Run
        }
    }
}

fn check(tree: &crate::render::tree::Tree, out: &Path) -> Outcome {
    match write::stale(tree, out) {
        Ok(stale) if stale.is_empty() => {
            say(&format!("{}: up to date", out.display()));
            Outcome::Fine
        }
        Ok(stale) => {
            for it in &stale {
                say(&format!("{}: {it}", out.display()));
            }
            say(&format!(
                "{}: stale; run `obsgen build` and commit the result",
                out.display()
            ));
            Outcome::Policy
        }
        Err(error) => {
            say(&format!("error: {error}"));
            Outcome::Run
        }
    }
}

/// The home directory, where one is said.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line knows where it runs"
)]
fn home() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|it| !it.is_empty());
    home.map(PathBuf::from)
}

/// Where no tree is ever written: the policy's own folder, the repository, the home directory.
fn protected(policy: &Path) -> Vec<PathBuf> {
    let mut protected: Vec<PathBuf> = policy.parent().map(Path::to_owned).into_iter().collect();
    protected.extend(
        Repository::around(policy)
            .ok()
            .map(|it| it.root().to_owned()),
    );
    protected.extend(home());
    protected
}
