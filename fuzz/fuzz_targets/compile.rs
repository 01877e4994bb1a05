//! A policy, or part of one behind what every policy begins with, to its output or to findings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::{compile, render};

/// Where little is left to be guessed: the text follows, and may say the rest of `spec` anew.
const HEAD: &str = include_str!("../../stacks/minimal/observability.yaml");

fuzz_target!(|text: &str| {
    for text in [text.to_owned(), format!("{HEAD}{text}")] {
        let files = |path: &str| match path {
            "observability.yaml" => Ok(text.clone()),
            _ => Err("cannot be read".to_owned()),
        };
        let compilation = compile(&files, "observability.yaml");
        let has_error = compilation.findings.iter().any(|it| it.is_error());
        assert_ne!(has_error, compilation.output.is_some());
        if let Some((_, plan)) = &compilation.output {
            render::render(plan);
        }
    }
});
