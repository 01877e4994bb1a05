//! `obsgen explain secrets`: the Secrets that have to be there, and who reads each.

use clap::Args;

use crate::cli::Outcome;
use crate::cli::explain::{In, table, wrong};
use crate::cli::terminal::print;
use crate::diag::text;
use crate::plan::secrets::needed;

/// Print the Secrets that have to be there: namespace, name and key of each, and who reads it
///
/// obsgen writes no credential, so it makes none of them. The value of a key has no trailing line
/// break.
#[derive(Debug, Args)]
pub(super) struct Secrets {
    #[command(flatten)]
    of: In,
}

impl Secrets {
    pub(super) fn run(&self) -> Outcome {
        let Some(compiled) = self.of.compile() else {
            return Outcome::Run;
        };
        let mut answer = String::new();
        for (policy, compilation) in &compiled {
            let Some((stack, plan)) = &compilation.output else {
                return wrong(policy, compilation);
            };
            let head = ["NAMESPACE", "SECRET", "KEY", "READ BY"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            for (key, readers) in needed(stack, plan) {
                let readers: Vec<String> = readers.into_iter().collect();
                let field = key.key.unwrap_or_else(|| "(all)".to_owned());
                rows.push(vec![key.namespace, key.name, field, readers.join(", ")]);
            }
            answer.push_str(&format!("{policy}\n{}", table(&rows)));
        }
        print(text::printable(&answer).as_bytes())
    }
}
