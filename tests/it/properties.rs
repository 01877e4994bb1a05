//! What holds for every policy, tried on many that nobody wrote.
//!
//! `PROPTEST_CASES=5000 cargo test --release --test it -- properties` tries more of them.

mod broken;
mod style;
mod valid;

use std::collections::{BTreeMap, BTreeSet};

use obsgen::diag::source::Locate;
use obsgen::diag::text;
use obsgen::{Compilation, compile, render};
use proptest::test_runner::Config;

use crate::formats::{Documents, report};
use crate::stacks::root;

fn shown(compilation: &Compilation, styled: bool) -> String {
    let findings = compilation.findings.iter();
    findings
        .map(|it| text::render(it, &compilation.document, styled))
        .collect()
}

/// So many cases, unless `PROPTEST_CASES` says otherwise. What fails belongs into `tests/corpus`.
fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").is_ok();
    let default = Config::default();
    Config {
        cases: if asked { default.cases } else { cases },
        failure_persistence: None,
        ..default
    }
}

/// A policy and what it extends, by path.
#[derive(Debug, Clone)]
struct Texts {
    path: String,
    files: BTreeMap<String, String>,
}

impl Texts {
    fn one(text: &str) -> Self {
        let path = "observability.yaml".to_owned();
        let files = BTreeMap::from([(path.clone(), text.to_owned())]);
        Self { path, files }
    }

    /// A stack of the project.
    fn stack(name: &str) -> Self {
        let path = format!("{name}/observability.yaml");
        let read = |path: &str| std::fs::read_to_string(root().join("stacks").join(path)).unwrap();
        let files = [path.clone(), "base.yaml".to_owned()];
        let files = files.map(|it| (it.clone(), read(&it))).into();
        Self { path, files }
    }

    fn policy(&self) -> &str {
        &self.files[&self.path]
    }

    fn with_policy(mut self, text: String) -> Self {
        self.files.insert(self.path.clone(), text);
        self
    }

    fn map(mut self, change: impl Fn(&str) -> String) -> Self {
        for text in self.files.values_mut() {
            *text = change(text);
        }
        self
    }

    fn compile(&self) -> Compilation {
        let files = |path: &str| {
            let text = self.files.get(path).cloned();
            text.ok_or_else(|| "cannot be read".to_owned())
        };
        compile(&files, &self.path)
    }
}

/// The files of an output, by path.
type Tree = BTreeMap<String, String>;

/// The output of a policy that has one.
#[track_caller]
fn tree(compilation: &Compilation) -> Tree {
    let Some((_, plan)) = &compilation.output else {
        panic!("{}", shown(compilation, false))
    };
    render::render(plan)
        .iter()
        .map(|(path, file)| {
            let text = String::from_utf8(file.bytes.clone()).unwrap();
            (path.to_owned(), text)
        })
        .collect()
}

/// Says what is wrong with a compilation of anything: it has an output or says why not, every
/// finding is at a piece of a text, and can be shown in every form.
fn wrong(compilation: &Compilation) -> Vec<String> {
    let mut wrong = Vec::new();
    let has_error = compilation.findings.iter().any(|it| it.is_error());
    if has_error == compilation.output.is_some() {
        wrong.push(format!("errors and output: {has_error}"));
    }
    for finding in &compilation.findings {
        let others = finding.context.iter().map(|(at, _)| at);
        for at in std::iter::once(&finding.at).chain(others) {
            let span = compilation.document.span(at);
            let text = compilation.document.source(span.file).map(|it| &it.text);
            if text.is_none_or(|it| it.get(span.range.clone()).is_none()) {
                wrong.push(format!("{} is at no piece of text: {span:?}", finding.name));
            }
        }
    }
    for styled in [false, true] {
        if compilation.findings.is_empty() != shown(compilation, styled).is_empty() {
            wrong.push("what was found is not shown".to_owned());
        }
    }
    let documents = Documents::of(&report(&compilation.findings, &compilation.document));
    for (format, document) in documents.all() {
        let all = compilation.findings.iter();
        let names: BTreeSet<&str> = all.map(|it| it.name).collect();
        // GitHub takes ten.
        let is_shown = |it: &&str| format == "github" || document.contains(*it);
        if !names.iter().all(is_shown) {
            wrong.push(format!("{format} does not show what was found"));
        }
    }
    wrong
}
