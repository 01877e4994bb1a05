//! Each stack compiles to exactly its golden tree, and without a finding.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it golden` rewrites the trees; the difference is then read as
//! what it is: what users see change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use obsgen::render::render;
use similar::TextDiff;

use crate::stacks::{compile_stack, root, stacks};

/// Whether this run rewrites the golden trees.
fn update() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok_and(|it| it == "1")
}

fn check(stack: &str) {
    let compilation = compile_stack(stack);
    let findings: Vec<&str> = compilation
        .findings
        .iter()
        .map(|it| it.headline.as_str())
        .collect();
    assert!(findings.is_empty(), "{stack} has findings: {findings:#?}");
    let (_, plan) = compilation
        .output
        .expect("a stack without findings has an output");
    let folder = root().join("golden").join(stack);
    let made: BTreeMap<String, Vec<u8>> = render(&plan)
        .iter()
        .map(|(path, file)| (path.to_owned(), file.bytes.clone()))
        .collect();
    let golden = read(&folder);
    if update() {
        for path in golden.keys().filter(|it| !made.contains_key(*it)) {
            std::fs::remove_file(folder.join(path)).unwrap();
        }
        for (path, bytes) in &made {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        return;
    }
    let paths = |tree: &BTreeMap<String, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(&golden), paths(&made), "the files of golden/{stack}");
    for (path, bytes) in &made {
        if golden[path] != *bytes {
            let (old, new) = (
                String::from_utf8_lossy(&golden[path]),
                String::from_utf8_lossy(bytes),
            );
            let diff = TextDiff::from_lines(&*old, &*new);
            panic!("golden/{stack}/{path} differs:\n{}", diff.unified_diff());
        }
    }
}

fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|it| it.file_type().is_file())
        .map(|it| {
            let path: PathBuf = it.path().strip_prefix(folder).unwrap().to_owned();
            let key = path.to_string_lossy().replace('\\', "/");
            (key, std::fs::read(it.path()).unwrap())
        })
        .collect()
}

macro_rules! golden {
    ($($stack:ident),+) => {
        $(#[test]
        fn $stack() {
            check(stringify!($stack));
        })+

        #[test]
        fn every_stack_has_a_golden_tree() {
            assert_eq!(stacks(), [$(stringify!($stack)),+]);
        }
    };
}

golden! { minimal, prod, seed, staging }
