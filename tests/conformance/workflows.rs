//! The workflows that put what a change does on a pull request and push what was merged, under a linter
//! of their security.

use std::process::Command;

use crate::run::run;
use crate::{tools, trees};

#[test]
fn the_workflows_of_github_are_safe() {
    let Some(zizmor) = tools::zizmor() else {
        return;
    };
    let said = run(Command::new(&zizmor)
        .args(["--offline", "--no-progress", "--persona", "pedantic"])
        .args(workflows()));
    assert_eq!(said.code, Some(0), "{}\n{}", said.stdout, said.stderr);
}

#[test]
fn a_workflow_that_trusts_a_title_is_refused() {
    let Some(zizmor) = tools::zizmor() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("diff.yaml");
    let text = std::fs::read_to_string(&workflows()[1]).expect("the workflow is text");
    let trusting = text.replace(
        "run: cargo build",
        "run: echo '${{ github.head_ref }}'; cargo build",
    );
    assert_ne!(text, trusting);
    std::fs::write(&path, trusting).expect("the file can be written");
    let said = run(Command::new(&zizmor)
        .args(["--offline", "--no-progress"])
        .arg(&path));
    assert!(
        said.stdout.contains("template-injection"),
        "{}",
        said.stdout
    );
    assert_ne!(said.code, Some(0));
}

fn workflows() -> Vec<std::path::PathBuf> {
    let files = trees::files(&trees::root().join("deploy/github"));
    let is_workflow = |it: &std::path::PathBuf| it.extension().is_some_and(|it| it == "yaml");
    let files: Vec<_> = files.into_iter().filter(is_workflow).collect();
    assert_eq!(files.len(), 3);
    files
}
