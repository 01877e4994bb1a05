//! `obsgen render`: print the final objects.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::Outcome;
use crate::cli::stacks::{compile_at, policies};
use crate::cli::terminal::{count, print, say, show_findings};
use crate::render::{json, objects, yaml};

/// Print the final objects of a stack, as `kustomize build` of its tree gives them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen render stacks/prod | kubectl diff -f -
  obsgen render stacks/prod -o json | jq '.items[].kind'")]
pub(super) struct Render {
    /// A folder with an observability.yaml, or the file
    #[arg(value_name = "STACK")]
    stack: PathBuf,
    /// A stream of YAML documents, or one JSON List
    #[arg(short, long, value_enum, default_value_t = Format::Yaml)]
    output: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

impl Render {
    pub(super) fn run(&self) -> Outcome {
        let Some(policies) = policies(&self.stack) else {
            return Outcome::Run;
        };
        let [policy] = policies.as_slice() else {
            say(&format!(
                "error: there are several stacks below `{}`; name one",
                self.stack.display()
            ));
            return Outcome::Run;
        };
        let Some(compilation) = compile_at(policy) else {
            return Outcome::Run;
        };
        show_findings(&compilation.findings, &compilation.document);
        let Some((_, plan)) = &compilation.output else {
            say(&format!(
                "{}: {}; nothing is printed",
                policy.display(),
                count(&compilation)
            ));
            return Outcome::Policy;
        };
        let objects = objects(plan);
        let text = match self.output {
            Format::Yaml => yaml::stream(&objects),
            Format::Json => {
                json::pretty(&json!({"apiVersion": "v1", "kind": "List", "items": objects}))
            }
        };
        print(text.as_bytes())
    }
}
