//! What is found, in every form in which it is shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::compile;
use obsgen::diag::{json, text};

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
        json::finding(finding, &compilation.document);
    }
});
