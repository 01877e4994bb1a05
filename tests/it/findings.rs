//! Every finding has a policy that provokes it, `tests/checks/<group>/<name>.yaml`, and a page that
//! explains it, `templates/findings/<group>/<name>.md`.
//!
//! How a case says what is expected of it is told in `cases.rs`. `<name>.<variant>.yaml` is one more
//! case of the same finding, and a folder of the case's name, without `.yaml`, holds what it extends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use obsgen::diag::Diagnostic;
use obsgen::diag::pages::PAGES;
use obsgen::{Compilation, compile};

use crate::cases::{Case, files, found, relative};
use crate::formats::shown_badly;
use crate::stacks::{compile_text, root};

/// Texts of the form of a finding's name that are none.
const NOT_FINDINGS: &[&str] = &[
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "obsgen/configuration-sha256",
    "obsgen/v1alpha1",
];

/// Findings that no file of a case provokes: about sizes, whose policies are made here since the files
/// would be huge, about several stacks of one run, which `check.rs` has, and about defects of this program,
/// whose plans `mutations/plans.rs` makes.
pub(crate) const LIMITS: &[&str] = &[
    "alerts/dead-rule",
    "alerts/fact-missing",
    "alerts/rule-missing",
    "dashboards/dead-panel",
    "logs/configuration-not-mounted",
    "logs/field-unmapped",
    "logs/foreign-file",
    "logs/index-without-template",
    "logs/lifecycle-mismatch",
    "logs/monitoring-exposed",
    "logs/not-read",
    "logs/request-refused",
    "logs/retry-discards",
    "logs/tag-matches-nothing",
    "logs/template-shadowed",
    "logs/unbounded-buffer",
    "logs/wrong-field",
    "platform/object-missing",
    "platform/object-too-large",
    "policy/file-too-large",
    "policy/setting-refused",
    "policy/stack-name-taken",
    "policy/too-large",
    "policy/too-many-alerts",
    "policy/too-many-files",
    "policy/too-many-findings",
    "policy/too-many-instances",
    "scrape/foreign-target",
    "scrape/labels-renamed",
    "scrape/meta-alerts-missing",
    "scrape/no-exporter",
    "scrape/not-scraped",
    "scrape/port-mismatch",
    "scrape/relabeling-refused",
    "scrape/sample-limit-cliff",
    "scrape/scraped-twice",
    "scrape/selects-nothing",
    "scrape/timeout",
    "scrape/wrong-label",
    "scrape/wrong-password",
    "yaml/text-too-long",
    "yaml/too-many-values",
];

fn folder() -> PathBuf {
    root().join("tests").join("checks")
}

pub(crate) fn cases() -> Vec<Case> {
    files(&folder(), 2..=2)
        .into_iter()
        .map(|path| {
            let group = path.parent().unwrap();
            let file = path.file_name().unwrap().to_str().unwrap();
            let stem = file.strip_suffix(".yaml").unwrap();
            let name = stem.split('.').next().unwrap();
            let mut paths = vec![path.clone()];
            if group.join(stem).is_dir() {
                paths.extend(files(&group.join(stem), 1..=8));
            }
            Case {
                about: format!("{}/{name}", relative(group, &folder())),
                policy: file.to_owned(),
                files: paths
                    .iter()
                    .map(|it| (relative(it, group), fs::read_to_string(it).unwrap()))
                    .collect(),
            }
        })
        .collect()
}

/// The names of findings in the source of the program.
fn names() -> BTreeSet<String> {
    let is_word = |it: &str, digits: bool| {
        !it.is_empty()
            && it
                .bytes()
                .all(|it| it.is_ascii_lowercase() || digits && (it.is_ascii_digit() || it == b'-'))
    };
    let mut names = BTreeSet::new();
    let pages = root().join("src/diag/pages.rs");
    for file in files(&root().join("src"), 1..=8) {
        if file == pages {
            continue;
        }
        let text = fs::read_to_string(file).unwrap();
        let program = text.split("#[cfg(test)]").next().unwrap();
        for literal in program.split('"') {
            let is_name = literal
                .split_once('/')
                .is_some_and(|(group, name)| is_word(group, false) && is_word(name, true));
            if is_name && !NOT_FINDINGS.contains(&literal) {
                names.insert(literal.to_owned());
            }
        }
    }
    names
}

