//! Whether the tools that read our output agree with us about it. A check whose tool is missing is
//! left out and says so; with `OBSGEN_REQUIRE_TOOLS=1` it fails.
#![expect(clippy::disallowed_methods, reason = "tests prepare files")]

mod grafana;
#[path = "../it/random.rs"]
mod random;
mod tools;
#[path = "../it/with_grafana.rs"]
mod with_grafana;
mod yaml;
