//! Findings as a Code Quality report of GitLab, which shows them at a merge request.

use serde_json::{Value, json};

use crate::diag::report::{Finding, Report};
use crate::diag::{Level, json};

/// Returns the document.
pub fn document(report: &Report) -> String {
    json::pretty(&report.findings.iter().map(issue).collect())
}

fn issue(finding: &Finding) -> Value {
    json!({
        "description": finding.text_with_related(),
        "check_name": finding.name,
        "fingerprint": finding.fingerprint,
        "severity": match finding.level {
            Level::Error => "blocker",
            Level::Warning => "minor",
        },
        "location": {
            "path": finding.at.repository_path,
            "lines": {"begin": finding.at.start.line, "end": finding.at.end.line},
        },
    })
}
