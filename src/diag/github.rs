//! Findings as workflow commands of GitHub Actions, which become annotations of a change.

use std::cmp::Reverse;

use crate::diag::report::{Finding, Report};
use crate::diag::text::printable;

/// Annotations that are shown of a step: GitHub takes ten of each kind.
const SHOWN: usize = 10;

/// Returns the lines, the worst first. What is left out is counted in the last.
pub fn document(report: &Report) -> String {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|it| Reverse(it.level));
    let mut lines: String = findings
        .iter()
        .take(SHOWN)
        .map(|it| command(it) + "\n")
        .collect();
    let left_out = findings.len().saturating_sub(SHOWN);
    if left_out > 0 {
        lines.push_str(&format!(
            "and {left_out} more; `obsgen check --format sarif` or `json` has all of them\n"
        ));
    }
    lines
}

fn command(finding: &Finding) -> String {
    let at = &finding.at;
    let mut properties = vec![
        ("file", at.repository_path.clone()),
        ("line", at.start.line.to_string()),
        ("endLine", at.end.line.to_string()),
    ];
    // Columns may only be given within one line. The last one is that of the last character, as it
    // is the first one where it is left out.
    if at.start.line == at.end.line {
        let last = at.end.column.saturating_sub(1).max(at.start.column);
        properties.push(("col", at.start.column.to_string()));
        properties.push(("endColumn", last.to_string()));
    }
    properties.push(("title", finding.name.to_owned()));
    let properties: Vec<String> = properties
        .into_iter()
        .map(|(key, value)| format!("{key}={}", property(&value)))
        .collect();
    format!(
        "::{} {}::{}",
        finding.level.name(),
        properties.join(","),
        data(&finding.text_with_related())
    )
}

/// Returns a text as the message of a command: `toCommandValue` and `escapeData` of actions/toolkit.
fn data(text: &str) -> String {
    printable(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Returns a text as the property of a command: `escapeProperty` of actions/toolkit.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_place() {
        assert_eq!(data("100%: a, b\n::set-env"), "100%25: a, b%0A::set-env");
        assert_eq!(property("a%:b,c\n"), "a%25%3Ab%2Cc%0A");
        assert_eq!(data("\r\u{1b}[2J"), "\\u{D}\\u{1B}[2J");
    }
}
