//! Text to a policy as written, with the place of every field; all problems at once.

pub mod defaults;
mod document;
mod hidden;
mod leaks;
pub mod manifest;
mod merge;
pub mod origin;
mod overrides;
mod repair;
pub mod schema;
pub mod settings;
pub mod spec;
mod syntax;
pub mod tree;
mod validate;
pub mod vary;
mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use crate::read::document::Document;

use crate::diag::path::FieldPath;
use crate::diag::source::{FileId, Locate, Source, Span};
use crate::diag::{Diagnostic, Place, scalar};
use crate::read::overrides::Layers;
use crate::read::settings::Settings;
use crate::read::spec::PolicySpec;
use crate::read::tree::{Content, Node};
use crate::value::reference::RelativePath;

/// Bytes that one file may have.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;
/// Why a file is not even read that has more.
pub const TOO_LARGE: &str = "cannot be read: it has more than 16 MiB; split it";
/// Files that one policy may be made of.
const MAX_FILES: usize = 256;
/// Files that may extend each other in a row.
const MAX_LAYERS: usize = 32;
/// Bytes that all files may have together.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Redis instances of one stack.
const MAX_INSTANCES: usize = 20_000;
/// Alerts of the user's own in one stack.
const MAX_ALERTS: usize = 10_000;

/// Why a file that is not read keeps a policy from being compiled.
const NOT_WHOLE: &str = "without one of its files a policy is another one: nothing is generated";

/// Gives the text of a file by its path, with `/` between the parts; or says why it cannot.
pub type Files<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// What became of the text of a policy.
pub struct Reading {
    /// The policy as written, as far as it could be read.
    pub spec: Option<PolicySpec>,
    /// Its texts, and where every field is.
    pub document: Document,
    /// What was found; with an error among it, what follows from the policy is for findings only.
    pub findings: Vec<Diagnostic>,
    /// Fields that the policy has to do without: what is found about them follows from that.
    pub refused: Vec<FieldPath>,
}

/// Reads the policy at a path and what it extends, with values that are set over it.
pub fn read(files: &Files<'_>, path: &str, settings: &Settings) -> Reading {
    let mut reader = Reader {
        files,
        sources: Vec::new(),
        asked: 0,
        bytes: 0,
        order: Vec::new(),
        layers: Layers::default(),
        is_incomplete: false,
        is_over: false,
        acc: Vec::new(),
    };
    let root = reader.layered(path, &mut Vec::new(), None);
    let root = root.map(|it| reader.set(it, settings));
    let Reader {
        sources,
        order,
        mut layers,
        is_incomplete,
        acc: mut findings,
        ..
    } = reader;
    let mut is_refused = root.is_none();
    let mut root = root.unwrap_or(Node {
        span: Span {
            file: FileId(0),
            range: 0..0,
        },
        content: Content::Null,
    });
    merge::refuse_removals(&mut root, &mut findings);
    overrides::of_instances(&root, &mut layers, &mut findings);
    is_refused |= refuse_too_many(&root, &mut findings);
    let document = Document::new(sources, order, root);
    if is_refused {
        return Reading {
            spec: None,
            document,
            findings,
            refused: Vec::new(),
        };
    }
    prefer_texts(&document, &mut findings);
    let broken = Broken::new(&findings);
    let validate::Validated { value, refused } = validate::validate(
        &document,
        &broken.fields(&document),
        is_incomplete,
        &mut findings,
    );
    // Without these there is no stack to look at.
    let has_stack = [&[][..], &["redis"], &["redis", "instances"]]
        .iter()
        .all(|it| !refused.contains(&FieldPath::spec(it)));
    let spec = serde_json::from_value::<PolicySpec>(value)
        .ok()
        .filter(|_| has_stack && !is_incomplete);
    if spec.is_none() && !findings.iter().any(Diagnostic::is_error) {
        // The schema is derived from the type, so what passes one passes the other.
        findings.push(
            Diagnostic::error(
                "policy/invalid-value",
                Place::Policy,
                "this policy passes its schema but cannot be read",
            )
            .note("this is a defect of obsgen")
            .help("please report it with the policy"),
        );
    }
    Reading {
        spec,
        document,
        findings,
        refused,
    }
}

