//! Text to a tree of values that know their place: a strict part of YAML.
//!
//! Refused, each with its place: anchors, aliases, merge keys, tags, directives, a second document,
//! duplicate keys, and plain scalars that YAML 1.1 and 1.2 read differently. What remains means the
//! same to every reader, and to the person who reviews it.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};
use serde_json::{Map, Value, json};

use crate::diag::source::{FileId, Span};
use crate::diag::{Diagnostic, Place, scalar};
use crate::read::syntax::Stop;
use crate::value::text::forbidden;

/// Nesting that no policy needs; deeper text is an attack on the stack.
const MAX_DEPTH: usize = 64;
/// Keys and values in one file.
const MAX_NODES: usize = 2_000_000;
/// Bytes of one scalar.
const MAX_SCALAR: usize = 64 * 1024;
/// Findings of one file; what comes after them is noise.
const MAX_FINDINGS: usize = 100;

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing is written.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, as written: no field takes one, so it is never computed with.
    Decimal(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the text.
    Map(Vec<Entry>),
}

/// One field of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The field of a map.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|it| it.key == key),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The `name` of an item of a list of named things.
    pub fn name(&self) -> Option<&str> {
        self.get("name")?.value.as_text()
    }

    /// The value as data, without its place.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(it) => json!(it),
            Content::Int(it) => json!(it),
            // The schema takes no number with a fraction, so only its type matters here.
            Content::Decimal(_) => json!(0.5),
            Content::Text(it) => json!(it),
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|it| (it.key.clone(), it.value.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

/// What became of the text of a file.
pub struct Loaded {
    /// Its tree, if there is any sense in it.
    pub node: Option<Node>,
    /// The values that are not in the tree, although the text was read.
    pub dropped: Vec<Range<usize>>,
    /// Where the text is no YAML any more; the tree ends before.
    pub unread: Option<usize>,
}

/// Reads one file; all findings are collected.
pub fn load(file: FileId, text: &str, acc: &mut Vec<Diagnostic>) -> Loaded {
    load_at_most(MAX_NODES, file, text, acc)
}

fn load_at_most(most: usize, file: FileId, text: &str, acc: &mut Vec<Diagnostic>) -> Loaded {
    let body = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let skipped = text.len() - body.len();
    let mut loader = Loader {
        file,
        text,
        skipped,
        nodes: 0,
        findings: Vec::new(),
        dropped: Vec::new(),
        document: None,
        read: 0,
        unread: None,
    };
    // Levels of nesting are read one within another, so the text is refused before it is read.
    let mut open: Vec<Open> = Vec::new();
    let mut documents = 0;
    let mut options = Options::default();
    options.disallow_directives = true;
    options.emit_unresolved_aliases = true;
    let mut parser = Parser::new_from_str_with_options(body, options);
    while let Some(event) = parser.next_event() {
        let (event, span) = match event {
            Ok((event, span)) => (event, span.byte_range().unwrap_or(0..0)),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0);
                let at = char_boundary(text, at + skipped);
                let bracket = open.iter().rfind(|it| it.is_flow).map(|it| it.start);
                let stop = Stop {
                    file,
                    text,
                    at,
                    says: &error.info(),
                    bracket,
                };
                loader.findings.push(stop.finding());
                loader.cut(open, at);
                break;
            }
        };
        let range = span.start + skipped..span.end + skipped;
        if loader.findings.len() >= MAX_FINDINGS {
            loader.report(
                "policy/too-many-findings",
                range,
                "this file has more findings than are looked for",
                "correct those above; the rest of the file is not read",
            );
            return loader.finish(acc, false);
        }
        loader.nodes += usize::from(matches!(
            event,
            Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::MappingStart(..)
                | Event::Alias(_)
                | Event::UnresolvedAlias(_)
        ));
        if loader.nodes > most {
            loader.report(
                "yaml/too-many-values",
                range,
                "this file has over 2,000,000 keys and values",
                "split the stack",
            );
            return loader.finish(acc, false);
        }
        match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    loader.dropped.push(range.end..text.len());
                    loader.report(
                        "yaml/second-document",
                        range,
                        "a policy is one document",
                        "remove the `---` and what follows, or make it a policy of its own",
                    );
                    break;
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                loader.report(
                    "yaml/alias",
                    range.clone(),
                    "aliases are not part of the language",
                    "write the value where it is used, or put what is shared into a base and `extends` it",
                );
                loader.place(&mut open, loader.node(range, Content::Null));
            }
            Event::Scalar(value, style, anchor, tag) => {
                loader.refuse_properties(anchor, tag.is_some(), &range);
                loader.read = range.end;
                let content = loader.scalar(&value, style, &range, wants_key(&open));
                loader.place(&mut open, loader.node(range, content));
            }
            Event::SequenceStart(style, anchor, tag) => {
                loader.refuse_properties(anchor, tag.is_some(), &range);
                open.push(Open {
                    start: range.start,
                    is_flow: style == StructureStyle::Flow,
                    items: Items::List(Vec::new()),
                });
            }
            Event::MappingStart(style, anchor, tag) => {
                loader.refuse_properties(anchor, tag.is_some(), &range);
                open.push(Open {
                    start: range.start,
                    is_flow: style == StructureStyle::Flow,
                    items: Items::Map {
                        entries: Vec::new(),
                        keys: BTreeMap::new(),
                        key: None,
                    },
                });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                loader.close(&mut open, range.end);
            }
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            let at = open.last().map_or(0, |it| it.start);
            loader.report(
                "yaml/too-deep",
                at..at + 1,
                "this is nested deeper than 64 levels",
                "write it flatter: a policy needs no more than a dozen",
            );
            return loader.finish(acc, false);
        }
    }
    loader.finish(acc, true)
}

