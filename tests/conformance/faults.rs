//! What becomes of a tree when a system call of a build fails, or the build is killed before one.
//!
//! A build without faults is traced. Then it is run again for each of its calls, and that call fails,
//! or it and all calls of its kind that follow, or the build is killed in its place. What is left is the tree of
//! before, the new one, or what `--check` sees and the next build makes the new one of. A run takes a
//! sample of the faults; with `OBSGEN_FAULTS=all` it takes all, thousands, which needs half an hour and
//! more.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use crate::disk::{self, Tree};
use crate::small;
use crate::strace::{Strace, calls};

/// Faults of a sample, of each start.
const SAMPLE: usize = 45;

/// Calls that change something, by their names on one system or another.
const CHANGING: &[&str] = &[
    "chmod",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "fdatasync",
    "fsync",
    "ftruncate",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "open",
    "openat",
    "openat2",
    "pwrite64",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "write",
    "writev",
];

/// Calls by which it looks at what is there.
const LOOKING: &[&str] = &[
    "flock",
    "fstat",
    "getcwd",
    "getdents64",
    "lstat",
    "newfstatat",
    "pread64",
    "read",
    "readlink",
    "readlinkat",
    "stat",
    "statx",
];

/// Calls that a signal can interrupt, and that are then made again.
const INTERRUPTED: &[&str] = &[
    "fchmod", "fsync", "open", "openat", "openat2", "read", "write",
];

/// What some systems answer to a call, which the program then does without.
const DONE_WITHOUT: &[(&str, &str)] = &[
    ("flock", "ENOLCK"),
    ("flock", "ENOSYS"),
    ("openat2", "ENOSYS"),
    ("openat2", "EPERM"),
];

