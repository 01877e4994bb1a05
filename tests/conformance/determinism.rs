//! The trees do not depend on where, by whom and in which surroundings they are built.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::run;
use crate::trees;

/// The permissions of each file and folder, and the bytes of each file.
type Tree = BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>;

#[test]
fn a_tree_is_the_same_everywhere() {
    for stack in trees::stacks() {
        let bare = tempfile::tempdir().expect("a folder");
        let mut command = shell("000");
        command
            .env_clear()
            .current_dir(trees::root().join("stacks"))
            .args(["build", &stack, "--out"]);
        let one = built(command.arg(bare.path()), &bare.path().join(&stack));

        let foreign = tempfile::tempdir().expect("a folder");
        let mut command = shell("077");
        command
            .env("LC_ALL", "tr_TR.UTF-8")
            .env("TZ", "Asia/Kathmandu")
            .env("HOME", foreign.path())
            .current_dir(foreign.path())
            .arg("build")
            .arg(trees::root().join("stacks").join(&stack));
        let other = built(&mut command, &foreign.path().join("build").join(&stack));

        let paths = |tree: &Tree| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(paths(&one), paths(&other), "the files of {stack}");
        for (path, (mode, bytes)) in &one {
            let (other_mode, other_bytes) = &other[path];
            let what = format!("{} of {stack}", path.display());
            assert_eq!(format!("{mode:o}"), format!("{other_mode:o}"), "{what}");
            assert!(bytes == other_bytes, "{what} has different bytes");
        }
        let places = [trees::root(), bare.path(), foreign.path()];
        for (path, (_, bytes)) in &one {
            let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default());
            let named = places
                .iter()
                .find(|it| text.contains(&*it.to_string_lossy()));
            assert_eq!(named, None, "{} of {stack}", path.display());
        }
        assert_golden(&stack, &one);
    }
}

fn assert_golden(stack: &str, tree: &Tree) {
    let root = trees::tree(stack);
    let golden: BTreeMap<PathBuf, Vec<u8>> = trees::files(&root)
        .into_iter()
        .map(|it| (relative(&it, &root), fs::read(&it).expect("a file")))
        .collect();
    let built: BTreeMap<PathBuf, Vec<u8>> = tree
        .iter()
        .filter(|(path, _)| !path.ends_with("obsgen.lock"))
        .filter_map(|(path, (_, bytes))| Some((path.clone(), bytes.clone()?)))
        .collect();
    assert!(golden == built, "golden/{stack} is not what is built");
}

/// The compiler, run by a shell that takes these permissions away.
fn shell(umask: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_obsgen"));
    command
}

fn built(command: &mut Command, root: &Path) -> Tree {
    let said = run(command);
    assert_eq!(said.code, Some(0), "{command:?}: {}", said.stderr);
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(|it| {
            let it = it.expect("the tree can be read");
            let mode = it.metadata().expect("it is there").permissions().mode();
            let is_file = it.file_type().is_file();
            let bytes = is_file.then(|| fs::read(it.path()).expect("a file"));
            (relative(it.path(), root), (mode & 0o7777, bytes))
        })
        .collect()
}

fn relative(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).expect("below the root").to_owned()
}
