//! What `obsgen diff` prints for programs and for code hosts.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::Validator;
use obsgen::diff::compare;
use obsgen::diff::side::Side;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{obsgen, repository, said};
use crate::stacks::{compile_stack, root, stacks};

/// The schema of the format `json`, as it is published.
static DIFFERENCES: LazyLock<Validator> = LazyLock::new(|| {
    let path = root().join("schemas/diff.schema.json");
    let schema = fs::read_to_string(path).expect("the schema is there");
    let schema = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::draft7::new(&schema).expect("the schema is a schema")
});

/// The stacks of the project below `before`, and changed below `after`.
fn both(change: impl Fn(&str, String) -> String) -> TempDir {
    let folder = repository(&[]);
    for path in [
        "base.yaml",
        "minimal/observability.yaml",
        "prod/observability.yaml",
        "staging/observability.yaml",
    ] {
        let text = fs::read_to_string(root().join("stacks").join(path)).unwrap();
        write(&folder.path().join("before").join(path), &text);
        write(&folder.path().join("after").join(path), &change(path, text));
    }
    folder
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What a change of several fields is.
fn changed() -> TempDir {
    both(|path, text| {
        let text = text.replace(
            "RedisMemoryHigh: {threshold: 85%",
            "RedisMemoryHigh: {threshold: 95%",
        );
        match path {
            "prod/observability.yaml" => text
                .replace("limits: {memory: 4Gi}", "limits: {memory: 6Gi}")
                .replace("maxmemory: 160mb", "maxmemory: 180mb"),
            "base.yaml" => text.replace("threshold: 80%", "threshold: 82%"),
            _ => text,
        }
    })
}

/// Runs a comparison; it says nothing beside its output.
#[track_caller]
fn diff(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let all: Vec<&str> = ["diff"].iter().chain(arguments).copied().collect();
    let run = obsgen(folder, &all);
    assert_eq!(said(&run), "");
    (run.status.code(), String::from_utf8(run.stdout).unwrap())
}

#[track_caller]
fn json(folder: &Path, arguments: &[&str]) -> Value {
    let all: Vec<&str> = arguments
        .iter()
        .chain(&["--format", "json"])
        .copied()
        .collect();
    let (code, text) = diff(folder, &all);
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
    let document: Value = serde_json::from_str(&text).unwrap();
    let wrong: Vec<String> = DIFFERENCES
        .iter_errors(&document)
        .map(|it| format!("{}: {it}", it.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    document
}

/// `UPDATE_GOLDEN=1` rewrites the file.
#[test]
fn the_schema_of_differences_is_current() {
    let folder = tempfile::tempdir().unwrap();
    let run = obsgen(folder.path(), &["schema", "diff"]);
    assert_eq!(said(&run), "");
    let derived = String::from_utf8(run.stdout).unwrap();
    let path = root().join("schemas/diff.schema.json");
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|it| it == "1") {
        fs::write(&path, &derived).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == derived,
        "run UPDATE_GOLDEN=1 cargo test --test it the_schema_of_differences_is_current"
    );
}

#[test]
fn json_is_of_its_schema_whatever_differs() {
    let folder = changed();
    let document = json(folder.path(), &["before/prod", "after/prod"]);
    let stack = &document["stacks"][0];
    assert_eq!(stack["name"], "prod");
    assert_eq!(stack["class"], "monitoring-gap");
    let objects = stack["objects"].as_array().unwrap();
    let is_catalog = |it: &&Value| it["kind"] == "RedisCluster" && it["name"] == "catalog";
    let catalog = objects.iter().find(is_catalog).unwrap();
    assert_eq!(catalog["change"], "changed");
    assert_eq!(catalog["apiGroup"], "redis.redis.opstreelabs.in");
    assert!(!catalog["fields"].as_array().unwrap().is_empty());

    let others = json(folder.path(), &["before/prod", "before/staging"]);
    let changes: Vec<&Value> = (others["stacks"][0]["objects"].as_array().unwrap().iter())
        .map(|it| &it["change"])
        .collect();
    assert!(changes.contains(&&"added".into()) && changes.contains(&&"removed".into()));
    assert_eq!(others["stacks"][0]["renamed"], "prod");

    let summary = json(folder.path(), &["before", "after", "--summary"]);
    assert_eq!(summary["stacks"].as_array().unwrap().len(), 3);
    assert_eq!(summary["stacks"][1]["objects"], serde_json::json!([]));
}

#[test]
fn nothing_is_said_of_what_is_the_same() {
    let folder = changed();
    let same = |format: &str| {
        let (code, text) = diff(folder.path(), &["before", "before", "--format", format]);
        assert_eq!(code, Some(0));
        text
    };
    assert_eq!(same("text"), "");
    let document = json(folder.path(), &["before", "before"]);
    for stack in document["stacks"].as_array().unwrap() {
        assert_eq!(stack["class"], "none");
        assert_eq!(stack["consequences"], serde_json::json!([]));
        assert_eq!(stack["objects"], serde_json::json!([]));
    }
}

#[test]
fn text_fits_its_width_and_has_no_colours_in_a_pipe() {
    let folder = changed();
    let arguments = ["before", "after", "--summary", "--width", "60"];
    let (code, text) = diff(folder.path(), &arguments);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("prod: "), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    for line in text.lines() {
        // A path has no place to break it at.
        assert!(
            line.chars().count() <= 60 || !line.trim().contains(' '),
            "{line}"
        );
    }
    let (_, whole) = diff(folder.path(), &["before", "after"]);
    assert!(
        whole.contains("\n@@ spec.") && whole.contains("\n+"),
        "{whole}"
    );
}

#[test]
fn a_comment_is_there_whatever_differs() {
    let folder = changed();
    let comment = |before: &str, after: &str| {
        let arguments = [before, after, "--format", "markdown", "--exit-zero"];
        let (code, text) = diff(folder.path(), &arguments);
        assert_eq!(code, Some(0));
        assert!(
            text.starts_with("<!-- obsgen-diff -->\n### obsgen: "),
            "{text}"
        );
        assert!(text.len() <= 65_000, "{}", text.len());
        text
    };
    assert!(comment("before", "before").contains("no difference"));
    assert!(comment("before", "after").contains("\n#### `prod`\n"));
    let long = comment("before/prod", "before/staging");
    assert!(
        long.contains("; `obsgen diff before/prod before/staging` shows all."),
        "{long}"
    );
}

/// A policy of the past may hold what no policy may hold today.
#[test]
fn no_format_shows_a_credential() {
    let secret = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: b}}\nstringData: {{password: {value}}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: b}}\ndata:\n  \
             redis.conf: |\n    requirepass {value}\n    maxmemory 1gb\n  url: redis://a:{value}@b\n---\n\
             apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {{name: a, namespace: b}}\n\
             spec: {{env: [{{name: REDIS_PASSWORD, value: {value}}}], sops: \"ENC[AES256_GCM,data:{value}]\"}}\n"
        )
    };
    let folder = repository(&[
        ("before.yaml", &secret("CANARY-1")),
        ("after.yaml", &secret("CANARY-2")),
    ]);
    for format in ["text", "json", "markdown"] {
        let arguments = ["before.yaml", "after.yaml", "--format", format];
        let (code, text) = diff(folder.path(), &arguments);
        assert_eq!(code, Some(1));
        assert!(!text.contains("CANARY"), "{format}: {text}");
        assert!(text.contains("<hidden, changed>"), "{format}: {text}");
        assert!(text.contains("<encrypted, changed>"), "{format}: {text}");
    }
}

