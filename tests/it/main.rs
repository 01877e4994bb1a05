//! The tests of what the program does, all in one binary.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests prepare files, and a failed preparation fails the test"
)]

mod adapter;
mod affected;
mod argocd;
mod cases;
mod check;
mod command_line;
mod coverage;
mod dashboards;
mod defects;
#[cfg(feature = "push")]
mod deploy_flux;
mod diff;
mod diff_formats;
mod diff_objects;
mod diff_revisions;
mod editor;
mod elasticsearch;
mod explain;
mod files;
mod findings;
mod formats;
mod git;
mod golden;
mod growth;
#[cfg(unix)]
mod hostile;
mod init;
mod kibana;
mod kibana_import;
mod kibana_policy;
mod logged;
mod logs;
mod managed;
mod mistakes;
mod monitors;
mod mutations;
mod needed_secrets;
#[cfg(unix)]
mod out;
mod outputs;
mod pages;
mod pipeline;
#[cfg(unix)]
mod processes;
mod program;
mod proofs;
mod properties;
#[cfg(feature = "push")]
mod push;
mod random;
mod receivers;
mod rows;
mod rules;
mod scale;
mod secrets;
mod seeds;
mod settings;
mod sizes;
#[cfg(unix)]
mod small;
mod stacks;
mod tidy;
mod tracing;
mod why;
mod with_grafana;
mod write;
mod yaml;
