//! A text laid over another: the part before a line `---`, over the rest.
#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::read::read;

const EXTENDS: &str = "spec: {extends: [base.yaml]}\n";

fuzz_target!(|text: &str| {
    let (over, base) = text.split_once("\n---\n").unwrap_or((EXTENDS, text));
    let files = |path: &str| match path {
        "observability.yaml" => Ok(over.to_owned()),
        "base.yaml" => Ok(base.to_owned()),
        _ => Err("cannot be read".to_owned()),
    };
    let reading = read(&files, "observability.yaml");
    let has_error = reading.findings.iter().any(|it| it.is_error());
    assert!(has_error || reading.spec.is_some());
});
