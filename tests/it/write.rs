//! A tree to disk: what is written, what is refused, and what is never touched.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests prepare files and end at the first surprise"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use obsgen::render::tree::{File, Tree};
use obsgen::write::{Error, Why, Written, stale, write};
use tempfile::TempDir;

const TITLE: &str = "# Files that obsgen owns in this folder: sha256, owner, path. \
                     Not part of the kustomization.\n";
/// The SHA-256 of `1`.
const ONE: &str = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::default();
    for (path, text) in files {
        let bytes = text.as_bytes().to_owned();
        let owner = "redis";
        tree.insert((*path).to_owned(), File { bytes, owner });
    }
    tree
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn written(changed: usize, unchanged: usize, removed: usize) -> Written {
    Written {
        changed,
        unchanged,
        removed,
    }
}

/// Every entry below a folder, with the content of files and when it was last changed.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (Option<Vec<u8>>, SystemTime)> {
    let entries = walkdir::WalkDir::new(folder).min_depth(1);
    let content = |it: walkdir::DirEntry| {
        let changed = it.metadata().unwrap().modified().unwrap();
        let is_file = it.file_type().is_file();
        let bytes = is_file.then(|| fs::read(it.path()).unwrap());
        (it.into_path(), (bytes, changed))
    };
    entries.into_iter().map(|it| content(it.unwrap())).collect()
}

/// Asserts that a build is refused with these words and that nothing is changed by it.
#[track_caller]
fn assert_refused(tree: &Tree, out: &Path, words: &[&str]) {
    let before = snapshot(out);
    let message = write(tree, out, &[]).unwrap_err().to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} in {message:?}");
    }
    assert_eq!(snapshot(out), before);
}

fn reasons(tree: &Tree, out: &Path) -> Vec<(String, Why)> {
    let found = stale(tree, out).unwrap();
    found.into_iter().map(|it| (it.path, it.why)).collect()
}

fn pairs(expected: &[(&str, Why)]) -> Vec<(String, Why)> {
    let owned = |&(path, why): &(&str, Why)| (path.to_owned(), why);
    expected.iter().map(owned).collect()
}

#[test]
fn the_first_build_writes_the_tree_and_its_lock() {
    let folder = folder();
    let out = folder.path().join("build/prod");
    let tree = tree(&[("redis/a.yaml", "1"), ("kustomization.yaml", "1")]);
    assert_eq!(write(&tree, &out, &[]).unwrap(), written(2, 0, 0));
    assert_eq!(fs::read_to_string(out.join("redis/a.yaml")).unwrap(), "1");
    let expected = format!("{TITLE}{ONE}  redis  kustomization.yaml\n{ONE}  redis  redis/a.yaml\n");
    let lock = fs::read_to_string(out.join("obsgen.lock")).unwrap();
    assert_eq!(lock, expected);
    // Two folders, three files.
    assert_eq!(snapshot(&out).len(), 4);
    assert_eq!(reasons(&tree, &out), []);
}

#[test]
fn a_second_build_touches_nothing() {
    let folder = folder();
    let tree = tree(&[("redis/a.yaml", "1"), ("b.yaml", "2")]);
    write(&tree, folder.path(), &[]).unwrap();
    let before = snapshot(folder.path());
    thread::sleep(Duration::from_millis(20));
    assert_eq!(write(&tree, folder.path(), &[]).unwrap(), written(0, 2, 0));
    assert_eq!(snapshot(folder.path()), before);
}

#[test]
fn only_what_differs_is_written_and_removed() {
    let folder = folder();
    let out = folder.path();
    let old = tree(&[("a", "1"), ("b", "1"), ("x/y/c", "1"), ("x/d", "1")]);
    let new = tree(&[("a", "1"), ("b", "2"), ("x/d", "1"), ("e/f", "3")]);
    write(&old, out, &[]).unwrap();
    let before = snapshot(out);
    assert_eq!(
        reasons(&new, out),
        pairs(&[
            ("b", Why::Different),
            ("e/f", Why::Missing),
            ("obsgen.lock", Why::TornLock),
            ("x/y/c", Why::Leftover),
        ])
    );
    assert_eq!(snapshot(out), before);
    thread::sleep(Duration::from_millis(20));
    assert_eq!(write(&new, out, &[]).unwrap(), written(2, 2, 1));
    assert!(!out.join("x/y").exists());
    assert_eq!(fs::read_to_string(out.join("b")).unwrap(), "2");
    let after = snapshot(out);
    assert_eq!(after.get(&out.join("a")), before.get(&out.join("a")));
    assert_eq!(after.get(&out.join("x/d")), before.get(&out.join("x/d")));
    assert_eq!(reasons(&new, out), []);
}

