//! What is found, in every form in which it is shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::compile;
use obsgen::diag::report::Report;
use obsgen::diag::{github, gitlab, json, sarif, text};

fuzz_target!(|policy: &str| {
    let files = |path: &str| match path {
        "observability.yaml" => Ok(policy.to_owned()),
        _ => Err("cannot be read".to_owned()),
    };
    let compilation = compile(&files, "observability.yaml");
    for finding in &compilation.findings {
        let shown = text::render(finding, &compilation.document, false);
        assert!(
            !shown.contains('\u{1b}'),
            "a terminal would obey this: {shown:?}"
        );
        text::render(finding, &compilation.document, true);
    }
    let mut report = Report::default();
    report.add("observability.yaml", &compilation.findings, &compilation.document, &str::to_owned);
    json::document(&report);
    sarif::document(&report);
    github::document(&report);
    gitlab::document(&report);
});
