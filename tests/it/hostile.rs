//! Repositories that mean harm: whatever is in them, each verb ends in time with an error, says nothing of
//! what lies outside, and writes nothing there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::small;

/// A word that lies only where nothing may be read.
const CANARY: &str = "canary-7c2e";

/// How long a run may take.
const LONGEST: Duration = Duration::from_secs(10);

/// `repository` with the stacks `fine` and, as a case makes it, `bad`; and beside it what is not to be
/// found: files with the canary, each of which would be a policy or manifests if it was read.
struct World {
    folder: TempDir,
    runs: usize,
}

/// What a run said, and how it ended.
struct Run {
    code: Option<i32>,
    said: String,
}

impl World {
    fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            runs: 0,
        };
        let secret = format!("{}# {CANARY}\nkey: {CANARY}\n", small::policy(&[]));
        for path in [
            "base.yaml",
            "observability.yaml",
            "repository-secret/base.yaml",
            "outside/observability.yaml",
            "outside/kustomization.yaml",
            "outside/deep/er/base.yaml",
            "repository/.git/config",
            "repository/.git/base.yaml",
        ] {
            world.write(path, secret.as_bytes());
        }
        let fine = small::policy(&[("cache", "web", 300)]);
        world.write("repository/fine/observability.yaml", fine.as_bytes());
        fs::create_dir(world.at("repository/bad")).unwrap();
        world
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn bad(&self, path: &str) -> PathBuf {
        self.at("repository/bad").join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes the policy of the stack `bad`, with this instead of a line that it needs.
    fn policy(&self, from: &str, to: &str) {
        let policy = small::policy(&[("cache", "web", 300)]);
        assert!(policy.contains(from));
        fs::write(self.bad("observability.yaml"), policy.replacen(from, to, 1)).unwrap();
    }

    fn extends(&self, reference: &str) {
        let entry = format!("spec:\n  extends: [\"{reference}\"]\n");
        self.policy("spec:\n", &entry);
    }

    /// What is there beside what a build of a repository writes: kinds, contents, and where symlinks lead.
    fn taken(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = walkdir::WalkDir::new(self.folder.path()).into_iter();
        let entries = entries.filter_entry(|it| {
            it.path() != self.at("repository/build") && it.path() != self.at("said")
        });
        let content = |it: walkdir::DirEntry| {
            let kind = it.file_type();
            let content = match () {
                () if kind.is_symlink() => {
                    let target = fs::read_link(it.path()).unwrap();
                    target.into_os_string().into_encoded_bytes()
                }
                () if kind.is_file() && it.metadata().unwrap().len() < 1 << 20 => {
                    fs::read(it.path()).unwrap()
                }
                () => format!("{} {}", kind.is_dir(), kind.is_fifo()).into_bytes(),
            };
            (it.into_path(), content)
        };
        entries.map(|it| content(it.unwrap())).collect()
    }

    /// Runs a verb, and asserts what holds for each: it ends, in time, not by a panic, without a word of
    /// what lies outside, and without a change of anything but the output.
    #[track_caller]
    fn run<S: AsRef<OsStr>>(&mut self, arguments: &[S], case: &str) -> Run {
        let shown: Vec<_> = arguments.iter().map(|it| it.as_ref()).collect();
        let case = format!("{case}: {shown:?}")
            .chars()
            .take(300)
            .collect::<String>();
        let before = self.taken();
        let said = File::create(self.at("said")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_obsgen"))
            .args(arguments)
            .current_dir(self.at("repository"))
            .env("OBSGEN_CANARY", CANARY)
            .env("HOME", self.at("home"))
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > LONGEST {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{case}: takes over {LONGEST:?}");
            }
            thread::sleep(Duration::from_millis(5));
        };
        self.runs += 1;
        let said = fs::read(self.at("said")).unwrap();
        let said = String::from_utf8_lossy(&said).into_owned();
        for word in [CANARY, "root:x:", "defect", "panicked"] {
            assert!(!said.contains(word), "{case}: {word}: {said}");
        }
        assert!(status.code().is_some(), "{case}: {status}");
        assert!(self.taken() == before, "{case}: something was changed");
        Run {
            code: status.code(),
            said,
        }
    }

    /// Runs every verb about the stack `bad`: each fails, and nothing is written.
    #[track_caller]
    fn assert_refused(&mut self, case: &str) {
        for arguments in [
            &["build", "bad"][..],
            &["render", "bad"],
            &["check", "bad", "--format", "json"],
            &["diff", "fine", "bad"],
        ] {
            let run = self.run(arguments, case);
            let codes = if arguments.first() == Some(&"diff") {
                &[2][..]
            } else {
                &[1, 2]
            };
            let code = run.code.unwrap();
            assert!(
                codes.contains(&code),
                "{case}: {arguments:?}: {code}: {}",
                run.said
            );
            assert!(!run.said.trim().is_empty(), "{case}: {arguments:?}");
            assert!(
                !self.at("repository/build").exists(),
                "{case}: {arguments:?}"
            );
        }
    }
}

