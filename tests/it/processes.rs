//! The program among other processes: several at once, with nobody who listens, with too little of
//! something, and ended in the midst.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{obsgen, repository, said};
use crate::small;
use crate::stacks::root;

/// A repository with two policies of one stack, `one` and `two`, neither with a finding of level error.
fn two() -> TempDir {
    let one = small::policy(&[("cache", "web", 300), ("queue", "batch", 200)]);
    let two = small::policy(&[("cache", "web", 320), ("session", "shop", 100)]);
    repository(&[
        ("one/observability.yaml", &one),
        ("two/observability.yaml", &two),
    ])
}

/// Every file and folder of the output, with the content of files.
type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

fn tree(folder: &TempDir) -> Tree {
    let build = folder.path().join("build");
    let entries = walkdir::WalkDir::new(&build).into_iter();
    let entries = entries.filter_map(Result::ok).map(|it| {
        let bytes = it.file_type().is_file().then(|| fs::read(it.path()));
        (it.into_path(), bytes.transpose().unwrap_or_default())
    });
    entries
        .map(|(path, bytes)| (path.strip_prefix(&build).unwrap().to_owned(), bytes))
        .collect()
}

#[track_caller]
fn built(folder: &TempDir, stack: &str) -> Tree {
    let output = obsgen(folder.path(), &["build", stack]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    tree(folder)
}

fn is_up_to_date(folder: &TempDir, stack: &str) -> bool {
    let output = obsgen(folder.path(), &["build", "--check", stack]);
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}",
        said(&output)
    );
    output.status.success()
}

