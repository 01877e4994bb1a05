//! `obsgen explain value`: every place that says a value, and which of them counts.

use clap::Args;

use crate::cli::Outcome;
use crate::cli::explain::{In, table};
use crate::cli::terminal::{located, print, say};
use crate::diag::path::FieldPath;
use crate::diag::{Place, text};
use crate::read::Document;
use crate::read::origin::{Layers, Origin};

/// Print where a value comes from: every place that says it, the one that counts last
#[derive(Debug, Args)]
pub(super) struct Value {
    /// A field, such as redis.instances.session-cache.image; of a map, every field in it
    path: String,
    #[command(flatten)]
    of: In,
}

impl Value {
    pub(super) fn run(&self) -> Outcome {
        let Some(compiled) = self.of.compile() else {
            return Outcome::Run;
        };
        let path = FieldPath::parse(&self.path);
        let mut answer = String::new();
        for (policy, compilation) in &compiled {
            let layers = Layers::of(&compilation.document);
            let mut leaves = layers.leaves(&path);
            if leaves.is_empty() && layers.built_in(&path).is_some() {
                leaves.push(path.clone());
            }
            let rows: Vec<Vec<String>> = leaves
                .iter()
                .flat_map(|it| rows_of(it, &path, &layers, &compilation.document))
                .collect();
            if !rows.is_empty() {
                answer.push_str(&format!("{policy}\n{}", table(&rows)));
            }
        }
        if answer.is_empty() {
            say(&format!("error: no policy here says `{path}`"));
            let near = compiled.iter().find_map(|(_, it)| it.document.near(&path));
            say(&match near {
                Some(near) => format!("help: did you mean `{near}`?"),
                None => "help: name a field as it stands in the policy, from below `spec`; \
                         `--stack` says in which"
                    .to_owned(),
            });
            return Outcome::Run;
        }
        print(text::said(&answer).as_bytes())
    }
}

/// The places that say a field: relative to what was asked for, the value, where, and what the place
/// is called if that is not the field itself.
fn rows_of(
    leaf: &FieldPath,
    asked: &FieldPath,
    layers: &Layers<'_>,
    document: &Document,
) -> Vec<Vec<String>> {
    let name = leaf.below(asked).unwrap_or_else(|| leaf.to_string());
    let mut rows: Vec<Vec<String>> = Vec::new();
    if let Some(value) = layers.built_in(leaf) {
        rows.push(vec![
            name.clone(),
            value,
            "built in".to_owned(),
            String::new(),
        ]);
    }
    rows.extend(layers.origins(leaf).iter().map(|it| {
        let of = match it.field == *leaf {
            true => String::new(),
            false => it.field.to_string(),
        };
        vec![name.clone(), value(it), place(it, document), of]
    }));
    let all = rows.len();
    for (index, row) in rows.iter_mut().enumerate() {
        row.push(verdict(index, all).to_owned());
    }
    rows
}

/// Says of several places that say a value which one counts.
pub(in crate::cli) fn verdict(index: usize, all: usize) -> &'static str {
    match index + 1 == all {
        true if all == 1 => "",
        true => "counts",
        false => "overridden",
    }
}

/// The value as it is written.
pub(in crate::cli) fn value(origin: &Origin) -> String {
    let value = origin.value.as_deref().unwrap_or("****");
    match value.lines().count() {
        0 | 1 => value.to_owned(),
        lines => format!("({lines} lines)"),
    }
}

/// File, line and column.
pub(in crate::cli) fn place(origin: &Origin, document: &Document) -> String {
    located(&Place::Span(origin.at.clone()), document)
}