/// Of a word that is a truth value to some reader, says that a directive of redis.conf takes the text.
fn prefer_texts(document: &Document, findings: &mut [Diagnostic]) {
    let instances = FieldPath::spec(&["redis", "instances"]);
    let names = document.keys(&instances);
    let all = names.iter().map(|it| instances.key(it));
    let all = all.chain([FieldPath::spec(&["redis", "defaults"])]);
    let configs = all.filter_map(|it| document.node(&it.key("config")));
    let starts: BTreeSet<(FileId, usize)> = configs
        .flat_map(|it| match &it.content {
            Content::Map(entries) => entries.as_slice(),
            _ => &[],
        })
        .map(|it| (it.value.span.file, it.value.span.range.start))
        .collect();
    for finding in findings {
        if let Place::Span(span) = &finding.at
            && finding.name == "yaml/ambiguous-scalar"
            && starts.contains(&(span.file, span.range.start))
            && let Some(source) = document.source(span.file)
        {
            let text = scalar::quoted(&source.text[span.range.clone()]);
            let help = format!("write `{text}`: redis.conf has texts only");
            *finding = finding.clone().instead(text, help);
        }
    }
}

/// Reports lists that are longer than any stack needs, before each item of them costs something.
fn refuse_too_many(root: &Node, acc: &mut Vec<Diagnostic>) -> bool {
    let before = acc.len();
    let mut refuse = |keys: [&str; 2], most: usize, name, what, help| {
        let list = root
            .get("spec")
            .and_then(|it| it.value.get(keys[0]))
            .and_then(|it| it.value.get(keys[1]));
        if let Some(entry) = list
            && let Content::List(items) = &entry.value.content
            && items.len() > most
        {
            acc.push(
                Diagnostic::error(name, Place::Key(FieldPath::spec(&keys)), what)
                    .note("everything that gets the output takes memory and time for each of them")
                    .help(help),
            );
        }
    };
    refuse(
        ["redis", "instances"],
        MAX_INSTANCES,
        "policy/too-many-instances",
        "this stack has over 20,000 Redis instances",
        "split the stack",
    );
    refuse(
        ["alerts", "custom"],
        MAX_ALERTS,
        "policy/too-many-alerts",
        "this stack has over 10,000 alerts of its own",
        "split the stack, or let one alert watch several instances",
    );
    refuse(
        ["alerts", "recording"],
        MAX_ALERTS,
        "policy/too-many-alerts",
        "this stack has over 10,000 recording rules",
        "split the stack, or let one rule record for several instances",
    );
    acc.len() > before
}

/// The pieces of text that were refused for what they are as YAML, for a name that is taken, or for a
/// credential: what else is wrong with them follows from that.
struct Broken(BTreeMap<(FileId, usize), &'static str>);

impl Broken {
    fn new(findings: &[Diagnostic]) -> Self {
        // An anchor and a tag leave the value as it is.
        let pieces = findings.iter().filter(|it| {
            matches!(
                it.name,
                "policy/duplicate-name" | "policy/unreadable" | "secrets/plain-text"
            ) || it.name.starts_with("yaml/") && !matches!(it.name, "yaml/anchor" | "yaml/tag")
        });
        Self(
            pieces
                .filter_map(|it| match &it.at {
                    Place::Span(span) => Some(((span.file, span.range.start), it.name)),
                    Place::Key(_) | Place::Value(_) | Place::Policy => None,
                })
                .collect(),
        )
    }

    /// Returns whether the key or the value of a field is such a piece, or has one in its text.
    fn has(&self, span: &Span) -> bool {
        let from = (span.file, span.range.start);
        let to = (span.file, span.range.end.max(span.range.start + 1));
        self.0.range(from..to).next().is_some()
    }

    /// The fields of a policy that are such pieces.
    fn fields(&self, document: &Document) -> Vec<FieldPath> {
        let mut acc = Vec::new();
        if !self.0.is_empty() {
            self.collect(document.root(), &FieldPath::root(), &mut acc);
        }
        acc
    }

    fn collect(&self, node: &Node, path: &FieldPath, acc: &mut Vec<FieldPath>) {
        match &node.content {
            Content::Map(entries) => {
                for entry in entries {
                    let inner = path.key(&entry.key);
                    if !self.has(&entry.key_span) {
                        self.collect(&entry.value, &inner, acc);
                    } else if matches!(entry.key.as_str(), "<<" | "") {
                        // A merge key, or one that is no text, may have brought fields.
                        acc.push(path.clone());
                    } else {
                        acc.push(inner);
                    }
                }
            }
            Content::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = match item.name() {
                        Some(name) => path.key(name),
                        None => path.index(index),
                    };
                    let has_taken_name = item.get("name").is_some_and(|it| {
                        let span = &it.value.span;
                        self.0.get(&(span.file, span.range.start)) == Some(&"policy/duplicate-name")
                    });
                    match has_taken_name {
                        true => acc.push(path),
                        false => self.collect(item, &path, acc),
                    }
                }
            }
            Content::Null
            | Content::Bool(_)
            | Content::Int(_)
            | Content::Decimal(_)
            | Content::Text(_) => {
                if self.has(&node.span) {
                    acc.push(path.clone());
                }
            }
        }
    }
}

