//! The formats of findings, each held to its own rules, and all of them to the same data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jsonschema::Validator;
use obsgen::Compilation;
use obsgen::diag::path::FieldPath;
use obsgen::diag::report::Report;
use obsgen::diag::source::{FileId, Locate, Source, Span};
use obsgen::diag::{Diagnostic, Place, github, gitlab, json, sarif, text};
use obsgen::value::text::forbidden;
use serde_json::Value;

use crate::cases::Case;
use crate::findings::cases;
use crate::stacks::{compile_text, root};

/// What programs are given, by format.
pub(crate) struct Documents {
    json: String,
    sarif: String,
    github: String,
    gitlab: String,
}

impl Documents {
    pub(crate) fn of(report: &Report) -> Self {
        Self {
            json: json::document(report),
            sarif: sarif::document(report),
            github: github::document(report),
            gitlab: gitlab::document(report),
        }
    }

    /// The documents with the names of their formats.
    pub(crate) fn all(&self) -> [(&'static str, &str); 4] {
        [
            ("json", &self.json),
            ("sarif", &self.sarif),
            ("github", &self.github),
            ("gitlab", &self.gitlab),
        ]
    }
}

/// A report about findings of a policy.
pub(crate) fn report(findings: &[Diagnostic], document: &dyn Locate) -> Report {
    let mut report = Report::new("tests/a b");
    report.add("observability.yaml", findings, document, &|it| {
        format!("tests/a b/{it}")
    });
    report
}

/// Says what is wrong with how a finding looks to a person and to programs.
pub(crate) fn shown_badly(finding: &Diagnostic, compilation: &Compilation) -> Vec<String> {
    let document = &compilation.document;
    let shown = text::render(finding, document, false);
    let documents = Documents::of(&report(std::slice::from_ref(finding), document));
    let mut wrong = Vec::new();
    let texts = documents.all();
    for (format, text) in texts.into_iter().chain([("text", shown.as_str())]) {
        if text.contains("CANARY") {
            wrong.push(format!("{format} shows a secret:\n{text}"));
        }
        if let Some(it) = forbidden(text, true) {
            wrong.push(format!("{format} has the character {it:?}:\n{text}"));
        }
    }
    let span = document.span(&finding.at);
    let source = document.source(span.file).expect("its file is known");
    let line = source.position(span.range.start).line;
    let place = format!("{}:{line}", source.path);
    let headline = text::printable(&finding.headline);
    if !(shown.contains(&headline) && shown.contains(finding.name) && shown.contains("-->")) {
        wrong.push(format!("text says too little:\n{shown}"));
    }

    let json: Value = serde_json::from_str(&documents.json).expect("json is JSON");
    wrong.extend(FINDINGS.iter_errors(&json).map(|it| format!("json: {it}")));
    let it = &json["findings"][0];
    let found = format!("{}:{}", text_of(&it["file"]), it["start"]["line"]);
    if it["message"] != *finding.headline || it["name"] != *finding.name || found != place {
        wrong.push(format!("json says something else:\n{}", documents.json));
    }
    for (key, said) in [
        ("label", &finding.label),
        ("note", &finding.note),
        ("help", &finding.help),
        ("level", &Some(finding.level.name().to_owned())),
    ] {
        if it[key].as_str() != said.as_deref() {
            wrong.push(format!("json has another {key}:\n{}", documents.json));
        }
    }

    let sarif: Value = serde_json::from_str(&documents.sarif).expect("sarif is JSON");
    let it = &sarif["runs"][0]["results"][0];
    let physical = &it["locations"][0]["physicalLocation"];
    let found = format!(
        "{}:{}",
        text_of(&physical["artifactLocation"]["uri"]),
        physical["region"]["startLine"]
    );
    if !text_of(&it["message"]["text"]).starts_with(&finding.headline)
        || it["ruleId"] != *finding.name
        || it["level"] != *finding.level.name()
        || found != format!("tests/a%20b/{place}")
    {
        wrong.push(format!("sarif says something else:\n{}", documents.sarif));
    }
    wrong.extend(strange_in_sarif(&sarif));

    let commands: Vec<Command> = documents.github.lines().map(Command::parse).collect();
    match commands.as_slice() {
        [it] => {
            let found = format!("{}:{}", it.properties["file"], it.properties["line"]);
            if !it.message.starts_with(&headline)
                || it.properties["title"] != finding.name
                || it.name != finding.level.name()
                || found != format!("tests/a b/{place}")
            {
                wrong.push(format!("github says something else:\n{}", documents.github));
            }
        }
        _ => wrong.push(format!("github has not one line:\n{}", documents.github)),
    }

    let gitlab: Value = serde_json::from_str(&documents.gitlab).expect("gitlab is JSON");
    let it = &gitlab[0];
    let found = format!(
        "{}:{}",
        text_of(&it["location"]["path"]),
        it["location"]["lines"]["begin"]
    );
    if !text_of(&it["description"]).starts_with(&finding.headline)
        || it["check_name"] != *finding.name
        || found != format!("tests/a b/{place}")
    {
        wrong.push(format!("gitlab says something else:\n{}", documents.gitlab));
    }
    wrong.extend(strange_in_gitlab(&gitlab));
    wrong
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The schema of the format `json`, as it is published.
static FINDINGS: LazyLock<Validator> = LazyLock::new(|| {
    let path = root().join("schemas/findings.schema.json");
    let schema = std::fs::read_to_string(path).expect("the schema is there");
    let schema = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::draft7::new(&schema).expect("the schema is a schema")
});

/// Says what readers of SARIF stumble over beside its schema.
fn strange_in_sarif(document: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let run = &document["runs"][0];
    if run["tool"]["driver"]["version"].as_str().is_none() {
        wrong.push("sarif has no version of the tool".to_owned());
    }
    let rules = &run["tool"]["driver"]["rules"];
    for result in run["results"].as_array().expect("results is a list") {
        let index = result["ruleIndex"].as_u64().expect("a rule has a number");
        let rule = &rules[index as usize];
        if rule["id"] != result["ruleId"] || !rule["help"]["markdown"].is_string() {
            wrong.push(format!("sarif has another rule for {}", result["ruleId"]));
        }
        if is_empty_somewhere(result) {
            wrong.push(format!("sarif has something empty: {result}"));
        }
    }
    wrong
}

fn is_empty_somewhere(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty() || fields.values().any(is_empty_somewhere),
        Value::Array(items) => items.is_empty() || items.iter().any(is_empty_somewhere),
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Says what is not of GitLab's format.
fn strange_in_gitlab(document: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for issue in document.as_array().expect("gitlab is a list") {
        let severities = ["info", "minor", "major", "critical", "blocker"];
        let path = text_of(&issue["location"]["path"]);
        if !severities.contains(&text_of(&issue["severity"]))
            || issue["location"]["lines"]["begin"]
                .as_u64()
                .is_none_or(|it| it == 0)
            || path.is_empty()
            || path.starts_with(['/', '.'])
        {
            wrong.push(format!("gitlab does not read {issue}"));
        }
        let fingerprint = text_of(&issue["fingerprint"]);
        if fingerprint.is_empty() || !seen.insert(fingerprint) {
            wrong.push(format!("gitlab shows only one of two: {issue}"));
        }
    }
    wrong
}

/// A workflow command, as GitHub's runner reads it.
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    message: String,
}

impl Command {
    fn parse(line: &str) -> Self {
        let rest = line.strip_prefix("::").expect("a command begins so");
        let (head, message) = rest.split_once("::").expect("a command has a message");
        let (name, properties) = head.split_once(' ').expect("a command has properties");
        let data = |it: &str| {
            let it = it.replace("%0D", "\r").replace("%0A", "\n");
            it.replace("%25", "%")
        };
        let property = |it: &str| data(&it.replace("%3A", ":").replace("%2C", ","));
        Self {
            name: name.to_owned(),
            properties: properties
                .split(',')
                .map(|it| it.split_once('=').expect("a property has a value"))
                .map(|(key, value)| (key.to_owned(), property(value)))
                .collect(),
            message: data(message),
        }
    }
}

/// A text without fields, and findings in it.
struct Text(Source);

impl Text {
    fn new(text: String) -> Self {
        let mut source = Source::new("observability.yaml".to_owned(), text);
        source.hide(Vec::new());
        Self(source)
    }

    fn at(&self, start: usize, end: usize) -> Place {
        Place::Span(Span {
            file: FileId(0),
            range: start..end,
        })
    }
}

impl Locate for Text {
    fn source(&self, _: FileId) -> Option<&Source> {
        Some(&self.0)
    }

    fn key_span(&self, _: &FieldPath) -> Option<Span> {
        None
    }

    fn value_span(&self, _: &FieldPath) -> Option<Span> {
        None
    }

    fn start(&self) -> Span {
        Span {
            file: FileId(0),
            range: 0..0,
        }
    }
}

#[test]
fn every_case_is_a_whole_document() {
    for case in cases() {
        let compilation = case.compile();
        let report = report(&compilation.findings, &compilation.document);
        let documents = Documents::of(&report);
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let count = |value: &Value| value.as_array().unwrap().len();
        let sarif = value(&documents.sarif);
        let mut wrong = strange_in_sarif(&sarif);
        wrong.extend(strange_in_gitlab(&value(&documents.gitlab)));
        assert_eq!(wrong, Vec::<String>::new(), "{}", case.policy);
        let found = report.findings.len();
        assert_eq!(count(&value(&documents.json)["findings"]), found);
        assert_eq!(count(&sarif["runs"][0]["results"]), found);
        assert_eq!(count(&value(&documents.gitlab)), found);
    }
}

#[test]
fn nothing_found_is_a_whole_document_too() {
    let documents = Documents::of(&report(&[], &Text::new(String::new())));
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let json = value(&documents.json);
    assert!(FINDINGS.is_valid(&json), "{json}");
    assert_eq!(json["findings"], serde_json::json!([]));
    let sarif = value(&documents.sarif);
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(documents.gitlab, "[]\n");
    assert_eq!(documents.github, "");
}

#[test]
fn a_fingerprint_stays_when_lines_move() {
    let fingerprints = |case: &Case| -> BTreeMap<String, String> {
        let compilation = case.compile();
        let report = report(&compilation.findings, &compilation.document);
        let findings = report.findings.into_iter();
        findings
            .map(|it| (it.fingerprint, format!("{} {:?}", it.headline, it.at)))
            .collect()
    };
    for mut case in cases() {
        let before = fingerprints(&case);
        for text in case.files.values_mut() {
            *text = format!("# moved\n\n{text}");
        }
        let after = fingerprints(&case);
        assert_eq!(
            before.keys().collect::<Vec<_>>(),
            after.keys().collect::<Vec<_>>(),
            "{}: {before:#?} {after:#?}",
            case.policy
        );
    }
}

/// Every fix of every case, applied by itself, takes its finding away and breaks nothing else.
#[test]
fn a_fix_corrects_what_it_is_about() {
    let names = |compilation: &Compilation| -> BTreeMap<&'static str, usize> {
        let mut names = BTreeMap::new();
        for finding in &compilation.findings {
            *names.entry(finding.name).or_default() += 1;
        }
        names
    };
    let mut fixed = BTreeSet::new();
    for case in cases() {
        let compilation = case.compile();
        let before = names(&compilation);
        for finding in &compilation.findings {
            let Some(fix) = &finding.fix else { continue };
            let span = compilation.document.exact(&fix.at).unwrap();
            let source = compilation.document.source(span.file).unwrap();
            let mut corrected = case.clone();
            let text = corrected.files.get_mut(&source.path).unwrap();
            text.replace_range(span.range, &fix.text);
            let text = text.clone();
            let after = corrected.compile();
            let after_names = names(&after);
            assert_eq!(
                after_names.get(finding.name).copied().unwrap_or(0) + 1,
                before[finding.name],
                "`{}` does not correct {}\n{text}",
                fix.text,
                finding.headline
            );
            for finding in &after.findings {
                assert!(
                    before.contains_key(finding.name) || !finding.name.starts_with("yaml/"),
                    "{}\n{text}",
                    finding.headline
                );
            }
            fixed.insert(finding.name);
        }
    }
    for name in [
        "alerts/unknown-alert",
        "alerts/wrong-unit",
        "policy/invalid-value",
        "policy/unknown-field",
        "policy/unknown-value",
        "policy/waiver-unused",
        "policy/wrong-type",
        "receivers/not-a-slack-channel",
        "redis/unknown-directive",
        "redis/unsafe-config-value",
        "references/unknown-mute-time",
        "references/unknown-receiver",
        "references/unknown-team",
        "references/unknown-tier",
        "yaml/ambiguous-scalar",
    ] {
        assert!(fixed.contains(name), "no case of {name} has a fix");
    }
}

#[test]
fn a_fix_repeats_nothing_that_may_be_a_credential() {
    let policy = "spec:\n  cluster: 0123\n  \
                  receivers: [{name: a, pagerduty: {routingKey: 0123}, webhok: {url: 0123}}]\n  \
                  redis: {defaults: {config: {requirepass: 0123, requirepas: 0123}}}\n";
    let compilation = compile_text(policy);
    let quoted: Vec<&Diagnostic> = compilation
        .findings
        .iter()
        .filter(|it| it.name == "yaml/ambiguous-scalar")
        .collect();
    let with_fix: Vec<bool> = quoted.iter().map(|it| it.fix.is_some()).collect();
    assert_eq!(with_fix, [true, false, false, false, false]);
}

#[test]
fn github_gets_ten_annotations_and_the_worst_first() {
    let text = Text::new("a\n".repeat(12));
    let findings: Vec<Diagnostic> = (0..12)
        .map(|it| {
            let place = text.at(it * 2, it * 2 + 1);
            match it {
                11 => Diagnostic::error("redis/unhardened", place, "bad"),
                _ => Diagnostic::warning("redis/unhardened", place, format!("warning {it}")),
            }
        })
        .collect();
    let document = github::document(&report(&findings, &text));
    let lines: Vec<&str> = document.lines().collect();
    assert_eq!(lines.len(), 11);
    assert!(lines[0].starts_with("::error ") && lines[0].ends_with("::bad"));
    assert!(lines[1].ends_with("::warning 0"));
    assert!(lines[10].starts_with("and 2 more; "), "{}", lines[10]);
}

#[test]
fn github_gets_columns_only_within_a_line() {
    let text = Text::new("ab: c\nd\n".to_owned());
    let properties = |start: usize, end: usize| {
        let finding = Diagnostic::error("redis/unhardened", text.at(start, end), "bad");
        Command::parse(github::document(&report(&[finding], &text)).trim_end()).properties
    };
    let word = properties(0, 2);
    assert_eq!((&*word["col"], &*word["endColumn"]), ("1", "2"));
    let nothing = properties(4, 4);
    assert_eq!((&*nothing["col"], &*nothing["endColumn"]), ("5", "5"));
    let lines = properties(0, 7);
    assert_eq!((&*lines["line"], &*lines["endLine"]), ("1", "2"));
    assert!(!lines.contains_key("col") && !lines.contains_key("endColumn"));
}

/// One line, so that nothing may go through it for every finding.
#[test]
fn sarif_holds_as_many_results_as_are_read() {
    const COUNT: usize = 25_010;
    let text = Text::new("é: ".repeat(COUNT * 10));
    let findings: Vec<Diagnostic> = (0..COUNT)
        .map(|it| {
            let place = text.at(it * 40, it * 40 + 2);
            match it {
                0..10 => Diagnostic::warning("redis/unhardened", place, "bad"),
                _ => Diagnostic::error("policy/unknown-field", place, "bad"),
            }
        })
        .collect();
    let document = sarif::document(&report(&findings, &text));
    let document: Value = serde_json::from_str(&document).unwrap();
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    assert!(results.iter().all(|it| it["level"] == "error"));
    let said = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(text_of(said).starts_with("10 more"), "{said}");
}

#[test]
fn what_stacks_share_is_there_once() {
    let text = Text::new("abc\n".to_owned());
    let mut report = Report::new("stacks");
    let mut add = |policy: &str, headlines: &[&str]| {
        let findings: Vec<Diagnostic> = headlines
            .iter()
            .map(|it| Diagnostic::error("policy/unknown-field", text.at(0, 1), *it))
            .collect();
        report.add(policy, &findings, &text, &str::to_owned)
    };
    assert_eq!(add("a", &["x", "y"]), [true, true]);
    assert_eq!(add("b", &["y", "z"]), [false, true]);
    let headlines: Vec<&str> = report.findings.iter().map(|it| &*it.headline).collect();
    assert_eq!(headlines, ["x", "y", "z"]);
    assert_eq!(report.stacks[1].errors, 2);
}

/// `UPDATE_GOLDEN=1` rewrites the file.
#[test]
fn the_schema_of_findings_is_current() {
    let path = root().join("schemas/findings.schema.json");
    let derived = obsgen::render::json::pretty(&json::schema());
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|it| it == "1") {
        std::fs::write(&path, &derived).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == derived,
        "run UPDATE_GOLDEN=1 cargo test --test it the_schema"
    );
}
