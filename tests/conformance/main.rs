//! Whether the tools that read our output agree with us about it. A check whose tool is missing is
//! left out and says so; with `OBSGEN_REQUIRE_TOOLS=1` it fails.
#![expect(clippy::disallowed_methods, reason = "tests prepare files")]

mod alertmanager;
#[cfg(unix)]
mod alertmanager_server;
mod alerts;
mod argocd;
mod cases;
#[cfg(unix)]
mod chain;
mod crds;
#[cfg(unix)]
mod determinism;
#[cfg(unix)]
mod disk;
mod editor;
mod elasticsearch;
#[cfg(unix)]
mod exposition;
#[cfg(unix)]
mod faults;
#[cfg(target_os = "linux")]
mod full_disk;
mod grafana;
mod kibana;
#[path = "../it/kibana_policy.rs"]
mod kibana_policy;
mod kustomize;
#[cfg(unix)]
mod lab;
#[cfg(unix)]
mod label_flow;
#[path = "../it/logged.rs"]
mod logged;
#[cfg(unix)]
mod metrics;
#[cfg(unix)]
mod monitoring;
mod operator;
mod prometheus;
#[path = "../it/random.rs"]
mod random;
#[cfg(target_os = "linux")]
mod reach;
#[cfg(unix)]
mod redis_config;
#[cfg(all(unix, feature = "push"))]
mod registry;
#[cfg(unix)]
mod routing;
mod rules;
mod run;
mod sarif;
#[cfg(unix)]
#[path = "../it/small.rs"]
mod small;
#[cfg(unix)]
mod strace;
mod tools;
mod trees;
#[path = "../it/with_grafana.rs"]
mod with_grafana;
mod workflows;
mod yaml;