#[test]
fn another_owner_changes_only_the_lock() {
    let folder = folder();
    write(&tree(&[("a", "1")]), folder.path(), &[]).unwrap();
    let mut moved = Tree::default();
    let bytes = b"1".to_vec();
    let owner = "kibana";
    moved.insert("a".to_owned(), File { bytes, owner });
    let expected = pairs(&[("obsgen.lock", Why::TornLock)]);
    assert_eq!(reasons(&moved, folder.path()), expected);
    assert_eq!(write(&moved, folder.path(), &[]).unwrap(), written(0, 1, 0));
    assert_eq!(reasons(&moved, folder.path()), []);
}

#[test]
fn foreign_files_and_their_folders_are_kept() {
    let folder = folder();
    let out = folder.path();
    fs::create_dir_all(out.join("x/patches")).unwrap();
    fs::create_dir(out.join("empty")).unwrap();
    fs::write(out.join("README.md"), "mine").unwrap();
    fs::write(out.join("x/patches/p.yaml"), "mine").unwrap();
    write(&tree(&[("x/a", "1"), ("b", "1")]), out, &[]).unwrap();
    write(&tree(&[("b", "1")]), out, &[]).unwrap();
    assert_eq!(fs::read_to_string(out.join("README.md")).unwrap(), "mine");
    assert!(out.join("x/patches/p.yaml").exists());
    assert!(out.join("empty").exists());
    assert!(!out.join("x/a").exists());
}

#[test]
fn a_foreign_file_is_not_overwritten() {
    let folder = folder();
    let out = folder.path();
    fs::create_dir(out.join("x")).unwrap();
    fs::write(out.join("x/a"), "1").unwrap();
    fs::write(out.join("b"), "mine").unwrap();
    let tree = tree(&[("x/a", "1"), ("b", "1"), ("c", "1")]);
    assert_refused(&tree, out, &["does not own", "x/a`", "b`", "--out"]);
    fs::remove_file(out.join("x/a")).unwrap();
    fs::remove_file(out.join("b")).unwrap();
    write(&tree, out, &[]).unwrap();

    // The same holds for a file that a later tree adds.
    fs::write(out.join("d"), "mine").unwrap();
    let more = self::tree(&[("b", "1"), ("d", "1")]);
    assert_refused(&more, out, &["does not own", "d`"]);
    assert!(reasons(&more, out).contains(&("d".to_owned(), Why::Foreign)));
}

#[test]
fn hand_edited_files_are_refused_until_they_are_restored() {
    let folder = folder();
    let out = folder.path();
    let tree = tree(&[("a", "1"), ("b", "1"), ("c", "1")]);
    write(&tree, out, &[]).unwrap();
    fs::write(out.join("a"), "edited").unwrap();
    fs::write(out.join("b"), "edited").unwrap();
    assert_refused(&tree, out, &["edited", "a`", "b`"]);
    assert_eq!(
        reasons(&tree, out),
        pairs(&[("a", Why::HandEdited), ("b", Why::HandEdited)])
    );
    // An edit that arrives at what is to be written is no conflict, nor is a removed file.
    fs::write(out.join("a"), "2").unwrap();
    fs::remove_file(out.join("b")).unwrap();
    let next = self::tree(&[("a", "2"), ("b", "1"), ("c", "1")]);
    assert_eq!(write(&next, out, &[]).unwrap(), written(1, 2, 0));
    assert_eq!(reasons(&next, out), []);
}

#[test]
fn a_leftover_is_removed_only_if_it_was_not_edited() {
    let folder = folder();
    let out = folder.path();
    write(&tree(&[("a", "1"), ("x/b", "1"), ("x/c", "1")]), out, &[]).unwrap();
    fs::write(out.join("x/b"), "edited").unwrap();
    let less = tree(&[("a", "1")]);
    assert_refused(&less, out, &["edited", "x/b`"]);
    fs::remove_file(out.join("x/b")).unwrap();
    assert_eq!(write(&less, out, &[]).unwrap(), written(0, 1, 1));
    assert!(!out.join("x").exists());
    assert_eq!(reasons(&less, out), []);
}

