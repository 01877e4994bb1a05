//! Findings as SARIF 2.1.0, which code scanning services and editors read.
//!
//! The limits are those of GitHub, the strictest reader: a file with more is refused there.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::diag::pages::page;
use crate::diag::report::{Finding, Report, Site};
use crate::diag::source::Position;
use crate::diag::{Level, json};

/// Results of one run.
const MOST_RESULTS: usize = 25_000;

/// Returns the document.
pub fn document(report: &Report) -> String {
    let mut shown: Vec<&Finding> = report.findings.iter().collect();
    let left_out = shown.len().saturating_sub(MOST_RESULTS);
    if left_out > 0 {
        shown.sort_by_key(|it| std::cmp::Reverse(it.level));
        shown.truncate(MOST_RESULTS);
    }
    let mut rules: BTreeMap<&str, (usize, Level)> =
        shown.iter().map(|it| (it.name, (0, it.level))).collect();
    for (index, (number, _)) in rules.values_mut().enumerate() {
        *number = index;
    }
    let results: Vec<Value> = shown
        .iter()
        .map(|it| result(it, rules.get(it.name).map_or(0, |it| it.0)))
        .collect();
    let described: Vec<Value> = rules.iter().map(|(name, it)| rule(name, it.1)).collect();
    let mut run = json!({
        "tool": {"driver": {
            "name": "obsgen",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": described,
        }},
        "automationDetails": {"id": category(&report.scope)},
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    if left_out > 0 {
        let said = format!("{left_out} more are left out: code scanning takes no more");
        run["invocations"] = json!([{
            "executionSuccessful": true,
            "toolExecutionNotifications": [{"level": "warning", "message": {"text": said}}],
        }]);
    }
    json::pretty(&json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }))
}

/// Returns the name under which results replace those of an earlier run. What follows the last slash
/// would be the number of the run, not part of the name.
fn category(scope: &str) -> String {
    match scope {
        "" => "obsgen/".to_owned(),
        _ => format!("obsgen/{scope}/"),
    }
}

fn rule(name: &str, level: Level) -> Value {
    let mut rule = json!({
        "id": name,
        "name": words(name),
        "defaultConfiguration": {"level": level},
    });
    if let Some(page) = page(name) {
        rule["shortDescription"] = json!({"text": page.summary()});
        rule["help"] = json!({"text": page.text, "markdown": page.text});
    }
    rule
}

/// Returns the name of a finding as SARIF has identifiers for people: `RedisUnhardened`.
fn words(name: &str) -> String {
    name.split(['/', '-'])
        .flat_map(|it| {
            let mut letters = it.chars();
            let first = letters.next().map(|it| it.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
}

fn result(finding: &Finding, rule: usize) -> Value {
    let mut result = json!({
        "ruleId": finding.name,
        "ruleIndex": rule,
        "level": finding.level,
        "message": {"text": finding.text()},
        "locations": [location(&finding.at, finding.label.as_deref())],
        // The name is ours: under the one that GitHub knows, it expects a hash of its own making.
        "partialFingerprints": {"obsgenFinding/v1": finding.fingerprint},
    });
    if !finding.related.is_empty() {
        let related = finding.related.iter().enumerate().map(|(index, it)| {
            let mut location = location(&it.at, Some(&it.label));
            location["id"] = json!(index + 1);
            location
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = &finding.fix {
        let mut whole = json!({
            "artifactChanges": [{
                "artifactLocation": artifact(&finding.at),
                "replacements": [{
                    "deletedRegion": region(fix.start, fix.end),
                    "insertedContent": {"text": fix.text},
                }],
            }],
        });
        if let Some(help) = &finding.help {
            whole["description"] = json!({"text": help});
        }
        result["fixes"] = json!([whole]);
    }
    result
}

fn location(at: &Site, label: Option<&str>) -> Value {
    let mut location = Map::new();
    let physical = json!({
        "artifactLocation": artifact(at),
        "region": region(at.start, at.end),
    });
    location.insert("physicalLocation".to_owned(), physical);
    if let Some(field) = &at.field {
        let logical = json!([{"fullyQualifiedName": field}]);
        location.insert("logicalLocations".to_owned(), logical);
    }
    if let Some(label) = label {
        location.insert("message".to_owned(), json!({"text": label}));
    }
    Value::Object(location)
}

fn artifact(at: &Site) -> Value {
    json!({"uri": uri(&at.repository_path)})
}

fn region(start: Position, end: Position) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// Returns a path as a relative reference of RFC 3986.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for it in path.bytes() {
        match it {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(it));
            }
            it => uri.push_str(&format!("%{it:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_a_name_in_one_word() {
        assert_eq!(words("redis/no-persistence"), "RedisNoPersistence");
    }

    #[test]
    fn a_category_ends_with_a_slash() {
        assert_eq!(category("stacks/prod"), "obsgen/stacks/prod/");
        assert_eq!(category(""), "obsgen/");
    }

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(uri("stacks/prod/a.yaml"), "stacks/prod/a.yaml");
        assert_eq!(uri("c: d/é%#?"), "c%3A%20d/%C3%A9%25%23%3F");
    }
}
