//! The page of a finding keeps its form, and says the truth: its examples are compiled.
//!
//! A block of YAML is a whole file, or what stands below `spec:`, indented as it is there. Such a part
//! is laid over the smallest stack, or over what its first line says: `# over stacks/prod` is that stack
//! of the project, and `# over stacks/minimal, without heartbeat:` one without such lines. A block
//! whose first line names a file, as in `# base.yaml`, is that file.

use std::collections::BTreeMap;
use std::fs;

use obsgen::diag::Level;
use obsgen::diag::pages::{PAGES, Page};
use obsgen::{Compilation, compile};

use crate::findings::LIMITS;
use crate::program::{self, obsgen, said};
use crate::stacks::root;

/// The sections that a page may have, in their order.
const SECTIONS: [&str; 3] = ["Example", "Instead", "When to accept it"];

/// The blocks of YAML in a section of a page; a page about a size has none.
fn blocks(page: &Page, section: &str) -> Vec<String> {
    let heading = format!("\n## {section}\n");
    let Some((_, rest)) = page.text.split_once(&heading) else {
        return Vec::new();
    };
    let text = rest.split("\n## ").next().unwrap();
    text.split("```")
        .filter_map(|it| it.strip_prefix("yaml\n"))
        .map(str::to_owned)
        .collect()
}

/// Compiles the blocks of a section, with what else is to stand below `spec:`.
fn compiled(blocks: &[String], more: &str) -> Compilation {
    let mut files = BTreeMap::new();
    let stacks = root().join("stacks");
    let shared = fs::read_to_string(stacks.join("base.yaml")).unwrap();
    files.insert("stacks/base.yaml".to_owned(), shared);
    let base = |named: &str| {
        let (stack, missing) = named.split_once(", without ").unwrap_or((named, "\n"));
        let path = stacks.join(stack).join("observability.yaml");
        let text = fs::read_to_string(path).unwrap();
        text.split_inclusive('\n')
            .filter(|it| !it.trim_start().starts_with(missing))
            .collect::<String>()
            .replace("kind: Observability\n", "kind: ObservabilityBase\n")
    };
    files.insert("stacks/example/base.yaml".to_owned(), base("minimal"));
    let policy = "stacks/example/observability.yaml";
    for block in blocks {
        let first = block.lines().next().unwrap();
        let file = first.strip_prefix("# ").filter(|it| it.ends_with(".yaml"));
        if let Some(file) = file {
            files.insert(format!("stacks/example/{file}"), block.clone());
            continue;
        }
        if let Some(named) = first.strip_prefix("# over stacks/") {
            files.insert("stacks/example/base.yaml".to_owned(), base(named));
        }
        let is_part = block
            .lines()
            .find(|it| !it.starts_with('#'))
            .is_some_and(|it| it.starts_with("  "));
        let text = match is_part {
            true => format!(
                "apiVersion: obsgen/v1alpha1\nkind: Observability\nmetadata: {{name: example}}\n\
                 spec:\n  extends: [base.yaml]\n{block}{more}"
            ),
            false => format!("{block}{more}"),
        };
        files.insert(policy.to_owned(), text);
    }
    let read = |path: &str| {
        let text = files.get(path).cloned();
        text.ok_or_else(|| "cannot be read".to_owned())
    };
    compile(&read, policy)
}

/// The findings of a compilation, each with its level; warnings about something else are left out.
fn found(compilation: &Compilation, name: &str) -> Vec<(Level, &'static str)> {
    compilation
        .findings
        .iter()
        .filter(|it| it.is_error() || it.name == name)
        .map(|it| (it.level, it.name))
        .collect()
}

fn with_examples() -> impl Iterator<Item = &'static Page> {
    PAGES.iter().filter(|it| !LIMITS.contains(&it.name))
}