struct Loader<'a> {
    file: FileId,
    text: &'a str,
    skipped: usize,
    nodes: usize,
    findings: Vec<Diagnostic>,
    dropped: Vec<Range<usize>>,
    document: Option<Node>,
    /// Where the last key or value ends that was read.
    read: usize,
    unread: Option<usize>,
}

/// Why it matters that a text is of the strict part of YAML, by the name of the finding.
fn why(name: &str) -> &'static str {
    match name {
        "policy/too-many-findings" => "after so many, most only follow from others",
        "yaml/alias" => "its line does not say what it means, and what it repeats may change",
        "yaml/anchor" => "a change here would change every place that repeats it",
        "yaml/control-character" => {
            "what a reviewer and an editor show would not be what obsgen and others read"
        }
        "yaml/directive" => "it changes how the rest of the file is read",
        "yaml/key-not-text" => "JSON, which Kubernetes keeps, has no other keys",
        "yaml/merge-key" => {
            "YAML 1.2 does not have it: some readers merge, and some take it as a field"
        }
        "yaml/second-document" => "a reader of one document would ignore the other in silence",
        "yaml/syntax" => "YAML cannot be read beyond this, so what follows is not looked at",
        "yaml/tag" => "the type of a field follows from the field, whatever its value says",
        "yaml/text-too-long" => {
            "it would be written into objects, of which Kubernetes takes 1 MiB at most"
        }
        "yaml/too-deep" => "each level takes room in the memory of everybody who reads it",
        _ => "reading it would take more time and memory than a policy is worth",
    }
}

/// A list or map whose end has not been read.
struct Open {
    start: usize,
    /// Whether it is written in brackets.
    is_flow: bool,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        keys: BTreeMap<String, Span>,
        key: Option<(String, Span)>,
    },
}

impl Open {
    /// Where the last thing inside ends: the text of a block ends before the next key.
    fn end(&self) -> Option<usize> {
        match &self.items {
            Items::List(items) => items.last().map(|it| it.span.range.end),
            Items::Map { entries, .. } => entries.last().map(|it| it.value.span.range.end),
        }
    }
}