struct Reader<'a> {
    files: &'a Files<'a>,
    sources: Vec<Source>,
    /// Files that were asked for, whatever became of them.
    asked: usize,
    bytes: usize,
    /// Whether a limit of the policy as a whole was passed: nothing more is read.
    is_over: bool,
    /// The files, each after those that it extends.
    order: Vec<FileId>,
    layers: Layers,
    /// Whether a layer could not be read: what it would bring is not missed as well.
    is_incomplete: bool,
    acc: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reads a file and lays it over what it extends. `above` is where it is named and how, and
    /// `open` the files that are being read, so that a circle is seen.
    fn layered(
        &mut self,
        path: &str,
        open: &mut Vec<String>,
        above: Option<(&str, &Span)>,
    ) -> Option<Node> {
        let node = self.unmerged(path, open, above);
        self.is_incomplete |= node.is_none();
        let node = node?;
        open.push(path.to_owned());
        let mut base: Option<Node> = None;
        for (reference, span) in extended(&node) {
            let below = join(path, &reference);
            if let Some(layer) = self.layered(&below, open, Some((&reference, &span))) {
                self.layers.extend(node.span.file, layer.span.file);
                base = Some(match base {
                    Some(base) => {
                        overrides::of_sibling(&base, &layer, &mut self.layers);
                        merge::merge(base, layer)
                    }
                    None => layer,
                });
            }
        }
        open.pop();
        self.order.push(node.span.file);
        Some(match base {
            Some(base) => {
                overrides::of_file(&base, &node, &mut self.layers, &mut self.acc);
                merge::merge(base, node)
            }
            None => node,
        })
    }

    /// Reads a file by itself.
    fn unmerged(
        &mut self,
        path: &str,
        open: &[String],
        above: Option<(&str, &Span)>,
    ) -> Option<Node> {
        let named_at = above.map_or(Place::Policy, |it| Place::Span(it.1.clone()));
        if open.iter().any(|it| it == path) {
            self.acc.push(
                Diagnostic::error(
                    "policy/extends-itself",
                    named_at,
                    "this policy extends itself",
                )
                .note("no order is left in which its files could be laid over each other")
                .help("remove it: layers go one way"),
            );
            return None;
        }
        if self.is_over {
            return None;
        }
        if self.asked >= MAX_FILES || open.len() >= MAX_LAYERS {
            self.is_over = true;
            self.acc.push(
                Diagnostic::error(
                    "policy/too-many-files",
                    named_at,
                    "this policy has too many layers",
                )
                .note("each file that is extended twice is read twice: so many are seldom meant")
                .help("make it of at most 256 files, 32 deep"),
            );
            return None;
        }
        if let Some((reference, _)) = above
            && let Err(wrong) = RelativePath::parse(reference)
        {
            self.acc.push(
                Diagnostic::error("policy/unreadable", named_at, wrong.what)
                    .note(RelativePath::FORMAT.why)
                    .help(wrong.help),
            );
            return None;
        }
        self.asked += 1;
        let text = match (self.files)(path) {
            Ok(text) if text.len() <= MAX_FILE_BYTES => text,
            result => {
                let why = result.err().unwrap_or_else(|| TOO_LARGE.to_owned());
                if above.is_none() {
                    self.sources
                        .push(Source::new(path.to_owned(), String::new()));
                }
                let written = above.map_or(path, |it| it.0);
                if why == TOO_LARGE {
                    self.acc.push(
                        Diagnostic::error(
                            "policy/file-too-large",
                            named_at,
                            format!("`{written}` has over 16 MiB"),
                        )
                        .note(NOT_WHOLE)
                        .help("split it into files that extend each other, or split the stack"),
                    );
                    return None;
                }
                // Some reasons have a remedy of their own, behind a semicolon.
                let (why, remedy) = match why.split_once("; ") {
                    Some((why, remedy)) => (why, remedy),
                    None if above.is_some() => (
                        why.as_str(),
                        "write a path from the file that names it, not from where obsgen runs",
                    ),
                    None => (why.as_str(), "name the file of a policy"),
                };
                self.acc.push(
                    Diagnostic::error("policy/unreadable", named_at, format!("`{written}` {why}"))
                        .note(NOT_WHOLE)
                        .help(remedy),
                );
                return None;
            }
        };
        self.bytes += text.len();
        let file = FileId(self.sources.len());
        if self.bytes > MAX_BYTES {
            self.is_over = true;
            self.acc.push(
                Diagnostic::error(
                    "policy/too-large",
                    named_at,
                    "the files of this policy are over 64 MiB together",
                )
                .note(NOT_WHOLE)
                .help("split the stack"),
            );
            return None;
        }
        let before = self.acc.len();
        let node = self.loaded(Source::new(path.to_owned(), text));
        let Some(node) = node else {
            if self.acc.len() == before {
                let span = Span { file, range: 0..0 };
                self.acc.push(
                    Diagnostic::error(
                        "policy/empty",
                        Place::Span(span),
                        "there is nothing in this policy",
                    )
                    .note("a stack without instances and receivers would watch nothing")
                    .help("begin with `apiVersion: obsgen/v1alpha1`"),
                );
            }
            return None;
        };
        if let Some(foreign) = foreign(&node) {
            self.acc.push(foreign);
            return None;
        }
        merge::refuse_duplicate_names(&node, &mut self.acc);
        self.check_kind(&node, above.map(|it| it.1));
        Some(node)
    }

    /// Reads a text into a tree, and hides what may be a credential in it from all that is shown.
    fn loaded(&mut self, source: Source) -> Option<Node> {
        let file = FileId(self.sources.len());
        self.sources.push(source);
        let text = &self.sources[file.0].text;
        let tree::Loaded {
            node,
            dropped: mut hidden,
            unread,
        } = tree::load(file, text, &mut self.acc);
        let node = node.filter(|it| it.content != Content::Null);
        hidden.extend(node.iter().flat_map(hidden::in_tree));
        match (&node, unread) {
            (None, _) => hidden.extend(hidden::in_text(text, 0)),
            (Some(_), Some(from)) => hidden.extend(hidden::in_text(text, from)),
            (Some(_), None) => {}
        }
        self.is_incomplete |= unread.is_some();
        let source = &self.sources[file.0];
        hidden.extend(leaks::find(
            file,
            source,
            node.as_ref(),
            unread,
            &mut self.acc,
        ));
        self.sources[file.0].hide(hidden);
        node
    }

    /// Lays the values that are set over the policy.
    fn set(&mut self, root: Node, settings: &Settings) -> Node {
        let Some(source) = settings.source() else {
            return root;
        };
        match self.loaded(source) {
            Some(node) => {
                let over = settings::over(&root, node, &mut self.acc);
                over.into_iter().fold(root, merge::merge)
            }
            None => root,
        }
    }

    fn check_kind(&mut self, node: &Node, above: Option<&Span>) {
        let Some(kind) = node.get("kind") else { return };
        let place = Place::Span(kind.value.span.clone());
        match (kind.value.as_text(), above) {
            (Some("Observability"), Some(above)) => self.acc.push(
                Diagnostic::error("policy/extends-stack", place, "this is a stack, not a base")
                    .context(Place::Span(above.clone()), "extended here")
                    .note("what extends it would take over its instances, and make them again")
                    .help("write `kind: ObservabilityBase`, or move what is shared into a base"),
            ),
            (Some("ObservabilityBase"), None) => self.acc.push(
                Diagnostic::error("policy/builds-base", place, "a base is not built itself")
                    .note("its rules and monitors would be there twice: for it, and for each stack")
                    .help("build a stack that `extends` it"),
            ),
            _ => {}
        }
    }
}

