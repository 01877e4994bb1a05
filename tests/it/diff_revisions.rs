//! `obsgen diff --from`, as a person runs it in a repository.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::program::{obsgen, said};
use crate::stacks::root;

pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([
            ("GIT_AUTHOR_NAME", "one"),
            ("GIT_AUTHOR_EMAIL", "one@example.com"),
            ("GIT_COMMITTER_NAME", "one"),
            ("GIT_COMMITTER_EMAIL", "one@example.com"),
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

pub(crate) fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message=change"]);
}

/// A repository with two stacks on the branch `main`, and the branch `topic` checked out.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(root().join("stacks/minimal/observability.yaml")).unwrap();
    for name in ["one", "two"] {
        let stack = folder.path().join("stacks").join(name);
        fs::create_dir_all(&stack).unwrap();
        let text = text.replace("name: minimal", &format!("name: {name}"));
        assert!(text.contains(&format!("name: {name}")));
        fs::write(stack.join("observability.yaml"), text).unwrap();
    }
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    commit(folder.path());
    git(folder.path(), &["checkout", "--quiet", "-b", "topic"]);
    folder
}

fn edit(folder: &Path, path: &str, from: &str, to: &str) {
    let path = folder.join(path);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn shown(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn diff(folder: &Path, arguments: &[&str]) -> Output {
    obsgen(folder, &[&["diff"], arguments].concat())
}

#[test]
fn a_revision_is_compared_with_the_files_and_with_another_one() {
    let folder = repository();
    let here = folder.path();
    assert_eq!(
        diff(here, &["--from", "main", "stacks"]).status.code(),
        Some(0)
    );
    edit(here, "stacks/one/observability.yaml", "size: ", "size: 1");
    let files = diff(here, &["--from", "main", "--summary", "stacks/one"]);
    assert_eq!(files.status.code(), Some(1), "{}", said(&files));
    let name = "main:stacks/one/observability.yaml → stacks/one/observability.yaml";
    assert!(shown(&files).contains(name), "{}", shown(&files));
    // Nothing is committed yet, and the other stack is as it was.
    let committed = diff(here, &["--from", "main", "--to", "topic", "stacks"]);
    assert_eq!(
        (committed.status.code(), shown(&committed)),
        (Some(0), String::new())
    );
    let other = diff(here, &["--from", "HEAD", "stacks/two"]);
    assert_eq!(other.status.code(), Some(0), "{}", said(&other));
    commit(here);
    let committed = diff(
        here,
        &[
            "--from",
            "main...topic",
            "--to",
            "topic",
            "--summary",
            "stacks",
        ],
    );
    assert_eq!(committed.status.code(), Some(1));
    // From the folder of the stack, and by a class that it does not reach.
    let inside = diff(
        &here.join("stacks/one"),
        &["--from", "main", "--summary", "."],
    );
    assert_eq!(inside.status.code(), Some(1), "{}", said(&inside));
    let class = diff(
        here,
        &["--from", "main", "--fail-on", "recreate", "stacks/two"],
    );
    assert_eq!(class.status.code(), Some(0));
    let zero = diff(here, &["--from", "main", "--exit-zero", "stacks/one"]);
    assert_eq!(zero.status.code(), Some(0));
    assert!(!zero.stdout.is_empty());
}

#[test]
fn a_stack_that_moves_is_the_same_and_one_that_goes_is_seen() {
    let folder = repository();
    let here = folder.path();
    fs::create_dir(here.join("elsewhere")).unwrap();
    fs::rename(here.join("stacks/one"), here.join("elsewhere/one")).unwrap();
    commit(here);
    for place in ["stacks/one", "elsewhere", "elsewhere/one"] {
        let moved = diff(here, &["--from", "main", place]);
        assert_eq!(
            moved.status.code(),
            Some(0),
            "{place}: {}{}",
            said(&moved),
            shown(&moved)
        );
        assert!(shown(&moved).is_empty(), "{place}");
    }
    fs::remove_dir_all(here.join("stacks/two")).unwrap();
    let gone = diff(here, &["--from", "main", "--summary", "stacks"]);
    assert_eq!(gone.status.code(), Some(1), "{}", said(&gone));
    assert!(shown(&gone).contains("two (gone)"), "{}", shown(&gone));
    let new = diff(
        here,
        &["--from", "topic", "--to", "main", "--summary", "stacks/two"],
    );
    assert_eq!(new.status.code(), Some(0), "{}", said(&new));
}

#[test]
fn what_cannot_be_compared_is_said_and_ends_in_2() {
    let folder = repository();
    let here = folder.path();
    for (arguments, words) in [
        (&["--from", "nowhere", "stacks"][..], "revision `nowhere`"),
        (&["--from", "main", "none"], "neither before nor after"),
        (&["stacks/one"], "two sides"),
        (&["stacks/one", "none"], "none"),
        (&["--to", "main", "stacks"], "--from"),
    ] {
        let output = diff(here, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            said(&output).contains(words),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(output.stdout.is_empty());
    }
    edit(
        here,
        "stacks/one/observability.yaml",
        "cluster: ",
        "clusters: ",
    );
    let wrong = diff(here, &["--from", "main", "stacks"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        said(&wrong).contains("cannot be compared"),
        "{}",
        said(&wrong)
    );
}