/// The last character that begins at a byte or before.
fn char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn wants_key(open: &[Open]) -> bool {
    matches!(
        open.last(),
        Some(Open {
            items: Items::Map { key: None, .. },
            ..
        })
    )
}

impl Loader<'_> {
    fn node(&self, range: Range<usize>, content: Content) -> Node {
        Node {
            span: self.span(range),
            content,
        }
    }

    /// Closes the innermost of what is open at `end`; a block ends with the last thing inside.
    fn close(&mut self, open: &mut Vec<Open>, end: usize) {
        let Some(closed) = open.pop() else { return };
        let inner = closed.end().filter(|_| !closed.is_flow);
        let end = inner.unwrap_or(end).max(closed.start);
        let content = match closed.items {
            Items::List(items) => Content::List(items),
            Items::Map { entries, .. } => Content::Map(entries),
        };
        let node = self.node(closed.start..end, content);
        self.place(open, node);
    }

    /// Ends the tree at the byte from which on the text is no YAML, so that what stands before can
    /// be looked at. Brackets that are open may be what is wrong, as may the value that reaches the
    /// line: they are left out.
    fn cut(&mut self, mut open: Vec<Open>, at: usize) {
        let at = at.min(self.text.len());
        let line = self.text[..at].rfind('\n').map_or(0, |it| it + 1);
        let mut unread = line;
        if let Some(flow) = open.iter().position(|it| it.is_flow) {
            unread = unread.min(open[flow].start);
            open.truncate(flow);
        }
        // What was read behind the last thing in the tree is not in it, nor is a key without a value.
        unread = unread.min(self.read);
        match open.last_mut().map(|it| &mut it.items) {
            Some(Items::List(items)) => {
                let cut = items.pop_if(|it| it.span.range.end >= line);
                unread = cut.map_or(unread, |it| unread.min(it.span.range.start));
            }
            Some(Items::Map { entries, key, .. }) => {
                unread = key.iter().fold(unread, |at, it| at.min(it.1.range.start));
                let cut = entries.pop_if(|it| it.value.span.range.end >= line);
                unread = cut.map_or(unread, |it| unread.min(it.key_span.range.start));
            }
            None => {}
        }
        while !open.is_empty() {
            self.close(&mut open, unread);
        }
        self.unread = Some(unread);
    }

    /// A piece of the text, made to begin and end between characters.
    fn span(&self, range: Range<usize>) -> Span {
        let mut start = range.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = range.end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span {
            file: self.file,
            range: start..end,
        }
    }

    fn report(&mut self, name: &'static str, range: Range<usize>, headline: &str, help: &str) {
        let place = Place::Span(self.span(range));
        let finding = Diagnostic::error(name, place, headline).note(why(name));
        self.findings.push(finding.help(help));
    }

    /// Adds a value to what is open; the text's only top value is the document.
    fn place(&mut self, open: &mut [Open], node: Node) {
        let is_item = matches!(
            open,
            [
                ..,
                Open {
                    items: Items::List(_),
                    ..
                },
                _
            ]
        );
        let Some(parent) = open.last_mut() else {
            self.document = Some(node);
            return;
        };
        match &mut parent.items {
            Items::List(items) => items.push(node),
            Items::Map { entries, keys, key } => match key.take() {
                None => {
                    let span = node.span.clone();
                    let text = match node.content {
                        Content::Text(text) => text,
                        _ => {
                            self.dropped.push(span.range.clone());
                            self.report(
                                "yaml/key-not-text",
                                span.range.clone(),
                                "a key of the policy is a text",
                                "quote it",
                            );
                            String::new()
                        }
                    };
                    *key = Some((text, span));
                }
                Some((name, key_span)) => {
                    if let Some(first) = keys.get(&name) {
                        self.dropped.push(node.span.range);
                        let place = Place::Span(key_span.clone());
                        self.findings.push(
                            Diagnostic::error(
                                "yaml/duplicate-key",
                                place,
                                format!("`{name}` is written twice"),
                            )
                            .context(Place::Span(first.clone()), "first written here")
                            .note("readers disagree on which of them counts")
                            .help(match is_item {
                                true => "remove one of them; if another item begins here, begin it with `- `",
                                false => "remove one of them",
                            }),
                        );
                    } else {
                        keys.insert(name.clone(), key_span.clone());
                        entries.push(Entry {
                            key: name,
                            key_span,
                            value: node,
                        });
                    }
                }
            },
        }
    }

    fn refuse_properties(&mut self, anchor: usize, tagged: bool, range: &Range<usize>) {
        if anchor != 0 {
            self.report(
                "yaml/anchor",
                range.clone(),
                "anchors are not part of the language",
                "write the value where it is used, or put what is shared into a base and `extends` it",
            );
        }
        if tagged {
            self.report(
                "yaml/tag",
                range.clone(),
                "tags are not part of the language",
                "remove it, and quote a text that looks like a number",
            );
        }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        range: &Range<usize>,
        is_key: bool,
    ) -> Content {
        if value.len() > MAX_SCALAR {
            self.report(
                "yaml/text-too-long",
                range.start..range.start + 1,
                "this text is over 64 KiB",
                "shorten it",
            );
            return Content::Text(String::new());
        }
        if let Some(it) = forbidden(value, true) {
            self.report(
                "yaml/control-character",
                range.clone(),
                &format!(
                    "this text has the character U+{:04X}, which cannot be seen",
                    u32::from(it)
                ),
                "remove it",
            );
        }
        if style != ScalarStyle::Plain {
            return Content::Text(value.to_owned());
        }
        // The parser says `~` where nothing is written.
        if range.is_empty() {
            return Content::Null;
        }
        if is_key {
            if value == "<<" {
                self.report(
                    "yaml/merge-key",
                    range.clone(),
                    "merge keys are not part of the language",
                    "put what is shared into a base and `extends` it",
                );
            }
            return Content::Text(value.to_owned());
        }
        match plain(value) {
            Some(content) => content,
            None => {
                let word = match value.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" => Some("true"),
                    "no" | "off" | "n" | "false" => Some("false"),
                    _ => None,
                };
                let finding = Diagnostic::error(
                    "yaml/ambiguous-scalar",
                    Place::Span(self.span(range.clone())),
                    format!("`{value}` means different things to different YAML readers"),
                )
                .note("YAML 1.1, which Kubernetes' tools read, and YAML 1.2 disagree on it");
                let text = scalar::quoted(value);
                self.findings.push(match word {
                    Some(word) => finding.label("a text or a truth value").help(format!(
                        "write `{word}` for the truth value, `{text}` for the text"
                    )),
                    None => {
                        let help = format!("write `{text}`");
                        finding.label("quote this").instead(text, help)
                    }
                });
                Content::Text(value.to_owned())
            }
        }
    }

    fn finish(mut self, acc: &mut Vec<Diagnostic>, readable: bool) -> Loaded {
        const WITH_NAMES: &[&str] = &["yaml/alias", "yaml/anchor", "yaml/tag"];
        if self.findings.iter().any(|it| WITH_NAMES.contains(&it.name)) {
            self.dropped.extend(properties(self.text));
        }
        if readable && self.unread.is_none() {
            self.refuse_hidden_in_comments();
        }
        acc.append(&mut self.findings);
        Loaded {
            node: self.document.filter(|_| readable),
            dropped: self.dropped,
            unread: self.unread,
        }
    }
}

