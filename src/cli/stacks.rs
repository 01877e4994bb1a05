//! From what was named on the command line to compiled policies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::terminal::say;
use crate::diag::path::FieldPath;
use crate::diag::source::Locate;
use crate::diag::{self, Diagnostic, Place};
use crate::files::{POLICY, Repository, are_one, is_file, stacks_below};
use crate::read::settings::Settings;
use crate::{Compilation, compile_with};

/// The policies that an argument names: a file, a folder with a policy, or every one below a folder.
/// Says what is wrong with an argument that names none.
pub(super) fn policies(argument: &Path) -> Option<Vec<PathBuf>> {
    if is_file(argument) {
        return Some(vec![argument.to_owned()]);
    }
    let own = policy_in(argument);
    if is_file(&own) {
        return Some(vec![own]);
    }
    match stacks_below(argument) {
        Ok(found) if found.is_empty() => {
            say(&format!(
                "error: there is no {POLICY} in or below `{}`",
                argument.display()
            ));
            None
        }
        // What lies below `.` is called without it.
        Ok(found) => Some(
            found
                .iter()
                .map(|it| it.strip_prefix(".").unwrap_or(it).to_owned())
                .collect(),
        ),
        Err(error) => {
            say(&format!("error: {error}"));
            None
        }
    }
}

/// The policy of the stack in a folder, whether there is one or not.
pub(super) fn policy_in(folder: &Path) -> PathBuf {
    match folder == Path::new(".") {
        true => PathBuf::from(POLICY),
        false => folder.join(POLICY),
    }
}

/// All policies that arguments name, each once, in the order of the arguments.
pub(super) fn all_policies(arguments: &[PathBuf]) -> Option<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = Vec::new();
    for argument in arguments {
        for policy in policies(argument)? {
            if !all.contains(&policy) {
                all.push(policy);
            }
        }
    }
    Some(all)
}

/// The stack that an argument names; says so where there are several.
pub(super) fn one_policy(argument: &Path) -> Option<PathBuf> {
    let mut policies = policies(argument)?;
    if policies.len() > 1 {
        say(&format!(
            "error: there are several stacks below `{}`; name one",
            argument.display()
        ));
        return None;
    }
    policies.pop()
}

/// Compiles a policy; files are read inside its repository only.
pub(super) fn compile_at(policy: &Path) -> Option<Compilation> {
    compile_in_repository(policy, &Settings::none()).map(|(_, it)| it)
}

/// Compiles a policy with values that are set over it, and says what its repository is.
pub(super) fn compile_in_repository(
    policy: &Path,
    settings: &Settings,
) -> Option<(Repository, Compilation)> {
    let repository = match Repository::around(policy) {
        Ok(repository) => repository,
        Err(error) => {
            say(&format!("error: {error}"));
            return None;
        }
    };
    let compilation = compile_in(&repository, policy, settings);
    Some((repository, compilation))
}

/// Compiles a policy of a repository with values that are set over it.
pub(super) fn compile_in(
    repository: &Repository,
    policy: &Path,
    settings: &Settings,
) -> Compilation {
    let files = |path: &str| repository.read(Path::new(path)).map_err(|it| it.reason());
    compile_with(&files, &shown(policy), settings)
}

/// A path as findings name it.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The names of the stacks of one run, each with the policy that has it.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, PathBuf>);

impl Names {
    /// Takes the name of a policy's stack; one that another policy has is an error of the second.
    pub(super) fn claim(&mut self, policy: &Path, compilation: &mut Compilation) {
        let document = &compilation.document;
        let at = Place::Value(FieldPath::parse("metadata.name"));
        let Some(text) = document.exact(&at).and_then(|span| {
            let source = document.source(span.file)?;
            source.text.get(span.range)
        }) else {
            return;
        };
        let name = text.trim_matches(['"', '\'']);
        let Some(first) = self.0.get(name) else {
            self.0.insert(name.to_owned(), policy.to_owned());
            return;
        };
        // One file by two paths is one stack.
        if are_one(first, policy) {
            return;
        }
        let finding = Diagnostic::error(
            "policy/stack-name-taken",
            at,
            format!("`{}` has the name `{name}` too", shown(first)),
        )
        .label("taken")
        .note("one tree would overwrite the other's, and alerts of both would carry one label `stack`")
        .help("give each stack a name of its own");
        compilation.findings.push(finding.redacted(document));
        diag::sort(&mut compilation.findings, document);
        compilation.output = None;
    }
}
