//! `obsgen why`: which fields of the policy decide a line of the output.

use std::path::Path;

use clap::Args;

use crate::Compilation;
use crate::cli::Outcome;
use crate::cli::explain::value::{place, value, verdict};
use crate::cli::explain::{In, table, wrong};
use crate::cli::terminal::{located, print, say};
use crate::diag::{self, did_you_mean, nearest, text};
use crate::files;
use crate::plan::Plan;
use crate::read::Document;
use crate::read::origin::Layers;
use crate::render::render;
use crate::why::place::{self as places, Nowhere, Question};
use crate::why::{Answer, why};

/// Print which fields of the policy decide a line of the output, with the places that say them
///
/// It is found by trying: a field decides a line if the line is another with another value of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  obsgen why build/prod/prometheus/rules/alerts-instance.yaml:40
  obsgen why build/prod/redis/shop/session-cache.yaml spec.clusterSize
  obsgen why build/prod/fluent-bit/fluent-bit.yaml       what the file is there for")]
pub(super) struct Why {
    /// A file of a tree, and a line in it
    #[arg(value_name = "PATH[:LINE]")]
    at: String,
    /// A field of the objects in the file, as `obsgen diff` names it, instead of a line
    #[arg(value_name = "FIELD")]
    field: Option<String>,
    #[command(flatten)]
    of: In,
}

/// Rows that are shown; a line that so many fields decide is about all of them.
const SHOWN: usize = 40;

impl Why {
    pub(super) fn run(&self) -> Outcome {
        let (path, line) = path_and_line(&self.at);
        let question = match (&self.field, line) {
            (Some(_), Some(_)) => {
                say("error: a line and a field are asked about; name one of them");
                return Outcome::Run;
            }
            (Some(field), None) => Question::Field(field.clone()),
            (None, Some(line)) => Question::Line(line),
            (None, None) => Question::File,
        };
        let Some(compiled) = self.of.compile() else {
            return Outcome::Run;
        };
        let (policy, compilation, file) = match stack_of(&compiled, path) {
            Ok(found) => found,
            Err(outcome) => return outcome,
        };
        let Some((stack, plan)) = &compilation.output else {
            return wrong(policy, compilation);
        };
        if let Err(outcome) = is_of_this_build(path, &file, plan, &question) {
            return outcome;
        }
        match places::Place::find(plan, &file, &question) {
            Err(nowhere) => said(path, &question, nowhere),
            Ok(found) => {
                let document = &compilation.document;
                let mut shown = String::new();
                for place in &found {
                    let answer = why(document, stack, plan, place);
                    shown.push_str(&headed(&self.at, place, plan));
                    shown.push_str(&answered(&answer, document));
                }
                print(text::said(&shown).as_bytes())
            }
        }
    }
}

/// Takes a line, and a column that editors write behind it, from the end of a path.
fn path_and_line(text: &str) -> (&str, Option<usize>) {
    let number = |text: &str| text.parse::<usize>().ok().filter(|it| *it > 0);
    let Some((rest, last)) = text.rsplit_once(':') else {
        return (text, None);
    };
    let Some(last) = number(last) else {
        return (text, None);
    };
    match rest
        .rsplit_once(':')
        .and_then(|(path, line)| Some((path, number(line)?)))
    {
        Some((path, line)) => (path, Some(line)),
        None => (rest, Some(last)),
    }
}

/// The stack whose tree has a file, and the path of the file in that tree.
fn stack_of<'a>(
    compiled: &'a [(String, Compilation)],
    path: &str,
) -> Result<(&'a str, &'a Compilation, String), Outcome> {
    let path = path.replace('\\', "/");
    let parts: Vec<&str> = path
        .split('/')
        .filter(|it| !matches!(*it, "" | "."))
        .collect();
    let mut found = Vec::new();
    for (policy, compilation) in compiled {
        let Some((stack, plan)) = &compilation.output else {
            continue;
        };
        for from in 0..parts.len() {
            let file = parts[from..].join("/");
            if plan.files().any(|(it, _)| it == file) {
                // The folder above is that of the stack in a tree as `build` writes it.
                let is_own = from > 0 && parts[from - 1] == stack.name;
                found.push((is_own, policy.as_str(), compilation, file));
                break;
            }
        }
    }
    let has_own = found.iter().any(|it| it.0);
    found.retain(|it| it.0 || !has_own);
    if let [(_, policy, compilation, file)] = found.as_slice() {
        return Ok((policy, compilation, file.clone()));
    }
    if let Some((policy, broken)) = compiled.iter().find(|(_, it)| it.output.is_none()) {
        return Err(wrong(policy, broken));
    }
    if found.is_empty() {
        say(&format!("error: no stack here writes `{path}`"));
        let files = compiled.iter().filter_map(|(_, it)| it.output.as_ref());
        let files: Vec<&str> = files
            .flat_map(|(_, plan)| plan.files().map(|(path, _)| path))
            .collect();
        let file = parts.iter().skip(2).copied().collect::<Vec<_>>().join("/");
        say(&match nearest(&file, files.iter().copied()) {
            Some(near) => format!("help: did you mean `{near}`?"),
            None => {
                "help: name a file below `build/STACK`; `--stack` says of which stack".to_owned()
            }
        });
    } else {
        let stacks: Vec<&str> = found.iter().map(|it| it.1).collect();
        say(&format!(
            "error: several stacks write `{path}`: {}; name one with `--stack`",
            diag::ticked(&stacks)
        ));
    }
    Err(Outcome::Run)
}

