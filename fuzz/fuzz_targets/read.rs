//! Text to a tree or to findings: each at a piece of the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::diag::Place;
use obsgen::diag::source::FileId;
use obsgen::read::tree;

fuzz_target!(|text: &str| {
    let mut findings = Vec::new();
    let node = tree::load(FileId(0), text, &mut findings).node;
    for finding in &findings {
        let Place::Span(span) = &finding.at else {
            panic!("{} is at no piece of text", finding.name)
        };
        assert!(
            text.get(span.range.clone()).is_some(),
            "{}: {span:?}",
            finding.name
        );
    }
    // A tree that nothing is wrong with means something.
    if let Some(node) = node {
        node.to_json();
    }
});
