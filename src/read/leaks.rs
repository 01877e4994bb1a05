//! Credentials in plain text: anywhere in a file, whether it can be read as YAML or not.

use std::ops::Range;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::diag::secret::{self, Reason, WAIVER};
use crate::diag::source::{FileId, Source, Span};
use crate::diag::{Diagnostic, Place};
use crate::read::schema;
use crate::read::tree::{Content, Node};
use crate::read::validate::IN_GIT;

/// Findings of one file; what comes after them is found once these are gone.
const MAX_FINDINGS: usize = 100;
/// Hexadecimal digits of a value's SHA-256 that a waiver is bound to.
const DIGITS: usize = 12;

/// Reports the credentials of a file, and returns the pieces of its text that hold one. Without a
/// tree, or from the byte on where it ends, the text alone is looked at.
pub(super) fn find(
    file: FileId,
    source: &Source,
    node: Option<&Node>,
    unread: Option<usize>,
    acc: &mut Vec<Diagnostic>,
) -> Vec<Range<usize>> {
    let mut pieces = Pieces::default();
    let read = match node {
        Some(_) => unread.unwrap_or(source.text.len()),
        None => 0,
    };
    if let Some(node) = node {
        pieces.node(node, Some(schema::policy()), None);
        pieces.comments(&source.text[..read]);
    }
    pieces.lines(&source.text, read);
    pieces.rest(&source.text);
    let Pieces {
        mut leaks, waivers, ..
    } = pieces;
    leaks.sort_by_key(|it| it.range.start);
    let mut waivers: Vec<Waiver> = waivers
        .into_iter()
        .map(|range| Waiver::new(source, range))
        .collect();
    let mut left = MAX_FINDINGS;
    for leak in &leaks {
        let line = source.line(leak.range.start);
        let found = leak.found.iter().find(|(reason, value)| {
            let is_waived = reason.is_a_guess()
                && waivers.iter_mut().any(|it| {
                    let is_its = it.is_near(line) && it.digest.as_deref() == Some(&digest(value));
                    it.is_used |= is_its;
                    is_its
                });
            !is_waived
        });
        if let Some((reason, value)) = found
            && left > 0
        {
            left -= 1;
            acc.push(finding(file, leak, *reason, value));
        }
    }
    // Which comments are some is known of a file that can be read only.
    let is_read = read == source.text.len();
    let unused = waivers.iter().filter(|it| !it.is_used && is_read);
    acc.extend(unused.take(left).map(|it| it.unused(file)));
    leaks.into_iter().map(|it| it.range).collect()
}

/// A value, a key or a comment with what is a credential in it.
struct Leak {
    range: Range<usize>,
    found: Vec<(Reason, String)>,
}

#[derive(Default)]
struct Pieces {
    /// The pieces with credentials.
    leaks: Vec<Leak>,
    /// All scalars, in the order of the text.
    scalars: Vec<Range<usize>>,
    /// The comments that waive something.
    waivers: Vec<Range<usize>>,
}

impl Pieces {
    /// Looks at the keys and values of a map or list. `schema` is what the language has there, if
    /// anything, and `name` the field whose value this is, if the language does not know it.
    fn node(&mut self, node: &Node, schema: Option<&Value>, name: Option<&str>) {
        match &node.content {
            Content::Map(entries) => {
                for entry in entries {
                    self.scalar(&entry.key_span.range, &entry.key, None);
                    let field = schema.and_then(|it| schema::field(it, &entry.key));
                    let is_named = field.as_ref().is_some_and(|it| it.is_named);
                    let name = (!is_named).then_some(entry.key.as_str());
                    self.node(&entry.value, field.map(|it| it.schema), name);
                }
            }
            Content::List(items) => {
                let schema = schema.and_then(|it| it.get("items")).map(schema::resolve);
                for item in items {
                    self.node(item, schema, name);
                }
            }
            Content::Null | Content::Bool(_) => {}
            Content::Int(it) => self.scalar(&node.span.range, &it.to_string(), name),
            Content::Decimal(it) | Content::Text(it) => {
                self.scalar(&node.span.range, it, name);
            }
        }
    }

    fn scalar(&mut self, range: &Range<usize>, text: &str, name: Option<&str>) {
        self.scalars.push(range.clone());
        let mut found = in_text(text);
        if found.is_empty()
            && let Some(reason) = name.and_then(|it| secret::at_field(it, text))
        {
            found.push((reason, text.to_owned()));
        }
        self.leak(range.clone(), found);
    }

    fn leak(&mut self, range: Range<usize>, found: Vec<(Reason, String)>) {
        if !found.is_empty() {
            self.leaks.push(Leak { range, found });
        }
    }

