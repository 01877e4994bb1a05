//! The lock: which files of a folder obsgen owns, and with which content.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read};
use std::path::{Component, Path};

use sha2::{Digest as _, Sha256};

use crate::{files::LOCK, render::tree::Tree};

/// The first line of the file.
const TITLE: &str = "# Files that obsgen owns in this folder: sha256, owner, path. \
                     Not part of the kustomization.";

/// What a temporary file of ours is called; sixteen hexadecimal digits follow.
const TEMPORARY: &str = ".obsgen-";

/// The SHA-256 of a content, as hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Digest(String);

impl Digest {
    /// Computes the digest of bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(base16ct::lower::encode_string(&Sha256::digest(bytes)))
    }

    /// Computes the digest of all that a reader still gives.
    pub(crate) fn of_rest(mut reader: impl Read) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hash.update(buffer.get(..count).unwrap_or_default());
        }
        Ok(Self(base16ct::lower::encode_string(&hash.finalize())))
    }

    fn parse(text: &str) -> Option<Self> {
        let is_hex = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 64 && text.bytes().all(is_hex)).then(|| Self(text.to_owned()))
    }
}

/// What is owned: by path, the contents that are ours and the owner of each.
///
/// A path has two contents only while a build is under way or after it was killed: the one that
/// was there and the one that comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lock(BTreeMap<String, BTreeMap<Digest, String>>);

impl Lock {
    /// The lock of a folder that holds exactly a tree.
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut lock = Self::default();
        lock.add(tree);
        lock
    }

    /// Adds the files of a tree to what is owned.
    pub(crate) fn add(&mut self, tree: &Tree) {
        for (path, file) in tree.iter() {
            let contents = self.0.entry(path.to_owned()).or_default();
            contents.insert(Digest::of(&file.bytes), file.owner.to_owned());
        }
    }

    /// Reads a lock; the error is the number of the line and what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut lock = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what| (number, what);
            let parts = line.split_once("  ").and_then(|(digest, rest)| {
                let (owner, path) = rest.split_once("  ")?;
                Some((Digest::parse(digest)?, owner, path))
            });
            let Some((digest, owner, path)) = parts else {
                return Err(wrong("is not a sha256, an owner and a path"));
            };
            if let Some(what) = fault(path).or_else(|| owner_fault(owner)) {
                return Err(wrong(what));
            }
            let contents = lock.0.entry(path.to_owned()).or_default();
            contents.insert(digest, owner.to_owned());
        }
        Ok(lock)
    }

    /// Returns the text of the file: the same for the same content.
    pub(crate) fn render(&self) -> String {
        let mut text = format!("{TITLE}\n");
        for (path, contents) in &self.0 {
            for (Digest(digest), owner) in contents {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{digest}  {owner}  {path}");
            }
        }
        text
    }

    /// The paths, in order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Says whether a path is ours.
    pub(crate) fn lists(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Says whether a path is ours with this content.
    pub(crate) fn knows(&self, path: &str, digest: &Digest) -> bool {
        self.0.get(path).is_some_and(|it| it.contains_key(digest))
    }
}

/// Returns what is wrong with a path below the folder, if anything.
///
/// What passes stays inside the folder on every system and fits on one line of the lock.
pub(crate) fn fault(path: &str) -> Option<&'static str> {
    if path.chars().any(char::is_control) {
        return Some("has a path with a control character");
    }
    if path.contains('\\') {
        return Some("has a path with a backslash");
    }
    let is_inside = |part: &str| !matches!(part, "" | "." | "..");
    let mut components = Path::new(path).components();
    if !path.split('/').all(is_inside) || !components.all(|it| matches!(it, Component::Normal(_))) {
        return Some("has a path that is absolute or has an empty part, `.` or `..`");
    }
    let is_reserved = |part: &str| {
        part == LOCK || part.eq_ignore_ascii_case(".git") || is_temporary(part.as_bytes())
    };
    if path.split('/').any(is_reserved) {
        return Some("has a path that is reserved: `.git`, `obsgen.lock` or a temporary file");
    }
    None
}

/// Returns what is wrong with an owner, if anything.
pub(crate) fn owner_fault(owner: &str) -> Option<&'static str> {
    let is_word = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'/' | b'.');
    (owner.is_empty() || !owner.bytes().all(is_word)).then_some("has an owner that is no word")
}

/// Returns the name of a temporary file with a number.
pub(crate) fn temporary(number: u64) -> String {
    format!("{TEMPORARY}{number:016x}")
}

/// Says whether a name is one of [`temporary`].
pub(crate) fn is_temporary(name: &[u8]) -> bool {
    let is_hex = |it: &u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    name.strip_prefix(TEMPORARY.as_bytes())
        .is_some_and(|it| it.len() == 16 && it.iter().all(is_hex))
}
