//! Where a tree may not go: the command line refuses folders that hold more than output.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::program::said;
use crate::small;

/// `t/home/t/repository/t`, with a policy of the stack `t` in the last and a `.git` above it: a tree
/// goes to `--out` and the name of the stack.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("t/home/t/repository");
        fs::create_dir_all(repository.join(".git")).unwrap();
        fs::create_dir(repository.join("t")).unwrap();
        let policy = small::policy(&[("cache", "web", 300)]);
        fs::write(repository.join("t/observability.yaml"), policy).unwrap();
        Self(folder)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn repository(&self) -> PathBuf {
        self.at("t/home/t/repository")
    }

    fn build(&self, out: &Path, home: &Path) -> Output {
        Command::new(env!("CARGO_BIN_EXE_obsgen"))
            .args(["build", "t", "--out"])
            .arg(out)
            .env("HOME", home)
            .current_dir(self.repository())
            .output()
            .unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = walkdir::WalkDir::new(self.0.path()).sort_by_file_name();
        let paths = entries.into_iter().map(|it| it.unwrap().into_path());
        paths.collect()
    }

    #[track_caller]
    fn assert_refused(&self, out: impl AsRef<Path>, home: &Path) {
        let out = out.as_ref();
        let before = self.files();
        let output = self.build(out, home);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{out:?}: {said}");
        assert!(
            said.contains("not a folder for output") && said.contains("--out"),
            "{out:?}: {said}"
        );
        assert_eq!(self.files(), before, "{out:?}");
    }
}

/// A home that is in nobody's way.
const NOWHERE: &str = "/nonexistent";

#[test]
fn the_folder_of_the_policy_and_those_above_it_are_refused() {
    let world = World::new();
    let repository = world.repository();
    let home = Path::new(NOWHERE);
    // `t/home/t` and `t` hold the repository, and `t/home/t/repository/t` is the policy's folder.
    let folders = [repository.clone(), world.at("t/home"), world.at("")];
    for folder in &folders {
        world.assert_refused(folder, home);
        world.assert_refused(format!("{}///", folder.display()), home);
        world.assert_refused(folder.join("."), home);
        world.assert_refused(folder.join("t/.."), home);
    }
    for relative in [
        ".",
        "./",
        "../..",
        "../../",
        "t/..",
        "t/../../../t/..",
        "../../../..",
    ] {
        world.assert_refused(relative, home);
    }
}

#[test]
fn folders_that_are_reached_through_symlinks_are_refused() {
    let world = World::new();
    let home = Path::new(NOWHERE);
    for (name, target) in [
        ("link", world.repository()),
        ("chain", PathBuf::from("link")),
        ("up", world.at("t/home")),
        ("elsewhere/back", PathBuf::from("../t/home/t/repository/")),
    ] {
        fs::create_dir_all(world.at(name).parent().unwrap()).unwrap();
        symlink(target, world.at(name)).unwrap();
        world.assert_refused(world.at(name), home);
        world.assert_refused(world.at(name).join("t/.."), home);
    }
    // The folder of the stack is the symlink.
    for (name, target) in [
        ("one", PathBuf::from("/")),
        ("two", world.repository()),
        ("three", world.repository().join("t")),
        ("four", PathBuf::from("../t/home/..")),
        ("five", PathBuf::from("../one/t")),
    ] {
        fs::create_dir(world.at(name)).unwrap();
        symlink(target, world.at(name).join("t")).unwrap();
        world.assert_refused(world.at(name), home);
    }
}

#[test]
fn the_home_and_those_above_it_are_refused() {
    let world = World::new();
    fs::create_dir_all(world.at("a/t/b/t/inside")).unwrap();
    symlink("a/t/b/t", world.at("link")).unwrap();
    let homes = [
        world.at("a/t/b/t"),
        world.at("a/t/b/t/"),
        world.at("a/../a/t/b/t"),
        world.at("link"),
        // One that is not there yet is one.
        world.at("a/t/b/t/new"),
    ];
    for home in &homes {
        world.assert_refused(world.at("a"), home);
        world.assert_refused(world.at("a/t/b"), home);
    }
    // Not even for a tree in it, whose name nobody protects.
    world.assert_refused(world.at("a"), &world.at("a"));
    world.assert_refused(world.at("link/.."), &world.at("a/t/b"));
    world.assert_refused("/", Path::new(NOWHERE));
    world.assert_refused("/proc/..", Path::new(NOWHERE));
    // Below the home is where people work.
    let output = world.build(&world.at("a/t/b/t/inside"), &world.at("a/t/b/t"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(world.at("a/t/b/t/inside/t/obsgen.lock").exists());
    // Nothing is known about a home that is not said.
    for home in ["", NOWHERE] {
        let output = world.build(&world.at("a/t/b"), Path::new(home));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        fs::remove_file(world.at("a/t/b/t/obsgen.lock")).unwrap();
        fs::remove_dir_all(world.at("a/t/b/t")).unwrap();
    }
}

#[test]
fn a_home_whose_name_is_no_text_is_one_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let world = World::new();
    let home = world.at("a/t").join(OsStr::from_bytes(b"\xff"));
    if fs::create_dir_all(&home).is_err() {
        return;
    }
    world.assert_refused(world.at("a"), &home);
}
