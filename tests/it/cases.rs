//! Cases: policies that say what is to be found in them.
//!
//! What is expected of a case stands at the end of the line that it points at, as
//! `# error: group/name`, several separated by `; `. Where a line cannot carry a comment, a line
//! `# expect: <line> error: group/name` above says it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use obsgen::diag::source::Locate;
use obsgen::{Compilation, compile};
use walkdir::WalkDir;

use crate::formats::shown_badly;

/// File, line, level and name of a finding.
pub(crate) type Place = (String, usize, &'static str, String);

/// A policy that says what is to be found in it, and what it extends.
#[derive(Clone)]
pub(crate) struct Case {
    /// What it is about, for messages.
    pub(crate) about: String,
    /// Its path.
    pub(crate) policy: String,
    /// Its files, by the path that the compiler asks for.
    pub(crate) files: BTreeMap<String, String>,
}

impl Case {
    pub(crate) fn compile(&self) -> Compilation {
        let read = |path: &str| {
            let text = self.files.get(path).cloned();
            text.ok_or_else(|| "cannot be read".to_owned())
        };
        compile(&read, &self.policy)
    }

    pub(crate) fn expected(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self
            .files
            .iter()
            .flat_map(|(file, text)| {
                text.lines()
                    .enumerate()
                    .flat_map(move |(index, line)| expected(file, index + 1, line))
            })
            .collect();
        places.sort();
        places
    }

    /// Says what is found and not expected, the other way round, and shown badly.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let about = format!("{} in {}", self.about, self.policy);
        let compilation = self.compile();
        let (expected, found) = (self.expected(), found(&compilation));
        let mut wrong = Vec::new();
        for place in expected.iter().filter(|it| !found.contains(it)) {
            wrong.push(format!("{about}: not found: {place:?}"));
        }
        for place in found.iter().filter(|it| !expected.contains(it)) {
            wrong.push(format!("{about}: not expected: {place:?}"));
        }
        if wrong.is_empty() && expected != found {
            wrong.push(format!("{about}: expected {expected:?}, found {found:?}"));
        }
        for finding in &compilation.findings {
            for why in shown_badly(finding, &compilation) {
                wrong.push(format!("{about}: {}: {why}", finding.name));
            }
        }
        wrong
    }
}

/// The findings that a line of a case announces.
fn expected(file: &str, line: usize, text: &str) -> Vec<Place> {
    let (line, marks) = if let Some(rest) = text.strip_prefix("# expect: ") {
        let (line, marks) = rest.split_once(' ').unwrap();
        (line.parse().unwrap(), marks)
    } else {
        let start = ["# error: ", "# warning: "]
            .iter()
            .find_map(|it| text.find(it));
        match start {
            Some(start) => (line, &text[start + 2..]),
            None => return Vec::new(),
        }
    };
    marks
        .split("; ")
        .map(|mark| match mark.split_once(": ") {
            Some(("error", name)) => (file.to_owned(), line, "error", name.to_owned()),
            Some(("warning", name)) => (file.to_owned(), line, "warning", name.to_owned()),
            _ => panic!("{file}:{line}: `{mark}` is neither `error: …` nor `warning: …`"),
        })
        .collect()
}

/// What is found, in the order of [`Case::expected`].
pub(crate) fn found(compilation: &Compilation) -> Vec<Place> {
    let mut places: Vec<Place> = compilation
        .findings
        .iter()
        .map(|finding| {
            let span = compilation.document.span(&finding.at);
            let source = compilation.document.source(span.file);
            let (file, line) = source.map_or((String::new(), 0), |it| {
                (it.path.clone(), it.position(span.range.start).line)
            });
            (file, line, finding.level.name(), finding.name.to_owned())
        })
        .collect();
    places.sort();
    places
}

/// The path of a file below a folder, with `/` between its parts.
pub(crate) fn relative(path: &Path, folder: &Path) -> String {
    let parts: Vec<_> = path
        .strip_prefix(folder)
        .unwrap()
        .iter()
        .map(|it| it.to_str().unwrap())
        .collect();
    parts.join("/")
}

/// The files of a folder at these depths, sorted.
pub(crate) fn files(folder: &Path, depth: std::ops::RangeInclusive<usize>) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = WalkDir::new(folder)
        .min_depth(*depth.start())
        .max_depth(*depth.end())
        .into_iter()
        .map(Result::unwrap)
        .filter(|it| it.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}
