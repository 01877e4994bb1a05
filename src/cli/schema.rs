//! `obsgen schema`: the JSON Schema of the policy.

use clap::Args;

use crate::cli::Outcome;
use crate::cli::terminal::print;
use crate::editor;
use crate::render::json;

/// Print the JSON Schema of the policy, for editors
#[derive(Debug, Args)]
pub(super) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every verb is run in one way")]
    pub(super) fn run(&self) -> Outcome {
        print(json::pretty(&editor::schema()).as_bytes())
    }
}
