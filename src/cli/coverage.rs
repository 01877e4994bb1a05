//! `obsgen coverage`: failure modes × instances.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::Outcome;
use crate::cli::explain::{table, wrong};
use crate::cli::stacks::{all_policies, compile_at};
use crate::cli::terminal::{Form, located, plural, print};
use crate::coverage::{self, Coverage, Row};
use crate::diag::path::FieldPath;
use crate::diag::{Place, text};
use crate::model::stack::{Instance, Stack};
use crate::read::Document;
use crate::render::json;

/// Print what can fail in each stack, and which alert, dashboard and log tells it, for which
/// instances; what none tells, and why
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen coverage stacks/prod                   a table, and below it what no alert tells
  obsgen coverage stacks -o json | jq '.stacks[].rows[] | select(.alerts == [])'")]
pub(super) struct Cover {
    /// Folders with an observability.yaml, such files, or folders with stacks below them
    #[arg(required = true, value_name = "STACK")]
    stacks: Vec<PathBuf>,
    /// A table for people, or one JSON document
    #[arg(short, long, value_enum, default_value_t = Form::Text)]
    output: Form,
}

/// The form of the JSON document; it changes when a reader would have to.
const SCHEMA_VERSION: u32 = 1;
/// Instances that a line names before it counts the rest.
const NAMED: usize = 3;

impl Cover {
    pub(super) fn run(&self) -> Outcome {
        let Some(policies) = all_policies(&self.stacks) else {
            return Outcome::Run;
        };
        let mut answer = String::new();
        let mut stacks = Vec::new();
        for policy in &policies {
            let Some(compilation) = compile_at(policy) else {
                return Outcome::Run;
            };
            let policy = policy.display().to_string();
            let Some((stack, plan)) = &compilation.output else {
                return wrong(&policy, &compilation);
            };
            let coverage = coverage::of(stack, plan);
            let document = &compilation.document;
            match self.output {
                Form::Text => {
                    if !answer.is_empty() {
                        answer.push('\n');
                    }
                    answer.push_str(&format!(
                        "{policy}\n{}",
                        in_text(stack, &coverage, document)
                    ));
                }
                Form::Json => stacks.push(in_json(&policy, stack, &coverage, document)),
            }
        }
        if self.output == Form::Json {
            answer = json::pretty(&json!({"schemaVersion": SCHEMA_VERSION, "stacks": stacks}));
        }
        print(text::said(&answer).as_bytes())
    }
}

fn in_text(stack: &Stack, coverage: &Coverage<'_>, document: &Document) -> String {
    let or_none = |it: String| if it.is_empty() { "-".to_owned() } else { it };
    let head = ["WHAT CAN FAIL", "FOR", "ALERT", "DASHBOARD", "LOG"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(coverage.rows.iter().map(|row| {
        vec![
            row.mode.what.to_owned(),
            whom(stack, row),
            or_none(row.by.alerts.join(", ")),
            or_none(row.by.dashboards.join(", ")),
            row.by.log.unwrap_or("-").to_owned(),
        ]
    }));
    let mut text = table(&rows);
    let untold: Vec<&Row<'_>> = coverage.rows.iter().filter(|it| !it.is_told()).collect();
    text.push_str(&match untold.as_slice() {
        [] => "\n  every failure is told by an alert\n".to_owned(),
        some => format!(
            "\n  {} no alert:\n",
            match some.len() {
                1 => "1 failure has".to_owned(),
                count => format!("{} have", plural(count, "failure")),
            }
        ),
    });
    let mut rows = Vec::new();
    for row in coverage.rows.iter().filter(|it| !it.reasons().is_empty()) {
        let places: Vec<String> = row
            .by
            .silent
            .iter()
            .map(|it| place(it.at.as_ref(), document))
            .collect();
        for (index, reason) in row.reasons().into_iter().enumerate() {
            rows.push(vec![
                format!("  {}", row.mode.name),
                whom(stack, row),
                reason,
                places.get(index).cloned().unwrap_or_default(),
            ]);
        }
    }
    text.push_str(&table(&rows));
    text.push_str(&match coverage.unreached.as_slice() {
        [] => "\n  every receiver is reached by an alert\n".to_owned(),
        some => format!("\n  no alert reaches: {}\n", some.join(", ")),
    });
    text.push_str(&format!(
        "  {} scraped and asked for by nothing; `-o json` names them\n",
        match coverage.unused.len() {
            1 => "1 metric is".to_owned(),
            count => format!("{} are", plural(count, "metric")),
        }
    ));
    text
}

/// The instances that a row is about, in a few words.
fn whom(stack: &Stack, row: &Row<'_>) -> String {
    let all = stack.instances.len();
    match row.instances.as_slice() {
        [] => "the stack".to_owned(),
        some if some.len() == all && all > NAMED => format!("all {all} instances"),
        some => {
            let names: Vec<&str> = some.iter().take(NAMED).map(|it| it.name.as_str()).collect();
            match some.len() - names.len() {
                0 => names.join(", "),
                more => format!("{} and {more} more", names.join(", ")),
            }
        }
    }
}

fn place(at: Option<&FieldPath>, document: &Document) -> String {
    at.map_or_else(String::new, |it| located(&Place::Key(it.clone()), document))
}

fn in_json(policy: &str, stack: &Stack, coverage: &Coverage<'_>, document: &Document) -> Value {
    let of_instance = |it: &&Instance| json!({"namespace": it.namespace, "name": it.name});
    let rows: Vec<Value> = coverage
        .rows
        .iter()
        .map(|row| {
            let silent: Vec<Value> = row
                .by
                .silent
                .iter()
                .map(|it| json!({"alert": it.alert, "why": it.why, "at": place(it.at.as_ref(), document)}))
                .collect();
            json!({
                "mode": row.mode.name,
                "what": row.mode.what,
                "instances": row.instances.iter().map(of_instance).collect::<Vec<_>>(),
                "alerts": row.by.alerts,
                "dashboards": row.by.dashboards,
                "log": row.by.log,
                "silent": silent,
                "uncovered": (!row.is_told()).then(|| row.reasons().join("; ")),
            })
        })
        .collect();
    let unused: Vec<Value> = coverage
        .unused
        .iter()
        .map(|it| json!({"metric": it.name, "exporter": it.exporter.name()}))
        .collect();
    json!({"policy": policy, "stack": stack.name, "rows": rows, "unreachedReceivers": coverage.unreached, "unusedMetrics": unused})
}
