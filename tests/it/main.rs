//! The tests of what the program does, all in one binary.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests prepare files, and a failed preparation fails the test"
)]

mod adapter;
mod dashboards;
mod files;
mod golden;
mod outputs;
mod random;
mod receivers;
mod stacks;
mod tidy;
mod with_grafana;
mod write;
mod yaml;