/// The page of `deploy/github`. `UPDATE_GOLDEN=1` rewrites the comment.
#[test]
fn the_comment_that_is_shown_is_a_real_one() {
    let folder = both(|path, text| match path {
        "prod/observability.yaml" => text
            .replace("limits: {memory: 4Gi}", "limits: {memory: 6Gi}")
            .replace(
                "RedisEvictionsHigh: {threshold: 0, for: 1m,",
                "RedisEvictionsHigh: {threshold: 0, for: 10m,",
            )
            .replace("appendfsync: everysec}", "appendfsync: \"no\"}"),
        _ => text,
    });
    let arguments = [
        "before/prod",
        "after/prod",
        "--format",
        "markdown",
        "--exit-zero",
    ];
    let (_, comment) = diff(folder.path(), &arguments);
    let path = root().join("deploy/github/README.md");
    let page = fs::read_to_string(&path).unwrap();
    let (text, shown) = page.split_once("\n---\n\n").unwrap();
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|it| it == "1") {
        fs::write(&path, format!("{text}\n---\n\n{comment}")).unwrap();
        return;
    }
    assert!(
        shown == comment,
        "run UPDATE_GOLDEN=1 cargo test --test it the_comment_that_is_shown_is_a_real_one\n{comment}"
    );
}

#[test]
fn nothing_that_obsgen_writes_is_hidden_but_secrets() {
    let nothing = Side::default();
    for stack in stacks() {
        let (model, plan) = compile_stack(&stack).output.unwrap();
        let difference = compare(&nothing, &Side::of_plan(&model, &plan));
        assert!(difference.objects.len() > 5, "{stack}");
        for pair in &difference.objects {
            let mut object = pair.object().clone();
            if pair.id.kind == "Secret" {
                for field in ["data", "stringData"] {
                    object[field] = Value::Null;
                }
            }
            let text = object.to_string();
            let is_hidden = text.contains("<hidden>") || text.contains("<encrypted>");
            assert!(!is_hidden, "{stack}: {}: {text}", pair.id);
        }
        for page in &difference.pages {
            assert!(
                !format!("{page:?}").contains("<hidden>"),
                "{stack}: {}",
                page.path
            );
        }
    }
}

/// What a workflow runs is what its author looked at.
#[test]
fn actions_are_pinned_and_may_write_one_thing() {
    let mut writes = Vec::new();
    for name in ["diff.yaml", "comment.yaml"] {
        let text = fs::read_to_string(root().join("deploy/github").join(name)).unwrap();
        for line in text.lines() {
            if let Some((_, action)) = line.split_once("uses: ") {
                let (action, version) = action.split_once(" # v").unwrap();
                let (_, commit) = action.split_once('@').unwrap();
                let is_commit =
                    commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit());
                assert!(
                    is_commit && version.split('.').count() == 3,
                    "{name}: {line}"
                );
            }
            if line.contains(": write") {
                writes.push((name, line.trim().split(':').next().unwrap().to_owned()));
            }
        }
        let permissions = match name {
            "diff.yaml" => "\npermissions:\n  contents: read\n\n",
            _ => "\npermissions: {}\n\n",
        };
        assert!(text.contains(permissions), "{name}");
    }
    assert_eq!(writes, [("comment.yaml", "pull-requests".to_owned())]);
}
