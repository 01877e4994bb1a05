//! Policies of the examples with Grafana added, in both deliveries: what the tests of dashboards
//! are about, whatever the examples themselves ask for.

use std::path::{Path, PathBuf};

use obsgen::Compilation;
use obsgen::files::Repository;
use serde_json::Value;

/// An example with Grafana.
pub(crate) struct Example {
    /// Its name, for messages.
    pub(crate) name: String,
    /// What it compiles to.
    pub(crate) compilation: Compilation,
}

/// The examples, each with each delivery.
pub(crate) fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    for stack in ["minimal", "prod", "seed"] {
        for delivery in ["sidecar", "grafana-operator"] {
            examples.push(Example {
                name: format!("{stack} by {delivery}"),
                compilation: compile(stack, &format!("delivery: {delivery}"), |it| it),
            });
        }
    }
    examples
}

/// Compiles an example with a Grafana of these fields, its text changed once more.
pub(crate) fn compile(stack: &str, fields: &str, change: impl Fn(String) -> String) -> Compilation {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("stacks").join(stack).join("observability.yaml");
    let repository = Repository::around(&path).expect("the examples are there");
    let files = |asked: &str| {
        let text = repository
            .read(Path::new(asked))
            .map_err(|it| it.to_string())?;
        match asked.ends_with(&format!("{stack}/observability.yaml")) {
            true => Ok(change(with_grafana(text, fields))),
            false => Ok(text),
        }
    };
    obsgen::compile(&files, path.to_str().expect("a path of text"))
}

/// Adds a Grafana and its dashboards; a Grafana that the text has already gets the fields.
fn with_grafana(text: String, fields: &str) -> String {
    let text = match text.contains("    grafana:") {
        true => text
            .replace("delivery: sidecar", fields)
            .replace("delivery: grafana-operator", fields),
        false => {
            let grafana = format!(
                "  platform:\n    grafana: {{url: https://grafana.example.com, namespace: monitoring, {fields}}}\n"
            );
            text.replacen("  platform:\n", &grafana, 1)
        }
    };
    match text.contains("\n  dashboards:") {
        true => text,
        false => text.replacen(
            "\n  runbooks:",
            "\n  dashboards: {grafana: true}\n  runbooks:",
            1,
        ),
    }
}

/// The dashboards among objects, each with its name.
pub(crate) fn dashboards(objects: &[Value]) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for object in objects {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let texts: Vec<&str> = match object["kind"].as_str() {
            Some("GrafanaDashboard") => object["spec"]["json"].as_str().into_iter().collect(),
            Some("ConfigMap") if object["metadata"]["labels"]["grafana_dashboard"] == "1" => {
                let data = object["data"].as_object().expect("a ConfigMap with data");
                data.values().filter_map(Value::as_str).collect()
            }
            _ => Vec::new(),
        };
        for text in texts {
            let dashboard = serde_json::from_str(text).expect("a dashboard is JSON");
            found.push((name.to_owned(), dashboard));
        }
    }
    found
}
