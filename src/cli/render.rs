//! `obsgen render`: print the final objects.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::stacks::{compile_in, one_policy};
use crate::cli::terminal::{count, print, say, show_findings};
use crate::cli::{Outcome, argocd};
use crate::files::Repository;
use crate::read::settings::Settings;
use crate::render::{json, objects, yaml};

/// Print the final objects of a stack, as `kustomize build` of its tree gives them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen render stacks/prod | kubectl diff -f -
  obsgen render stacks/prod -o json | jq '.items[].kind'
  obsgen render stacks/prod --set cluster=prod-eu-2
  obsgen render --from-argocd-env")]
pub(super) struct Render {
    /// A folder with an observability.yaml, or the file
    #[arg(value_name = "STACK", required_unless_present = "from_argocd_env")]
    stack: Option<PathBuf>,
    /// A stream of YAML documents, or one JSON List
    #[arg(short, long, value_enum, default_value_t = Format::Yaml)]
    output: Format,
    /// Set a value over the policy, such as `redis.instances.session-cache.image=redis:8.0.2`; may be
    /// repeated. No object may go by it
    #[arg(long, value_name = "FIELD=VALUE", value_parser = field_and_value)]
    set: Vec<(String, String)>,
    /// Set what an Application of Argo CD asks for: its parameter `set`, a map, out of
    /// `ARGOCD_APP_PARAMETERS`. The stack is `.` where none is named
    #[arg(long, conflicts_with_all = ["set", "output"])]
    from_argocd_env: bool,
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
        let Some(policy) = one_policy(self.stack.as_deref().unwrap_or(Path::new("."))) else {
            return Outcome::Run;
        };
        let (settings, repository) = match self.from_argocd_env {
            true => (argocd::settings(), argocd::repository(&policy)),
            false => (self.settings(), Repository::around(&policy)),
        };
        let (settings, repository) = match (settings, repository) {
            (Ok(settings), Ok(repository)) => (settings, repository),
            (Err(wrong), _) => return failed(&wrong),
            (_, Err(error)) => return failed(&error.to_string()),
        };
        let compilation = compile_in(&repository, &policy, &settings);
        show_findings(&compilation.findings, &compilation.document);
        let Some((_, plan)) = &compilation.output else {
            say(&format!(
                "{}: {}; nothing is printed",
                policy.display(),
                count(&compilation)
            ));
            return Outcome::Policy;
        };
        match self.output.text(objects(plan)) {
            Ok(text) => print(text.as_bytes()),
            Err(wrong) => failed(wrong),
        }
    }

    fn settings(&self) -> Result<Settings, String> {
        let fields = self.set.iter().map(|(field, value)| (&**field, &**value));
        Settings::new("--set", fields)
    }
}

impl Format {
    /// The text of a stack's objects. There always are some: to whoever delivers the output, none
    /// would mean that all are to be deleted.
    fn text(self, objects: Vec<Value>) -> Result<String, &'static str> {
        if objects.is_empty() {
            return Err("the stack has no objects, which would delete all that are delivered");
        }
        Ok(match self {
            Self::Yaml => yaml::stream(&objects),
            Self::Json => {
                json::pretty(&json!({"apiVersion": "v1", "kind": "List", "items": objects}))
            }
        })
    }
}

fn failed(wrong: &str) -> Outcome {
    say(&format!("error: {wrong}"));
    Outcome::Run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_without_objects_is_none() {
        for format in [Format::Yaml, Format::Json] {
            assert!(format.text(Vec::new()).is_err());
            assert!(format.text(vec![json!({"kind": "Redis"})]).is_ok());
        }
    }
}