/// Whether what is on disk is what the policy gives: else its lines are others. A file need not be
/// there.
fn is_of_this_build(
    path: &str,
    file: &str,
    plan: &Plan,
    question: &Question,
) -> Result<(), Outcome> {
    let on_disk = match files::named(Path::new(path)) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(()),
        Err(error) => {
            say(&format!("error: {error}"));
            return Err(Outcome::Run);
        }
    };
    let tree = render(plan);
    let Some(now) = tree.get(file) else {
        return Ok(());
    };
    let now = String::from_utf8_lossy(&now.bytes);
    let is_same = match question {
        Question::Line(line) => now.lines().nth(line - 1) == on_disk.lines().nth(line - 1),
        Question::Field(_) | Question::File => true,
    };
    if !is_same {
        say(&format!(
            "error: `{path}` is not what its policy gives now, and the line is another there; run \
             `obsgen build` first"
        ));
        return Err(Outcome::Policy);
    }
    if now != on_disk {
        say(&format!(
            "warning: `{path}` is not what its policy gives now; the answer is about what `obsgen build` would write"
        ));
    }
    Ok(())
}

fn said(path: &str, question: &Question, nowhere: Nowhere) -> Outcome {
    let (what, help) = match nowhere {
        Nowhere::File(near) => (
            format!("the tree has no file `{path}`"),
            near.map(|it| format!("did you mean `{it}`?")),
        ),
        Nowhere::Line(lines) => (
            format!("`{path}` has {} only", diag::plural(lines, "line")),
            None,
        ),
        Nowhere::Fixed => {
            say("this line is the same in every tree: no field of a policy decides it");
            return Outcome::Fine;
        }
        Nowhere::Field(fields) => {
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let field = match question {
                Question::Field(field) => field,
                Question::Line(_) | Question::File => "",
            };
            (
                format!("no object in `{path}` has a field `{field}`"),
                Some(did_you_mean(field, &fields)),
            )
        }
    };
    say(&format!("error: {what}"));
    if let Some(help) = help {
        say(&format!("help: {help}"));
    }
    Outcome::Run
}

/// What is asked about: where it is, in what, which field, and its value.
fn headed(at: &str, place: &places::Place, plan: &Plan) -> String {
    let mut text = format!("{at}: {}\n", place.name());
    let (field, value) = (place.field(), place.value(plan));
    match (field.is_empty(), value) {
        (true, None) => {}
        (true, Some(value)) => text.push_str(&format!("  {value}\n")),
        (false, None) => text.push_str(&format!("  {field}\n")),
        (false, Some(value)) => text.push_str(&format!("  {field}: {value}\n")),
    }
    text
}

fn answered(answer: &Answer, document: &Document) -> String {
    let layers = Layers::of(document);
    let mut rows = Vec::new();
    for decided in &answer.decided_by {
        let field = &decided.field;
        let name = field.to_string();
        if let Some(assumed) = &decided.assumed {
            rows.push(vec![name, assumed.clone(), "built in".to_owned()]);
            continue;
        }
        let origins = layers.origins(field);
        for (index, origin) in origins.iter().enumerate() {
            rows.push(vec![
                origin.field.to_string(),
                value(origin),
                place(origin, document),
                verdict(index, origins.len()).to_owned(),
            ]);
        }
    }
    let there: Vec<Vec<String>> = answer
        .there_for
        .iter()
        .map(|it| {
            vec![
                it.to_string(),
                located(&diag::Place::Key(it.clone()), document),
            ]
        })
        .collect();
    let mut text = String::new();
    match (rows.is_empty(), there.is_empty()) {
        (true, true) => text.push_str("no field of the policy decides it\n"),
        (true, false) => {}
        (false, _) => text.push_str(&format!("decided by\n{}", shortened(rows))),
    }
    if !there.is_empty() {
        text.push_str(&format!("there because of\n{}", shortened(there)));
    }
    text
}

fn shortened(mut rows: Vec<Vec<String>>) -> String {
    let more = rows.len().saturating_sub(SHOWN);
    rows.truncate(SHOWN);
    let mut text = table(&rows);
    if more > 0 {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}
