//! The tests of what the program does, all in one binary.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests prepare files, and a failed preparation fails the test"
)]

mod adapter;
mod elasticsearch;
mod files;
mod golden;
mod logged;
mod logs;
mod outputs;
mod pipeline;
mod random;
mod receivers;
mod stacks;
mod tidy;
mod write;
mod yaml;