/// Says of the manifest of something else that it is no policy: nothing in it would be right.
fn foreign(node: &Node) -> Option<Diagnostic> {
    let Some(version) = node.get("apiVersion") else {
        return neighbour(node);
    };
    let version = &version.value;
    if version.as_text()?.starts_with("obsgen/") {
        return None;
    }
    let kind = node.get("kind").and_then(|it| it.value.as_text());
    let is_ours = kind.is_some_and(|it| it.starts_with("Observability"));
    (!is_ours).then(|| {
        Diagnostic::error(
            "policy/foreign-manifest",
            Place::Span(version.span.clone()),
            match kind {
                Some(kind) => format!("this is a manifest of kind `{kind}`, not a policy"),
                None => "this is the manifest of something else, not a policy".to_owned(),
            },
        )
        .note("none of its fields is one of a policy")
        .help(match kind {
            Some("PrometheusRule") => RULES,
            Some("AlertmanagerConfig") => CONFIGURATION,
            _ => "name the file of the policy, which begins with `apiVersion: obsgen/v1alpha1`",
        })
    })
}

/// Where the rules of Prometheus go.
const RULES: &str = "write a policy, with its alerts under `spec.alerts.custom` and what it records under \
                     `spec.alerts.recording`";
/// Where the configuration of Alertmanager goes.
const CONFIGURATION: &str =
    "write a policy, with its receivers under `spec.receivers` and its routes under `spec.routing`";

