//! `obsgen schema`: the JSON Schemas of what obsgen reads and writes.

use clap::{Args, ValueEnum};

use crate::cli::Outcome;
use crate::cli::diff::json as difference;
use crate::cli::terminal::print;
use crate::diag::json as findings;
use crate::editor;
use crate::render::json;

/// Print the JSON Schema of the policy, for editors
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  obsgen schema > observability.schema.json
  and as the first line of observability.yaml:
  # yaml-language-server: $schema=observability.schema.json")]
pub(super) struct Schema {
    /// The policy, or what `--format json` of `obsgen check` and of `obsgen diff` prints
    #[arg(value_enum, default_value_t = Of::Policy)]
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    Policy,
    Findings,
    Diff,
}

impl Schema {
    pub(super) fn run(&self) -> Outcome {
        let schema = match self.of {
            Of::Policy => editor::schema(),
            Of::Findings => findings::schema(),
            Of::Diff => difference::schema(),
        };
        print(json::pretty(&schema).as_bytes())
    }
}
