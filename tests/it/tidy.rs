//! Rules of the project that a compiler does not hold: layers, registries, generated files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use obsgen::alerts::ALERTS;
use obsgen::editor;
use obsgen::render::json;

use crate::stacks::root;

/// The layers from the bottom up: a module uses those before it, or its own.
const LAYERS: &[&[&str]] = &[
    &["diag"],
    &["value", "effect"],
    &["api", "catalog"],
    &["promql", "routing"],
    &["topologies", "receivers"],
    &["read"],
    &["model"],
    &["operators", "alerts"],
    &["plan"],
    &["prove"],
    &["check", "coverage"],
    &["report"],
    &["editor", "render"],
    &["init", "diff"],
    &["why"],
    &["files", "write"],
    &["push"],
    &["cli"],
];

#[test]
fn a_module_uses_only_those_below_it() {
    let rank: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(rank, modules)| modules.iter().map(move |it| (*it, rank)))
        .collect();
    let mut modules = BTreeSet::new();
    let mut upward = Vec::new();
    for (path, text) in sources("src") {
        let module = path.split('/').nth(1).unwrap().trim_end_matches(".rs");
        if matches!(module, "lib" | "main") {
            continue;
        }
        modules.insert(module.to_owned());
        let own = *rank
            .get(module)
            .unwrap_or_else(|| panic!("{module} is in no layer"));
        for (number, line) in text.lines().enumerate() {
            for used in line.split("crate::").skip(1) {
                let used: String = used
                    .chars()
                    .take_while(|it| it.is_ascii_lowercase() || *it == '_')
                    .collect();
                if rank
                    .get(used.as_str())
                    .is_some_and(|it| *it > own || *it == own && used != module)
                {
                    upward.push(format!("{path}:{}: {module} uses {used}", number + 1));
                }
            }
        }
    }
    let known: BTreeSet<String> = rank.keys().map(|it| (*it).to_owned()).collect();
    assert_eq!(
        modules, known,
        "a module without a layer, or a layer without a module"
    );
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

/// What uses a network is left out with the feature `push`, so nothing else may.
#[test]
fn only_a_push_uses_a_network() {
    for (path, text) in sources("src") {
        let is_push = path.starts_with("src/push/");
        for word in [
            "ureq",
            "std::net::Tcp",
            "std::net::Udp",
            "std::os::unix::net",
            "ToSocketAddrs",
        ] {
            let uses = text.contains(word);
            assert!(!uses || is_push && word == "ureq", "{path} names {word}");
        }
    }
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let line = manifest
        .lines()
        .find(|it| it.starts_with("ureq = "))
        .unwrap();
    assert!(line.contains("optional = true"), "{line}");
}

#[test]
fn every_alert_has_a_file_and_a_runbook() {
    let registered: BTreeSet<String> = ALERTS.iter().map(|it| it.name.to_owned()).collect();
    assert_eq!(registered.len(), ALERTS.len(), "two alerts have one name");
    let files: BTreeSet<String> = stems("src/alerts", ".rs")
        .into_iter()
        .filter(|it| !matches!(it.as_str(), "mod" | "class" | "parameters" | "query"))
        .collect();
    assert_eq!(files, registered.iter().map(|it| snake(it)).collect());
    assert_eq!(stems("templates/runbooks", ".md.j2"), registered);
}

#[test]
fn every_check_is_registered() {
    let registry = std::fs::read_to_string(root().join("src/check/mod.rs")).unwrap();
    for file in stems("src/check", ".rs").iter().filter(|it| *it != "mod") {
        assert!(
            registry.contains(&format!("    &{file}::CHECK,\n")),
            "src/check/{file}.rs is in no line of CHECKS"
        );
    }
}

#[test]
fn a_finding_has_one_home() {
    let mut homes: BTreeMap<&str, usize> = BTreeMap::new();
    for name in obsgen::check::CHECKS.iter().flat_map(|it| it.names) {
        *homes.entry(name).or_default() += 1;
    }
    homes.retain(|_, count| *count > 1);
    assert!(homes.is_empty(), "{homes:?}");
}

/// `UPDATE_GOLDEN=1` rewrites the file.
#[test]
fn the_schema_is_current() {
    let path = root().join("schemas/observability.schema.json");
    let derived = json::pretty(&editor::schema());
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|it| it == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &derived).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == derived,
        "run UPDATE_GOLDEN=1 cargo test --test it the_schema_is_current"
    );
}

#[test]
fn nothing_is_left_open() {
    let words = ["TO", "DO"].concat();
    let fixme = ["FIX", "ME"].concat();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        for (number, line) in text.lines().enumerate() {
            assert!(
                !line.contains(&words) && !line.contains(&fixme),
                "{path}:{}: finish it, or say it in an issue",
                number + 1
            );
        }
    }
}

/// The Rust files below a folder, by their path from the root.
fn sources(folder: &str) -> Vec<(String, String)> {
    walkdir::WalkDir::new(root().join(folder))
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|it| it.path().extension().is_some_and(|it| it == "rs"))
        .map(|it| {
            let path = it
                .path()
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            (path, std::fs::read_to_string(it.path()).unwrap())
        })
        .collect()
}

fn stems(folder: &str, suffix: &str) -> BTreeSet<String> {
    std::fs::read_dir(root().join(Path::new(folder)))
        .unwrap()
        .filter_map(Result::ok)
        .filter_map(|it| {
            it.file_name()
                .to_string_lossy()
                .strip_suffix(suffix)
                .map(str::to_owned)
        })
        .collect()
}

/// `RedisDown` to `redis_down`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, it) in name.char_indices() {
        if it.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(it.to_ascii_lowercase());
    }
    snake
}
