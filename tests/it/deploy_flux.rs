//! What `deploy/flux` and the workflows beside it say, held against what Flux has and obsgen takes.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::program::{obsgen, said};
use crate::stacks::root;

fn text(path: &str) -> String {
    fs::read_to_string(root().join("deploy").join(path)).unwrap()
}

fn documents(path: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(&text(path))
        .map(|it| Value::deserialize(it).unwrap())
        .collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// The fields are those of the CRDs of source-controller 1.9 and kustomize-controller 1.9 (Flux 2.9).
#[test]
fn the_examples_are_objects_of_flux() {
    for (file, kind, path, of_source) in [
        (
            "flux/oci.yaml",
            "OCIRepository",
            "./",
            ["interval", "ref", "secretRef", "url"],
        ),
        (
            "flux/git.yaml",
            "GitRepository",
            "./build/prod",
            ["interval", "ref", "secretRef", "url"],
        ),
    ] {
        let objects = documents(file);
        let [source, kustomization] = objects.as_slice() else {
            panic!("{file} has {} objects", objects.len());
        };
        assert_eq!(
            source["apiVersion"], "source.toolkit.fluxcd.io/v1",
            "{file}"
        );
        assert_eq!(source["kind"], kind);
        assert_eq!(keys(&source["spec"]), BTreeSet::from(of_source), "{file}");

        let spec = &kustomization["spec"];
        assert_eq!(
            kustomization["apiVersion"], "kustomize.toolkit.fluxcd.io/v1",
            "{file}"
        );
        assert_eq!(kustomization["kind"], "Kustomization");
        assert_eq!(
            spec["sourceRef"],
            json!({"kind": kind, "name": source["metadata"]["name"]})
        );
        assert_eq!(spec["path"], path);
        assert_eq!(
            keys(spec),
            BTreeSet::from([
                "deletionPolicy",
                "dependsOn",
                "interval",
                "path",
                "prune",
                "retryInterval",
                "sourceRef",
                "timeout",
                "wait",
            ])
        );
        assert_eq!(
            (&spec["prune"], &spec["wait"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(spec["deletionPolicy"], "Orphan");
        let depends = spec["dependsOn"].as_array().unwrap();
        assert!(
            depends
                .iter()
                .all(|it| keys(it) == BTreeSet::from(["name"]))
        );
        // One is in place of the other.
        assert_eq!(kustomization["metadata"]["name"], "observability-prod");
    }
}

/// What is copied from these pages is a command line of this version.
#[test]
fn every_push_that_is_shown_is_one() {
    let help = obsgen(&root(), &["push", "--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let known: BTreeSet<&str> = help
        .split_whitespace()
        .filter(|it| it.starts_with("--"))
        .map(|it| it.split(['[', ',', '=', '`']).next().unwrap())
        .collect();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut seen = 0;
    for (name, text) in [
        ("README.md", readme),
        ("flux/README.md", text("flux/README.md")),
        ("github/push.yaml", text("github/push.yaml")),
        ("gitlab/obsgen-push.yml", text("gitlab/obsgen-push.yml")),
    ] {
        for (at, _) in text.match_indices("obsgen push ") {
            // To the end of the command: of the quoted text, of the pipe, or of the paragraph.
            let rest = &text[at..];
            let rest = rest.split("\n\n").next().unwrap();
            let command = rest.split(['`', '|', ')', '#']).next().unwrap();
            for option in command.split_whitespace().filter(|it| it.starts_with("--")) {
                assert!(known.contains(option), "{name}: {option} in {command}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 7, "{seen}");
}

#[test]
fn the_workflow_that_pushes_is_pinned_and_may_write_packages_only() {
    let text = text("github/push.yaml");
    let uses: Vec<&str> = text.lines().filter(|it| it.contains("uses: ")).collect();
    assert!(!uses.is_empty());
    for line in uses {
        let (_, action) = line.split_once('@').unwrap();
        let (commit, version) = action.split_once(" # v").unwrap();
        assert!(
            commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit()),
            "{line}"
        );
        assert_eq!(version.split('.').count(), 3, "{line}");
    }
    let workflow = &documents("github/push.yaml")[0];
    assert_eq!(workflow["permissions"], json!({}));
    assert_eq!(
        workflow["jobs"]["push"]["permissions"],
        json!({"contents": "read", "packages": "write"})
    );
    // A pipe hides what its first command says, but in this shell.
    let steps = workflow["jobs"]["push"]["steps"].as_array().unwrap();
    for step in steps
        .iter()
        .filter(|it| it["run"].to_string().contains('|'))
    {
        assert_eq!(step["shell"], "bash");
    }
}

/// Whoever pipes the address of CI's clone into `--source` is told, and not shown.
#[test]
fn the_address_with_a_token_of_gitlab_is_refused() {
    let source = "https://gitlab-ci-token:glcbt-64_abcdefghijklmnopqrst@gitlab.example.com/a/b.git";
    let output = obsgen(
        &root(),
        &[
            "push",
            "stacks/minimal",
            "oci://registry.invalid/a",
            "--source",
            source,
        ],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(!said(&output).contains("glcbt-"), "{}", said(&output));
    assert!(!text("gitlab/obsgen-push.yml").contains("$CI_REPOSITORY_URL"));
}