/// Whether a FIFO was made.
fn fifo(path: &Path) -> bool {
    let made = Command::new("mkfifo").arg(path).status();
    made.is_ok_and(|it| it.success())
}

/// Where a policy may not reach, by the names of what it extends.
#[test]
fn references_do_not_leave_the_repository() {
    let long = "a".repeat(4096);
    let deep = "a/".repeat(2000) + "base.yaml";
    let climb = "../".repeat(400) + "etc/passwd";
    let mut world = World::new();
    symlink("..", world.bad("up")).unwrap();
    symlink("../..", world.bad("out")).unwrap();
    fs::create_dir(world.bad("a")).unwrap();
    for reference in [
        "../../base.yaml",
        "../../repository-secret/base.yaml",
        "../../repository/../base.yaml",
        "a/../../../base.yaml",
        "./../../base.yaml",
        ".//..//..//base.yaml",
        "../.git/config",
        "../.GIT/base.yaml",
        "up/.git/base.yaml",
        "out/base.yaml",
        "out/outside/deep/er/base.yaml",
        "up/../../base.yaml",
        "//etc/passwd",
        "/etc/passwd",
        "/proc/self/root/etc/passwd",
        "/proc/self/environ",
        "/proc/self/fd/0",
        "/dev/stdin",
        "/dev/zero",
        "..\\\\..\\\\base.yaml",
        "C:/base.yaml",
        "C:\\\\base.yaml",
        "../../base.yaml\\0",
        "../../base.yaml\\0.yaml",
        "../../base.yaml ",
        "../../base.yaml.",
        "../../base.yaml/",
        "../../base.yaml\\n",
        "~/base.yaml",
        "$HOME/base.yaml",
        "${OBSGEN_CANARY}",
        "%2e%2e/%2e%2e/base.yaml",
        "file:///etc/passwd",
        "https://example.com/base.yaml",
        "..\\u2215..\\u2215base.yaml",
        "\\u202e../../base.yaml",
        ".",
        "..",
        "a",
        "",
        &climb,
        &long,
        &deep,
    ] {
        world.extends(reference);
        world.assert_refused(reference);
    }
    assert_eq!(world.runs, 43 * 4);
}

/// An answer does not tell whether a file is there.
#[test]
fn what_is_forbidden_reads_like_what_is_missing() {
    let mut world = World::new();
    symlink("../..", world.bad("out")).unwrap();
    // As long as each other, so that the marks below them are.
    for (there, missing) in [
        ("../../base.yaml", "../../none.yaml"),
        ("../.git/config", "../.git/nothin"),
        ("out/base.yaml", "out/none.yaml"),
        ("../../outside/deep", "../../outside/none"),
        ("../../base.yaml/x", "../../none.yaml/x"),
        ("/etc/passwd", "/etc/passwx"),
        ("../../base.yaml", "../../a/b/c/d/."),
    ] {
        for verb in ["build", "check", "render"] {
            let mut answer = |reference: &str| {
                world.extends(reference);
                let run = world.run(&[verb, "bad"], reference);
                (run.code, run.said.replace(reference, "REFERENCE"))
            };
            assert_eq!(answer(there), answer(missing), "{there} and {missing}");
        }
    }
}

