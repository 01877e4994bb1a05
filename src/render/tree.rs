//! The output: files by path, in memory.

use std::collections::BTreeMap;

/// One file of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its content.
    pub bytes: Vec<u8>,
    /// The part of the output that it belongs to, such as `redis` or `alertmanager`.
    pub owner: &'static str,
}

/// The files of a stack. A path is relative and has `/` between its parts on every system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, File>);

impl Tree {
    /// Adds a file; the plan has at most one for a path.
    pub fn insert(&mut self, path: String, file: File) {
        let before = self.0.insert(path, file);
        debug_assert!(before.is_none(), "two files for one path");
    }

    /// The files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.0.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }
}