/// Says of a file that Prometheus or Alertmanager reads itself that it is no policy.
fn neighbour(node: &Node) -> Option<Diagnostic> {
    let has = |field: &str| node.get(field).is_some();
    if has("kind") || has("spec") || has("metadata") {
        return None;
    }
    let (field, what, help) = if has("groups") {
        (
            "groups",
            "these are rules of Prometheus, not a policy",
            RULES,
        )
    } else if has("route") {
        (
            "route",
            "this is a configuration of Alertmanager, not a policy",
            CONFIGURATION,
        )
    } else {
        return None;
    };
    let at = Place::Span(node.get(field)?.key_span.clone());
    Some(
        Diagnostic::error("policy/foreign-manifest", at, what)
            .note("none of its fields is one of a policy")
            .help(help),
    )
}

/// The paths that a file extends, each with its place.
fn extended(node: &Node) -> Vec<(String, Span)> {
    let list = node.get("spec").and_then(|it| it.value.get("extends"));
    match list.map(|it| &it.value.content) {
        Some(Content::List(items)) => items
            .iter()
            .filter_map(|it| Some((it.as_text()?.to_owned(), it.span.clone())))
            .collect(),
        _ => Vec::new(),
    }
}

/// The path of a file that another names, as text: `..` goes up, nothing is looked up.
fn join(from: &str, to: &str) -> String {
    let mut parts: Vec<&str> = if to.starts_with('/') {
        vec![""]
    } else {
        from.split('/').collect()
    };
    parts.pop();
    if to.starts_with('/') {
        parts.push("");
    }
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file that extends another, when so much was read before.
    fn names(asked: usize, bytes: usize, files: &Files<'_>) -> Vec<&'static str> {
        let mut reader = Reader {
            files,
            sources: Vec::new(),
            asked,
            bytes,
            is_incomplete: false,
            is_over: false,
            order: Vec::new(),
            layers: Layers::default(),
            acc: Vec::new(),
        };
        reader.layered("a.yaml", &mut Vec::new(), None);
        reader.acc.iter().map(|it| it.name).collect()
    }

    #[test]
    fn a_policy_has_256_files_and_no_more() {
        let files = |path: &str| match path {
            "a.yaml" => Ok("spec: {extends: [b.yaml, c.yaml, d.yaml, e.yaml]}".to_owned()),
            "b.yaml" => Err("cannot be read".to_owned()),
            _ => Ok("spec: {}".to_owned()),
        };
        // The one that cannot be read counts too, and is asked for once.
        let unreadable = "policy/unreadable";
        assert_eq!(names(MAX_FILES - 6, 0, &files), [unreadable]);
        assert_eq!(names(MAX_FILES - 5, 0, &files), [unreadable]);
        assert_eq!(
            names(MAX_FILES - 4, 0, &files),
            [unreadable, "policy/too-many-files"]
        );
        assert_eq!(
            names(MAX_FILES - 3, 0, &files),
            [unreadable, "policy/too-many-files"]
        );
    }

    #[test]
    fn files_that_extend_each_other_again_and_again_come_to_an_end() {
        let files = |path: &str| Ok(format!("spec: {{extends: [{path}.b, {path}.c]}}"));
        let reading = read(&files, "a.yaml", &Settings::none());
        let names: Vec<_> = reading.findings.iter().map(|it| it.name).collect();
        assert_eq!(names, ["policy/too-many-files"]);
    }

    #[test]
    fn a_policy_has_64_mib_and_no_more() {
        let files = |path: &str| match path {
            "a.yaml" => Ok("spec: {extends: [b, b, b]}".to_owned()),
            _ => Ok("spec: {}".to_owned()),
        };
        let used = "spec: {extends: [b, b, b]}".len() + 3 * "spec: {}".len();
        assert!(names(0, MAX_BYTES - used - 1, &files).is_empty());
        assert!(names(0, MAX_BYTES - used, &files).is_empty());
        assert_eq!(names(0, MAX_BYTES - used + 1, &files), ["policy/too-large"]);
        // Once is enough, and nothing more is read.
        assert_eq!(names(0, MAX_BYTES - used + 9, &files), ["policy/too-large"]);
    }

    #[test]
    fn a_file_has_16_mib_and_no_more() {
        for (length, expected) in [
            (MAX_FILE_BYTES - 1, "yaml/syntax"),
            (MAX_FILE_BYTES, "yaml/syntax"),
            (MAX_FILE_BYTES + 1, "policy/file-too-large"),
        ] {
            // What is not YAML is not read to its end.
            let files = |_: &str| Ok("]".to_owned() + &" ".repeat(length - 1));
            assert_eq!(names(0, 0, &files), [expected]);
        }
    }

    #[test]
    fn a_stack_has_so_many_instances_and_alerts_and_no_more() {
        let found = |what: [&str; 2], count: usize| {
            let text = format!(
                "spec: {{{}: {{{}: [{}]}}}}",
                what[0],
                what[1],
                "0,".repeat(count)
            );
            let node = tree::load(FileId(0), &text, &mut Vec::new()).node.unwrap();
            let mut acc = Vec::new();
            refuse_too_many(&node, &mut acc);
            acc.first().map(|it| it.name)
        };
        for (what, most, name) in [
            (["redis", "instances"], 20_000, "policy/too-many-instances"),
            (["alerts", "custom"], 10_000, "policy/too-many-alerts"),
            (["alerts", "recording"], 10_000, "policy/too-many-alerts"),
        ] {
            assert_eq!(found(what, most - 1), None);
            assert_eq!(found(what, most), None);
            assert_eq!(found(what, most + 1), Some(name));
        }
    }

    #[test]
    fn a_path_is_the_same_file_on_every_system() {
        for path in ["/etc/passwd", "a\\b", "a\0b", "e\u{301}.yaml"] {
            let files = |it: &str| match it {
                "a.yaml" => Ok(format!("spec: {{extends: [\"{}\"]}}", path.escape_debug())),
                _ => Ok("spec: {}".to_owned()),
            };
            assert!(
                names(0, 0, &files).contains(&"policy/unreadable"),
                "{path:?}"
            );
        }
    }

    #[test]
    fn a_path_is_relative_to_the_file_that_names_it() {
        assert_eq!(
            join("stacks/prod/observability.yaml", "../base.yaml"),
            "stacks/base.yaml"
        );
        assert_eq!(
            join("observability.yaml", "../../base.yaml"),
            "../../base.yaml"
        );
        assert_eq!(join("a/b.yaml", "./c/../d.yaml"), "a/d.yaml");
        assert_eq!(join("a/b.yaml", "/etc/passwd"), "/etc/passwd");
    }
}
