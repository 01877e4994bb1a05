//! The example stacks, compiled as the command line does it.

use std::path::{Path, PathBuf};

use obsgen::files::Repository;
use obsgen::{Compilation, compile};

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the stacks, sorted.
pub(crate) fn stacks() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("stacks"))
        .unwrap()
        .filter_map(Result::ok)
        .filter(|it| it.path().join("observability.yaml").is_file())
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Compiles a stack of the project.
pub(crate) fn compile_stack(name: &str) -> Compilation {
    let path = root().join("stacks").join(name).join("observability.yaml");
    let repository = Repository::around(&path).unwrap();
    let files = |path: &str| repository.read(Path::new(path)).map_err(|it| it.reason());
    compile(&files, path.to_str().unwrap())
}

/// Compiles a policy that is one text.
pub(crate) fn compile_text(text: &str) -> Compilation {
    let files = |path: &str| match path {
        "observability.yaml" => Ok(text.to_owned()),
        _ => Err("cannot be read".to_owned()),
    };
    compile(&files, "observability.yaml")
}

/// Compiles a policy that is laid over a stack of the project, without the logs, traces and dashboards
/// of that stack and a Prometheus of its own.
pub(crate) fn compile_over(stack: &str, policy: &str) -> Compilation {
    compile_over_changed(stack, |text| text, policy)
}

/// Compiles a policy that is laid over a stack of the project whose text was changed first.
pub(crate) fn compile_over_changed(
    stack: &str,
    change: impl Fn(String) -> String,
    policy: &str,
) -> Compilation {
    let folder = root().join("stacks");
    let below = std::fs::read_to_string(folder.join(stack).join("observability.yaml")).unwrap();
    let below = below.replace("kind: Observability\n", "kind: ObservabilityBase\n");
    let below = change(without_telemetry(&below));
    let base = std::fs::read_to_string(folder.join("base.yaml")).unwrap();
    let policy = format!(
        "apiVersion: obsgen/v1alpha1\nkind: Observability\nmetadata: {{name: {stack}}}\n\
         spec:\n  extends: [../{stack}/observability.yaml]\n{policy}"
    );
    let files = |path: &str| match path {
        "stacks/over/observability.yaml" => Ok(policy.clone()),
        "stacks/base.yaml" => Ok(base.clone()),
        _ if path == format!("stacks/{stack}/observability.yaml") => Ok(below.clone()),
        _ => Err("cannot be read".to_owned()),
    };
    compile(&files, "stacks/over/observability.yaml")
}

/// Leaves out of a stack what it says of logs, traces, dashboards and a managed Prometheus.
fn without_telemetry(text: &str) -> String {
    const FIELDS: &[&str] = &[
        "    elasticsearch:",
        "    kibana:",
        "    grafana:",
        "    fluentBit:",
        "    tracing:",
        "  logging:",
        "  tracing:",
        "  metrics:",
        "  dashboards:",
    ];
    let mut kept: Vec<&str> = Vec::new();
    let mut left_out: Option<usize> = None;
    for line in text.lines() {
        let indentation = line.len() - line.trim_start().len();
        if left_out.is_some_and(|field| indentation > field)
            || line.contains("tracing/jaeger-v1-retired")
        {
            continue;
        }
        left_out = FIELDS
            .iter()
            .any(|it| line.starts_with(it))
            .then_some(indentation);
        if left_out.is_none() {
            kept.push(line);
        }
    }
    if kept.last() == Some(&"  allow:") {
        kept.pop();
    }
    kept.join("\n").replace(", managed: true", "") + "\n"
}
