//! `obsgen render`: print the final objects.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::Outcome;
use crate::cli::stacks::{compile_in_repository, one_policy};
use crate::cli::terminal::{count, print, say, show_findings};
use crate::read::settings::Settings;
use crate::render::{json, objects, yaml};

/// Print the final objects of a stack, as `kustomize build` of its tree gives them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen render stacks/prod | kubectl diff -f -
  obsgen render stacks/prod -o json | jq '.items[].kind'
  obsgen render stacks/prod --set cluster=prod-eu-2")]
pub(super) struct Render {
    /// A folder with an observability.yaml, or the file
    #[arg(value_name = "STACK")]
    stack: PathBuf,
    /// A stream of YAML documents, or one JSON List
    #[arg(short, long, value_enum, default_value_t = Format::Yaml)]
    output: Format,
    /// Set a value over the policy, such as `redis.instances.session-cache.image=redis:8.0.2`; may be
    /// repeated. No object may go by it
    #[arg(long, value_name = "FIELD=VALUE", value_parser = field_and_value)]
    set: Vec<(String, String)>,
}

fn field_and_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(field, value)| (field.trim().to_owned(), value.trim().to_owned()))
        .ok_or_else(|| "write a field of the policy, `=` and its value".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

impl Render {
    pub(super) fn run(&self) -> Outcome {
        let Some(policy) = one_policy(&self.stack) else {
            return Outcome::Run;
        };
        let fields = self.set.iter().map(|(field, value)| (&**field, &**value));
        let settings = match Settings::new("--set", fields) {
            Ok(settings) => settings,
            Err(wrong) => {
                say(&format!("error: {wrong}"));
                return Outcome::Run;
            }
        };
        let Some((_, compilation)) = compile_in_repository(&policy, &settings) else {
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
