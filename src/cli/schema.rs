//! `obsgen schema`: the JSON Schema of the policy.

use clap::Args;

use crate::cli::Outcome;
use crate::cli::terminal::print;
use crate::read::schema;
use crate::render::json;

/// Print the JSON Schema of the policy, for editors
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  obsgen schema > observability.schema.json
  and as the first line of observability.yaml:
  # yaml-language-server: $schema=observability.schema.json")]
pub(super) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every verb is run in one way")]
    pub(super) fn run(&self) -> Outcome {
        print(json::pretty(&schema::for_editors()).as_bytes())
    }
}
