//! Reading: what is inside the repository, and nothing else.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests prepare files and end at the first surprise"
)]

use std::fs;
use std::path::{Path, PathBuf};

use obsgen::files::{LARGEST, ReadError, Repository, stacks_below};
use tempfile::TempDir;

/// A word that lies only in files outside the repository.
const CANARY: &str = "canary-5f1d";

/// `repository/.git`, `repository/stacks/prod/observability.yaml`, `repository/base.yaml`, and
/// beside the repository `repository-secret/base.yaml` and `base.yaml`.
struct World {
    folder: TempDir,
    repository: Repository,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in [
            "repository/.git",
            "repository/stacks/prod",
            "repository-secret",
        ] {
            fs::create_dir_all(at(path)).unwrap();
        }
        for path in [
            "repository/.git/config",
            "repository-secret/base.yaml",
            "base.yaml",
        ] {
            fs::write(at(path), CANARY).unwrap();
        }
        fs::write(at("repository/base.yaml"), "base").unwrap();
        fs::write(at("repository/stacks/prod/observability.yaml"), "policy").unwrap();
        let policy = at("repository/stacks/prod/observability.yaml");
        let repository = Repository::around(&policy).unwrap();
        Self { folder, repository }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn policy(&self) -> PathBuf {
        self.at("repository/stacks/prod/observability.yaml")
    }

    fn read(&self, path: &str) -> Result<String, ReadError> {
        self.repository.read(&self.at(path))
    }

    fn read_beside(&self, reference: &str) -> Result<String, ReadError> {
        let path = self.policy().parent().unwrap().join(reference);
        self.repository.read(&path)
    }
}

#[track_caller]
fn assert_missing(result: Result<String, ReadError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, ReadError::Missing(_)), "{error}");
    let message = error.to_string();
    assert!(
        message.ends_with("` cannot be read: there is no such file inside the repository"),
        "{message}"
    );
    assert!(!message.contains(CANARY), "{message}");
}

#[test]
fn the_repository_is_the_nearest_folder_with_git() {
    let world = World::new();
    let root = fs::canonicalize(world.at("repository")).unwrap();
    assert_eq!(world.repository.root(), root);
    let inner = world.at("repository/stacks");
    // A worktree and a submodule have a file.
    fs::write(inner.join(".git"), "gitdir: elsewhere").unwrap();
    let repository = Repository::around(&world.policy()).unwrap();
    assert_eq!(repository.root(), fs::canonicalize(inner).unwrap());
}

#[test]
fn without_git_it_is_the_folder_above_the_one_of_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    let stack = folder.path().join("stacks/prod");
    fs::create_dir_all(&stack).unwrap();
    let repository = Repository::around(&stack.join("observability.yaml")).unwrap();
    let root = fs::canonicalize(folder.path().join("stacks")).unwrap();
    assert_eq!(repository.root(), root);
}

#[test]
fn a_policy_in_no_folder_has_no_repository() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("none/at/all/observability.yaml");
    let error = Repository::around(&policy).unwrap_err();
    assert!(matches!(error, ReadError::Missing(_)), "{error}");
}

#[test]
fn files_inside_are_read() {
    let world = World::new();
    assert_eq!(world.read("repository/base.yaml").unwrap(), "base");
    for reference in [
        "../../base.yaml",
        "./../../base.yaml",
        "../x/../../base.yaml",
    ] {
        assert_eq!(world.read_beside(reference).unwrap(), "base", "{reference}");
    }
    assert_eq!(world.read_beside("observability.yaml").unwrap(), "policy");
    // What is given on the command line may come from outside.
    let around = "repository/../repository/base.yaml";
    assert_eq!(world.read(around).unwrap(), "base");
}

#[test]
fn what_lies_outside_is_answered_like_what_is_missing() {
    let world = World::new();
    for path in [
        "repository/none.yaml",
        "base.yaml",
        "repository/../base.yaml",
        "repository/../repository-secret/base.yaml",
        "repository-secret/base.yaml",
        "repository/.git/config",
        "repository/base.yaml/x",
        "/etc/passwd",
        "/proc/self/root/etc/passwd",
    ] {
        assert_missing(world.read(path));
    }
    let long = "a".repeat(4096);
    for reference in [
        "none.yaml",
        "../../../base.yaml",
        "../../../../../../../../etc/passwd",
        "a/../../../../base.yaml",
        "/etc/passwd",
        "//etc/passwd",
        "..\\..\\base.yaml",
        "C:/base.yaml",
        "C:base.yaml",
        "../../base.yaml\0",
        "../../base.yaml ",
        "../../base.yaml.",
        "../../.git/config",
        "../../.GIT/config",
        "~/base.yaml",
        "$HOME/base.yaml",
        "%2e%2e/base.yaml",
        "file:///etc/passwd",
        "...",
        "/",
        &long,
    ] {
        assert_missing(world.read_beside(reference));
    }
}

