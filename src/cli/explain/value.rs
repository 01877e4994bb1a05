//! `obsgen explain value`: every place that says a value, and which of them counts.

use clap::Args;

use crate::cli::Outcome;
use crate::cli::explain::{In, table};
use crate::cli::terminal::{print, say};
use crate::diag::path::{FieldPath, Segment};
use crate::diag::source::Locate;
use crate::diag::{nearest, text};
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
            let leaves = layers.leaves(&path);
            let mut rows = Vec::new();
            for leaf in &leaves {
                rows.extend(rows_of(
                    leaf,
                    &path,
                    &layers.origins(leaf),
                    &compilation.document,
                ));
            }
            if !rows.is_empty() {
                answer.push_str(&format!("{policy}\n{}", table(&rows)));
            }
        }
        if answer.is_empty() {
            say(&format!("error: no policy here says `{path}`"));
            let near = compiled
                .iter()
                .find_map(|(_, it)| near(&path, &it.document));
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
    origins: &[Origin],
    document: &Document,
) -> Vec<Vec<String>> {
    let name = leaf.below(asked).unwrap_or_else(|| leaf.to_string());
    let rows = origins.iter().enumerate().map(|(index, it)| {
        vec![
            name.clone(),
            value(it),
            place(it, document),
            match it.field == *leaf {
                true => String::new(),
                false => it.field.to_string(),
            },
            verdict(index, origins.len()).to_owned(),
        ]
    });
    rows.collect()
}

/// Says of several places that say a value which one counts.
pub(super) fn verdict(index: usize, all: usize) -> &'static str {
    match index + 1 == all {
        true if all == 1 => "",
        true => "counts",
        false => "overridden",
    }
}

/// The value as it is written.
pub(super) fn value(origin: &Origin) -> String {
    let value = origin.value.as_deref().unwrap_or("****");
    match value.lines().count() {
        0 | 1 => value.to_owned(),
        lines => format!("({lines} lines)"),
    }
}

/// File, line and column.
pub(super) fn place(origin: &Origin, document: &Document) -> String {
    let Some(source) = document.source(origin.at.file) else {
        return String::new();
    };
    let at = source.position(origin.at.range.start);
    format!("{}:{}:{}", source.path, at.line, at.column)
}

/// Returns the field that was probably meant: with one step of the path corrected.
fn near(path: &FieldPath, document: &Document) -> Option<FieldPath> {
    let mut found = FieldPath::root();
    for (position, segment) in path.segments().iter().enumerate() {
        let Segment::Key(key) = segment else {
            return None;
        };
        if document.has(&found.key(key)) {
            found = found.key(key);
            continue;
        }
        let keys = document.keys(&found);
        let near = found.key(nearest(key, keys.iter().copied())?);
        let rest = &path.segments()[position + 1..];
        let whole = rest.iter().fold(near, |path, it| match it {
            Segment::Key(key) => path.key(key),
            Segment::Index(index) => path.index(*index),
        });
        let is_there = !Layers::of(document).leaves(&whole).is_empty();
        return is_there.then_some(whole);
    }
    None
}