#[test]
fn every_case_is_found_as_it_says() {
    let mut wrong = Vec::new();
    for case in cases() {
        let expected = case.expected();
        if !expected.iter().any(|(_, _, _, name)| *name == case.about) {
            wrong.push(format!(
                "{}: it does not expect its own finding",
                case.policy
            ));
        }
        wrong.extend(case.wrong());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_says_why_it_matters_and_what_to_write() {
    let mut wrong = BTreeSet::new();
    for case in cases() {
        let findings = case.compile().findings;
        wrong.extend(findings.iter().filter_map(unexplained));
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n"));
}

/// Syntax, types, references and meaning: a mistake of one kind hides none of another.
#[test]
fn all_that_is_wrong_is_found_in_one_run() {
    let file = "all-at-once.yaml";
    let text = fs::read_to_string(folder().join(file)).unwrap();
    let case = Case {
        about: String::new(),
        policy: file.to_owned(),
        files: BTreeMap::from([(file.to_owned(), text)]),
    };
    assert_eq!(found(&case.compile()), case.expected());
}

#[test]
fn what_may_not_be_shown_is_not_repeated() {
    let path = folder().join("yaml/ambiguous-scalar.secret.yaml");
    let compilation = compile_text(&fs::read_to_string(path).unwrap());
    let finding = &compilation.findings[0];
    let said = format!("{:?} {:?}", finding.headline, finding.help);
    assert!(said.contains("****") && !said.contains("0777"), "{said}");
}

#[test]
fn every_finding_has_a_case() {
    let cases: BTreeSet<String> = cases().into_iter().map(|it| it.about).collect();
    let mut names = names();
    for limit in LIMITS {
        assert!(names.remove(*limit), "`{limit}` is no finding any more");
    }
    let missing: Vec<_> = names.difference(&cases).collect();
    assert!(missing.is_empty(), "no case provokes {missing:?}");
    let strange: Vec<_> = cases.difference(&names).collect();
    assert!(strange.is_empty(), "these are no findings: {strange:?}");
}

#[test]
fn every_finding_has_a_page() {
    let names = names();
    let registered: Vec<&str> = PAGES.iter().map(|it| it.name).collect();
    let missing: Vec<_> = names
        .iter()
        .filter(|it| !registered.contains(&it.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "write templates/findings/<group>/<name>.md, and name it in src/diag/pages.rs: {missing:?}"
    );
    let sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(
        registered, sorted,
        "src/diag/pages.rs is sorted, and names findings only"
    );
    let folder = root().join("templates/findings");
    let pages: BTreeSet<String> = files(&folder, 1..=3)
        .iter()
        .map(|it| relative(it, &folder).replace(".md", ""))
        .collect();
    assert_eq!(pages, names, "a page is about a finding");
}

#[test]
fn text_that_is_too_large_is_refused() {
    let text = format!("spec: {{cluster: {}}}\n", "a".repeat(64 * 1024 + 1));
    assert_refused("yaml/text-too-long", &compile_text(&text));
}

#[test]
fn a_file_of_too_many_values_is_refused() {
    let text = format!("spec: [{}]\n", "0,".repeat(2_000_000));
    assert_refused("yaml/too-many-values", &compile_text(&text));
}

#[test]
fn a_file_of_too_many_bytes_is_refused() {
    let large = || Ok("]".repeat(16 * 1024 * 1024 + 1));
    let base = |path: &str| match path {
        "observability.yaml" => Ok("spec: {extends: [base.yaml]}\n".to_owned()),
        _ => large(),
    };
    assert_refused(
        "policy/file-too-large",
        &compile(&base, "observability.yaml"),
    );
    assert_refused(
        "policy/file-too-large",
        &compile(&|_| large(), "observability.yaml"),
    );
}

#[test]
fn a_policy_of_too_many_bytes_is_refused() {
    let files = |path: &str| match path {
        "observability.yaml" => Ok("spec: {extends: [a, b, c, d, e]}\n".to_owned()),
        _ => Ok("]".to_owned() + &" ".repeat(16 * 1024 * 1024 - 1)),
    };
    assert_refused("policy/too-large", &compile(&files, "observability.yaml"));
}

/// Nothing else is said of them: that would have to look at each.
#[test]
fn a_stack_of_too_many_things_is_refused() {
    for (field, count, name) in [
        ("redis: {instances", 20_001, "policy/too-many-instances"),
        ("alerts: {custom", 10_001, "policy/too-many-alerts"),
    ] {
        let list = "0,".repeat(count);
        let compilation = compile_text(&format!("spec: {{{field}: [{list}]}}}}\n"));
        assert_refused(name, &compilation);
        assert_eq!(compilation.findings.len(), 1);
    }
}

#[test]
fn logs_of_too_many_instances_are_refused() {
    let policy = fs::read_to_string(folder().join("platform/login-in-the-open.yaml")).unwrap();
    let (head, tail) = policy.split_once("  receivers:").unwrap();
    let (head, first) = head.split_once("    instances:\n").unwrap();
    let long = "a".repeat(38);
    let instances: String = (0..6_000)
        .map(|it| first.replace("name: cache\n", &format!("name: {long}{it:05}\n")))
        .collect();
    let text = format!("{head}    instances:\n{instances}  receivers:{tail}");
    assert_refused("platform/object-too-large", &compile_text(&text));
}

#[test]
fn a_policy_of_too_many_layers_is_refused() {
    let files = |path: &str| Ok(format!("spec: {{extends: [{path}.base]}}\n"));
    assert_refused(
        "policy/too-many-files",
        &compile(&files, "observability.yaml"),
    );
}

#[test]
fn findings_without_end_are_cut() {
    let keys: String = (0..5_000).map(|it| format!("k{it}: 1\n")).collect();
    for text in ["a: 1\n".repeat(5_000), "a: yes\n".repeat(5_000), keys] {
        let compilation = compile_text(&text);
        assert!(compilation.findings.len() < 500);
        assert_refused("policy/too-many-findings", &compilation);
    }
}

/// Returns a finding that lacks why it matters, or what to write.
fn unexplained(finding: &Diagnostic) -> Option<String> {
    let Diagnostic {
        name,
        headline,
        note,
        help,
        ..
    } = finding;
    let is_whole = note.is_some() && help.is_some();
    (!is_whole).then(|| format!("{name}: {headline}\n  note: {note:?}\n  help: {help:?}"))
}

#[track_caller]
fn assert_refused(name: &str, compilation: &Compilation) {
    let finding = compilation.findings.iter().find(|it| it.name == name);
    let finding = finding.unwrap_or_else(|| panic!("`{name}` is not found"));
    assert!(finding.is_error());
    assert_eq!(unexplained(finding), None);
    assert_eq!(shown_badly(finding, compilation), Vec::<String>::new());
}
