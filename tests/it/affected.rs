//! `obsgen affected`: the stacks that a change touches.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::diff_revisions::{commit, git};
use crate::program::{obsgen, said};
use crate::stacks::root;

/// A repository with prod and staging, which share a base, and a stack that stands alone.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = |path: &str| {
        let to = folder.path().join("stacks").join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join("stacks").join(path), to).unwrap();
    };
    copy("base.yaml");
    for stack in ["prod", "staging", "minimal"] {
        copy(&format!("{stack}/observability.yaml"));
    }
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    commit(folder.path());
    folder
}

fn affected(folder: &TempDir, below: &str, arguments: &[&str]) -> String {
    let here = folder.path().join(below);
    let output = obsgen(
        &here,
        &[&["affected", "--from", "main"], arguments].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn append(folder: &TempDir, path: &str, text: &str) {
    let path = folder.path().join(path);
    let before = fs::read_to_string(&path).unwrap();
    fs::write(path, before + text).unwrap();
}

const PROD: &str = "stacks/prod\t/stacks/base.yaml;/stacks/prod/observability.yaml\n";
const STAGING: &str = "stacks/staging\t/stacks/base.yaml;/stacks/staging/observability.yaml\n";

#[test]
fn a_base_touches_the_stacks_that_extend_it_and_a_policy_its_own() {
    let folder = repository();
    assert_eq!(affected(&folder, "", &[]), "");
    fs::write(folder.path().join("stacks/other.yaml"), "of: nobody\n").unwrap();
    assert_eq!(affected(&folder, "", &[]), "");
    append(&folder, "stacks/base.yaml", "# changed\n");
    assert_eq!(affected(&folder, "", &[]), format!("{PROD}{STAGING}"));
    assert_eq!(affected(&folder, "", &["stacks/staging"]), STAGING);
    let minimal = "stacks/minimal\t/stacks/minimal/observability.yaml\n";
    assert_eq!(
        affected(&folder, "", &["--all"]),
        format!("{minimal}{PROD}{STAGING}")
    );
    let all = obsgen(folder.path(), &["affected", "--all"]);
    assert_eq!(
        String::from_utf8(all.stdout).unwrap(),
        format!("{minimal}{PROD}{STAGING}")
    );
    // From elsewhere the folder is another one, and the paths are those of the repository.
    let below = affected(&folder, "stacks/staging", &[]);
    assert_eq!(below, STAGING.replace("stacks/staging\t", ".\t"));
    // Nothing is committed yet.
    assert_eq!(affected(&folder, "", &["--to", "HEAD"]), "");
    git(folder.path(), &["checkout", "--quiet", "-b", "topic"]);
    commit(folder.path());
    assert_eq!(
        affected(&folder, "", &["--to", "HEAD"]),
        format!("{PROD}{STAGING}")
    );
}

#[test]
fn new_stacks_and_those_that_are_gone_are_told() {
    let folder = repository();
    let stacks = folder.path().join("stacks");
    fs::rename(stacks.join("minimal"), stacks.join("mini")).unwrap();
    // A policy that is wrong, and one whose base is missing, are made of their files as well.
    append(&folder, "stacks/prod/observability.yaml", "what: ever\n");
    let extends = "spec: {extends: [../gone.yaml]}\n";
    fs::write(stacks.join("staging/observability.yaml"), extends).unwrap();
    let lines = affected(&folder, "", &["stacks"]);
    let expected = format!(
        "stacks/mini\t/stacks/mini/observability.yaml\n{PROD}\
         stacks/staging\t/stacks/gone.yaml;/stacks/staging/observability.yaml\n"
    );
    assert_eq!(lines, expected);
    let all: Value = serde_json::from_str(&affected(&folder, "", &["-o", "json"])).unwrap();
    let of = |name: &str| {
        let stacks = all["stacks"].as_array().unwrap();
        let found = stacks.iter().find(|it| it["stack"] == name);
        found.unwrap_or_else(|| panic!("{all}")).clone()
    };
    let gone = "stacks/minimal";
    let expected = json!({
        "stack": gone,
        "what": "gone",
        "changed": ["stacks/minimal/observability.yaml"],
        "manifestGeneratePaths": "/stacks/minimal/observability.yaml",
    });
    assert_eq!(of(gone), expected);
    assert_eq!(of("stacks/mini")["what"], "new");
    let staging = of("stacks/staging");
    assert_eq!(staging["what"], "changed");
    let changed = [
        "stacks/base.yaml",
        "stacks/gone.yaml",
        "stacks/staging/observability.yaml",
    ];
    assert_eq!(staging["changed"], json!(changed));
}

#[test]
fn what_cannot_be_answered_is_an_error() {
    let folder = repository();
    for (arguments, expected) in [
        (&["--from", "mian"][..], "mian"),
        (
            &["--from", "main", "stacks/nothing"],
            "neither before nor after",
        ),
    ] {
        let output = obsgen(folder.path(), &[&["affected"], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(expected), "{}", said(&output));
        assert!(output.stdout.is_empty());
    }
}
