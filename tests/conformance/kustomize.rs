//! The trees under `kubectl kustomize`, with nothing but its defaults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::run::uncomplaining;
use crate::tools;
use crate::trees::{self, KUSTOMIZATION};

#[test]
fn kustomize_builds_what_is_rendered() {
    if let Some(kubectl) = tools::tool("kubectl") {
        builds_what_is_rendered(&kubectl);
    }
}

#[test]
fn the_next_kustomize_builds_what_is_rendered() {
    if let Some(kubectl) = tools::next_tool("kubectl") {
        builds_what_is_rendered(&kubectl);
    }
}

#[test]
fn every_folder_builds_alone() {
    if let Some(kubectl) = tools::tool("kubectl") {
        folders_build_alone(&kubectl);
    }
}

#[test]
fn every_folder_builds_alone_with_the_next_kustomize() {
    if let Some(kubectl) = tools::next_tool("kubectl") {
        folders_build_alone(&kubectl);
    }
}

#[test]
fn every_file_is_listed_once() {
    for stack in trees::stacks() {
        let tree = trees::tree(&stack);
        let mut expected = trees::manifests(&stack);
        expected.extend(trees::kustomizations(&stack));
        expected.retain(|it| *it != tree);

        let mut times: BTreeMap<PathBuf, usize> = expected.into_iter().map(|it| (it, 0)).collect();
        for folder in trees::kustomizations(&stack) {
            let kustomization = kustomization(&folder);
            for resource in kustomization["resources"].as_array().expect("a list") {
                let path = folder.join(resource.as_str().expect("a name"));
                let count = times.get_mut(&path);
                *count.unwrap_or_else(|| panic!("{} is not in the tree", path.display())) += 1;
            }
        }
        times.retain(|_, it| *it != 1);
        assert!(times.is_empty(), "not listed once: {times:#?}");
    }
}

fn builds_what_is_rendered(kubectl: &Path) {
    for stack in trees::stacks() {
        let rendered = rendered(&stack);
        let built = built(kubectl, &trees::tree(&stack));
        let names = |objects: &[Value]| objects.iter().map(name).collect::<Vec<_>>();
        assert_eq!(names(&built), names(&rendered), "the objects of {stack}");
        for (built, rendered) in built.iter().zip(&rendered) {
            assert_eq!(built, rendered, "{} of {stack}", name(rendered));
        }
    }
}

fn folders_build_alone(kubectl: &Path) {
    for stack in trees::stacks() {
        for folder in trees::kustomizations(&stack) {
            let objects = built(kubectl, &folder);
            assert!(!objects.is_empty(), "{} is empty", folder.display());
        }
    }
}

fn built(kubectl: &Path, folder: &Path) -> Vec<Value> {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(kubectl);
    command
        .arg("kustomize")
        .arg(folder)
        .env("HOME", home.path());
    trees::documents(&uncomplaining(&mut command))
}

fn rendered(stack: &str) -> Vec<Value> {
    let policy = trees::root().join("stacks").join(stack);
    trees::documents(&uncomplaining(trees::obsgen().arg("render").arg(policy)))
}

fn kustomization(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join(KUSTOMIZATION)).expect("the file is text");
    trees::documents(&text).remove(0)
}

fn name(object: &Value) -> String {
    let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    [
        &object["apiVersion"],
        &object["kind"],
        &metadata["namespace"],
        &metadata["name"],
    ]
    .map(part)
    .join(" ")
}
