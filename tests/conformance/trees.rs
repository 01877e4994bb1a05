//! The golden trees, and the objects in them. Nothing here judges them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize as _;
use serde_json::Value;
use walkdir::WalkDir;

/// The file that makes a folder one for Kustomize.
pub(crate) const KUSTOMIZATION: &str = "kustomization.yaml";

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the stacks that have a golden tree, sorted.
pub(crate) fn stacks() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("golden"))
        .expect("the folder is there")
        .filter_map(Result::ok)
        .filter(|it| it.path().is_dir())
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there is no golden tree");
    names
}

/// The golden tree of a stack.
pub(crate) fn tree(stack: &str) -> PathBuf {
    root().join("golden").join(stack)
}

/// All files below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(|it| it.expect("the tree can be read"))
        .filter(|it| it.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// The folders of a stack that Kustomize can build, the whole tree first.
pub(crate) fn kustomizations(stack: &str) -> Vec<PathBuf> {
    files(&tree(stack))
        .into_iter()
        .filter(|it| it.ends_with(KUSTOMIZATION))
        .filter_map(|it| it.parent().map(Path::to_owned))
        .collect()
}

/// The files of a stack that hold objects.
pub(crate) fn manifests(stack: &str) -> Vec<PathBuf> {
    files(&tree(stack))
        .into_iter()
        .filter(|it| it.extension().is_some_and(|it| it == "yaml") && !it.ends_with(KUSTOMIZATION))
        .collect()
}

/// All objects of a stack, file by file.
pub(crate) fn objects(stack: &str) -> Vec<Value> {
    let read = |path: PathBuf| fs::read_to_string(path).expect("the file is text");
    manifests(stack)
        .into_iter()
        .flat_map(|it| documents(&read(it)))
        .collect()
}

/// The objects of one kind, file by file.
pub(crate) fn of_kind(stack: &str, kind: &str) -> Vec<Value> {
    let mut objects = objects(stack);
    objects.retain(|it| it["kind"] == kind);
    objects
}

/// The documents of a YAML stream.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|it| Value::deserialize(it).expect("the document is YAML"))
        .collect()
}

/// The compiler.
pub(crate) fn obsgen() -> Command {
    Command::new(env!("CARGO_BIN_EXE_obsgen"))
}