/// What stands where a policy, or what it extends, is to be.
#[test]
fn only_a_regular_file_inside_is_a_policy() {
    let links: &[(&str, &str)] = &[
        ("out", "../../outside/observability.yaml"),
        ("a chain out", "chain"),
        ("nowhere", "none.yaml"),
        ("itself", "it.yaml"),
        ("a circle", "one"),
        ("/dev/zero", "/dev/zero"),
        ("/dev/stdin", "/dev/stdin"),
        ("/proc/self/environ", "/proc/self/environ"),
        ("/proc/self/root", "/proc/self/root/etc/passwd"),
        ("a folder", "../fine"),
        ("out and back", "../../repository/fine/observability.yaml"),
        (".git", "../.git/config"),
        ("a FIFO", "fifo"),
    ];
    for (name, target) in links {
        let mut world = World::new();
        symlink("../../outside/observability.yaml", world.bad("chain")).unwrap();
        symlink("two", world.bad("one")).unwrap();
        symlink("one", world.bad("two")).unwrap();
        assert!(fifo(&world.bad("fifo")));
        // As what a policy extends, and as the policy.
        symlink(target, world.bad("it.yaml")).unwrap();
        world.extends("it.yaml");
        world.assert_refused(name);
        fs::remove_file(world.bad("observability.yaml")).unwrap();
        let target = target.replace("it.yaml", "observability.yaml");
        symlink(target, world.bad("observability.yaml")).unwrap();
        world.assert_refused(name);
    }
    // An absolute symlink, though it leads inside.
    let mut world = World::new();
    let inside = world.at("repository/fine/observability.yaml");
    symlink(&inside, world.bad("observability.yaml")).unwrap();
    world.assert_refused("absolute");
    // A relative one that stays inside is a way to write it.
    fs::remove_file(world.bad("observability.yaml")).unwrap();
    symlink(
        "../fine/observability.yaml",
        world.bad("observability.yaml"),
    )
    .unwrap();
    assert_eq!(world.run(&["check", "bad"], "inside").code, Some(0));
}

#[test]
fn what_is_no_file_is_no_policy() {
    let mut world = World::new();
    let policy = world.bad("observability.yaml");
    fs::create_dir(&policy).unwrap();
    world.assert_refused("a folder");
    fs::remove_dir(&policy).unwrap();

    assert!(fifo(&policy));
    world.assert_refused("a FIFO");
    fs::remove_file(&policy).unwrap();

    let listener = UnixListener::bind(&policy).unwrap();
    world.assert_refused("a socket");
    drop(listener);
    fs::remove_file(&policy).unwrap();

    // Only root makes a device.
    let zero = Command::new("mknod")
        .arg(&policy)
        .args(["c", "1", "5"])
        .output();
    if zero.is_ok_and(|it| it.status.success()) {
        world.assert_refused("a device");
        fs::remove_file(&policy).unwrap();
    }

    for (name, path) in [
        ("fifo.yaml", "fifo.yaml"),
        ("a socket", "socket"),
        ("a folder", "folder"),
    ] {
        let place = world.bad(path);
        match path {
            "fifo.yaml" => assert!(fifo(&place)),
            "socket" => drop(UnixListener::bind(&place).unwrap()),
            _ => fs::create_dir(&place).unwrap(),
        }
        world.extends(path);
        world.assert_refused(name);
    }
}

