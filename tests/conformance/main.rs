//! Whether the tools that read our output agree with us about it. A check whose tool is missing is
//! left out and says so; with `OBSGEN_REQUIRE_TOOLS=1` it fails.
#![expect(clippy::disallowed_methods, reason = "tests prepare files")]

mod elasticsearch;
#[path = "../it/logged.rs"]
mod logged;
#[path = "../it/random.rs"]
mod random;
mod tools;
mod yaml;
