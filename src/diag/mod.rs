//! What is said about a policy: findings with a name, a place, a reason and a remedy.
//!
//! A finding is data; how it looks is the business of one file per format. It points at a field of
//! the policy, never at an offset: the place in the text is looked up only when it is shown.
//!
//! How to word one: the headline is a phrase in lower case without a full stop that stands on its
//! own, with what the user typed in backticks; the label at the caret is shorter; the note says why
//! it matters; the help says what to write instead. Every finding has both. A credential is never
//! part of one.

pub mod github;
pub mod gitlab;
pub mod json;
pub mod pages;
pub mod path;
pub mod redact;
pub mod report;
pub mod sarif;
pub mod scalar;
pub mod secret;
pub mod source;
pub mod text;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::path::FieldPath;
use crate::diag::source::{Locate, Span};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The output would work, but not as its reader expects.
    Warning,
    /// The output would be refused, dead or dangerous: nothing is written.
    Error,
}

impl Level {
    /// The word for it, as every format spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a finding points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The key of a field: the field itself is the problem, or something below it is missing.
    Key(FieldPath),
    /// The value of a field.
    Value(FieldPath),
    /// A piece of text that is no field, such as a syntax error.
    Span(Span),
    /// The policy as a whole.
    Policy,
}

/// What to write in place of something, so that a program can do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The key, the value or the piece of text that goes.
    pub at: Place,
    /// What comes there: YAML, with quotes where it needs them.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Its stable name, `group/pattern-complained-about`.
    pub name: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The one phrase to show where only one can be shown.
    pub headline: String,
    /// Where it is.
    pub at: Place,
    /// What stands at the caret.
    pub label: Option<String>,
    /// Other places that belong to it, each with its label.
    pub context: Vec<(Place, String)>,
    /// Why it matters.
    pub note: Option<String>,
    /// What to write instead.
    pub help: Option<String>,
    /// The field that it is about, where that is not written: `at` is what should have it.
    pub about: Option<FieldPath>,
    /// The same for a program, where there is only one thing to write.
    pub fix: Option<Fix>,
    /// Whether it is none in a base: what it misses may be in another stack that extends it.
    pub not_in_base: bool,
}

impl Diagnostic {
    /// A finding that keeps the policy from being compiled.
    pub fn error(name: &'static str, at: Place, headline: impl Into<String>) -> Self {
        Self::new(name, Level::Error, at, headline)
    }

    /// A finding that is reported and leaves the policy usable.
    pub fn warning(name: &'static str, at: Place, headline: impl Into<String>) -> Self {
        Self::new(name, Level::Warning, at, headline)
    }

    /// A finding of the given level.
    pub fn new(name: &'static str, level: Level, at: Place, headline: impl Into<String>) -> Self {
        Self {
            name,
            level,
            headline: headline.into(),
            at,
            label: None,
            context: Vec::new(),
            note: None,
            help: None,
            about: None,
            fix: None,
            not_in_base: false,
        }
    }

    /// Says what stands at the caret.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Shows another place that belongs to the finding.
    pub fn context(mut self, at: Place, label: impl Into<String>) -> Self {
        self.context.push((at, label.into()));
        self
    }

    /// Says why it matters.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Says what to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says which field it is about, where that is not written.
    pub fn about(mut self, field: FieldPath) -> Self {
        self.about = Some(field);
        self
    }

    /// Says that it is none in a base: what it misses may be in another stack that extends it.
    pub fn of_this_stack(mut self, is_of_this_stack: bool) -> Self {
        self.not_in_base = is_of_this_stack;
        self
    }

    /// Says what to write instead: YAML that takes the place of what the finding points at.
    pub fn instead(mut self, text: impl Into<String>, help: impl Into<String>) -> Self {
        self.fix = Some(Fix {
            at: self.at.clone(),
            text: text.into(),
        });
        self.help(help)
    }

    /// Says which name was probably meant by the one that the finding points at.
    pub fn meant(self, name: &str) -> Self {
        self.instead(scalar::written(name), format!("did you mean `{name}`?"))
    }

    /// Says what to write instead of a name that is not known: the near one, or all there are.
    pub fn did_you_mean(self, written: &str, candidates: &[&str]) -> Self {
        match nearest(written, candidates.iter().copied()) {
            Some(near) => self.meant(near),
            None => self.help(did_you_mean(written, candidates)),
        }
    }

