//! What was found in one run, with every place looked up: the data that all formats for programs
//! show.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::diag::source::{Locate, Position, Span};
use crate::diag::{Diagnostic, Level, Place, redact, text};

/// What was found in the stacks of one run. What several stacks share is there once.
#[derive(Debug, Default)]
pub struct Report {
    /// What was looked at, as a path in the repository: reports of the same scope replace each other.
    pub scope: String,
    /// The policies, in the order in which they were looked at.
    pub stacks: Vec<Checked>,
    /// The findings, policy by policy, each at its first.
    pub findings: Vec<Finding>,
    /// What is there already.
    seen: BTreeSet<String>,
    /// How many findings differ in nothing but their place.
    alike: BTreeMap<String, usize>,
}

/// A policy that was looked at.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// The path of its file.
    pub policy: String,
    /// How many errors it has; those that it shares with other policies count for each.
    pub errors: usize,
    /// How many warnings it has.
    pub warnings: usize,
}

/// A finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The stable name, `group/pattern-complained-about`.
    pub name: &'static str,
    /// How bad it is: an error keeps the policy from being compiled.
    pub level: Level,
    /// The one phrase to show where only one can be shown.
    #[serde(rename = "message")]
    pub headline: String,
    /// Where it is.
    #[serde(flatten)]
    pub at: Site,
    /// What stands at the place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    pub label: Option<String>,
    /// Why it matters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    pub note: Option<String>,
    /// What to write instead, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    pub help: Option<String>,
    /// Other places that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub related: Vec<Related>,
    /// What to write instead, where that is one thing only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Change")]
    pub fix: Option<Change>,
    /// What identifies the finding while lines move: no other finding of the document has it.
    pub fingerprint: String,
}

/// A place in a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Site {
    /// The field of the policy: keys and names separated by dots, `spec` left out.
    #[serde(rename = "path", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "String")]
    pub field: Option<String>,
    /// The file, by the path that it was reached by.
    pub file: String,
    /// The first character.
    pub start: Position,
    /// The character behind the last.
    pub end: Position,
    /// The file, by its path in the repository.
    #[serde(skip)]
    pub repository_path: String,
}

/// A place that belongs to a finding elsewhere.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// Where it is.
    #[serde(flatten)]
    pub at: Site,
    /// How it belongs to it.
    pub label: String,
}

/// A replacement of text in the file of a finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The first character that goes.
    pub start: Position,
    /// The character behind the last that goes.
    pub end: Position,
    /// What comes there, as YAML.
    pub text: String,
}

impl Report {
    /// A report about what has this path in the repository.
    pub fn new(scope: impl Into<String>) -> Self {
        Self {
            scope: scope.into(),
            ..Self::default()
        }
    }

    /// Adds what was found in a policy. `in_repository` turns the path of a file into that in its
    /// repository. Returns, for each finding, whether it was not there yet.
    pub fn add(
        &mut self,
        policy: &str,
        findings: &[Diagnostic],
        locate: &dyn Locate,
        in_repository: &dyn Fn(&str) -> String,
    ) -> Vec<bool> {
        let of = |level: Level| findings.iter().filter(|it| it.level == level).count();
        self.stacks.push(Checked {
            policy: policy.to_owned(),
            errors: of(Level::Error),
            warnings: of(Level::Warning),
        });
        let places = Places {
            locate,
            in_repository,
        };
        findings
            .iter()
            .map(|it| self.add_one(places.finding(it), places.anchor(it)))
            .collect()
    }

    /// Adds a finding. `anchor` is what its place is known by while lines move.
    fn add_one(&mut self, mut finding: Finding, anchor: String) -> bool {
        let identity = serde_json::json!([finding, finding.at.repository_path]).to_string();
        if !self.seen.insert(identity) {
            return false;
        }
        let path = &finding.at.repository_path;
        let alike = serde_json::json!([finding.name, path, anchor, finding.headline]).to_string();
        let count = self.alike.entry(alike.clone()).or_default();
        let mut hash = Sha256::new_with_prefix(alike);
        if *count > 0 {
            hash.update(count.to_string());
        }
        *count += 1;
        finding.fingerprint = base16ct::lower::encode_string(&hash.finalize()[..16]);
        self.findings.push(finding);
        true
    }
}

