//! What the program reaches outside of itself: no network, no other program, no file but those of the
//! repository, and no change but of the output.

use std::fs;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::small;
use crate::strace::{Call, Strace, calls};

/// What is opened before the program begins, and by the standard library: where it stands in memory,
/// and how many processors it may use. Nothing of it reaches the output.
const OF_THE_SYSTEM: &[&str] = &[
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/lib/",
    "/lib64/",
    "/usr/lib/",
    "/usr/lib64/",
    "/proc/PID/maps",
    "/proc/PID/cgroup",
    "/sys/fs/cgroup/",
];

/// Calls that change the names of files or what they are.
const CHANGES: &[&str] = &[
    "chmod", "chown", "creat", "fchmodat", "link", "mkdir", "mknod", "rename", "rmdir", "setxattr",
    "symlink", "truncate", "unlink", "utime",
];

#[test]
fn nothing_but_the_repository_and_the_output_is_reached() {
    let Some(strace) = Strace::here() else {
        return;
    };
    let world = disk::folder();
    let repository = fs::canonicalize(world.path())
        .expect("it is there")
        .join("r");
    for folder in ["r/.git", "r/stacks/one", "home/.config/git", "outside"] {
        fs::create_dir_all(world.path().join(folder)).expect("a folder");
    }
    let base = "spec:\n  extends: [../../base.yaml]\n";
    let policy = small::policy(&[("cache", "web", 300)]).replacen("spec:\n", base, 1);
    fs::write(repository.join("stacks/one/observability.yaml"), policy).expect("a file");
    fs::write(repository.join("base.yaml"), "spec: {}\n").expect("a file");
    for file in ["home/.gitconfig", "home/.config/git/config"] {
        fs::write(world.path().join(file), "[user]\n").expect("a file");
    }
    let stack = "stacks/one";
    for (arguments, changes) in [
        (["build", stack, "--out=out"].as_slice(), true),
        (&["build", stack, "--out=out"], false),
        (&["build", stack, "--out=out", "--check"], false),
        (&["build", "stacks", "--out=out", "--check"], false),
        (&["render", stack], false),
        (&["check", stack], false),
        (&["diff", "out/t", stack], false),
    ] {
        let trace = world.path().join("trace");
        let names = ["%file", "%process", "%network"];
        let output = strace
            .command(&trace, &names, "022")
            .args(["-y", env!("CARGO_BIN_EXE_obsgen")])
            .args(arguments)
            .env_clear()
            .env("HOME", world.path().join("home"))
            .env("LC_ALL", "tr_TR.UTF-8")
            .current_dir(&repository)
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        let calls = calls(&trace);
        let reach = Reach {
            repository: &repository,
            calls: &calls,
        };
        let wrong = reach.wrong();
        assert!(wrong.is_empty(), "{arguments:?}:\n{}", wrong.join("\n"));
        assert_eq!(reach.changes().next().is_some(), changes, "{arguments:?}");
        // What is asked for is there: else this test would see nothing.
        let policy = repository.join("stacks/one/observability.yaml");
        assert!(reach.opened().any(|(_, it)| it == policy), "{arguments:?}");
    }
    assert!(repository.join("out/t/obsgen.lock").exists());
}

struct Reach<'a> {
    repository: &'a Path,
    calls: &'a [Call],
}

impl Reach<'_> {
    /// Calls that open a file that is there, with its path.
    fn opened(&self) -> impl Iterator<Item = (&Call, PathBuf)> {
        self.calls.iter().filter_map(|call| {
            let name = call.name.trim_end_matches(['2']);
            // As in `3</etc/ld.so.cache>`.
            let (number, path) = call.result.split_once('<')?;
            let is_there = matches!(name, "open" | "openat") && number.parse::<u32>().is_ok();
            is_there.then(|| (call, PathBuf::from(path.trim_end_matches('>'))))
        })
    }

    /// Calls that change something, with the paths that they name.
    fn changes(&self) -> impl Iterator<Item = (&Call, Vec<PathBuf>)> {
        self.calls.iter().filter_map(|call| {
            let is_open = call.name.starts_with("open");
            let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"];
            let is_change = match is_open {
                true => writes.iter().any(|it| call.arguments.contains(it)),
                false => CHANGES.iter().any(|it| call.name.starts_with(it)),
            };
            let paths = call.arguments.split('"').skip(1).step_by(2);
            is_change.then(|| (call, paths.map(|it| self.repository.join(it)).collect()))
        })
    }

    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut programs = 0;
        for call in self.calls {
            programs += usize::from(call.name.starts_with("execve"));
            let ends = ["exit", "exit_group"];
            let begins = ["execve", "execveat"];
            let name = call.name.as_str();
            let others = [
                "fork",
                "vfork",
                "clone",
                "clone3",
                "socket",
                "socketpair",
                "connect",
                "bind",
                "listen",
                "accept",
                "accept4",
                "sendto",
                "sendmsg",
                "recvfrom",
                "recvmsg",
                "kill",
                "tgkill",
                "wait4",
                "waitid",
                "mount",
                "umount2",
                "chroot",
                "chdir",
                "swapon",
                "acct",
            ];
            let is_other =
                others.contains(&name) && !ends.contains(&name) && !begins.contains(&name);
            if is_other {
                wrong.push(format!("{}({})", call.name, call.arguments));
            }
        }
        if programs != 1 {
            wrong.push(format!("{programs} programs are run"));
        }
        for (call, path) in self.opened() {
            let path = path.to_string_lossy();
            let parts = path.split('/');
            let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
            let general: Vec<&str> = parts
                .map(|it| if is_number(it) { "PID" } else { it })
                .collect();
            let general = general.join("/");
            let is_ours = Path::new(&*path).starts_with(self.repository);
            let is_of_system = OF_THE_SYSTEM.iter().any(|it| match it.ends_with('/') {
                true => general.starts_with(it),
                false => general == *it,
            });
            if !is_ours && !is_of_system {
                wrong.push(format!("opens {path}: {}", call.arguments));
            }
        }
        let out = self.repository.join("out");
        for (call, paths) in self.changes() {
            if paths.is_empty() || !paths.iter().all(|it| it.starts_with(&out)) {
                wrong.push(format!(
                    "changes {paths:?}: {}({})",
                    call.name, call.arguments
                ));
            }
        }
        wrong
    }
}

/// One thread has no order of its own that could reach the output.
#[test]
fn no_thread_is_started() {
    let Some(strace) = Strace::here() else {
        return;
    };
    let world = disk::folder();
    let trace = world.path().join("trace");
    let prod = crate::trees::root().join("stacks/prod");
    for verb in ["build", "render", "check"] {
        let mut command = strace.command(&trace, &["?clone", "?clone3", "?fork", "execve"], "022");
        command
            .arg(env!("CARGO_BIN_EXE_obsgen"))
            .arg(verb)
            .arg(&prod);
        let output = command.current_dir(world.path()).output().expect("it runs");
        assert!(output.status.success(), "{verb}: {output:?}");
        let calls = calls(&trace);
        assert_eq!(calls.len(), 1, "{verb}: {calls:?}");
        assert_eq!(calls[0].name, "execve");
    }
}