    /// Looks at the comments: whatever begins with `#` behind a space and is in no scalar.
    fn comments(&mut self, text: &str) {
        let scalars = std::mem::take(&mut self.scalars);
        let mut scalars = scalars.into_iter().peekable();
        let mut behind = 0;
        for (at, _) in text.match_indices('#') {
            while scalars.next_if(|it| it.end <= at).is_some() {}
            let is_in_scalar = scalars.peek().is_some_and(|it| it.contains(&at));
            let is_start = at == 0 || text[..at].ends_with([' ', '\t', '\n', '\r', '\u{FEFF}']);
            if at >= behind && is_start && !is_in_scalar {
                let line = text[at..].lines().next().unwrap_or_default();
                behind = at + line.len();
                self.comment(at..behind, line);
            }
        }
    }

    fn comment(&mut self, range: Range<usize>, text: &str) {
        if text.contains(WAIVER) {
            self.waivers.push(range.clone());
        }
        self.leak(range, in_text(text));
    }

    /// Looks at each line of what cannot be read: from a byte on.
    fn lines(&mut self, text: &str, from: usize) {
        let mut start = from;
        for line in text[from..].split_inclusive('\n') {
            let from = start + line.len() - line.trim_start().len();
            start += line.len();
            if let Some(at) = line.find(WAIVER) {
                self.waivers.push(start - line.len() + at..start);
            }
            let line = line.trim();
            self.leak(from..from + line.len(), in_text(line));
        }
    }

    /// Looks at what is neither: values that were dropped, tags, anchors.
    fn rest(&mut self, text: &str) {
        self.leaks.sort_by_key(|it| it.range.start);
        let known = self.leaks.len();
        for it in secret::forms(text) {
            let (start, end) = (it.range.start, it.range.end);
            let after = self.leaks[..known].partition_point(|it| it.range.start < end);
            let is_known = after > 0 && self.leaks[after - 1].range.end > start;
            if !is_known {
                let value = text[it.range.clone()].to_owned();
                self.leak(it.range, vec![(it.reason, value)]);
            }
        }
    }
}

fn in_text(text: &str) -> Vec<(Reason, String)> {
    secret::in_text(text)
        .into_iter()
        .map(|it| (it.reason, text[it.range].to_owned()))
        .collect()
}

fn finding(file: FileId, leak: &Leak, reason: Reason, value: &str) -> Diagnostic {
    let range = leak.range.clone();
    let replace = "put it into a Secret, name that by `secretRef`, and replace what was written \
                   here: it is in Git";
    // The digest of a password that can be guessed tells who reads a log which guess is right. One
    // of a random text tells nothing; and what has the form of a credential cannot be waived.
    let help = match reason {
        Reason::Issued(_) => replace.to_owned(),
        Reason::Login | Reason::Parameter => {
            format!("{replace}; an example has `<password>` there")
        }
        Reason::Random => format!(
            "{replace}; if it is none, write `# {WAIVER} {} <reason>` above it",
            digest(value)
        ),
        Reason::Named => format!(
            "{replace}; if it is none, write `# {WAIVER} <digest> <reason>` above it, with the \
             first {DIGITS} digits of the value's SHA-256"
        ),
    };
    Diagnostic::error(
        "secrets/plain-text",
        Place::Span(Span { file, range }),
        format!("this looks like {}", reason.what()),
    )
    .label("in plain text")
    .note(IN_GIT)
    .help(help)
}

fn digest(value: &str) -> String {
    let mut digest = base16ct::lower::encode_string(&Sha256::digest(value.as_bytes()));
    digest.truncate(DIGITS);
    digest
}

/// A comment that says that a value is no credential.
struct Waiver {
    range: Range<usize>,
    line: usize,
    /// The digest that it names, if it has one and a reason.
    digest: Option<String>,
    is_used: bool,
}

impl Waiver {
    fn new(source: &Source, range: Range<usize>) -> Self {
        let text = &source.text[range.clone()];
        let words = text.split_once(WAIVER).map_or("", |it| it.1).trim();
        let (digest, reason) = words.split_once(' ').unwrap_or((words, ""));
        let is_digest = digest.len() == DIGITS && digest.bytes().all(|it| it.is_ascii_hexdigit());
        Self {
            line: source.line(range.start),
            range,
            digest: (is_digest && !reason.trim().is_empty()).then(|| digest.to_ascii_lowercase()),
            is_used: false,
        }
    }

    /// Returns whether it stands on a line, or above it.
    fn is_near(&self, line: usize) -> bool {
        line == self.line || line == self.line + 1
    }

    fn unused(&self, file: FileId) -> Diagnostic {
        let range = self.range.clone();
        let headline = match &self.digest {
            Some(_) => "there is nothing on this line or below it that this waiver is for",
            None => "this waiver does not say for which value it is, or why",
        };
        Diagnostic::error(
            "secrets/waiver-unused",
            Place::Span(Span { file, range }),
            headline,
        )
        .note("what it was for is another value now, or gone")
        .help(format!(
            "remove it, or write `# {WAIVER} <digest> <reason>` with the first {DIGITS} digits of \
             the value's SHA-256; what has the form of a credential cannot be waived"
        ))
    }
}