#[test]
fn a_page_keeps_its_form() {
    let mut wrong = Vec::new();
    for page in PAGES {
        let mut complain = |what: &str| wrong.push(format!("{}: {what}", page.name));
        let lines: Vec<&str> = page.text.lines().collect();
        let begins = format!("# {}\n\n{}\n\n", page.name, page.summary());
        if !page.text.starts_with(&begins) {
            complain("it begins with its title and a line that says what is wrong");
        }
        let summary = page.summary();
        if summary.chars().count() > 100
            || !summary.ends_with('.')
            || summary.contains(". ")
            || summary.contains(['*', '_', '[', ']', '<', '>', '#'])
            || summary.matches('`').count() % 2 == 1
        {
            complain("the first paragraph is one plain sentence of at most 100 characters");
        }
        let headings: Vec<&str> = lines
            .iter()
            .filter_map(|it| it.strip_prefix("## "))
            .collect();
        let known: Vec<&str> = SECTIONS
            .into_iter()
            .filter(|it| headings.contains(it))
            .collect();
        if headings != known {
            complain("its sections are others");
        }
        if !LIMITS.contains(&page.name) {
            for section in ["Example", "Instead"] {
                if blocks(page, section).is_empty() {
                    complain(&format!("no YAML below `{section}`"));
                }
            }
        }
        let last = lines.last().unwrap();
        if !last.starts_with("Source: <https://") && *last != "Source: obsgen's language." {
            complain("it ends with its source");
        }
        if page.text.contains("\n\n\n") || lines.iter().any(|it| it.ends_with(' ')) {
            complain("it has blanks too many");
        }
        let wide = |it: &&str| it.chars().count() > 100 && !it.contains("https://");
        if let Some(line) = lines.iter().find(|it| wide(it)) {
            complain(&format!("a line is too long for a terminal: {line}"));
        }
        if lines.len() > 50 {
            complain("it is too long to be read at night");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_example_provokes_its_finding_and_no_other() {
    let mut wrong = Vec::new();
    for page in with_examples() {
        let found = found(&compiled(&blocks(page, "Example"), ""), page.name);
        let is_alone = found.iter().all(|(_, name)| *name == page.name);
        if found.is_empty() || !is_alone {
            wrong.push(format!("{}: {found:?}", page.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_to_write_instead_is_right() {
    let mut wrong = Vec::new();
    for page in with_examples() {
        let compilation = compiled(&blocks(page, "Instead"), "");
        let found = found(&compilation, page.name);
        if !found.is_empty() || compilation.output.is_none() {
            wrong.push(format!("{}: {found:?}", page.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_may_be_accepted_can_be() {
    let mut wrong = Vec::new();
    let pages = with_examples().filter(|it| it.text.contains("## When to accept it"));
    let pages: Vec<_> = pages.collect();
    assert!(!pages.is_empty());
    for page in pages {
        let example = blocks(page, "Example");
        let without = found(&compiled(&example, ""), page.name);
        let with = compiled(&example, &blocks(page, "When to accept it").concat());
        let with = found(&with, page.name);
        if without.iter().any(|it| it.0 == Level::Error) || !with.is_empty() {
            wrong.push(format!("{}: {without:?}, then {with:?}", page.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_is_printed() {
    let output = obsgen(&root(), &["explain", PAGES[0].name]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, PAGES[0].text.as_bytes());
    let all = obsgen(&root(), &["explain"]);
    assert_eq!(all.status.code(), Some(0));
    let all = String::from_utf8(all.stdout).unwrap();
    assert!(all.lines().next().unwrap().starts_with(PAGES[0].name));
}

#[test]
fn a_name_that_is_none_is_at_fault() {
    let output = obsgen(&root(), &["explain", "unhardened"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(said(&output).contains("did you mean `redis/unhardened`?"));
}

#[test]
fn a_check_says_once_where_to_read_on() {
    let cases = ["redis/unhardened", "redis/no-persistence"];
    let folder = tempfile::tempdir().unwrap();
    let paths = cases.map(|it| {
        let text = fs::read_to_string(root().join(format!("tests/checks/{it}.yaml"))).unwrap();
        let name = it.rsplit('/').next().unwrap();
        let path = folder.path().join(format!("{name}.yaml"));
        let named = text.replace(
            "metadata: {name: web}",
            &format!("metadata: {{name: {name}}}"),
        );
        fs::write(&path, named).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let output = obsgen(&root(), &["check", &paths[0], &paths[1]]);
    let said = said(&output);
    assert_eq!(said.matches("obsgen explain").count(), 1, "{said}");
    assert!(
        said.ends_with("obsgen explain redis/unhardened\n"),
        "{said}"
    );
    let output = obsgen(&root(), &["check", "stacks/minimal"]);
    assert!(!program::said(&output).contains("explain"));
}
