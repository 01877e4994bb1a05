//! What becomes of a tree on a file system that is full, has no room for another file, or is read-only.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::disk;
use crate::run::run;
use crate::small;
use crate::tools::missing;

/// Builds `new` over `old` on a file system with so much room, and again with more; keeps the folder as
/// it was in between and at the end.
const SCRIPT: &str = r#"
mkdir build && mount -t tmpfs -o "mode=755,$1" tmpfs build && cp -a old.tree/. build || exit 99
[ -z "$2" ] || mount -o "remount,$2" build || exit 99
"$0" build new
echo "first $?"
"$0" build new --check
echo "check $?"
cp -a build left || exit 99
mount -o remount,rw,size=16m,nr_inodes=1000 build || exit 99
"$0" build new
echo "second $?"
cp -a build mended
umount build && rmdir build
"#;

#[test]
fn a_full_disk_is_told_and_mended() {
    let Some(unshare) = unshare() else {
        return;
    };
    let world = disk::folder();
    let at = |path: &str| world.path().join(path);
    fs::create_dir(at(".git")).expect("a folder");
    for (stack, instances) in [
        ("old", [("cache", "web", 300), ("queue", "batch", 200)]),
        ("new", [("cache", "web", 320), ("session", "shop", 100)]),
    ] {
        fs::create_dir(at(stack)).expect("a folder");
        fs::write(
            at(stack).join("observability.yaml"),
            small::policy(&instances),
        )
        .expect("a file");
        let built = built(world.path(), stack);
        assert!(built.status.success(), "{built:?}");
        fs::rename(at("build"), at(&format!("{stack}.tree"))).expect("it is there");
    }
    let (old, new) = (disk::taken(&at("old.tree")), disk::taken(&at("new.tree")));
    let pages = |tree: &disk::Tree| {
        let bytes = tree.values().filter_map(|(_, bytes)| bytes.as_ref());
        bytes.map(|it| it.len().div_ceil(4096)).sum::<usize>()
    };
    let (files, room) = (old.len(), pages(&old));
    let mut rooms = Vec::new();
    for more in [0, 1, 3, 8, 100] {
        rooms.push((format!("size={}k,nr_inodes=1000", (room + more) * 4), ""));
        rooms.push((format!("size=16m,nr_inodes={}", files + 1 + more), ""));
    }
    rooms.push(("size=16m,nr_inodes=1000".to_owned(), "ro"));
    let mut codes = [0; 2];
    for (options, later) in &rooms {
        let mut command = Command::new("unshare");
        command
            .args(unshare)
            .args([
                "sh",
                "-c",
                SCRIPT,
                env!("CARGO_BIN_EXE_obsgen"),
                options,
                later,
            ])
            .current_dir(world.path());
        let said = run(&mut command);
        let case = format!("{options} {later}: {} {}", said.stdout, said.stderr);
        assert_eq!(said.code, Some(0), "{case}");
        let (left, mended) = (disk::taken(&at("left")), disk::taken(&at("mended")));
        let answer = |what: &str| said.stdout.lines().any(|it| it == what);
        match () {
            () if answer("first 0") => {
                codes[0] += 1;
                assert!(left == new && answer("check 0"), "{case}");
            }
            () => {
                codes[1] += 1;
                assert!(answer("first 2") && answer("check 1"), "{case}");
                assert!(said.stderr.contains("error: could not change"), "{case}");
                assert!(!said.stderr.contains("defect"), "{case}");
                // The new contents come before the first change of an old one.
                let changed = old.iter().filter(|(path, content)| {
                    !path.ends_with("obsgen.lock") && left.get(*path) != Some(*content)
                });
                assert_eq!(changed.count(), 0, "{case}");
            }
        }
        assert!(answer("second 0") && mended == new, "{case}");
        for folder in ["left", "mended"] {
            fs::remove_dir_all(at(folder)).expect("it is there");
        }
    }
    assert!(codes[0] > 0 && codes[1] > 5, "{codes:?}");
}

fn built(folder: &Path, stack: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
    command.args(["build", stack]).current_dir(folder);
    command.output().expect("it runs")
}

/// How one may mount here: as oneself, or as root.
fn unshare() -> Option<&'static [&'static str]> {
    let folder = disk::folder();
    let ways: [&[&str]; 2] = [&["-rm"], &["-m"]];
    let may = |it: &&&[&str]| {
        let script = "mount -t tmpfs tmpfs \"$0\"";
        let mut command = Command::new("unshare");
        command
            .args(**it)
            .args(["sh", "-c", script])
            .arg(folder.path());
        command.output().is_ok_and(|it| it.status.success())
    };
    match ways.iter().find(may) {
        Some(way) => Some(*way),
        None => missing("the right to mount").map(|_| ways[0]),
    }
}