impl Finding {
    /// The finding in sentences, for formats that have one text: all but the place itself.
    pub fn text(&self) -> String {
        let mut text = self.headline.clone();
        for (what, said) in [("note", &self.note), ("help", &self.help)] {
            if let Some(said) = said {
                text.push_str(&format!("\n{what}: {said}"));
            }
        }
        text
    }

    /// The same, with the other places: for formats that have no field for them.
    pub fn text_with_related(&self) -> String {
        let mut text = self.text();
        for Related { at, label } in &self.related {
            let (file, Position { line, column }) = (&at.repository_path, at.start);
            text.push_str(&format!("\n{file}:{line}:{column}: {label}"));
        }
        text
    }
}

/// Looks places up.
struct Places<'a> {
    locate: &'a dyn Locate,
    in_repository: &'a dyn Fn(&str) -> String,
}

impl Places<'_> {
    fn finding(&self, finding: &Diagnostic) -> Finding {
        let span = self.locate.span(&finding.at);
        let fix = finding.fix.as_ref().and_then(|fix| {
            let replaced = self.locate.exact(&fix.at)?;
            let (start, end) = self.positions(&replaced)?;
            let text = fix.text.clone();
            (replaced.file == span.file).then_some(Change { start, end, text })
        });
        Finding {
            name: finding.name,
            level: finding.level,
            headline: finding.headline.clone(),
            at: self.site(&finding.at, &span),
            label: finding.label.clone(),
            note: finding.note.clone(),
            help: finding.help.clone(),
            related: finding
                .context
                .iter()
                .map(|(at, label)| Related {
                    at: self.site(at, &self.locate.span(at)),
                    label: label.clone(),
                })
                .collect(),
            fix,
            fingerprint: String::new(),
        }
    }

    fn site(&self, place: &Place, span: &Span) -> Site {
        let path = self.locate.source(span.file).map(|it| it.path.as_str());
        let first = Position { line: 1, column: 1 };
        let (start, end) = self.positions(span).unwrap_or((first, first));
        Site {
            field: self.field(place),
            file: path.unwrap_or_default().to_owned(),
            start,
            end,
            repository_path: path.map(self.in_repository).unwrap_or_default(),
        }
    }

    fn positions(&self, span: &Span) -> Option<(Position, Position)> {
        let source = self.locate.source(span.file)?;
        let start = source.position(span.range.start);
        let end = source.position(span.range.end.max(span.range.start));
        Some((start, end))
    }

    /// The field at a place; where its key may not be shown, the map that has it.
    fn field(&self, place: &Place) -> Option<String> {
        let (Place::Key(path) | Place::Value(path)) = place else {
            return None;
        };
        let key = self.locate.exact(&Place::Key(path.clone()));
        let is_hidden = key.is_some_and(|it| {
            let source = self.locate.source(it.file);
            source.is_some_and(|source| source.is_hidden(it.range.start))
        });
        let path = match is_hidden {
            true => path.parent().unwrap_or_default(),
            false => path.clone(),
        };
        Some(redact::message(&path.to_string(), None))
    }

    /// The field that a finding is about; else the line of its text as it is shown, without
    /// indentation.
    fn anchor(&self, finding: &Diagnostic) -> String {
        self.field(&finding.at).unwrap_or_else(|| {
            let span = self.locate.span(&finding.at);
            let source = self.locate.source(span.file);
            let source = source.filter(|_| !span.range.is_empty());
            let line = source.and_then(|it| text::line(it, &span.range));
            line.unwrap_or_default().trim().to_owned()
        })
    }
}
