//! Each type of text that the language has: accepted or refused in words, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use obsgen::value::FORMATS;

fuzz_target!(|text: &str| {
    for format in FORMATS {
        if let Err(wrong) = (format.check)(text) {
            assert!(
                !wrong.what.is_empty() && !wrong.help.is_empty(),
                "{}",
                format.name
            );
        }
    }
});