impl Loader<'_> {
    /// A comment that reads otherwise than it is written misleads its reviewer.
    fn refuse_hidden_in_comments(&mut self) {
        let mut reported: Vec<Range<usize>> = self
            .findings
            .iter()
            .filter(|it| it.name == "yaml/control-character")
            .filter_map(|it| match &it.at {
                Place::Span(span) => Some(span.range.clone()),
                Place::Key(_) | Place::Value(_) | Place::Policy => None,
            })
            .collect();
        reported.sort_by_key(|it| it.start);
        // They are scalars, of which none is inside another.
        let is_reported = |at: usize| {
            let after = reported.partition_point(|it| it.start <= at);
            after > 0 && reported[after - 1].contains(&at)
        };
        let text = self.text;
        let body = &text[self.skipped..];
        // A line break of its own to YAML, and none to most editors.
        let is_lone = |at: usize| !body[at..].starts_with("\r\n");
        let hidden = body.char_indices().filter(|(at, it)| match it {
            '\r' => is_lone(*at),
            it => forbidden(it.encode_utf8(&mut [0; 4]), true).is_some(),
        });
        for (at, it) in hidden {
            if self.findings.len() >= MAX_FINDINGS {
                break;
            }
            let at = at + self.skipped;
            let range = at..at + it.len_utf8();
            if it == '\r' {
                self.report(
                    "yaml/control-character",
                    range,
                    "this is a carriage return without a line feed",
                    "end lines with a line feed",
                );
            } else if !is_reported(at) {
                self.report(
                    "yaml/control-character",
                    range,
                    &format!(
                        "this comment has the character U+{:04X}, which cannot be seen",
                        u32::from(it)
                    ),
                    "remove it",
                );
            }
        }
    }
}

