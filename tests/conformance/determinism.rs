//! The trees do not depend on where, by whom and in which surroundings they are built.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::disk::{self, Tree};
use crate::run::run;
use crate::trees;

/// One surrounding of a build.
struct Surrounding {
    program: PathBuf,
    umask: &'static str,
    variables: &'static [(&'static str, &'static str)],
    /// Where it runs, below a folder of its own; nothing where it runs in the repository.
    folder: Option<&'static str>,
}

/// There is no count of threads to vary: that no thread is started is tested in `reach.rs`.
fn surroundings() -> Vec<Surrounding> {
    let debug = PathBuf::from(env!("CARGO_BIN_EXE_obsgen"));
    let deep = "a/b c/\u{fc}\u{df}/\u{65e5}\u{672c}/e\u{301}/0/1/2/3/4/5/6/7/8/9";
    let mut all: Vec<Surrounding> = [
        ("000", [].as_slice(), None),
        ("022", &[("LC_ALL", "C"), ("TZ", "UTC")], Some("x")),
        (
            "077",
            &[
                ("LC_ALL", "tr_TR.UTF-8"),
                ("TZ", "Asia/Kathmandu"),
                ("HOME", "/"),
            ],
            Some(deep),
        ),
        (
            "027",
            &[
                ("LANG", "de_DE.ISO-8859-1"),
                ("LC_COLLATE", "de_DE.UTF-8"),
                ("TZ", "America/St_Johns"),
                ("TERM", "xterm-256color"),
                ("CLICOLOR_FORCE", "1"),
            ],
            Some("\u{202e}"),
        ),
        (
            "007",
            &[
                ("LC_ALL", "th_TH.UTF-8"),
                ("TZ", ":Pacific/Kiritimati"),
                ("SOURCE_DATE_EPOCH", "1"),
                ("NO_COLOR", "1"),
                ("COLUMNS", "20"),
                ("RUST_BACKTRACE", "full"),
            ],
            Some("y"),
        ),
    ]
    .into_iter()
    .map(|(umask, variables, folder)| Surrounding {
        program: debug.clone(),
        umask,
        variables,
        folder,
    })
    .collect();
    all.extend(
        other_programs(&debug)
            .into_iter()
            .map(|program| Surrounding {
                program,
                umask: "022",
                variables: &[],
                folder: Some("z"),
            }),
    );
    all
}

/// The same program as other compilers and libraries make it: what `OBSGEN_RELEASE` names, and what is
/// beside the one that is tested and not older than its sources.
fn other_programs(debug: &Path) -> Vec<PathBuf> {
    if let Some(named) = env::var_os("OBSGEN_RELEASE") {
        return vec![named.into()];
    }
    let target = debug.ancestors().nth(2).expect("it is below the target");
    let changed = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    let sources = ["src", "templates", "Cargo.lock"].map(|it| trees::root().join(it));
    let sources = sources.iter().flat_map(walkdir::WalkDir::new);
    let newest = sources.filter_map(|it| changed(it.ok()?.path())).max();
    let mut found = Vec::new();
    for path in ["release/obsgen", "x86_64-unknown-linux-musl/release/obsgen"] {
        let program = target.join(path);
        match changed(&program) {
            Some(it) if Some(it) > newest => found.push(program),
            Some(_) => skipped(path, "is older than the sources"),
            None => skipped(path, "is not here"),
        }
    }
    found
}

fn skipped(program: &str, why: &str) {
    let _ = writeln!(
        std::io::stderr(),
        "skipped: {program} {why}: its trees are not compared"
    );
}

#[test]
fn a_tree_is_the_same_everywhere() {
    let surroundings = surroundings();
    for stack in trees::stacks() {
        let mut first: Option<(String, Tree)> = None;
        for it in &surroundings {
            let world = tempfile::tempdir().expect("a folder");
            let folder = match it.folder {
                Some(below) => world.path().join(below),
                None => trees::root().join("stacks"),
            };
            fs::create_dir_all(&folder).expect("a folder");
            let root = world.path().join("out").join(&stack);
            let mut command = shell(it.umask, &it.program);
            command
                .env_clear()
                .envs(it.variables.iter().copied())
                .current_dir(&folder)
                .arg("build")
                .arg(trees::root().join("stacks").join(&stack))
                .arg("--out")
                .arg(world.path().join("out"));
            let tree = built(&mut command, &root);
            let case = format!("{stack}: {:?} {} {:?}", it.program, it.umask, it.variables);
            for (path, (mode, bytes)) in &tree {
                let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default());
                for place in [trees::root(), world.path()] {
                    let is_named = text.contains(&*place.to_string_lossy());
                    assert!(!is_named, "{case}: {} names {place:?}", path.display());
                }
                let expected = if bytes.is_some() { 0o644 } else { 0o755 };
                assert_eq!(
                    format!("{mode:o}"),
                    format!("{expected:o}"),
                    "{case}: {path:?}"
                );
            }
            let hash = hash(&tree);
            match &first {
                None => {
                    println!("{hash}  {stack}");
                    assert_golden(&stack, &tree);
                    first = Some((hash, tree));
                }
                Some((one, expected)) if *one != hash => {
                    let differ = |path: &&PathBuf| tree.get(*path) != expected.get(*path);
                    let paths = tree.keys().chain(expected.keys()).find(differ);
                    panic!("{case}: {hash} instead of {one}, first in {paths:?}");
                }
                Some(_) => {}
            }
        }
    }
}

/// One digest of a whole tree: of every path in bytewise order, its permissions, and its bytes.
fn hash(tree: &Tree) -> String {
    let mut hash = Sha256::new();
    for (path, (mode, bytes)) in tree {
        let bytes = bytes.as_deref();
        let length = bytes.map_or(-1, |it| it.len() as i64);
        hash.update(format!("{}\n{mode:o} {length}\n", path.display()));
        hash.update(bytes.unwrap_or_default());
    }
    base16ct::lower::encode_string(&hash.finalize())
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
fn shell(umask: &str, program: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
        .arg(program);
    command
}

fn built(command: &mut Command, root: &Path) -> Tree {
    let said = run(command);
    assert_eq!(said.code, Some(0), "{command:?}: {}", said.stderr);
    disk::taken(root)
}

fn relative(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).expect("below the root").to_owned()
}