#[test]
fn protected_folders_and_those_above_them_are_refused() {
    let folder = folder();
    let home = folder.path().join("home/repository/stacks/prod");
    fs::create_dir_all(&home).unwrap();
    let protected = [home.clone(), folder.path().join("home/repository")];
    let tree = tree(&[("a", "1")]);
    for out in [
        PathBuf::from("/"),
        home.clone(),
        home.join("."),
        home.join("../prod"),
        home.join("../../../repository"),
        folder.path().join("home/repository/stacks"),
        folder.path().to_owned(),
    ] {
        let error = write(&tree, &out, &protected).unwrap_err();
        assert!(matches!(error, Error::Protected { .. }), "{out:?}: {error}");
    }
    assert_eq!(snapshot(&home).len(), 0);
    // A name that only begins like a protected one, and a folder inside of one, are fine.
    for out in ["home/repository/build/prod", "home/repository/stacks/pro"] {
        write(&tree, &folder.path().join(out), &protected).unwrap();
    }
}

#[test]
fn the_working_directory_can_be_protected() {
    let error = write(&tree(&[("a", "1")]), Path::new(""), &[PathBuf::from(".")]).unwrap_err();
    assert!(matches!(error, Error::Protected { .. }), "{error}");
}

#[test]
fn a_parent_of_a_folder_that_does_not_exist_is_refused() {
    let folder = folder();
    let out = folder.path().join("missing/../../x");
    assert!(matches!(
        write(&tree(&[("a", "1")]), &out, &[]),
        Err(Error::Read { .. })
    ));
}

#[test]
fn a_tree_that_leaves_its_folder_is_refused() {
    let folder = folder();
    for path in [
        "../a",
        "/a",
        "a//b",
        "a/",
        "./a",
        "a/../b",
        "",
        "a\\b",
        "a\0b",
        "a\nb",
        "obsgen.lock",
        "x/obsgen.lock",
        ".git/config",
        ".obsgen-0123456789abcdef",
    ] {
        let out = folder.path().join("out");
        let error = write(&tree(&[(path, "1")]), &out, &[]).unwrap_err();
        assert!(matches!(error, Error::Tree { .. }), "{path:?}: {error}");
        assert!(stale(&tree(&[(path, "1")]), &out).is_err());
        assert!(!out.exists());
    }
    for pair in [["a", "a/b"], ["a", "A"], ["A", "a/b"]] {
        let tree = tree(&[(pair[0], "1"), (pair[1], "1")]);
        assert!(write(&tree, folder.path(), &[]).is_err(), "{pair:?}");
    }
}

#[test]
fn a_lock_that_leaves_its_folder_removes_nothing() {
    let folder = folder();
    let out = folder.path().join("out");
    fs::create_dir_all(out.join(".git")).unwrap();
    for name in ["victim", "out/.git/HEAD", "out/mine"] {
        fs::write(folder.path().join(name), "1").unwrap();
    }
    let absolute = folder.path().join("victim");
    for path in [
        "../victim",
        "x/../../victim",
        "./mine",
        "mine/",
        ".//mine",
        ".git/HEAD",
        ".GIT/HEAD",
        "obsgen.lock",
        "..\\victim",
        "mi\u{0}ne",
        absolute.to_str().unwrap(),
    ] {
        let lock = format!("{TITLE}{ONE}  redis  fine\n{ONE}  redis  {path}\n");
        fs::write(out.join("obsgen.lock"), lock).unwrap();
        assert_refused(&tree(&[("a", "1")]), &out, &["line 3 of", "obsgen.lock"]);
        assert!(matches!(
            stale(&tree(&[("a", "1")]), &out),
            Err(Error::Lock { line: 3, .. })
        ));
    }
    assert!(absolute.exists());
}

#[test]
fn a_lock_that_cannot_be_understood_is_refused_with_its_line() {
    let folder = folder();
    let lock = folder.path().join("obsgen.lock");
    let conflict = format!("{TITLE}<<<<<<< HEAD\n{ONE}  redis  a\n");
    for bytes in [
        conflict.as_bytes(),
        b"#\nnonsense\n",
        b"#\n0123  redis  a\n",
        format!("#\n{}  redis  a\n", ONE.to_uppercase()).as_bytes(),
        format!("#\n{ONE} redis a\n").as_bytes(),
        format!("#\n{ONE}  two words  a\n").as_bytes(),
        format!("#\n{ONE}  redis  \n").as_bytes(),
        b"#\n\xff\n",
    ] {
        fs::write(&lock, bytes).unwrap();
        assert_refused(&tree(&[("a", "1")]), folder.path(), &["line 2 of"]);
    }
}