#[test]
fn folders_are_not_read() {
    let world = World::new();
    for reference in [".", "..", "../..", "../../stacks"] {
        let error = world.read_beside(reference).unwrap_err();
        assert!(
            matches!(error, ReadError::NotAFile(_)),
            "{reference}: {error}"
        );
    }
    assert_missing(world.read_beside("../../.."));
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let world = World::new();
    let path = world.at("repository/large.yaml");
    let file = fs::File::create(&path).unwrap();
    file.set_len(LARGEST).unwrap();
    assert_eq!(world.repository.read(&path).unwrap().len() as u64, LARGEST);
    file.set_len(LARGEST + 1).unwrap();
    let error = world.repository.read(&path).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge(_)), "{error}");
    assert!(error.to_string().contains("more than 16 MiB"), "{error}");
}

#[test]
fn bytes_that_are_not_utf8_are_named() {
    let world = World::new();
    let path = world.at("repository/latin.yaml");
    fs::write(&path, b"caf\xc3\xa9\n \xe9").unwrap();
    let error = world.repository.read(&path).unwrap_err();
    assert!(
        matches!(error, ReadError::NotUtf8 { line: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("line 2 "), "{error}");
    fs::write(&path, b"\xef\xbb\xbfa\r\n").unwrap();
    assert_eq!(world.repository.read(&path).unwrap(), "\u{feff}a\r\n");
}

#[test]
fn stacks_are_found_in_one_order() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        "b/x",
        "b-a",
        "a",
        ".git",
        ".hidden/a",
        "target/a",
        "build/prod",
        "a/target",
        "B",
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("observability.yaml"), "").unwrap();
    }
    fs::write(folder.path().join("build/obsgen.lock"), "").unwrap();
    fs::write(folder.path().join("other.yaml"), "").unwrap();
    fs::create_dir_all(folder.path().join("c/observability.yaml")).unwrap();
    let found = stacks_below(folder.path()).unwrap();
    let names: Vec<&Path> = found
        .iter()
        .map(|it| it.strip_prefix(folder.path()).unwrap())
        .collect();
    let expected = ["B", "a", "b-a", "b/x"].map(|it| Path::new(it).join("observability.yaml"));
    assert_eq!(names, expected);
    assert!(stacks_below(&folder.path().join("none")).is_err());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::process::Command;
    #[cfg(target_os = "linux")]
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn symlinks_inside_are_followed_and_others_are_not() {
        let world = World::new();
        let stack = world.at("repository/stacks/prod");
        let link = stack.join("link.yaml");
        let absolute = world.at("repository/base.yaml");
        symlink("../../base.yaml", &link).unwrap();
        assert_eq!(world.read_beside("link.yaml").unwrap(), "base");
        symlink("../..", stack.join("top")).unwrap();
        assert_eq!(world.read_beside("top/base.yaml").unwrap(), "base");
        assert_eq!(
            world.read_beside("top/stacks/prod/link.yaml").unwrap(),
            "base"
        );
        // `..` is resolved in the text, so this is `base.yaml` in the folder of the policy.
        assert_missing(world.read_beside("top/../base.yaml"));
        assert_missing(world.read_beside("top/.git/config"));
        for target in [
            Path::new("../../../base.yaml"),
            Path::new("../../../repository/base.yaml"),
            Path::new("../../../repository-secret/base.yaml"),
            Path::new("top/../base.yaml"),
            Path::new("/etc/passwd"),
            Path::new("/proc/self/root/etc/passwd"),
            Path::new("../../.git/config"),
            Path::new("none.yaml"),
            &absolute,
        ] {
            fs::remove_file(&link).unwrap();
            symlink(target, &link).unwrap();
            assert_missing(world.read_beside("link.yaml"));
        }
        // The text of the target leaves the repository, though the file would lie inside.
        let deep = world.at("repository/deep");
        symlink("stacks/prod", &deep).unwrap();
        symlink("deep/../../base.yaml", world.at("repository/back.yaml")).unwrap();
        assert_missing(world.read("repository/back.yaml"));
        assert_eq!(
            world.read("repository/deep/observability.yaml").unwrap(),
            "policy"
        );
        symlink("../../../repository-secret", stack.join("out")).unwrap();
        assert_missing(world.read_beside("out/base.yaml"));
    }

    #[test]
    fn symlinks_that_lead_in_a_circle_are_an_error() {
        let world = World::new();
        let stack = world.at("repository/stacks/prod");
        symlink("loop.yaml", stack.join("loop.yaml")).unwrap();
        symlink("two", stack.join("one")).unwrap();
        symlink("one", stack.join("two")).unwrap();
        symlink("grow/x", stack.join("grow")).unwrap();
        for reference in ["loop.yaml", "one", "two/x", "grow"] {
            let error = world.read_beside(reference).unwrap_err();
            assert!(matches!(error, ReadError::Loop(_)), "{reference}: {error}");
        }
    }

    #[test]
    fn a_chain_of_symlinks_has_an_end() {
        let world = World::new();
        let stack = world.at("repository/stacks/prod");
        for number in 0..41 {
            let target = match number {
                0 => "observability.yaml".to_owned(),
                _ => format!("l{}", number - 1),
            };
            symlink(target, stack.join(format!("l{number}"))).unwrap();
        }
        assert_eq!(world.read_beside("l39").unwrap(), "policy");
        assert!(matches!(world.read_beside("l40"), Err(ReadError::Loop(_))));
    }

    #[test]
    fn a_repository_behind_a_symlink_is_reached_both_ways() {
        let world = World::new();
        symlink("repository", world.at("link")).unwrap();
        let policy = world.at("link/stacks/prod/observability.yaml");
        let repository = Repository::around(&policy).unwrap();
        assert_eq!(repository.root(), world.repository.root());
        assert_eq!(repository.read(&policy).unwrap(), "policy");
        let real = world.repository.root().join("base.yaml");
        assert_eq!(repository.read(&real).unwrap(), "base");
    }

    #[test]
    fn a_fifo_or_a_device_does_not_block() {
        let world = World::new();
        let path = world.at("repository/fifo.yaml");
        if !Command::new("mkfifo")
            .arg(&path)
            .status()
            .is_ok_and(|it| it.success())
        {
            return;
        }
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(world.repository.read(&path)));
        let answer = receiver.recv_timeout(Duration::from_secs(2)).unwrap();
        assert!(matches!(answer, Err(ReadError::NotAFile(_))), "{answer:?}");
    }

    /// What lies outside is not read by who swaps a folder for a symlink in the right moment.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_that_becomes_a_symlink_leads_nowhere() {
        let world = World::new();
        let at = |path: &str| world.at("repository").join(path);
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("folder/base.yaml"), "base").unwrap();
        symlink("../repository-secret", at("link")).unwrap();
        let reads = 20_000;
        let is_done = AtomicBool::new(false);
        let mut found = 0;
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    for (from, to) in [
                        ("folder", "away"),
                        ("link", "folder"),
                        ("folder", "link"),
                        ("away", "folder"),
                    ] {
                        fs::rename(at(from), at(to)).unwrap();
                    }
                }
            });
            let mut answers = Vec::new();
            for _ in 0..reads {
                answers.push(world.read("repository/folder/base.yaml"));
            }
            is_done.store(true, Ordering::Relaxed);
            for answer in answers {
                match answer {
                    Ok(text) => {
                        assert_eq!(text, "base");
                        found += 1;
                    }
                    Err(error) => assert!(matches!(error, ReadError::Missing(_)), "{error}"),
                }
            }
        });
        assert!(found > 0, "the file was never there");
    }

    #[test]
    fn a_repository_that_was_moved_is_still_the_one_that_is_read() {
        let world = World::new();
        fs::rename(world.at("repository"), world.at("moved")).unwrap();
        symlink("repository-secret", world.at("repository")).unwrap();
        let answer = world.read("repository/base.yaml");
        assert!(!answer.is_ok_and(|it| it.contains(CANARY)));
    }

    #[test]
    fn stacks_behind_symlinks_are_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        fs::create_dir(&real).unwrap();
        fs::write(real.join("observability.yaml"), "").unwrap();
        symlink("real", folder.path().join("link")).unwrap();
        symlink(".", real.join("again")).unwrap();
        fs::create_dir(folder.path().join("file")).unwrap();
        symlink(
            "../real/observability.yaml",
            folder.path().join("file/observability.yaml"),
        )
        .unwrap();
        let found = stacks_below(folder.path()).unwrap();
        assert_eq!(found, [real.join("observability.yaml")]);
    }
}