/// Returns what may be an alias, an anchor or a tag: who forgets the quotes of a password that begins
/// with such a mark writes one.
fn properties(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_end = |it: char| it.is_whitespace() || "{}[],".contains(it);
    let mut behind = 0;
    let marks = text.match_indices(['*', '&', '!']);
    marks.filter_map(move |(at, _)| {
        let begins = text[..at].ends_with(|it| is_end(it) || it == ':') || at == 0;
        if !begins || at < behind {
            return None;
        }
        behind = text[at..].find(is_end).map_or(text.len(), |it| at + it);
        Some(at..behind)
    })
}

/// Reads a plain scalar that YAML 1.1 and 1.2 agree on; `None` where they do not.
fn plain(value: &str) -> Option<Content> {
    match value {
        "" => return Some(Content::Null),
        "true" => return Some(Content::Bool(true)),
        "false" => return Some(Content::Bool(false)),
        "null" => return Some(Content::Null),
        "~" | "=" | "<<" => return None,
        _ => {}
    }
    let word = value.to_ascii_lowercase();
    if matches!(
        word.as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    ) {
        return None;
    }
    if !value.starts_with(|it: char| it.is_ascii_digit() || matches!(it, '+' | '-' | '.')) {
        return Some(Content::Text(value.to_owned()));
    }
    let digits = value.strip_prefix('-').unwrap_or(value);
    let all_digits = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    if all_digits && (digits == "0" || !digits.starts_with('0')) {
        return value.parse().ok().map(Content::Int);
    }
    if let Some((whole, fraction)) = digits.split_once('.')
        && !whole.is_empty()
        && !fraction.is_empty()
        && (whole == "0" || !whole.starts_with('0'))
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|it| it.is_ascii_digit())
    {
        return Some(Content::Decimal(value.to_owned()));
    }
    if looks_numeric(digits) {
        None
    } else {
        Some(Content::Text(value.to_owned()))
    }
}

/// Returns whether some reader takes the text for a number, a date or a time.
fn looks_numeric(text: &str) -> bool {
    let only = |extra: &str| {
        text.chars()
            .all(|it| it.is_ascii_digit() || extra.contains(it))
    };
    let lower = text.to_ascii_lowercase();
    all_of(text, "_+-.,:")
        || lower.starts_with("0x")
            && lower[2..]
                .chars()
                .all(|it| it.is_ascii_hexdigit() || it == '_')
        || lower.starts_with("0o")
        || lower.starts_with("0b") && only("bB_")
        || matches!(lower.as_str(), ".inf" | ".nan" | "+.inf")
        || is_exponent(&lower)
        || is_date(text)
}