#[test]
fn a_merged_lock_is_understood() {
    let folder = folder();
    let out = folder.path();
    let ours = tree(&[("a", "1"), ("b", "1")]);
    write(&ours, out, &[]).unwrap();
    let lock = out.join("obsgen.lock");
    let theirs = fs::read_to_string(&lock).unwrap();
    write(&tree(&[("a", "2"), ("c", "1")]), out, &[]).unwrap();
    let merged = fs::read_to_string(&lock).unwrap() + &theirs;
    fs::write(&lock, merged).unwrap();
    fs::write(out.join("a"), "1").unwrap();
    assert_eq!(write(&ours, out, &[]).unwrap(), written(1, 1, 1));
    assert_eq!(fs::read_to_string(&lock).unwrap(), theirs);
}

#[test]
fn the_temporary_files_of_a_killed_build_are_removed() {
    let folder = folder();
    let out = folder.path();
    let tree = tree(&[("a", "1"), ("x/b", "1")]);
    write(&tree, out, &[]).unwrap();
    for name in [".obsgen-0123456789abcdef", "x/.obsgen-00000000000000ff"] {
        fs::write(out.join(name), "half").unwrap();
    }
    for name in [".obsgen-notes", ".obsgen-0123456789abcdef0"] {
        fs::write(out.join(name), "mine").unwrap();
    }
    assert_eq!(
        reasons(&tree, out),
        pairs(&[
            (".obsgen-0123456789abcdef", Why::Temporary),
            ("x/.obsgen-00000000000000ff", Why::Temporary),
        ])
    );
    assert_eq!(write(&tree, out, &[]).unwrap(), written(0, 2, 0));
    assert_eq!(reasons(&tree, out), []);
    assert!(out.join(".obsgen-notes").exists());
    assert!(out.join(".obsgen-0123456789abcdef0").exists());
}

#[test]
fn what_is_no_file_or_no_folder_is_named() {
    let folder = folder();
    let out = folder.path();
    fs::create_dir(out.join("a")).unwrap();
    fs::write(out.join("x"), "1").unwrap();
    assert_refused(&tree(&[("a", "1")]), out, &["a` is no regular file"]);
    assert_refused(&tree(&[("x/b", "1")]), out, &["x` is no folder"]);
    let error = write(&tree(&[("a", "1")]), &out.join("x"), &[]).unwrap_err();
    assert!(matches!(error, Error::NotAFolder(_)), "{error}");
    let error = stale(&tree(&[("a", "1")]), &out.join("x")).unwrap_err();
    assert!(matches!(error, Error::NotAFolder(_)), "{error}");
    fs::create_dir(out.join("obsgen.lock")).unwrap();
    assert_refused(&tree(&[("b", "1")]), out, &["obsgen.lock` is no regular"]);
}

#[test]
fn a_folder_that_does_not_exist_is_stale() {
    let folder = folder();
    let out = folder.path().join("none");
    let expected = pairs(&[("a", Why::Missing), ("obsgen.lock", Why::Missing)]);
    assert_eq!(reasons(&tree(&[("a", "1")]), &out), expected);
    assert!(!out.exists());
}

#[test]
fn two_folders_of_which_one_lies_in_the_other_leave_each_other_alone() {
    let folder = folder();
    let inner = folder.path().join("x");
    let outer_tree = tree(&[("a", "1"), ("x/b", "1")]);
    let inner_tree = tree(&[("c", "1")]);
    write(&outer_tree, folder.path(), &[]).unwrap();
    write(&inner_tree, &inner, &[]).unwrap();
    write(&tree(&[("a", "1")]), folder.path(), &[]).unwrap();
    assert_eq!(reasons(&inner_tree, &inner), []);
    write(&Tree::default(), &inner, &[]).unwrap();
    assert_eq!(reasons(&tree(&[("a", "1")]), folder.path()), []);
}

