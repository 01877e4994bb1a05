//! Reading a revision: what Git holds, whatever the checkout is, and nothing is touched or run.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use obsgen::compile;
use obsgen::files::git::{ObjectError, Revision, RevisionError};
use obsgen::files::{LARGEST, ReadError, Repository as Checkout, manifests_below, stacks_below};
use tempfile::TempDir;

/// A word that lies outside the repository only.
const CANARY: &str = "canary-7c20";

/// `repository`, and what a test puts beside it.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("repository")).unwrap();
        let world = Self { folder };
        world.git("init --quiet --initial-branch=main");
        world
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.at("repository").join(path)
    }

    /// Runs `git` in the repository, with words as its arguments.
    fn git(&self, arguments: &str) -> String {
        self.git_in("repository", arguments, b"")
    }

    fn git_in(&self, folder: &str, arguments: &str, input: &[u8]) -> String {
        let mut command = Command::new("git");
        command
            .args(arguments.split(' '))
            .current_dir(self.at(folder));
        for (name, value) in [
            ("HOME", "/nonexistent"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_ALLOW_PROTOCOL", "file"),
            ("GIT_AUTHOR_NAME", "one"),
            ("GIT_AUTHOR_EMAIL", "one@example.com"),
            ("GIT_AUTHOR_DATE", "1700000000 +0000"),
            ("GIT_COMMITTER_NAME", "one"),
            ("GIT_COMMITTER_EMAIL", "one@example.com"),
            ("GIT_COMMITTER_DATE", "1700000000 +0000"),
        ] {
            command.env(name, value);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments}: {stderr}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.inside(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits what is in the checkout, and returns the id.
    fn commit(&self, message: &str) -> String {
        self.git("add --all");
        self.commit_index(message)
    }

    /// Commits what is in the index.
    fn commit_index(&self, message: &str) -> String {
        self.git(&format!("commit --quiet --allow-empty --message={message}"));
        self.git("rev-parse HEAD")
    }

    /// Puts something into the index that a checkout may not hold.
    fn stage(&self, mode: &str, path: &str, content: &str) {
        let id = match mode {
            "160000" => content.to_owned(),
            _ => self.object("blob", content.as_bytes()),
        };
        self.git(&format!(
            "update-index --add --cacheinfo {mode},{id},{path}"
        ));
    }

    fn object(&self, kind: &str, content: &[u8]) -> String {
        let arguments = format!("hash-object -w --stdin --literally -t {kind}");
        self.git_in("repository", &arguments, content)
    }

    /// Commits a tree that is made by hand.
    fn commit_tree(&self, tree: &str) -> String {
        self.git(&format!("commit-tree -m tree {tree}"))
    }

    fn open(&self, spec: &str) -> Result<Revision, RevisionError> {
        Revision::open(&self.at("repository"), spec)
    }

    fn revision(&self, spec: &str) -> Revision {
        self.open(spec).unwrap_or_else(|it| panic!("{it}"))
    }

    #[track_caller]
    fn refused(&self, spec: &str) -> String {
        self.open(spec).expect_err(spec).to_string()
    }

    /// Three commits of `base.yaml` on `main`, a side branch that is merged, and names for them.
    fn with_history() -> Self {
        let world = Self::new();
        for number in 1..=3 {
            world.write("base.yaml", number.to_string());
            world.write("stacks/prod/observability.yaml", format!("policy {number}"));
            world.commit(&number.to_string());
        }
        world.git("tag light HEAD~1");
        world.git("tag --annotate --message=one v1 HEAD~2");
        world.git("tag --annotate --message=two of-a-tag v1");
        world.git("checkout --quiet -b team/side HEAD~1");
        world.write("side.yaml", "side");
        world.commit("side");
        world.git("checkout --quiet main");
        world.git("merge --quiet --message=merge team/side");
        world.git("update-ref refs/remotes/origin/main team/side");
        world
    }
}

/// A tree of Git, as its entries are given.
fn tree(entries: &[(&str, &[u8], &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        let digits = |it: usize| u8::from_str_radix(&id[it..it + 2], 16).unwrap();
        bytes.extend((0..40).step_by(2).map(digits));
    }
    bytes
}

fn relative(world: &World, found: &[PathBuf]) -> Vec<String> {
    let root = world.at("repository");
    found
        .iter()
        .map(|it| {
            it.strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[track_caller]
fn assert_missing(result: Result<String, ReadError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, ReadError::NotInRevision { .. }), "{error}");
    let message = error.to_string();
    assert!(
        message.ends_with("` cannot be read: there is no such file in revision `HEAD`"),
        "{message}"
    );
    assert!(!message.contains(CANARY), "{message}");
}

#[test]
fn what_is_committed_is_read_and_not_the_checkout() {
    let world = World::with_history();
    let base = world.inside("base.yaml");
    world.write("base.yaml", "changed");
    world.git("add --all");
    fs::remove_dir_all(world.inside("stacks")).unwrap();
    let policy = world.inside("stacks/prod/observability.yaml");
    for (spec, number) in [("HEAD", "3"), ("main~1", "3"), ("light", "2"), ("v1", "1")] {
        let revision = Revision::open(&policy, spec).unwrap();
        assert_eq!(revision.read(&base).unwrap(), number, "{spec}");
        let beside = policy.parent().unwrap().join("../../base.yaml");
        assert_eq!(revision.read(&beside).unwrap(), number, "{spec}");
        assert_eq!(revision.read(&policy).unwrap(), format!("policy {number}"));
        assert!(revision.has_file(&policy).unwrap());
        assert!(!revision.has_file(policy.parent().unwrap()).unwrap());
        assert!(!revision.has_file(&world.inside("none.yaml")).unwrap());
    }
    let id = world.git("rev-parse HEAD");
    assert_eq!(world.revision("HEAD").id(), id[..12]);
}

/// Forms of a revision, each with what `git rev-parse` takes for it.
fn forms(world: &World) -> Vec<(String, String)> {
    let id = world.git("rev-parse main~2");
    let base = world.git("merge-base origin/main main~1");
    let mut forms: Vec<_> = [
        "HEAD",
        "@",
        "main",
        "heads/main",
        "refs/heads/main",
        "team/side",
        "origin/main",
        "light",
        "v1",
        "of-a-tag",
        "v1^{commit}",
        "v1^0",
        "main~2",
        "HEAD^",
        "HEAD^1",
        "HEAD^2",
        "HEAD^2~1",
        "HEAD^^",
        "@~1",
        "main@{0}",
        "HEAD@{1}",
    ]
    .map(|it| (it.to_owned(), format!("{it}^{{commit}}")))
    .into();
    forms.extend([40, 12, 7].map(|it| (id[..it].to_owned(), id.clone())));
    forms.push((id.to_uppercase(), id.clone()));
    forms.push(("origin/main...main~1".to_owned(), base.clone()));
    forms.push(("main~1...origin/main".to_owned(), base));
    forms.push(("v1...HEAD".to_owned(), "v1^{commit}".to_owned()));
    forms.push(("team/side...".to_owned(), "team/side".to_owned()));
    forms
}

#[track_caller]
fn assert_forms(world: &World, folder: &str, forms: &[(String, String)]) {
    for (form, meant) in forms {
        let revision = Revision::open(&world.at(folder), form);
        let revision = revision.unwrap_or_else(|error| panic!("{form}: {error}"));
        let id = world.git(&format!("rev-parse --verify {meant}"));
        assert_eq!(revision.id(), id[..12], "{form}");
        let text = world.git(&format!("show {id}:base.yaml"));
        let read = revision.read(&world.at(folder).join("base.yaml"));
        assert_eq!(read.unwrap(), text, "{form}");
    }
}

#[test]
fn a_revision_is_written_as_for_git() {
    let world = World::with_history();
    assert_forms(&world, "repository", &forms(&world));
}

#[test]
fn packed_objects_and_names_are_read() {
    let world = World::with_history();
    let forms = forms(&world);
    // Long enough to be stored as differences.
    world.git("checkout --quiet -b long");
    let line = |it: usize| format!("line {it} {}\n", it * 7919);
    let mut lines: Vec<_> = (0..2000).map(line).collect();
    for number in 0..5 {
        lines[number * 100] = "changed\n".to_owned();
        world.write("long.yaml", lines.concat());
        world.commit(&format!("long-{number}"));
    }
    world.git("checkout --quiet main");
    let texts: Vec<_> = (0..5)
        .map(|it| world.git(&format!("show long~{it}:long.yaml")))
        .collect();
    for step in [
        "-c gc.reflogExpire=never gc --quiet --prune=now",
        "multi-pack-index write",
        "commit-graph write --reachable",
    ] {
        world.git(step);
        assert_forms(&world, "repository", &forms);
        for (back, text) in texts.iter().enumerate() {
            let revision = world.revision(&format!("long~{back}"));
            let read = revision.read(&world.inside("long.yaml")).unwrap();
            assert_eq!(read.trim(), text);
        }
    }
    assert!(world.inside(".git/packed-refs").exists());
    assert!(!world.inside(".git/refs/heads/main").exists());
    assert_eq!(world.git("count-objects"), "0 objects, 0 kilobytes");
    let pack = fs::read_dir(world.inside(".git/objects/pack")).unwrap();
    let pack = pack.map(|it| it.unwrap().path());
    let pack = pack
        .into_iter()
        .find(|it| it.extension().is_some_and(|it| it == "idx"));
    let listed = world.git(&format!("verify-pack -v {}", pack.unwrap().display()));
    assert!(listed.contains("chain length"), "{listed}");
}

#[test]
fn a_worktree_a_clone_and_a_bare_one_are_repositories() {
    let world = World::with_history();
    world.git("worktree add --quiet --detach ../worktree v1");
    world.git("clone --quiet --shared . ../shared");
    world.git("clone --quiet --bare . ../bare");
    world.git("init --quiet --separate-git-dir=../elsewhere ../separate");
    let inside = |folder: &str, spec: &str| {
        let near = world.at(folder).join("stacks/prod");
        let revision = Revision::open(&near, spec).unwrap_or_else(|it| panic!("{folder}: {it}"));
        revision.read(&near.join("../../base.yaml")).unwrap()
    };
    assert_eq!(inside("worktree", "HEAD"), "1");
    assert_eq!(inside("worktree", "main"), "3");
    // A clone of its own objects has none.
    assert!(world.at("shared/.git/objects/info/alternates").exists());
    assert_eq!(inside("shared", "origin/main~3"), "1");
    assert_eq!(inside("shared", "v1"), "1");
    assert_eq!(inside("bare", "main~2"), "2");
    let separate = Revision::open(&world.at("separate"), "HEAD").unwrap_err();
    assert!(matches!(separate, RevisionError::NoCommit(_)), "{separate}");
    // A worktree of which the repository is gone.
    fs::rename(world.inside(".git"), world.at("gone")).unwrap();
    let error = Revision::open(&world.at("worktree"), "HEAD").unwrap_err();
    assert!(matches!(error, RevisionError::Unopened { .. }), "{error}");
}

#[test]
fn what_a_shallow_clone_lacks_is_said() {
    let world = World::with_history();
    world.git("branch one v1^{commit}");
    world.git("clone --quiet --no-local --depth=2 --single-branch . ../shallow");
    let open = |spec: &str| Revision::open(&world.at("shallow"), spec);
    let base = world.at("shallow/base.yaml");
    assert_eq!(open("HEAD").unwrap().read(&base).unwrap(), "3");
    assert_eq!(open("origin/main^").unwrap().read(&base).unwrap(), "3");
    let first = world.git("rev-parse one");
    let last = world.git("rev-parse main~1");
    for spec in [
        "HEAD~2",
        "HEAD~3",
        "HEAD^^",
        "v1",
        "release",
        &first,
        &first[..10],
        "HEAD...v1",
        &format!("{last}^"),
    ] {
        let error = open(spec).expect_err(spec).to_string();
        assert!(error.starts_with("revision `"), "{error}");
        assert!(
            error.ends_with(
                "; this clone is shallow: fetch the whole history, with `fetch-depth: 0` on \
                 GitHub, `GIT_DEPTH: 0` on GitLab or `git fetch --unshallow`"
            ),
            "{spec}: {error}"
        );
    }
    // Both ends are there, what they have in common is not.
    let shallow = |arguments: &str| world.git_in("shallow", arguments, b"");
    shallow("fetch --quiet --depth=1 origin team/side:side one:one");
    let error = open("side...one").unwrap_err();
    assert!(matches!(error, RevisionError::Unrelated { .. }), "{error}");
    assert!(error.to_string().contains("; this clone is shallow"));
    shallow("fetch --quiet --unshallow");
    assert_eq!(open("HEAD~3").unwrap().read(&base).unwrap(), "1");
}

#[test]
fn what_a_partial_clone_lacks_is_said_and_not_fetched() {
    let world = World::with_history();
    world.git("config uploadpack.allowFilter true");
    world.git("clone --quiet --no-local --no-checkout --filter=blob:none . ../partial");
    let revision = Revision::open(&world.at("partial"), "HEAD").unwrap();
    let error = revision.read(&world.at("partial/base.yaml")).unwrap_err();
    let message = error.to_string();
    let id = world.git("rev-parse HEAD:base.yaml");
    assert!(
        message.ends_with(&format!(
            "its object {id} is not in this clone; fetch it, or clone without `--filter`"
        )),
        "{message}"
    );
    // Folders are there, and more is not needed for a list.
    let found = revision.stacks_below(&world.at("partial")).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn an_unknown_revision_is_refused_with_the_near_one() {
    let world = World::with_history();
    let why = "the repository has no such commit, branch or tag";
    for (spec, shown, near) in [
        ("mian", "mian", Some("main")),
        ("mian~2", "mian", Some("main")),
        ("HEAD...mian", "mian", Some("main")),
        ("side", "side", Some("team/side")),
        ("upstream/main", "upstream/main", Some("main")),
        ("lihgt^", "lihgt", Some("light")),
        ("something-else", "something-else", None),
        ("0123456789", "0123456789", None),
        (
            "0123456789012345678901234567890123456789",
            "0123456789012345678901234567890123456789",
            None,
        ),
    ] {
        let near = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
        assert_eq!(
            world.refused(spec),
            format!("revision `{shown}` cannot be read: {why}{near}")
        );
    }
    let far = world.refused("main~9");
    assert!(
        far.starts_with("revision `main~9` cannot be read: it leads to no commit: "),
        "{far}"
    );
    for spec in ["HEAD^7", "HEAD@{99}", "v1^{tree", "main^{/nothing}"] {
        let error = world.open(spec).expect_err(spec);
        assert!(
            matches!(error, RevisionError::Beyond { .. }),
            "{spec}: {error:?}"
        );
    }
    for spec in [
        "",
        "~",
        "^",
        "@{",
        "a b",
        "\u{1b}[31m",
        "-x",
        "--help",
        "\0",
        "HEAD\0",
    ] {
        let error = world.refused(spec);
        assert!(error.starts_with("revision `"), "{spec:?}: {error}");
    }
}

#[test]
fn what_is_no_commit_is_refused() {
    let world = World::with_history();
    world.git("tag folder HEAD^{tree}");
    world.git("tag --annotate --message=text text HEAD:base.yaml");
    let file = world.git("rev-parse HEAD:base.yaml");
    for (spec, kind) in [
        ("folder", "folder"),
        ("HEAD^{tree}", "folder"),
        ("text", "file"),
        (&file, "file"),
        ("HEAD:stacks", "file or folder"),
        ("HEAD:base.yaml", "file or folder"),
        (":base.yaml", "file or folder"),
    ] {
        let why = format!("it is a {kind}; name a commit, a branch or a tag");
        assert_eq!(
            world.refused(spec),
            format!("revision `{spec}` cannot be read: {why}")
        );
    }
    for spec in ["v1..HEAD", "^HEAD", "HEAD^!", "HEAD^@"] {
        let error = world.open(spec).unwrap_err();
        assert!(
            matches!(error, RevisionError::Range(_)),
            "{spec}: {error:?}"
        );
    }
    world.git("checkout --quiet --orphan alone");
    world.commit("alone");
    let error = world.open("main...alone").unwrap_err();
    assert!(
        matches!(
            error,
            RevisionError::Unrelated {
                is_shallow: false,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_short_id_of_several_commits_is_refused() {
    let world = World::new();
    let mut stream = String::new();
    for number in 0..1200 {
        stream.push_str(&format!(
            "commit refs/heads/main\ncommitter one <one@example.com> {} +0000\ndata 0\n\n",
            1_700_000_000 + number
        ));
    }
    world.git_in("repository", "fast-import --quiet", stream.as_bytes());
    let ids = world.git("rev-list main");
    let mut by_start: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for id in ids.lines() {
        by_start.entry(&id[..4]).or_default().push(id);
    }
    let (start, several) = by_start.iter().find(|(_, it)| it.len() > 1).unwrap();
    let error = world.open(start).unwrap_err();
    let RevisionError::Ambiguous { ids, .. } = &error else {
        panic!("{error}");
    };
    assert!(ids.len() >= several.len(), "{ids:?}");
    for (id, shown) in several.iter().zip(ids) {
        assert!(
            world.revision(shown).id().starts_with(&id[..5]),
            "{id} {shown}"
        );
    }
    assert!(
        error
            .to_string()
            .contains("several ids start so; write more of it: "),
        "{error}"
    );
}

#[test]
fn without_a_repository_there_is_no_revision() {
    let folder = tempfile::tempdir().unwrap();
    let stack = folder.path().join("stacks/prod");
    fs::create_dir_all(&stack).unwrap();
    let error = Revision::open(&stack, "HEAD").unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` is in no Git repository: no folder from it upward has a `.git`",
            stack.display()
        )
    );
    let world = World::new();
    assert_eq!(
        world.refused("HEAD"),
        "revision `HEAD` cannot be read: there is no commit yet"
    );
    assert_eq!(
        world.refused("@~1"),
        "revision `@` cannot be read: there is no commit yet"
    );
    for (name, content) in [
        ("empty", None),
        ("text", Some("")),
        ("nowhere", Some("gitdir: /none")),
        ("binary", Some("gitdir: \0\u{1b}[0m\n")),
    ] {
        let at = folder.path().join(name);
        fs::create_dir(&at).unwrap();
        match content {
            Some(content) => fs::write(at.join(".git"), content).unwrap(),
            None => fs::create_dir(at.join(".git")).unwrap(),
        }
        let error = Revision::open(&at, "HEAD").unwrap_err();
        assert!(
            matches!(error, RevisionError::Unopened { .. }),
            "{name}: {error:?}"
        );
        assert!(!error.to_string().contains(char::is_control), "{error}");
    }
}

#[test]
fn other_formats_of_a_repository_are_refused() {
    let world = World::new();
    for format in ["--object-format=sha256", "--ref-format=reftable"] {
        let folder = world.at(format);
        // Not every Git knows both.
        let made = Command::new("git")
            .args(["init", "--quiet", format])
            .arg(&folder)
            .output()
            .unwrap();
        if !made.status.success() {
            continue;
        }
        world.git_in(format, "commit --quiet --allow-empty --message=one", b"");
        let error = Revision::open(&folder, "HEAD").expect_err(format);
        assert!(matches!(error, RevisionError::Unopened { .. }), "{error:?}");
    }
}

#[test]
fn what_lies_outside_is_answered_like_what_is_missing() {
    let world = World::with_history();
    fs::write(world.at("base.yaml"), CANARY).unwrap();
    fs::create_dir(world.at("repository-secret")).unwrap();
    fs::write(world.at("repository-secret/base.yaml"), CANARY).unwrap();
    world.write("untracked.yaml", "untracked");
    let revision = world.revision("HEAD");
    for path in [
        "none.yaml",
        "untracked.yaml",
        "../base.yaml",
        "../repository-secret/base.yaml",
        "../repository/../base.yaml",
        ".git/config",
        ".GIT/config",
        "base.yaml/x",
        "stacks/prod/observability.yaml/../../../../base.yaml",
        "/etc/passwd",
        "..\\base.yaml",
        "base.yaml\0",
        "",
    ] {
        let path = world.inside(path);
        match path == world.inside("") {
            true => assert!(matches!(revision.read(&path), Err(ReadError::NotAFile(_)))),
            false => assert_missing(revision.read(&path)),
        }
        assert!(!revision.has_file(&path).unwrap());
    }
    assert_missing(revision.read(&world.inside(&"a".repeat(5000))));
    let folder = revision.read(&world.inside("stacks")).unwrap_err();
    assert!(matches!(folder, ReadError::NotAFile(_)), "{folder}");
}

#[test]
fn symlinks_are_followed_inside_only() {
    let world = World::with_history();
    fs::write(world.at("base.yaml"), CANARY).unwrap();
    let long = format!("{}base.yaml", "./".repeat(3000));
    for (path, target) in [
        ("links/to-base.yaml", "../base.yaml"),
        ("links/again.yaml", "to-base.yaml"),
        ("links/dot.yaml", "./.././links/../base.yaml"),
        ("linked", "stacks"),
        ("links/deep", "../linked/prod"),
        ("links/out.yaml", "../../base.yaml"),
        ("links/in-and-out.yaml", "../../repository/base.yaml"),
        ("links/absolute.yaml", "/etc/passwd"),
        ("links/git.yaml", "../.git/config"),
        ("links/none.yaml", "none"),
        ("links/empty.yaml", ""),
        ("links/long.yaml", &long),
        ("links/nul.yaml", "../base.yaml\0"),
        ("links/one.yaml", "two.yaml"),
        ("links/two.yaml", "one.yaml"),
        ("links/self", "self"),
    ] {
        world.stage("120000", path, target);
    }
    for number in 0..60 {
        let next = format!("{}.yaml", number + 1);
        world.stage("120000", &format!("chain/{number}.yaml"), &next);
    }
    world.stage("100644", "chain/60.yaml", "end");
    world.commit_index("links");
    let revision = world.revision("HEAD");
    let read = |path: &str| revision.read(&world.inside(path));
    for path in ["links/to-base.yaml", "links/again.yaml", "links/dot.yaml"] {
        assert_eq!(read(path).unwrap(), "3", "{path}");
    }
    for path in [
        "linked/prod/observability.yaml",
        "links/deep/observability.yaml",
    ] {
        assert_eq!(read(path).unwrap(), "policy 3", "{path}");
    }
    for path in [
        "links/out.yaml",
        "links/in-and-out.yaml",
        "links/absolute.yaml",
        "links/git.yaml",
        "links/none.yaml",
        "links/long.yaml",
        "links/nul.yaml",
    ] {
        assert_missing(read(path));
    }
    for path in [
        "links/one.yaml",
        "links/two.yaml",
        "links/self/x",
        "chain/0.yaml",
    ] {
        let error = read(path).unwrap_err();
        assert!(matches!(error, ReadError::Loop(_)), "{path}: {error}");
        assert!(!revision.has_file(&world.inside(path)).unwrap());
    }
    assert_eq!(read("chain/20.yaml").unwrap(), "end");
    assert!(matches!(
        read("links/empty.yaml"),
        Err(ReadError::NotAFile(_))
    ));
    // The folder is reached through a symlink, as a checkout's is; what lies below is not followed.
    let found = revision.stacks_below(&world.inside("linked")).unwrap();
    assert_eq!(relative(&world, &found), ["linked/prod/observability.yaml"]);
    let found = revision.stacks_below(&world.inside("links")).unwrap();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_submodule_is_not_entered() {
    let world = World::with_history();
    world.git("clone --quiet . ../other");
    world.git("submodule --quiet add --name sub ../other sub");
    world.commit("sub");
    let revision = world.revision("HEAD");
    assert_missing(revision.read(&world.inside("sub/base.yaml")));
    let error = revision.read(&world.inside("sub")).unwrap_err();
    assert!(matches!(error, ReadError::NotAFile(_)), "{error}");
    let found = revision.stacks_below(&world.at("repository")).unwrap();
    assert_eq!(relative(&world, &found), ["stacks/prod/observability.yaml"]);
    // In itself it is a repository, as it is for `Repository`.
    let own = Revision::open(&world.inside("sub/stacks"), "HEAD").unwrap();
    assert_eq!(own.read(&world.inside("sub/base.yaml")).unwrap(), "3");
    assert_missing(own.read(&world.inside("base.yaml")));
}

#[test]
fn stacks_are_found_as_in_a_checkout() {
    let world = World::new();
    for path in [
        "observability.yaml",
        "b/observability.yaml",
        "a/observability.yaml",
        "a/b/c/observability.yaml",
        "a-b/observability.yaml",
        "a.b/observability.yaml",
        ".hidden/observability.yaml",
        "a/target/observability.yaml",
        "target/observability.yaml",
        "built/obsgen.lock",
        "built/observability.yaml",
        "built/below/observability.yaml",
        "other/observability.yml",
        "folder/observability.yaml/observability.yaml",
        "h\u{e4}user/observability.yaml",
    ] {
        world.write(path, path);
    }
    world.commit("stacks");
    let revision = world.revision("HEAD");
    for folder in [
        "", "a", "target", "built", ".hidden", "other", "folder", "a/b/../b",
    ] {
        let folder = world.inside(folder);
        let expected = stacks_below(&folder).unwrap();
        assert_eq!(
            revision.stacks_below(&folder).unwrap(),
            expected,
            "{}",
            folder.display()
        );
    }
    world.git("mv a moved");
    world.git("rm --quiet -r b");
    world.commit("moved");
    let now = world.revision("HEAD");
    let all = now.stacks_below(&world.at("repository")).unwrap();
    assert_eq!(all, stacks_below(&world.at("repository")).unwrap());
    let before = revision.stacks_below(&world.inside("b")).unwrap();
    assert_eq!(relative(&world, &before), ["b/observability.yaml"]);
    let before = Revision::open(&world.inside("a/b"), "HEAD^").unwrap();
    assert_eq!(before.stacks_below(&world.inside("a/b")).unwrap().len(), 1);
    let error = now.stacks_below(&world.inside("b")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` cannot be read: there is no such file in revision `HEAD`",
            world.inside("b").display()
        )
    );
    let policy = world.inside("moved/observability.yaml");
    assert_eq!(now.stacks_below(&policy).unwrap(), [policy]);
}

#[test]
fn manifests_are_read_as_in_a_checkout() {
    let world = World::new();
    for path in [
        "build/prod/kustomization.yaml",
        "build/prod/b/rules.yml",
        "build/prod/b/dashboard.json",
        "build/prod/Kustomization",
        "build/prod/obsgen.lock",
        "build/prod/notes.md",
        "build/prod/.hidden/a.yaml",
        "build/prod/target/a.yaml",
    ] {
        world.write(path, path);
    }
    world.write("build/prod/binary.yaml", b"a\nb\n\xff");
    world.commit("build");
    let revision = world.revision("HEAD");
    for place in [
        "build/prod",
        "build",
        "build/prod/b/rules.yml",
        "build/prod/notes.md",
    ] {
        let place = world.inside(place);
        let expected = manifests_below(&place).unwrap();
        let read = revision.manifests_below(&place).unwrap();
        assert_eq!(read.files, expected.files);
        let reasons = |it: &[ReadError]| it.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(reasons(&read.skipped), reasons(&expected.skipped));
    }
    world.stage("120000", "build/prod/link.yaml", "kustomization.yaml");
    world.commit_index("link");
    let read = world
        .revision("HEAD")
        .manifests_below(&world.inside("build/prod"))
        .unwrap();
    assert_eq!(read.files.len(), 4);
    assert!(matches!(
        read.skipped[..],
        [ReadError::NotUtf8 { line: 3, .. }, ReadError::NotAFile(_)]
    ));
}

#[test]
fn what_is_no_text_or_too_large_is_refused() {
    let world = World::new();
    world.write("binary.yaml", b"a\nb\n\xffc\n");
    world.write("run.yaml", "run");
    world.write("largest.yaml", vec![b'a'; LARGEST as usize]);
    world.write("larger.yaml", vec![b'a'; LARGEST as usize + 1]);
    world.git("update-index --add --chmod=+x run.yaml");
    world.commit("files");
    for is_packed in [false, true] {
        if is_packed {
            world.git("gc --quiet --prune=now");
        }
        let revision = world.revision("HEAD");
        let read = |path: &str| revision.read(&world.inside(path));
        assert!(matches!(
            read("binary.yaml"),
            Err(ReadError::NotUtf8 { line: 3, .. })
        ));
        assert!(matches!(read("larger.yaml"), Err(ReadError::TooLarge(_))));
        assert_eq!(read("largest.yaml").unwrap().len() as u64, LARGEST);
        assert_eq!(read("run.yaml").unwrap(), "run");
        assert!(revision.has_file(&world.inside("larger.yaml")).unwrap());
    }
}

#[test]
fn a_folder_made_by_hand_leads_nowhere_else() {
    let world = World::with_history();
    fs::write(world.at("observability.yaml"), CANARY).unwrap();
    let file = world.object("blob", b"policy");
    let names: [&[u8]; 8] = [
        b"..",
        b".",
        b"/",
        b"a/b",
        b"/etc/passwd",
        b".git",
        b"\xff\xfe",
        b"\x1b[31m",
    ];
    let inner = world.object("tree", &tree(&[("100644", b"observability.yaml", &file)]));
    let entries: Vec<_> = names
        .iter()
        .map(|it| ("40000", *it, inner.as_str()))
        .collect();
    let mut bytes = tree(&entries);
    bytes.extend(tree(&[
        ("100644", &[b'a'; 5000], &file),
        ("100644", b"observability.yaml", &file),
        ("100644", b"observability.yaml", &inner),
        ("40000", b"text", &file),
        ("100644", b"tree", &inner),
        ("777777", b"odd", &file),
        ("10664", b"odder", &file),
        ("100644", b"none", &"0".repeat(40)),
    ]));
    let commit = world.commit_tree(&world.object("tree", &bytes));
    let revision = world.revision(&commit);
    assert_eq!(
        revision.read(&world.inside("observability.yaml")).unwrap(),
        "policy"
    );
    let place = |path: &[u8]| world.inside(&String::from_utf8_lossy(path));
    for name in [&b".."[..], b".", b"a/b", b".git"] {
        let path = place(name).join("observability.yaml");
        let read = revision.read(&path);
        // In its text a path has neither `.` nor `..`.
        match name == b"." {
            true => assert_eq!(read.unwrap(), "policy"),
            false => assert!(read.is_err_and(|it| matches!(it, ReadError::NotInRevision { .. }))),
        }
    }
    for (name, what) in [("text", "blob"), ("tree", "tree")] {
        let error = match name {
            "text" => revision.stacks_below(&world.inside(name)).unwrap_err(),
            _ => revision.read(&world.inside(name)).unwrap_err(),
        };
        let message = error.to_string();
        assert!(
            message.contains(&format!("it is a {what} where")),
            "{message}"
        );
    }
    let error = revision.read(&world.inside("none")).unwrap_err();
    assert!(
        matches!(
            error,
            ReadError::Object {
                source: ObjectError::Missing { .. },
                ..
            }
        ),
        "{error}"
    );
    let odd = revision.read(&world.inside("odd")).unwrap_err();
    assert!(matches!(odd, ReadError::NotAFile(_)), "{odd}");
}

#[test]
fn folders_without_an_end_are_refused() {
    let world = World::new();
    let file = world.object("blob", b"policy");
    let mut wide = world.object("tree", &tree(&[("100644", b"observability.yaml", &file)]));
    for _ in 0..12 {
        let names: Vec<_> = (0..40).map(|it| format!("{it:02}")).collect();
        let entries: Vec<_> = names
            .iter()
            .map(|it| ("40000", it.as_bytes(), wide.as_str()))
            .collect();
        wide = world.object("tree", &tree(&entries));
    }
    let mut deep = wide.clone();
    for _ in 0..250 {
        deep = world.object("tree", &tree(&[("40000", b"d", &deep)]));
    }
    for tree in [wide, deep] {
        let revision = world.revision(&world.commit_tree(&tree));
        let error = revision.stacks_below(&world.at("repository")).unwrap_err();
        assert!(matches!(error, ReadError::TooVast(_)), "{error}");
    }
}

#[test]
fn replaced_objects_are_read_as_they_were_named() {
    let world = World::with_history();
    world.git("replace HEAD HEAD~2");
    let file = world.git("rev-parse v1:base.yaml");
    let other = world.object("blob", CANARY.as_bytes());
    world.git(&format!("replace {file} {other}"));
    assert_eq!(
        world
            .revision("HEAD")
            .read(&world.inside("base.yaml"))
            .unwrap(),
        "3"
    );
    assert_eq!(
        world
            .revision("v1")
            .read(&world.inside("base.yaml"))
            .unwrap(),
        "1"
    );
}

#[test]
fn configuration_and_attributes_change_nothing() {
    let world = World::with_history();
    world.stage("100644", "crlf.yaml", "a\nb\n");
    let attributes = "* text eol=crlf filter=run working-tree-encoding=UTF-16 ident\n";
    world.stage("100644", ".gitattributes", attributes);
    world.commit_index("attributes");
    let ran = world.at("ran");
    let run = format!("touch {}", ran.display());
    let elsewhere = world.at("elsewhere");
    for (name, value) in [
        ("core.worktree", elsewhere.to_str().unwrap()),
        ("core.fsmonitor", &run),
        ("core.sshCommand", &run),
        ("core.pager", &run),
        ("core.hooksPath", elsewhere.to_str().unwrap()),
        ("filter.run.smudge", &run),
        ("filter.run.process", &run),
        ("filter.run.required", "true"),
        ("include.path", "/dev/zero"),
        ("gitoxide.objects.replaceRefBase", "refs/heads"),
        ("gitoxide.core.shallowFile", "/dev/zero"),
        ("core.commitGraph", "maybe"),
    ] {
        let path = world.inside(".git/config");
        let (section, key) = name.rsplit_once('.').unwrap();
        let section = match section.split_once('.') {
            Some((name, sub)) => format!("{name} \"{sub}\""),
            None => section.to_owned(),
        };
        let mut config = fs::read_to_string(&path).unwrap();
        config.push_str(&format!("[{section}]\n\t{key} = {value}\n"));
        fs::write(&path, config).unwrap();
    }
    let revision = world.revision("HEAD");
    assert_eq!(revision.read(&world.inside("crlf.yaml")).unwrap(), "a\nb\n");
    assert_eq!(
        world
            .revision("v1")
            .read(&world.inside("base.yaml"))
            .unwrap(),
        "1"
    );
    assert!(!ran.exists());
}

/// Everything below a folder: the bytes or target of each, and when it was changed.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut all = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        let content = match entry.file_type() {
            it if it.is_file() => fs::read(entry.path()).unwrap(),
            it if it.is_symlink() => fs::read_link(entry.path())
                .unwrap()
                .into_os_string()
                .into_encoded_bytes(),
            _ => Vec::new(),
        };
        let changed = entry.path().symlink_metadata().unwrap().modified().unwrap();
        all.insert(entry.into_path(), (content, changed));
    }
    all
}

#[test]
fn nothing_is_touched() {
    let world = World::with_history();
    world.write("base.yaml", "changed");
    world.write("untracked.yaml", "untracked");
    for is_packed in [false, true] {
        if is_packed {
            world.git("gc --quiet --prune=now");
        }
        let before = snapshot(world.folder.path());
        for spec in [
            "HEAD",
            "v1",
            "origin/main...main",
            "mian",
            "HEAD~99",
            "0123",
            "HEAD:base.yaml",
        ] {
            if let Ok(revision) = world.open(spec) {
                revision.read(&world.inside("base.yaml")).unwrap();
                revision.stacks_below(&world.at("repository")).unwrap();
                revision.manifests_below(&world.at("repository")).unwrap();
                assert!(revision.has_file(&world.inside("base.yaml")).unwrap());
                assert!(revision.read(&world.inside("none")).is_err());
            }
        }
        assert!(snapshot(world.folder.path()) == before);
    }
}

/// What a damaged repository may answer: what was committed, or that it cannot be read.
fn assert_true_or_refused(world: &World, what: &str) {
    for spec in ["v1", "origin/main...main~1"] {
        let Ok(revision) = world.open(spec) else {
            continue;
        };
        if let Ok(text) = revision.read(&world.inside("base.yaml")) {
            // A name may have come to mean another commit, but a commit is what it was.
            let expected = ["1", "2", "3"];
            assert!(
                expected.contains(&text.as_str()),
                "{what}: {spec}: {text:?}"
            );
        }
        for stack in revision
            .stacks_below(&world.at("repository"))
            .unwrap_or_default()
        {
            assert_eq!(
                stack,
                world.inside("stacks/prod/observability.yaml"),
                "{what}"
            );
            if let Ok(text) = revision.read(&stack) {
                assert!(text.starts_with("policy "), "{what}: {spec}: {text:?}");
            }
        }
    }
}

fn files_of_git(world: &World) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(world.inside(".git")).sort_by_file_name();
    all.into_iter()
        .map(Result::unwrap)
        .filter(|it| it.file_type().is_file() && !it.path().to_string_lossy().contains("hooks"))
        .map(walkdir::DirEntry::into_path)
        .collect()
}

#[test]
fn a_damaged_repository_is_an_error_and_no_panic() {
    let world = World::with_history();
    // Both forms at once: each commit, and all of them in a pack.
    for is_packed in [false, true] {
        if is_packed {
            world.git("gc --quiet --prune=now");
            world.git("multi-pack-index write");
            world.git("commit-graph write --reachable");
        }
        for path in files_of_git(&world) {
            let whole = fs::read(&path).unwrap();
            let what = path.display().to_string();
            let damage = |bytes: &[u8], how: &str| {
                fs::remove_file(&path).unwrap();
                fs::write(&path, bytes).unwrap();
                assert_true_or_refused(&world, &format!("{what} {how}"));
            };
            let step = (whole.len() / 5).max(1);
            for at in (0..whole.len()).step_by(step) {
                for mask in [0x01, 0xff] {
                    let mut bytes = whole.clone();
                    bytes[at] ^= mask;
                    damage(&bytes, &format!("{at}^{mask:x}"));
                }
                damage(&whole[..at], &format!("up to {at}"));
            }
            damage(&[&whole[..], &whole[..]].concat(), "twice");
            fs::remove_file(&path).unwrap();
            assert_true_or_refused(&world, &format!("{what} removed"));
            fs::write(&path, &whole).unwrap();
        }
        assert_eq!(
            world
                .revision("v1")
                .read(&world.inside("base.yaml"))
                .unwrap(),
            "1"
        );
    }
}

#[test]
fn a_damaged_object_says_which() {
    let world = World::with_history();
    let id = world.git("rev-parse HEAD:base.yaml");
    let other = world.git("rev-parse v1:base.yaml");
    let place = |id: &str| world.inside(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(place(&id)).unwrap();
    // Whole in itself, but another one.
    fs::copy(place(&other), place(&id)).unwrap();
    let error = world
        .revision("HEAD")
        .read(&world.inside("base.yaml"))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` cannot be read: its object {id} is corrupt: its content has the id {other}; run \
             `git fsck`, or clone again",
            world.inside("base.yaml").display()
        )
    );
    let commit = world.git("rev-parse v1^{commit}");
    fs::remove_file(place(&commit)).unwrap();
    let error = world.refused("v1");
    assert!(
        error.starts_with("revision `v1` cannot be read: "),
        "{error}"
    );
    assert!(error.contains(&commit[..7]), "{error}");
    fs::write(place(&commit), "").unwrap();
    let error = world.refused("v1");
    assert!(
        error.starts_with("revision `v1` cannot be read: "),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_read() {
    let world = World::with_history();
    for entry in walkdir::WalkDir::new(world.at("repository")) {
        // Only the superuser may.
        if std::os::unix::fs::lchown(entry.unwrap().path(), Some(65_534), Some(65_534)).is_err() {
            return;
        }
    }
    for (spec, text) in [("HEAD", "3"), ("v1", "1"), ("main~2", "2")] {
        let revision = world.revision(spec);
        assert_eq!(revision.read(&world.inside("base.yaml")).unwrap(), text);
    }
}

#[test]
fn a_policy_is_compiled_from_a_revision() {
    let world = World::new();
    let root = crate::stacks::root();
    for path in ["stacks/base.yaml", "stacks/prod/observability.yaml"] {
        world.write(path, fs::read(root.join(path)).unwrap());
    }
    world.commit("stack");
    let policy = world.inside("stacks/prod/observability.yaml");
    let shown = policy.to_str().unwrap();
    let checkout = Checkout::around(&policy).unwrap();
    let files = |path: &str| checkout.read(Path::new(path)).map_err(|it| it.reason());
    let expected = compile(&files, shown);
    fs::remove_dir_all(world.inside("stacks")).unwrap();
    let revision = Revision::open(&policy, "main").unwrap();
    let files = |path: &str| revision.read(Path::new(path)).map_err(|it| it.reason());
    let compiled = compile(&files, shown);
    assert_eq!(
        format!("{:?}", compiled.findings),
        format!("{:?}", expected.findings)
    );
    assert!(compiled.output.is_some());
    assert_eq!(
        format!("{:?}", compiled.output),
        format!("{:?}", expected.output)
    );
}