fn all_of(text: &str, extra: &str) -> bool {
    text.chars().any(|it| it.is_ascii_digit())
        && text.chars().all(|it| it.is_ascii_digit() || extra.contains(it))
        // Addresses and versions have more dots than a number.
        && text.matches('.').count() < 2
}

fn is_exponent(lower: &str) -> bool {
    let Some((mantissa, exponent)) = lower.split_once('e') else {
        return false;
    };
    let number = |it: &str, extra: &str| {
        it.chars().any(|it| it.is_ascii_digit())
            && it
                .chars()
                .all(|it| it.is_ascii_digit() || extra.contains(it))
    };
    number(mantissa, "._") && number(exponent, "+-_")
}

/// Returns whether YAML 1.1 reads a timestamp: four digits, a dash, and so on.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[5].is_ascii_digit()
        && text[4..]
            .chars()
            .all(|it| it.is_ascii_digit() || "-:.tTzZ+ ".contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        let mut acc = Vec::new();
        load(FileId(0), text, &mut acc);
        acc.iter().map(|it| it.name).collect()
    }

    fn read(text: &str) -> Value {
        let mut acc = Vec::new();
        let node = load(FileId(0), text, &mut acc).node.unwrap();
        assert!(acc.is_empty(), "{acc:?}");
        node.to_json()
    }

    #[test]
    fn what_readers_disagree_on_is_refused() {
        for text in [
            "yes",
            "No",
            "ON",
            "y",
            "~",
            "012",
            "0o14",
            "0x1F",
            "1_000",
            "12:30",
            "1e3",
            "2024-01-01",
            "+1",
            ".5",
            "1.",
            ".inf",
            "True",
            "99999999999999999999",
            "=",
        ] {
            assert_eq!(
                names(&format!("a: {text}\n")),
                ["yaml/ambiguous-scalar"],
                "{text}"
            );
        }
    }

    #[test]
    fn what_readers_agree_on_is_read() {
        assert_eq!(
            read("a: [true, 12, -3, 0, 7.4.7, 768mb, 10.0.0.1, 1h30m, redis:7.4.7, 50gb, 85%]\n"),
            json!({"a": [true, 12, -3, 0, "7.4.7", "768mb", "10.0.0.1", "1h30m", "redis:7.4.7", "50gb", "85%"]})
        );
        assert_eq!(
            read("a: \"yes\"\nb: '012'\n"),
            json!({"a": "yes", "b": "012"})
        );
    }

    #[test]
    fn what_is_not_part_of_the_language_is_refused_all_at_once() {
        let text = "a: &x 1\nb: *x\nc: !foo z\nd: {<<: {}}\na: 2\n";
        assert_eq!(
            names(text),
            [
                "yaml/anchor",
                "yaml/alias",
                "yaml/tag",
                "yaml/merge-key",
                "yaml/duplicate-key"
            ]
        );
        assert_eq!(names("a: 1\n---\nb: 2\n"), ["yaml/second-document"]);
    }

    #[test]
    fn what_stands_before_a_mistake_is_read() {
        for (text, read) in [
            ("a: 1\nb: {c: 1\nd: 2\n", json!({"a": 1})),
            ("a: 1\nb:\n  c: 2\n d: 3\n", json!({"a": 1, "b": {"c": 2}})),
            ("a: [1]\nb: 2\n   c: 3\nd: 4\n", json!({"a": [1]})),
            ("a: 1\nb: \"c\nd: 2\n", json!({"a": 1})),
            ("- 1\n- 2\n- ]\n", json!([1, 2])),
        ] {
            let mut acc = Vec::new();
            let loaded = load(FileId(0), text, &mut acc);
            assert_eq!(loaded.node.unwrap().to_json(), read, "{text}");
            assert_eq!(acc.len(), 1, "{text}");
            assert!(loaded.unread.is_some());
        }
    }

    #[test]
    fn a_tab_is_pointed_at() {
        let text = "a:\n\tb: 1\n";
        let mut acc = Vec::new();
        load(FileId(0), text, &mut acc);
        let Place::Span(span) = &acc[0].at else {
            unreachable!("a place in the text")
        };
        assert_eq!(text[span.range.clone()], *"\t");
        assert!(acc[0].help.as_ref().unwrap().contains("spaces"));
    }

    #[test]
    fn what_cannot_be_seen_is_refused_in_comments_too() {
        assert_eq!(names("a: 1 # \u{202e}b\r\n"), ["yaml/control-character"]);
        assert_eq!(names("a: \"\u{202e}\"\n"), ["yaml/control-character"]);
    }

    #[test]
    fn nothing_written_is_nothing() {
        assert_eq!(
            read("a:\nb: #c\nd: [ ]\n"),
            json!({"a": null, "b": null, "d": []})
        );
    }

    #[test]
    fn a_file_has_so_many_values_and_no_more() {
        let names = |values: usize| {
            let text = format!("[{}]", "a, ".repeat(values - 1));
            let mut acc = Vec::new();
            let node = load_at_most(10, FileId(0), &text, &mut acc).node;
            assert_eq!(node.is_some(), acc.is_empty());
            acc.iter().map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!((names(9), names(10)), (vec![], vec![]));
        assert_eq!(names(11), ["yaml/too-many-values"]);
        let keys = |text: &str| {
            let mut acc = Vec::new();
            load_at_most(4, FileId(0), text, &mut acc);
            acc.iter().map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(keys("{a: b, c: }"), ["yaml/too-many-values"]);
        assert!(keys("{a: [b]}").is_empty());
        assert_eq!(
            keys("[*a, *a, *a, *a]").last(),
            Some(&"yaml/too-many-values")
        );
    }

    #[test]
    fn two_million_values_are_read() {
        let text = |values: usize| format!("[{}]", "a,".repeat(values - 1));
        assert!(names(&text(MAX_NODES - 1)).is_empty() && names(&text(MAX_NODES)).is_empty());
        assert_eq!(names(&text(MAX_NODES + 1)), ["yaml/too-many-values"]);
    }

    #[test]
    fn a_text_has_64_kib_and_no_more() {
        for (length, expected) in [
            (65_535, None),
            (65_536, None),
            (65_537, Some("yaml/text-too-long")),
        ] {
            let text = "a".repeat(length);
            for text in [
                format!("k: {text}\n"),
                format!("k: |-\n  {text}\n"),
                format!("k: \"{text}\"\n"),
            ] {
                assert_eq!(names(&text), Vec::from_iter(expected), "{length}");
            }
        }
        // Bytes, not characters.
        assert_eq!(names(&format!("k: {}\n", "é".repeat(32_768))), [""; 0]);
        assert_eq!(
            names(&format!("k: {}a\n", "é".repeat(32_768))),
            ["yaml/text-too-long"]
        );
    }

    #[test]
    fn a_text_is_nested_64_deep_and_no_deeper() {
        for (depth, expected) in [(63, None), (64, None), (65, Some("yaml/too-deep"))] {
            let block: String = (0..depth)
                .map(|it| format!("{}é:\n", " ".repeat(it)))
                .collect();
            for text in [
                "[".repeat(depth) + &"]".repeat(depth),
                "- ".repeat(depth) + "é",
                block,
            ] {
                assert_eq!(names(&text), Vec::from_iter(expected), "{text}");
            }
        }
    }

    #[test]
    fn there_is_one_document_without_aliases() {
        assert!(names("a: 1\n").is_empty() && names("---\na: 1\n...\n").is_empty());
        assert_eq!(names("a: 1\n---\n"), ["yaml/second-document"]);
        assert_eq!(names("a: *b\n"), ["yaml/alias"]);
    }

    #[test]
    fn hostile_text_ends_in_a_finding() {
        let laughs = |depth: usize| {
            let line = |it: usize| {
                format!(
                    "a{}: &a{} [{}]\n",
                    it + 1,
                    it + 1,
                    format!("*a{it},").repeat(9)
                )
            };
            "a0: &a0 [x]\n".to_owned() + &(0..depth).map(line).collect::<String>()
        };
        for text in [
            "[".repeat(10_000),
            "{a: ".repeat(10_000),
            "{".repeat(10_000),
            "- ".repeat(200_000),
            "? ".repeat(100_000),
            "a: ".repeat(100_000),
            "a:\n".repeat(10_000),
            laughs(9),
            laughs(1_000),
            "!".repeat(100_000),
            "&".repeat(100_000),
            "%".repeat(100_000),
            "---\n".repeat(10_000),
            "a: \"\\0\"".to_owned(),
            "a: \"\\ud800\"".to_owned(),
            "a: \"\\U00110000\"".to_owned(),
            "a\0b: c".to_owned(),
            "a: b\rc: d\n".to_owned(),
            "# a\rb: c\n".to_owned(),
            "a: \"b\rc\"\n".to_owned(),
            "a: b\r\r\nc: d\n".to_owned(),
            "a: \u{2028}b".to_owned(),
            "# \u{2029}".to_owned(),
            "a: b\u{85}c: d".to_owned(),
            "a: \u{200b}".to_owned(),
            "a: \u{feff}b".to_owned(),
            "\u{feff}\u{feff}a: b".to_owned(),
            "a\u{202e}: b".to_owned(),
            format!("a: {}\n", "9".repeat(60_000)),
            format!("a: {}e{}\n", "9".repeat(30_000), "9".repeat(30_000)),
            format!("a: \"{}\"\n", "a".repeat(1_000_000)),
            format!("{}: b\n", "a".repeat(1_000_000)),
        ] {
            assert!(!names(&text).is_empty(), "{}", &text[..text.len().min(50)]);
        }
    }

    #[test]
    fn a_finding_begins_and_ends_between_characters() {
        let long = format!("{}é", "é".repeat(40_000));
        let deep: String = (0..70)
            .map(|it| format!("{}é:\n", " ".repeat(it)))
            .collect();
        for text in [
            format!("\u{feff}{long}"),
            format!("é: {long}\n"),
            format!("{long}: é\n"),
            "- ".repeat(70) + "é",
            deep,
            "é: é: é".to_owned(),
            "é: [é".to_owned(),
            "é: \"é".to_owned(),
            "\u{feff}%é\n---\né".to_owned(),
        ] {
            let mut acc = Vec::new();
            load(FileId(0), &text, &mut acc);
            assert!(!acc.is_empty());
            for finding in acc {
                let Place::Span(span) = finding.at else {
                    unreachable!("a place in the text")
                };
                assert!(
                    text.get(span.range.clone()).is_some(),
                    "{}: {span:?}",
                    finding.name
                );
            }
        }
    }

    #[test]
    fn every_byte_has_its_place() {
        for text in ["\u{FEFF}a: b\r\nc:\r\n  - dé\r\n", "a: b\nc:\n  - dé\n"] {
            let mut acc = Vec::new();
            let node = load(FileId(0), text, &mut acc).node.unwrap();
            let entry = node.get("c").unwrap();
            assert_eq!(&text[entry.key_span.range.clone()], "c");
            let Content::List(items) = &entry.value.content else {
                unreachable!("a list")
            };
            assert_eq!(&text[items[0].span.range.clone()], "dé");
        }
    }
}