    /// Leaves a fix only where what it replaces is written, on one line, and may be shown: what
    /// comes in its place often repeats it. A key that is there already comes nowhere else.
    pub fn with_safe_fix(mut self, locate: &dyn Locate) -> Self {
        self.fix = self.fix.filter(|fix| {
            if let Place::Key(path) = &fix.at
                && let Some(map) = path.parent()
                && locate.key_span(&map.key(&fix.text)).is_some()
            {
                return false;
            }
            let is_shown = |span: Span| {
                let source = locate.source(span.file);
                source.is_some_and(|it| text::shows(it, &span.range))
            };
            !secret::may_be(&fix.text) && locate.exact(&fix.at).is_some_and(is_shown)
        });
        self
    }

    /// Takes out what no finding may repeat: credentials, what may not be shown where the finding
    /// points, and texts of any length.
    pub fn redacted(self, locate: &dyn Locate) -> Self {
        let hidden = locate.exact(&self.at).and_then(|span| {
            let source = locate.source(span.file)?;
            let text = source.text.get(span.range.clone())?;
            let is_hidden = source.is_hidden(span.range.start) && !scalar::is_word_of_yaml(text);
            is_hidden.then_some(text)
        });
        let message = |text: String| redact::message(&text, hidden);
        Self {
            headline: message(self.headline),
            label: self.label.map(message),
            context: self
                .context
                .into_iter()
                .map(|(at, label)| (at, message(label)))
                .collect(),
            note: self.note.map(message),
            help: self.help.map(message),
            ..self
        }
    }

    /// The field that it is about: the one that is not written, or the one that it points at.
    pub fn field(&self) -> Option<&FieldPath> {
        self.about.as_ref().or(match &self.at {
            Place::Key(path) | Place::Value(path) => Some(path),
            Place::Span(_) | Place::Policy => None,
        })
    }

    /// Returns whether the finding keeps the policy from being compiled.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

/// Findings of a stage after which none suggests what was meant: it takes a comparison with each
/// name that there is, and nobody reads so far.
pub const SUGGESTIONS: usize = 200;

/// Returns the candidate that was probably meant, if one is near enough to `written`.
pub fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let length = written.chars().count();
    let furthest = |it: &str| (it.chars().count().max(length) / 3).max(1);
    candidates
        .into_iter()
        // Comparing costs the product of the lengths, and so far apart they are not near.
        .filter(|it| it.chars().count().abs_diff(length) <= furthest(it))
        .map(|it| {
            (
                strsim::damerau_levenshtein(&written.to_lowercase(), &it.to_lowercase()),
                it,
            )
        })
        .filter(|(distance, it)| *distance <= furthest(it))
        .min()
        .map(|(_, it)| it)
}

/// Returns what to write instead of a name that is not known: the near one, or all there are.
pub fn did_you_mean(written: &str, candidates: &[&str]) -> String {
    match nearest(written, candidates.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if candidates.is_empty() => "none is defined".to_owned(),
        None if candidates.len() == 1 => format!("write `{}`", candidates[0]),
        None => format!("one of {}", ticked(candidates)),
    }
}

/// Returns the names of findings that were probably meant: those with the same last part, those of the
/// group, or the nearest.
pub fn names_like<'a>(written: &str, names: &[&'a str]) -> Vec<&'a str> {
    let last = |it: &'a str| it.rsplit('/').next().unwrap_or(it);
    let group = |it: &'a str| it.split('/').next().unwrap_or(it);
    let end = written.rsplit('/').next().unwrap_or(written);
    let with = |part: &dyn Fn(&'a str) -> &'a str, text: &str| -> Vec<&'a str> {
        let all = names.iter().copied();
        all.filter(|it| part(it) == text).collect()
    };
    let mut like = with(&last, end);
    if like.is_empty() {
        like = with(&group, written.trim_end_matches('/'));
    }
    if like.is_empty() {
        like.extend(nearest(written, names.iter().copied()));
    }
    if like.is_empty()
        && let Some(near) = nearest(end, names.iter().copied().map(last))
    {
        like = with(&last, near);
    }
    like
}

/// Returns the names in backticks, separated by commas; a long list is cut with a count.
pub fn ticked(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(|it| format!("`{it}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

/// Orders findings as a person reads the policy: by file, then by place.
pub fn sort(findings: &mut [Diagnostic], locate: &dyn Locate) {
    findings.sort_by_cached_key(|it| {
        let span = locate.span(&it.at);
        (span.file, span.range.start, it.name)
    });
}

/// `1 file`, `2 files`.
pub fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