#[test]
fn writers_at_the_same_time_leave_the_tree_of_one_of_them() {
    let folder = folder();
    let out = folder.path().join("out");
    let texts: Vec<String> = (0..6).map(|it| format!("d{it}/f")).collect();
    let make = |text: &'static str, own: &'static str| {
        let mut files: Vec<(&str, &str)> = texts.iter().map(|it| (it.as_str(), text)).collect();
        files.push((own, text));
        tree(&files)
    };
    let trees = [make("one", "only/one"), make("two", "only/two")];
    thread::scope(|scope| {
        for number in 0..8 {
            let (tree, out) = (&trees[number % 2], &out);
            scope.spawn(move || write(tree, out, &[]).unwrap());
        }
    });
    let whole = trees
        .iter()
        .filter(|it| stale(it, &out).unwrap().is_empty());
    assert_eq!(whole.count(), 1);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    #[test]
    fn nothing_is_written_through_a_symlink() {
        let folder = folder();
        let out = folder.path().join("out");
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir_all(&out).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("a"), "1").unwrap();
        for target in ["../elsewhere/a", "nowhere", "a", "../elsewhere"] {
            symlink(target, out.join("a")).unwrap();
            assert_refused(&tree(&[("a", "2")]), &out, &["a` is a symlink"]);
            fs::remove_file(out.join("a")).unwrap();
        }
        symlink("../elsewhere", out.join("x")).unwrap();
        assert_refused(&tree(&[("x/b", "1")]), &out, &["x` is a symlink"]);
        assert!(matches!(
            stale(&tree(&[("x/b", "1")]), &out),
            Err(Error::Symlink(_))
        ));
        // The lock must not lead there either.
        fs::write(out.join("obsgen.lock"), format!("{ONE}  redis  x/a\n")).unwrap();
        assert_refused(&tree(&[("c", "1")]), &out, &["x` is a symlink"]);
        fs::remove_file(out.join("obsgen.lock")).unwrap();
        symlink("../elsewhere/a", out.join("obsgen.lock")).unwrap();
        assert_refused(&tree(&[("c", "1")]), &out, &["obsgen.lock` is a symlink"]);
        assert_eq!(fs::read_to_string(elsewhere.join("a")).unwrap(), "1");
        assert_eq!(snapshot(&elsewhere).len(), 1);
    }

    #[test]
    fn the_folder_itself_may_be_a_symlink_but_not_to_nothing() {
        let folder = folder();
        let real = folder.path().join("real");
        let link = folder.path().join("link");
        fs::create_dir(&real).unwrap();
        symlink("real", &link).unwrap();
        write(&tree(&[("a", "1")]), &link, &[]).unwrap();
        assert!(real.join("a").exists());
        assert!(matches!(
            write(&tree(&[("a", "1")]), &link, &[real.join("x")]),
            Err(Error::Protected { .. })
        ));
        symlink("nowhere", folder.path().join("dangling")).unwrap();
        let error = write(&tree(&[("a", "1")]), &folder.path().join("dangling"), &[]);
        assert!(matches!(error, Err(Error::NotAFolder(_))), "{error:?}");
    }

    #[test]
    fn a_fifo_in_the_way_is_named_and_does_not_block() {
        let folder = folder();
        let path = folder.path().join("a");
        if !Command::new("mkfifo")
            .arg(&path)
            .status()
            .is_ok_and(|it| it.success())
        {
            return;
        }
        assert_refused(&tree(&[("a", "1")]), folder.path(), &["no regular file"]);
    }

    #[test]
    fn files_have_the_same_mode_everywhere() {
        let folder = folder();
        let out = folder.path().join("build/prod");
        write(&tree(&[("x/y/a", "1")]), &out, &[]).unwrap();
        let mode = |path: &str| {
            let path = folder.path().join(path);
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        };
        for path in ["build", "build/prod", "build/prod/x", "build/prod/x/y"] {
            assert_eq!(mode(path), 0o755, "{path}");
        }
        for path in ["build/prod/x/y/a", "build/prod/obsgen.lock"] {
            assert_eq!(mode(path), 0o644, "{path}");
        }
    }

    #[test]
    fn modes_do_not_depend_on_the_umask() {
        for umask in ["000", "022", "077"] {
            let status = Command::new("sh")
                .args(["-c", "umask \"$1\" && exec \"$0\" --exact \"$2\""])
                .arg(std::env::current_exe().unwrap())
                .args([umask, "write::unix::files_have_the_same_mode_everywhere"])
                .output()
                .unwrap();
            let stdout = String::from_utf8_lossy(&status.stdout);
            assert!(status.status.success(), "umask {umask}: {stdout}");
            assert!(stdout.contains("1 passed"), "umask {umask}: {stdout}");
        }
    }

    #[test]
    fn a_build_waits_for_the_one_before_it() {
        let folder = folder();
        let other = fs::File::open(folder.path()).unwrap();
        other.lock().unwrap();
        thread::scope(|scope| {
            let second = scope.spawn(|| write(&tree(&[("a", "1")]), folder.path(), &[]));
            thread::sleep(Duration::from_millis(200));
            assert!(!second.is_finished());
            assert!(!folder.path().join("a").exists());
            other.unlock().unwrap();
            assert_eq!(second.join().unwrap().unwrap(), written(1, 0, 0));
        });
    }
}