/// What a policy holds.
#[test]
fn contents_are_refused_in_time() {
    let mut world = World::new();
    let aliases = |depth: usize| {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for it in 1..depth {
            let last = vec![format!("*a{}", it - 1); 9].join(", ");
            text.push_str(&format!("a{it}: &a{it} [{last}]\n"));
        }
        text.into_bytes()
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("17 MiB", vec![b'#'; 17 << 20]),
        (
            "1 MiB of one key",
            [b"a: ".to_vec(), vec![b'x'; 1 << 20]].concat(),
        ),
        (
            "16 Ki keys",
            (0..1 << 14)
                .flat_map(|it| format!("k{it}: v\n").into_bytes())
                .collect(),
        ),
        ("zeros", vec![0; 4096]),
        (
            "a program",
            fs::read(env!("CARGO_BIN_EXE_obsgen")).unwrap()[..1 << 20].to_vec(),
        ),
        (
            "invalid UTF-8",
            b"apiVersion: obsgen/v1alpha1\nkind: \xff\xfe\n".to_vec(),
        ),
        (
            "UTF-16",
            "apiVersion: x\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ),
        ("deep lists", vec![b'['; 200_000]),
        ("deep maps", b"{a: ".repeat(200_000)),
        ("deep dashes", b"- ".repeat(200_000)),
        (
            "deep blocks",
            (0..2000)
                .flat_map(|it| format!("{}a:\n", " ".repeat(it)).into_bytes())
                .collect(),
        ),
        ("aliases", aliases(40)),
        ("an anchor of itself", b"a: &a [*a]\n".to_vec()),
        (
            "tags",
            b"!!python/object/apply:os.system ['touch /tmp/x']\n".to_vec(),
        ),
        ("an include", b"spec: !include ../../base.yaml\n".to_vec()),
        ("documents", b"---\n".repeat(100_000)),
        ("nothing", Vec::new()),
        (
            "ends in the midst",
            small::policy(&[("cache", "web", 300)]).into_bytes()[..700].to_vec(),
        ),
    ];
    for (name, bytes) in cases {
        fs::write(world.bad("observability.yaml"), &bytes).unwrap();
        world.assert_refused(name);
        // The same as what another one extends.
        fs::write(world.bad("it.yaml"), &bytes).unwrap();
        world.extends("it.yaml");
        if name != "nothing" {
            let run = world.run(&["build", "bad"], name);
            assert!(matches!(run.code, Some(1 | 2)), "{name}: {}", run.said);
        }
    }
    for number in [
        "1e400",
        "-1",
        "99999999999999999999",
        "1e21",
        ".inf",
        "0x10",
        "1_000",
        "9e18",
    ] {
        let memory = format!("maxmemory: {number}");
        world.policy("maxmemory: 300mb", &memory);
        world.run(&["build", "--check", "bad"], number);
        world.run(&["render", "bad"], number);
        world.policy("size: 1Gi", &format!("size: {number}Gi"));
        world.run(&["render", "bad"], number);
    }
    for name in ["../../x", "/etc", "..", "A/b", &"a".repeat(5000)] {
        world.policy("name: cache\n", &format!("name: \"{name}\"\n"));
        world.assert_refused(name);
        world.policy("namespace: web\n", &format!("namespace: \"{name}\"\n"));
        world.assert_refused(name);
        world.policy("{name: t}", &format!("{{name: \"{name}\"}}"));
        world.assert_refused(name);
    }
    // What extends itself, and each other.
    world.extends("observability.yaml");
    world.assert_refused("itself");
    world.extends("it.yaml");
    fs::write(
        world.bad("it.yaml"),
        "spec: {extends: [observability.yaml]}\n",
    )
    .unwrap();
    world.assert_refused("each other");
}

/// What is named on the command line.
#[test]
fn arguments_that_name_no_policy_are_refused() {
    let mut world = World::new();
    let long = "a".repeat(4096);
    fs::write(world.bad("word"), "no policy").unwrap();
    for argument in [
        "bad",
        "none",
        "bad/word/observability.yaml",
        "/dev/null",
        "/dev/zero",
        "/proc/self/environ",
        "/proc/self/fd",
        "/etc/passwd",
        "/etc/passwd/",
        "bad/../../none",
        ".git",
        ".git/config",
        &long,
        "",
        "a\u{1b}[31m",
        "\u{202e}",
    ] {
        for verb in ["build", "render", "check"] {
            let run = world.run(&[verb, argument], argument);
            assert!(matches!(run.code, Some(1 | 2)), "{argument}: {}", run.said);
            assert!(!run.said.contains('\u{1b}'), "{argument}: {}", run.said);
        }
        let run = world.run(&["diff", argument, "fine"], argument);
        assert!(matches!(run.code, Some(1 | 2)), "{argument}: {}", run.said);
    }
}

/// What says where a repository ends.
#[test]
fn a_git_that_is_something_else_moves_no_border() {
    for name in [
        "a symlink",
        "a symlink out",
        "a file",
        "a FIFO",
        "a socket",
        "a circle",
    ] {
        let mut world = World::new();
        let git = world.bad(".git");
        match name {
            "a symlink" => symlink("../.git", &git).unwrap(),
            "a symlink out" => symlink("../../outside", &git).unwrap(),
            "a file" => fs::write(&git, "gitdir: ../../outside\n").unwrap(),
            "a FIFO" => assert!(fifo(&git)),
            "a socket" => drop(UnixListener::bind(&git).unwrap()),
            _ => symlink(".git", &git).unwrap(),
        }
        // The border is here now: even what was inside is outside.
        world.write("repository/inside.yaml", format!("# {CANARY}\n").as_bytes());
        for reference in [
            "../inside.yaml",
            "../../base.yaml",
            ".git/base.yaml",
            ".git/observability.yaml",
        ] {
            world.extends(reference);
            world.assert_refused(name);
            let from = ["diff", "--from", "HEAD", "bad"];
            assert_eq!(world.run(&from, name).code, Some(2), "{name}");
        }
    }
}

/// What lies around the stacks of a folder.
#[test]
fn folders_that_lead_in_circles_are_walked_once() {
    let mut world = World::new();
    let at = |world: &World, path: &str| world.at("repository").join(path);
    fs::create_dir_all(at(&world, "stacks/one/deep")).unwrap();
    let fine = at(&world, "fine/observability.yaml");
    fs::copy(&fine, at(&world, "stacks/one/observability.yaml")).unwrap();
    symlink(".", at(&world, "stacks/again")).unwrap();
    symlink("..", at(&world, "stacks/one/up")).unwrap();
    symlink("../../..", at(&world, "stacks/one/deep/top")).unwrap();
    symlink("/", at(&world, "stacks/root")).unwrap();
    symlink("../../outside", at(&world, "stacks/outside")).unwrap();
    symlink("loop", at(&world, "stacks/loop")).unwrap();
    assert!(fifo(&at(&world, "stacks/fifo")));
    let mut deep = at(&world, "stacks/well");
    for _ in 0..300 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    for verb in [
        &["check", "stacks"][..],
        &["build", "stacks", "--check"],
        &["render", "stacks"],
    ] {
        let run = world.run(verb, "circles");
        assert!(!run.said.contains("several stacks"), "{}", run.said);
        assert!(matches!(run.code, Some(0 | 1)), "{verb:?}: {}", run.said);
    }
    let run = world.run(&["build", "stacks"], "circles");
    assert_eq!(run.code, Some(0), "{}", run.said);
    assert!(at(&world, "build/t/obsgen.lock").is_file());
    // Named itself, a symlink is followed only where it stays inside.
    for place in [
        "stacks/outside",
        "stacks/root/etc",
        "stacks/loop",
        "stacks/fifo",
    ] {
        for verb in ["build", "check", "render"] {
            let run = world.run(&[verb, place], place);
            assert!(matches!(run.code, Some(1 | 2)), "{place}: {}", run.said);
        }
    }
}

/// What an earlier build is said to have left.
#[test]
fn an_output_that_was_prepared_removes_and_overwrites_nothing() {
    const ONE: &str = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    type Prepare = fn(&World, &Path);
    let cases: &[(&str, Prepare)] = &[
        ("climbs", |_, lock| {
            let text = format!("{ONE}  redis  ../../../outside/one\n");
            fs::write(lock, text).unwrap();
        }),
        ("is absolute", |world, lock| {
            let text = format!("{ONE}  redis  {}\n", world.at("outside/one").display());
            fs::write(lock, text).unwrap();
        }),
        ("names .git", |_, lock| {
            fs::write(lock, format!("{ONE}  redis  .git/HEAD\n")).unwrap();
        }),
        ("leads through a symlink", |world, lock| {
            symlink(world.at("outside"), lock.with_file_name("x")).unwrap();
            fs::write(lock, format!("{ONE}  redis  x/one\n")).unwrap();
        }),
        ("is a FIFO", |_, lock| assert!(fifo(lock))),
        ("is a symlink", |world, lock| {
            symlink(world.at("outside/one"), lock).unwrap();
        }),
        ("is a symlink to nothing", |world, lock| {
            symlink(world.at("outside/none"), lock).unwrap();
        }),
        ("is a symlink to a device", |_, lock| {
            symlink("/dev/zero", lock).unwrap()
        }),
        ("is a socket", |_, lock| {
            drop(UnixListener::bind(lock).unwrap())
        }),
        ("is a folder", |_, lock| fs::create_dir(lock).unwrap()),
        ("is huge", |_, lock| {
            let file = File::create(lock).unwrap();
            file.set_len(1 << 40).unwrap();
        }),
        ("is binary", |_, lock| {
            fs::write(lock, [0, 159, 146, 150, 255]).unwrap();
        }),
        ("is one long line", |_, lock| {
            fs::write(lock, vec![b'a'; 8 << 20]).unwrap()
        }),
        ("comes with a symlink as a file", |world, lock| {
            symlink(
                world.at("outside/one"),
                lock.with_file_name("kustomization.yaml"),
            )
            .unwrap();
        }),
        ("comes with a symlink as a folder", |world, lock| {
            symlink(world.at("outside"), lock.with_file_name("redis")).unwrap();
        }),
        ("comes with a FIFO as a file", |_, lock| {
            assert!(fifo(&lock.with_file_name("kustomization.yaml")));
        }),
        ("comes with a FIFO as a folder", |_, lock| {
            assert!(fifo(&lock.with_file_name("redis")));
        }),
    ];
    for (name, prepare) in cases {
        let mut world = World::new();
        world.write("outside/one", b"1");
        let lock = world.at("repository/build/t/obsgen.lock");
        fs::create_dir_all(lock.with_file_name(".git")).unwrap();
        fs::write(lock.with_file_name(".git").join("HEAD"), "1").unwrap();
        prepare(&world, &lock);
        let before: Vec<_> = listed(lock.parent().unwrap());
        for arguments in [["build", "fine"].as_slice(), &["build", "--check", "fine"]] {
            let run = world.run(arguments, name);
            assert_eq!(run.code, Some(2), "{name}: {}", run.said);
            assert!(run.said.contains("error: "), "{name}: {}", run.said);
        }
        assert_eq!(listed(lock.parent().unwrap()), before, "{name}");
    }
    // The folder of the tree, and the one above it.
    for name in ["build", "build/t"] {
        let mut world = World::new();
        let place = world.at("repository").join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        assert!(fifo(&place));
        let run = world.run(&["build", "fine"], name);
        assert_eq!(run.code, Some(2), "{name}: {}", run.said);
        fs::remove_file(&place).unwrap();
        symlink("/dev/null", &place).unwrap();
        let run = world.run(&["build", "fine"], name);
        assert_eq!(run.code, Some(2), "{name}: {}", run.said);
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name();
    entries
        .into_iter()
        .map(|it| it.unwrap().into_path())
        .collect()
}

/// Trees as the sides of a diff.
#[test]
fn trees_that_mean_harm_are_compared_in_time() {
    type Prepare = fn(&World, &Path);
    let cases: &[(&str, Prepare)] = &[
        ("a symlink out", |_, tree| {
            symlink("../../outside/kustomization.yaml", tree.join("a.yaml")).unwrap();
        }),
        ("a folder out", |_, tree| {
            symlink("../../outside", tree.join("a")).unwrap()
        }),
        ("/dev/zero", |_, tree| {
            symlink("/dev/zero", tree.join("a.yaml")).unwrap()
        }),
        ("a FIFO", |_, tree| assert!(fifo(&tree.join("a.yaml")))),
        ("a socket", |_, tree| {
            drop(UnixListener::bind(tree.join("a.yaml")).unwrap())
        }),
        ("a circle", |_, tree| {
            symlink(".", tree.join("again")).unwrap()
        }),
        ("17 MiB", |_, tree| {
            fs::write(tree.join("a.yaml"), vec![b'#'; 17 << 20]).unwrap()
        }),
        ("binary", |_, tree| {
            fs::write(tree.join("a.yaml"), [0, 255, 254]).unwrap()
        }),
        ("deep", |_, tree| {
            fs::write(tree.join("a.yaml"), vec![b'['; 200_000]).unwrap()
        }),
        ("resources outside", |_, tree| {
            let text = "resources: [../../outside/kustomization.yaml, ../../base.yaml]\n";
            fs::write(tree.join("kustomization.yaml"), text).unwrap();
        }),
        ("kustomization.yaml is a symlink out", |_, tree| {
            let file = tree.join("kustomization.yaml");
            fs::remove_file(&file).unwrap();
            symlink("../../outside/kustomization.yaml", file).unwrap();
        }),
        ("the tree is a symlink out", |world, tree| {
            fs::remove_dir_all(tree).unwrap();
            symlink(world.at("outside/deep"), tree).unwrap();
        }),
    ];
    for (name, prepare) in cases {
        let mut world = World::new();
        let tree = world.at("repository/tree");
        fs::create_dir(&tree).unwrap();
        fs::write(tree.join("kustomization.yaml"), "kind: Kustomization\n").unwrap();
        prepare(&world, &tree);
        for arguments in [
            ["diff", "tree", "fine"],
            ["diff", "fine", "tree"],
            ["diff", "tree", "tree"],
        ] {
            let run = world.run(&arguments, name);
            assert!(run.code.is_some_and(|it| it <= 2), "{name}: {}", run.said);
        }
        let run = world.run(&["init", "new", "--from", "tree"], name);
        assert_eq!(run.code, Some(2), "{name}: {}", run.said);
    }
}