/// Runs the program by a shell, which knows it as `$0` and its arguments as `$@`.
fn shell(folder: &Path, script: &str, arguments: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_obsgen")])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[track_caller]
fn assert_calm(output: &Output) {
    let said = said(output);
    for word in ["panicked", "defect", "Broken pipe"] {
        assert!(!said.contains(word), "{said}");
    }
}

#[test]
fn many_builds_at_once_leave_the_tree_of_one_of_them() {
    let folder = two();
    let (one, two) = (built(&folder, "one"), built(&folder, "two"));
    assert!(one != two);
    let start = |number: usize| -> Child {
        Command::new(env!("CARGO_BIN_EXE_obsgen"))
            .args(["build", ["one", "two"][number % 2]])
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let builds: Vec<Child> = (0..32).map(start).collect();
    for build in builds {
        let output = build.wait_with_output().unwrap();
        let is_busy = said(&output).contains("another build works on");
        match output.status.code() {
            Some(0) => {}
            Some(2) if is_busy => {}
            code => panic!("{code:?}: {}", said(&output)),
        }
    }
    let left = tree(&folder);
    assert!(left == one || left == two);
    assert_eq!(is_up_to_date(&folder, "one"), left == one);
    assert_eq!(is_up_to_date(&folder, "two"), left == two);
}

/// What prints data, by every verb that does.
const PRINTED: &[&[&str]] = &[
    &["render", "stacks/prod"],
    &["render", "stacks/prod", "-o", "json"],
    &["check", "stacks/prod", "--format", "sarif"],
    &["coverage", "stacks/prod"],
    &["diff", "stacks/minimal", "stacks/prod"],
    &["explain"],
    &["schema"],
    &["completion", "bash"],
    &["man"],
    &["--help"],
    &["--version"],
];

#[test]
fn a_full_disk_behind_the_standard_output_is_told() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    for arguments in PRINTED {
        let output = shell(&root(), "exec \"$0\" \"$@\" >/dev/full", arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = said(&output);
        let why = "error: could not write to the standard output: ";
        assert!(said.contains(why), "{arguments:?}: {said}");
        assert_calm(&output);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    for arguments in PRINTED {
        let script = "{ \"$0\" \"$@\"; echo \"ended with $?\" >&2; } | head -n 1";
        let output = shell(&root(), script, arguments);
        let said = said(&output);
        let code = i32::from(arguments.first() == Some(&"diff"));
        assert!(
            said.ends_with(&format!("ended with {code}\n")),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("error"), "{arguments:?}: {said}");
        assert_calm(&output);
        assert_eq!(output.stdout.split(|it| *it == b'\n').count(), 2);
    }
}

#[test]
fn a_closed_output_is_no_fault() {
    let folder = two();
    for closed in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        let script = format!("exec \"$0\" \"$@\" {closed}");
        for arguments in [["render", "one"], ["build", "one"]] {
            let output = shell(folder.path(), &script, &arguments);
            assert_eq!(output.status.code(), Some(0), "{arguments:?} {closed}");
            assert_calm(&output);
        }
        // What was closed is not what was written to.
        assert!(is_up_to_date(&folder, "one"), "{closed}");
        fs::remove_dir_all(folder.path().join("build")).unwrap();
    }
    let output = shell(
        folder.path(),
        "exec \"$0\" \"$@\" 2>/dev/full",
        &["build", "one"],
    );
    assert_eq!(output.status.code(), Some(0));
}

/// Builds `two` over `one` with little of something, and asserts that what is left is whole, or is seen
/// and mended; says whether it was enough.
fn is_enough(limit: &str) -> bool {
    let folder = two();
    let one = built(&folder, "one");
    let script = format!("{limit} && exec \"$0\" \"$@\"");
    let output = shell(folder.path(), &script, &["build", "two"]);
    assert_calm(&output);
    let left = tree(&folder);
    let is_whole = is_up_to_date(&folder, "two");
    match output.status.code() {
        Some(0) => assert!(is_whole, "{limit}"),
        _ => assert!(left == one || !is_whole, "{limit}"),
    }
    if output.status.code() == Some(2) {
        assert!(said(&output).contains("error: "), "{limit}");
    }
    let two = built(&folder, "two");
    assert!(is_up_to_date(&folder, "two"), "{limit}");
    fs::remove_dir_all(folder.path().join("build")).unwrap();
    assert!(built(&folder, "two") == two, "{limit}");
    output.status.code() == Some(0)
}

#[test]
fn a_limit_of_the_size_of_files_is_an_error_and_not_the_end() {
    // Blocks of 512 bytes, in one shell or the other 1024.
    for blocks in ["0", "4", "8"] {
        assert!(!is_enough(&format!("ulimit -f {blocks}")), "{blocks}");
    }
    assert!(is_enough("ulimit -f 1000"));
    let folder = two();
    let output = shell(
        folder.path(),
        "ulimit -f 1; exec \"$0\" \"$@\"",
        &["build", "one"],
    );
    // The process would be ended by a signal.
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("file too large"),
        "{}",
        said(&output)
    );
}

#[test]
fn few_files_at_once_are_enough() {
    assert!(is_enough("ulimit -n 8"));
    for count in [3, 4, 5, 6] {
        is_enough(&format!("ulimit -n {count}"));
    }
}

/// Begins a command to which permissions apply, also where it is run by root; nothing where that is not
/// to be had.
fn bound(folder: &Path) -> Option<Command> {
    let closed = folder.join("closed");
    fs::write(&closed, "").unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    let mut plain = Command::new(env!("CARGO_BIN_EXE_obsgen"));
    plain.current_dir(folder);
    if fs::read(&closed).is_err() {
        return Some(plain);
    }
    let without = "--bounding-set=-dac_override,-dac_read_search";
    let mut dropped = Command::new("setpriv");
    let reads = dropped.args([without, "cat"]).arg(&closed).output();
    // It fails because it may not read, and not because it does not start.
    let is_bound = reads.is_ok_and(|it| said(&it).contains("Permission denied"));
    if !is_bound {
        let _ = writeln!(std::io::stderr(), "skipped: permissions do not apply here");
        return None;
    }
    let mut command = Command::new("setpriv");
    command
        .args([without, env!("CARGO_BIN_EXE_obsgen")])
        .current_dir(folder);
    Some(command)
}

#[test]
fn what_may_not_be_changed_or_read_is_told_before_anything_is_changed() {
    for (path, mode, words) in [
        ("t", 0o555, "could not change"),
        ("t", 0o000, "could not read"),
        ("t/redis/web/cache.yaml", 0o000, "could not read"),
        ("t/runbooks/RedisDown.md", 0o000, "could not read"),
        ("t/obsgen.lock", 0o000, "could not read"),
        ("t/redis/batch", 0o000, "could not read"),
    ] {
        let folder = two();
        let one = built(&folder, "one");
        let Some(mut command) = bound(folder.path()) else {
            return;
        };
        let place = folder.path().join("build").join(path);
        let before = fs::metadata(&place).unwrap().permissions();
        fs::set_permissions(&place, Permissions::from_mode(mode)).unwrap();
        let output = command.args(["build", "two"]).output().unwrap();
        fs::set_permissions(&place, before).unwrap();
        assert_eq!(output.status.code(), Some(2), "{path}: {}", said(&output));
        assert!(said(&output).contains(words), "{path}: {}", said(&output));
        assert!(said(&output).contains("ermission denied"), "{path}");
        assert!(tree(&folder) == one, "{path}");
        built(&folder, "two");
    }
}

#[test]
fn a_folder_that_is_read_only_is_told_and_mended_later() {
    for path in [
        "t/redis",
        "t/redis/web",
        "t/redis/batch",
        "t/prometheus/rules",
    ] {
        let folder = two();
        built(&folder, "one");
        let Some(mut command) = bound(folder.path()) else {
            return;
        };
        let place = folder.path().join("build").join(path);
        fs::set_permissions(&place, Permissions::from_mode(0o555)).unwrap();
        let output = command.args(["build", "two"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{path}: {}", said(&output));
        assert!(said(&output).contains("could not change"), "{path}");
        assert!(!is_up_to_date(&folder, "two"), "{path}");
        fs::set_permissions(&place, Permissions::from_mode(0o755)).unwrap();
        let mended = built(&folder, "two");
        assert!(is_up_to_date(&folder, "two"), "{path}");
        let temporary = |it: &PathBuf| it.to_string_lossy().contains(".obsgen-");
        assert!(!mended.keys().any(temporary), "{path}");
    }
}

#[test]
fn a_policy_that_may_not_be_read_is_told() {
    let folder = two();
    let Some(mut command) = bound(folder.path()) else {
        return;
    };
    let policy = folder.path().join("one/observability.yaml");
    fs::set_permissions(&policy, Permissions::from_mode(0o000)).unwrap();
    let output = command.args(["build", "one"]).output().unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)));
    assert!(
        said(&output).contains("ermission denied"),
        "{}",
        said(&output)
    );
    assert!(!folder.path().join("build").exists());
}

#[test]
fn a_build_that_is_asked_to_end_ends_at_once_and_is_mended() {
    let folder = two();
    let began = Instant::now();
    let (one, two) = (built(&folder, "one"), built(&folder, "two"));
    let whole = began.elapsed();
    let steps = 10;
    for step in 0..steps {
        assert!(built(&folder, "one") == one);
        let mut build = Command::new(env!("CARGO_BIN_EXE_obsgen"))
            .args(["build", "two"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole * step / 2 / steps);
        let signal = ["TERM", "INT"][step as usize % 2];
        // It may have ended already.
        let _ = Command::new("kill")
            .args(["-s", signal, &build.id().to_string()])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let asked = Instant::now();
        build.wait().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(5));
        let left = tree(&folder);
        assert_eq!(is_up_to_date(&folder, "two"), left == two);
        assert!(built(&folder, "two") == two);
    }
}
