//! Every finding has a policy that provokes it, `tests/checks/<group>/<name>.yaml`, and a page that
//! explains it, `templates/findings/<group>/<name>.md`.
//!
//! What is expected of a case stands at the end of the line that it points at, as
//! `# error: group/name`, several separated by `; `. Where a line cannot carry a comment, a line
//! `# expect: <line> error: group/name` above says it. `<name>.<variant>.yaml` is one more case of
//! the same finding, and a folder of the case's name, without `.yaml`, holds what it extends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use obsgen::diag::Diagnostic;
use obsgen::diag::pages::PAGES;
use obsgen::diag::source::Locate;
use obsgen::{Compilation, compile};
use walkdir::WalkDir;

use crate::formats::shown_badly;
use crate::stacks::{compile_text, root};

/// Texts of the form of a finding's name that are none.
const NOT_FINDINGS: &[&str] = &["obsgen/configuration-sha256", "obsgen/v1alpha1"];

/// Findings that no file of a case provokes: about sizes, whose policies are made here since the files
/// would be huge, about several stacks of one run, which `check.rs` has, and about defects of this program,
/// whose plans `mutations/plans.rs` makes.
pub(crate) const LIMITS: &[&str] = &[
    "alerts/fact-missing",
    "alerts/rule-missing",
    "dashboards/dead-panel",
    "logs/configuration-not-mounted",
    "logs/configuration-too-large",
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
    "policy/file-too-large",
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

/// File, line, level and name of a finding.
type Place = (String, usize, &'static str, String);

/// A case: the finding that it is about, and its files by the path that the compiler asks for.
#[derive(Clone)]
pub(crate) struct Case {
    finding: String,
    pub(crate) policy: String,
    pub(crate) files: BTreeMap<String, String>,
}

impl Case {
    pub(crate) fn compile(&self) -> Compilation {
        let read = |path: &str| {
            let text = self.files.get(path).cloned();
            text.ok_or_else(|| "cannot be read".to_owned())
        };
        compile(&read, &self.policy)
    }

    fn expected(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self
            .files
            .iter()
            .flat_map(|(file, text)| {
                text.lines()
                    .enumerate()
                    .flat_map(move |(index, line)| expected(file, index + 1, line))
            })
            .collect();
        places.sort();
        places
    }
}

/// The findings that a line of a case announces.
fn expected(file: &str, line: usize, text: &str) -> Vec<Place> {
    let (line, marks) = if let Some(rest) = text.strip_prefix("# expect: ") {
        let (line, marks) = rest.split_once(' ').unwrap();
        (line.parse().unwrap(), marks)
    } else {
        let start = ["# error: ", "# warning: "]
            .iter()
            .find_map(|it| text.find(it));
        match start {
            Some(start) => (line, &text[start + 2..]),
            None => return Vec::new(),
        }
    };
    marks
        .split("; ")
        .map(|mark| match mark.split_once(": ") {
            Some(("error", name)) => (file.to_owned(), line, "error", name.to_owned()),
            Some(("warning", name)) => (file.to_owned(), line, "warning", name.to_owned()),
            _ => panic!("{file}:{line}: `{mark}` is neither `error: …` nor `warning: …`"),
        })
        .collect()
}

fn found(compilation: &Compilation) -> Vec<Place> {
    let mut places: Vec<Place> = compilation
        .findings
        .iter()
        .map(|finding| {
            let span = compilation.document.span(&finding.at);
            let source = compilation.document.source(span.file);
            let (file, line) = source.map_or((String::new(), 0), |it| {
                (it.path.clone(), it.position(span.range.start).line)
            });
            (file, line, finding.level.name(), finding.name.to_owned())
        })
        .collect();
    places.sort();
    places
}

fn folder() -> PathBuf {
    root().join("tests").join("checks")
}

/// The path of a file below a folder, with `/` between its parts.
fn relative(path: &Path, folder: &Path) -> String {
    let parts: Vec<_> = path
        .strip_prefix(folder)
        .unwrap()
        .iter()
        .map(|it| it.to_str().unwrap())
        .collect();
    parts.join("/")
}

fn files(folder: &Path, depth: std::ops::RangeInclusive<usize>) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = WalkDir::new(folder)
        .min_depth(*depth.start())
        .max_depth(*depth.end())
        .into_iter()
        .map(Result::unwrap)
        .filter(|it| it.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
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
                finding: format!("{}/{name}", relative(group, &folder())),
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
        let about = format!("{} in {}", case.finding, case.policy);
        let compilation = case.compile();
        let (expected, found) = (case.expected(), found(&compilation));
        if !expected.iter().any(|(_, _, _, name)| *name == case.finding) {
            wrong.push(format!("{about}: it does not expect its own finding"));
        }
        for place in expected.iter().filter(|it| !found.contains(it)) {
            wrong.push(format!("{about}: not found: {place:?}"));
        }
        for place in found.iter().filter(|it| !expected.contains(it)) {
            wrong.push(format!("{about}: not expected: {place:?}"));
        }
        if wrong.is_empty() && expected != found {
            wrong.push(format!("{about}: expected {expected:?}, found {found:?}"));
        }
        for finding in &compilation.findings {
            for why in shown_badly(finding, &compilation) {
                wrong.push(format!("{about}: {}: {why}", finding.name));
            }
        }
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
        finding: String::new(),
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
    let cases: BTreeSet<String> = cases().into_iter().map(|it| it.finding).collect();
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
    assert_refused("logs/configuration-too-large", &compile_text(&text));
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