/// The first call of the program itself; what comes before it is the loader's.
const FIRST: &str = "prlimit64";

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Fails(&'static str),
    FailsFromNow(&'static str),
    Killed,
}

/// A fault in one call of a build.
struct Fault {
    call: String,
    /// Which call of that name, counted from 1.
    number: usize,
    /// Its arguments in the build without faults.
    arguments: String,
    what: What,
}

impl Fault {
    fn is_done_without(&self) -> bool {
        let Self { call, what, .. } = self;
        matches!(what, What::Fails(error) if DONE_WITHOUT.contains(&(call, error)))
    }

    fn inject(&self) -> String {
        let Self { call, number, .. } = self;
        match self.what {
            What::Fails(error) => format!("inject={call}:error={error}:when={number}"),
            What::FailsFromNow(error) => format!("inject={call}:error={error}:when={number}+"),
            What::Killed => format!("inject={call}:signal=KILL:when={number}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}({})", self.inject(), self.call, self.arguments)
    }
}

#[test]
fn a_build_that_fails_or_is_killed_anywhere_is_seen_and_mended() {
    let Some(strace) = Strace::here() else {
        return;
    };
    let trees = Trees::new();
    let is_whole = env::var("OBSGEN_FAULTS").is_ok_and(|it| it == "all");
    let starts = trees.starts(&strace);
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, start) in &starts {
        let mut faults = trees.faults(&strace, start);
        let stride = match is_whole {
            true => 1,
            false => faults.len().div_ceil(SAMPLE),
        };
        let mut index = 0;
        faults.retain(|it| {
            index += 1;
            index % stride == 0 || it.is_done_without()
        });
        let found = trees.tried(&strace, start, &faults);
        for (fault, found) in faults.iter().zip(found) {
            match found {
                Ok(left) => *seen.entry(left).or_default() += 1,
                Err(why) => wrong.push(format!("{name}: {fault}: {why}")),
            }
        }
    }
    println!("{} faults; left: {seen:?}", seen.values().sum::<usize>());
    assert!(
        wrong.is_empty(),
        "{} of {} faults:\n{}",
        wrong.len(),
        wrong.len() + seen.values().sum::<usize>(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    for left in ["the old tree", "the new tree", "a torn tree"] {
        assert!(seen.contains_key(left), "no fault left {left}");
    }
}

/// What builds are to make, and what others have put there.
struct Trees {
    old: Tree,
    new: Tree,
    foreign: Tree,
    /// What was left by a fault, seen by `--check`, and mended.
    mended: Mutex<BTreeSet<Tree>>,
}

/// A repository of one thread.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = disk::folder();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir(at(".git")).expect("a folder");
        for (stack, instances) in [
            ("old", [("cache", "web", 300), ("queue", "batch", 200)]),
            ("new", [("cache", "web", 320), ("session", "shop", 100)]),
        ] {
            fs::create_dir(at(stack)).expect("a folder");
            let path = at(stack).join("observability.yaml");
            fs::write(path, small::policy(&instances)).expect("a file");
        }
        Self(folder)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn build(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
        command.arg("build").args(arguments);
        command
            .current_dir(self.0.path())
            .output()
            .expect("it runs")
    }

    /// Builds the new tree under the tracer; folders and files that are made there would be closed to
    /// others if the program did not open them.
    fn traced(&self, strace: &Strace, names: &[&str], fault: Option<&Fault>) -> Output {
        let mut command = strace.command(&self.at("trace"), names, "077");
        if let Some(fault) = fault {
            command.args(["-e", &fault.inject()]);
        }
        command
            .args([env!("CARGO_BIN_EXE_obsgen"), "build", "new"])
            .current_dir(self.0.path())
            .output()
            .expect("it runs")
    }

    fn taken(&self) -> Tree {
        disk::taken(&self.at("build"))
    }
}

impl Trees {
    fn new() -> Self {
        let place = Place::new();
        let built = |stack: &str| {
            let output = place.build(&[stack]);
            assert!(output.status.success(), "{output:?}");
            let tree = place.taken();
            fs::remove_dir_all(place.at("build")).expect("it is there");
            tree
        };
        let (old, new) = (built("old"), built("new"));
        let file = |text: &str| (0o640, Some(text.as_bytes().to_owned()));
        let foreign = [
            ("t/README.md", file("mine")),
            ("t/redis/mine", (0o750, None)),
            ("t/redis/mine/patch.yaml", file("mine too")),
            ("t/redis/.obsgen-notes", file("not a temporary file")),
        ]
        .map(|(path, content)| (PathBuf::from(path), content));
        let foreign = Tree::from(foreign);
        let mended = Mutex::default();
        Self {
            old,
            new,
            foreign,
            mended,
        }
    }

    fn with_foreign(&self, tree: &Tree) -> Tree {
        let mut tree = tree.clone();
        tree.extend(self.foreign.clone());
        for folder in ["", "t", "t/redis"] {
            tree.entry(PathBuf::from(folder)).or_insert((0o755, None));
        }
        tree
    }

    /// The folders that builds start from.
    fn starts(&self, strace: &Strace) -> Vec<(&'static str, Tree)> {
        let old = self.with_foreign(&self.old);
        let torn = |name: &str, number| {
            let place = Place::new();
            disk::put(&old, &place.at("build"));
            let fault = Fault {
                call: name.to_owned(),
                number,
                arguments: String::new(),
                what: What::Killed,
            };
            let output = place.traced(strace, &[name], Some(&fault));
            let torn = place.taken();
            let new = self.with_foreign(&self.new);
            assert!(torn != old && torn != new, "{output:?}");
            torn
        };
        vec![
            ("nothing", Tree::new()),
            ("foreign files alone", self.with_foreign(&Tree::new())),
            ("half of the new files", torn("rename", 6)),
            ("new files, and old ones to remove", torn("unlink", 3)),
            ("the old tree", old),
        ]
    }

    /// Every fault of a build that starts from a folder.
    fn faults(&self, strace: &Strace, start: &Tree) -> Vec<Fault> {
        let place = Place::new();
        disk::put(start, &place.at("build"));
        if start.is_empty() {
            fs::remove_dir(place.at("build")).unwrap_or_default();
        }
        let names: Vec<String> = CHANGING
            .iter()
            .chain(LOOKING)
            .chain([&FIRST])
            .map(|it| format!("?{it}"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let output = place.traced(strace, &names, None);
        assert!(output.status.success(), "{output:?}");
        assert!(place.taken() == self.whole(start), "without a fault");
        let mut faults = Vec::new();
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut is_begun = false;
        for call in calls(&place.at("trace")) {
            let number = numbers.entry(call.name.clone()).or_default();
            *number += 1;
            is_begun |= call.name == FIRST && call.arguments.contains("RLIMIT_CORE");
            if !is_begun || call.name == FIRST {
                continue;
            }
            let mut whats = vec![What::Fails("EIO"), What::Fails("EACCES")];
            if CHANGING.contains(&call.name.as_str()) {
                whats.extend([What::Fails("ENOSPC"), What::Killed]);
                whats.extend(["ENOSPC", "EIO"].map(What::FailsFromNow));
            }
            if call.name.starts_with("open") {
                whats.extend(["EMFILE", "EROFS"].map(What::Fails));
            }
            if INTERRUPTED.contains(&call.name.as_str()) {
                whats.push(What::Fails("EINTR"));
            }
            let without = DONE_WITHOUT.iter().filter(|(it, _)| *it == call.name);
            whats.extend(without.map(|(_, error)| What::Fails(error)));
            faults.extend(whats.into_iter().map(|what| Fault {
                call: call.name.clone(),
                number: *number,
                arguments: call.arguments.chars().take(200).collect(),
                what,
            }));
        }
        faults
    }

    /// What a build without a fault makes of a folder.
    fn whole(&self, start: &Tree) -> Tree {
        match start.is_empty() {
            true => self.new.clone(),
            false => self.with_foreign(&self.new),
        }
    }

    fn tried(
        &self,
        strace: &Strace,
        start: &Tree,
        faults: &[Fault],
    ) -> Vec<Result<&'static str, String>> {
        let next = AtomicUsize::new(0);
        let found: Vec<_> = faults.iter().map(|_| Mutex::new(None)).collect();
        let threads = thread::available_parallelism().map_or(2, |it| it.get());
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let place = Place::new();
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(fault) = faults.get(index) else {
                            break;
                        };
                        let result = self.tried_once(strace, &place, start, fault);
                        *found[index].lock().expect("nobody panicked") = Some(result);
                    }
                });
            }
        });
        let found = found.into_iter();
        found
            .map(|it| it.into_inner().expect("nobody panicked"))
            .map(|it| it.expect("each was tried"))
            .collect()
    }

    /// Builds with a fault, looks at what is left, and builds again.
    fn tried_once(
        &self,
        strace: &Strace,
        place: &Place,
        start: &Tree,
        fault: &Fault,
    ) -> Result<&'static str, String> {
        disk::put(start, &place.at("build"));
        let whole = self.whole(start);
        let output = place.traced(strace, &[&fault.call], Some(fault));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let left = place.taken();
        let is_whole = left == whole;
        let left_as = match () {
            () if is_whole => "the new tree",
            () if left == *start => "the old tree",
            () => "a torn tree",
        };
        let fail = |why: &str| {
            let errors: Vec<_> = said.lines().filter(|it| it.contains("error")).collect();
            Err(format!("{why}: {}: {errors:?}", output.status))
        };
        if said.contains("panicked") || said.contains("defect") {
            return fail("a panic");
        }
        match (fault.what, output.status.code()) {
            (What::Killed, _) if output.status.signal() == Some(9) => {}
            (What::Killed, _) => return fail("was not killed"),
            (_, Some(0)) if !is_whole => return fail("says that it is fine, and it is not"),
            (_, Some(0)) => {}
            (What::Fails("EINTR"), _) => return fail("was not made again"),
            _ if fault.is_done_without() => return fail("does not do without it"),
            (_, Some(2)) if said.contains("error: ") => {}
            // Nor could it say anything.
            (What::FailsFromNow(_), Some(2)) if fault.call == "write" => {}
            // The policy could not be read, which is a finding.
            (_, Some(1)) if left == *start && said.contains("error[") => {}
            _ => return fail("neither succeeds nor says what is wrong"),
        }
        if fault.what != What::Killed {
            let trace = fs::read(place.at("trace")).expect("strace wrote it");
            if !String::from_utf8_lossy(&trace).contains("(INJECTED)") {
                return fail("the call was not made");
            }
        }
        let intact = |tree: &Tree| {
            let is_there =
                |path: &Path| start.is_empty() || tree.get(path) == self.foreign.get(path);
            self.foreign.keys().all(|it| is_there(it))
        };
        if !intact(&left) {
            return fail("a foreign file was touched");
        }
        let key = without_numbers(&left);
        let is_known = self.mended.lock().expect("nobody panicked").contains(&key);
        if is_known {
            return Ok(left_as);
        }
        let check = place.build(&["new", "--check"]);
        match check.status.code() {
            Some(0) if is_whole => {}
            Some(1 | 2) if !is_whole => {}
            code => return fail(&format!("--check ends with {code:?}")),
        }
        let mended = place.build(&["new"]);
        let after = place.taken();
        if !mended.status.success() || after != whole {
            let said = String::from_utf8_lossy(&mended.stderr);
            let differ: Vec<_> = after
                .iter()
                .filter(|(path, content)| whole.get(*path) != Some(content))
                .map(|(path, (mode, _))| (path, format!("{mode:o}")))
                .collect();
            return fail(&format!(
                "the next build does not mend it: {said} {differ:?}"
            ));
        }
        self.mended.lock().expect("nobody panicked").insert(key);
        Ok(left_as)
    }
}

/// A tree whose temporary files are named after what is in them: two that are the same are mended the
/// same way.
fn without_numbers(tree: &Tree) -> Tree {
    let mut same = Tree::new();
    for (path, content) in tree {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = match name.strip_prefix(".obsgen-") {
            Some(number) if number.len() == 16 => {
                path.with_file_name(format!("temporary {content:?}"))
            }
            Some(_) | None => path.clone(),
        };
        same.insert(path, content.clone());
    }
    same
}
