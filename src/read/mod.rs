//! Text to a policy as written, with the place of every field; all problems at once.

mod document;
mod merge;
pub mod schema;
pub mod spec;
pub mod tree;

pub use crate::read::document::Document;

use crate::diag::path::FieldPath;
use crate::diag::source::{FileId, Source, Span};
use crate::diag::{Diagnostic, Place};
use crate::read::spec::PolicySpec;
use crate::read::tree::{Content, Node};

/// Files that one policy may be made of.
const MAX_FILES: usize = 256;
/// Bytes that they may have together.
const MAX_BYTES: usize = 64 * 1024 * 1024;

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

/// Reads the policy at a path and what it extends.
pub fn read(files: &Files<'_>, path: &str) -> Reading {
    let mut reader = Reader {
        files,
        sources: Vec::new(),
        bytes: 0,
        acc: Vec::new(),
    };
    let root = reader.layered(path, &mut Vec::new(), None);
    let Reader {
        sources,
        acc: mut findings,
        ..
    } = reader;
    let Some(mut root) = root else {
        let nothing = Node {
            span: start(),
            content: Content::Null,
        };
        let document = Document::new(sources, nothing);
        return Reading {
            spec: None,
            document,
            findings,
            refused: Vec::new(),
        };
    };
    merge::refuse_removals(&mut root, &mut findings);
    let document = Document::new(sources, root);
    let schema::Validated { value, refused } = schema::validate(&document, &mut findings);
    let spec = serde_json::from_value::<PolicySpec>(value).ok();
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

struct Reader<'a> {
    files: &'a Files<'a>,
    sources: Vec<Source>,
    bytes: usize,
    acc: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reads a file and lays it over what it extends. `above` is where it is named, and `open` the
    /// files that are being read, so that a circle is seen.
    fn layered(
        &mut self,
        path: &str,
        open: &mut Vec<String>,
        above: Option<&Span>,
    ) -> Option<Node> {
        let named_at = above.map_or(Place::Policy, |it| Place::Span(it.clone()));
        if open.iter().any(|it| it == path) {
            self.acc.push(
                Diagnostic::error(
                    "policy/extends-itself",
                    named_at,
                    "this policy extends itself",
                )
                .help("remove it: layers go one way"),
            );
            return None;
        }
        if self.sources.len() >= MAX_FILES || open.len() >= 32 {
            self.acc.push(
                Diagnostic::error(
                    "policy/too-many-files",
                    named_at,
                    "this policy has too many layers",
                )
                .help("a policy is made of at most 256 files, 32 deep"),
            );
            return None;
        }
        let text = match (self.files)(path) {
            Ok(text) => text,
            Err(why) => {
                if above.is_none() {
                    self.sources.push(Source {
                        path: path.to_owned(),
                        text: String::new(),
                    });
                }
                self.acc.push(
                    Diagnostic::error("policy/unreadable", named_at, format!("`{path}` {why}"))
                        .help("a path is relative to the file that names it"),
                );
                return None;
            }
        };
        self.bytes += text.len();
        let file = FileId(self.sources.len());
        if self.bytes > MAX_BYTES {
            self.acc.push(Diagnostic::error(
                "policy/too-large",
                named_at,
                "the files of this policy are over 64 MiB together",
            ));
            return None;
        }
        self.sources.push(Source {
            path: path.to_owned(),
            text,
        });
        let text = self.sources[file.0].text.clone();
        let node = tree::load(file, &text, &mut self.acc);
        let Some(node) = node else {
            if !self.acc.iter().any(Diagnostic::is_error) {
                let span = Span { file, range: 0..0 };
                self.acc.push(
                    Diagnostic::error(
                        "policy/empty",
                        Place::Span(span),
                        "there is nothing in this policy",
                    )
                    .help("begin with `apiVersion: obsgen/v1alpha1`"),
                );
            }
            return None;
        };
        merge::refuse_duplicate_names(&node, &mut self.acc);
        self.check_kind(&node, above);
        open.push(path.to_owned());
        let mut base: Option<Node> = None;
        for (below, span) in extended(&node) {
            let below = join(path, &below);
            if let Some(layer) = self.layered(&below, open, Some(&span)) {
                base = Some(match base {
                    Some(base) => merge::merge(base, layer, &mut self.acc),
                    None => layer,
                });
            }
        }
        open.pop();
        Some(match base {
            Some(base) => merge::merge(base, node, &mut self.acc),
            None => node,
        })
    }

    fn check_kind(&mut self, node: &Node, above: Option<&Span>) {
        let Some(kind) = node.get("kind") else { return };
        let place = Place::Span(kind.value.span.clone());
        match (kind.value.as_text(), above) {
            (Some("Observability"), Some(above)) => self.acc.push(
                Diagnostic::error("policy/extends-stack", place, "this is a stack, not a base")
                    .context(Place::Span(above.clone()), "extended here")
                    .help("write `kind: ObservabilityBase`, or move what is shared into a base"),
            ),
            (Some("ObservabilityBase"), None) => self.acc.push(
                Diagnostic::error("policy/builds-base", place, "a base is not built itself")
                    .help("build a stack that `extends` it"),
            ),
            _ => {}
        }
    }
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

fn start() -> Span {
    Span {
        file: FileId(0),
        range: 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
