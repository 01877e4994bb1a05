//! What is on disk, seen against a tree and the lock. Nothing here changes anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::{
    files::LOCK,
    render::tree::Tree,
    write::{
        Error,
        lock::{Digest, Lock, is_temporary},
    },
};

/// The size up to which a lock is read: some hundred thousand files.
const LARGEST_LOCK: u64 = 64 * 1024 * 1024;

/// How a path that is in the tree or in the lock stands on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// In the tree and not on disk.
    Missing,
    /// In the tree, and on disk just so.
    Same,
    /// In the tree, and on disk as obsgen wrote it earlier.
    Different,
    /// On disk, ours by its path but not by its content.
    HandEdited,
    /// In the tree, and on disk without being ours.
    Foreign,
    /// No longer in the tree, and on disk as obsgen wrote it.
    Leftover,
    /// No longer in the tree, and not on disk either.
    Gone,
}

/// A folder seen against a tree.
pub(crate) struct Survey {
    /// What the folder's lock says; empty without a lock.
    pub(crate) lock: Lock,
    /// The text of the lock, if there is one.
    pub(crate) lock_text: Option<String>,
    /// Every path of the tree or the lock.
    pub(crate) files: BTreeMap<String, State>,
    /// The folders on the way to them that exist.
    pub(crate) folders: BTreeSet<String>,
    /// Temporary files of a build that did not come to its end.
    pub(crate) temporaries: Vec<PathBuf>,
}

impl Survey {
    /// Looks at a folder, which need not exist.
    pub(crate) fn of(tree: &Tree, out: &Path) -> Result<Self, Error> {
        let (lock, lock_text) = read_lock(out)?;
        let mut survey = Self {
            lock,
            lock_text,
            files: BTreeMap::new(),
            folders: BTreeSet::new(),
            temporaries: Vec::new(),
        };
        let paths: BTreeSet<String> = tree
            .iter()
            .map(|(path, _)| path)
            .chain(survey.lock.paths())
            .map(str::to_owned)
            .collect();
        let mut missing = BTreeSet::new();
        for path in paths {
            let digest = match survey.way(out, &path, &mut missing)? {
                Way::Open => digest(&out.join(&path))?,
                Way::Missing => None,
            };
            let state = survey.state(tree, &path, digest.as_ref());
            survey.files.insert(path, state);
        }
        let folders = survey.folders.iter().map(|it| out.join(it));
        for folder in folders.chain([out.to_owned()]) {
            survey.temporaries.extend(temporaries(&folder)?);
        }
        Ok(survey)
    }

    /// The paths that are in a state.
    pub(crate) fn in_state(&self, state: State) -> impl Iterator<Item = &str> {
        let chosen = move |&(_, it): &(_, &State)| *it == state;
        self.files
            .iter()
            .filter(chosen)
            .map(|(path, _)| path.as_str())
    }

    fn state(&self, tree: &Tree, path: &str, on_disk: Option<&Digest>) -> State {
        let wanted = tree.get(path).map(|it| Digest::of(&it.bytes));
        match (on_disk, wanted) {
            (None, Some(_)) => State::Missing,
            (None, None) => State::Gone,
            (Some(_), Some(_)) if !self.lock.lists(path) => State::Foreign,
            (Some(it), Some(wanted)) if *it == wanted => State::Same,
            (Some(it), Some(_)) if self.lock.knows(path, it) => State::Different,
            (Some(it), None) if self.lock.knows(path, it) => State::Leftover,
            (Some(_), _) => State::HandEdited,
        }
    }

    /// Looks at the folders on the way to a file, each of them once.
    fn way(
        &mut self,
        out: &Path,
        path: &str,
        missing: &mut BTreeSet<String>,
    ) -> Result<Way, Error> {
        for folder in folders_above(path) {
            if self.folders.contains(folder) {
                continue;
            }
            if missing.contains(folder) {
                return Ok(Way::Missing);
            }
            let place = out.join(folder);
            match fs::symlink_metadata(&place) {
                Ok(it) if it.is_symlink() => return Err(Error::Symlink(place)),
                Ok(it) if !it.is_dir() => return Err(Error::NotAFolder(place)),
                Ok(_) => self.folders.insert(folder.to_owned()),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    missing.insert(folder.to_owned());
                    return Ok(Way::Missing);
                }
                Err(error) => return Err(Error::read(&place)(error)),
            };
        }
        Ok(Way::Open)
    }
}

/// Whether the folders on the way to a file exist.
enum Way {
    Open,
    Missing,
}

/// The folders above a path, from the outermost one.
pub(crate) fn folders_above(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.match_indices('/')
        .filter_map(|(end, _)| path.get(..end))
}

fn read_lock(out: &Path) -> Result<(Lock, Option<String>), Error> {
    let path = out.join(LOCK);
    let wrong = |line, what| Error::Lock {
        path: path.clone(),
        line,
        what,
    };
    let Some(file) = open(&path)? else {
        return Ok((Lock::default(), None));
    };
    let mut bytes = Vec::new();
    file.take(LARGEST_LOCK + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::read(&path))?;
    if bytes.len() as u64 > LARGEST_LOCK {
        return Err(wrong(1, "begins a file that is too large for a lock"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let lines = error.as_bytes().iter().take(valid);
        wrong(1 + lines.filter(|it| **it == b'\n').count(), "is not UTF-8")
    })?;
    let lock = Lock::parse(&text).map_err(|(line, what)| wrong(line, what))?;
    Ok((lock, Some(text)))
}

/// Computes the digest of a regular file, if there is one.
pub(crate) fn digest(path: &Path) -> Result<Option<Digest>, Error> {
    match open(path)? {
        Some(file) => Ok(Some(Digest::of_rest(file).map_err(Error::read(path))?)),
        None => Ok(None),
    }
}

/// Opens a regular file, if there is one. Its kind is asked before, because opening a FIFO blocks,
/// and again of what was opened.
fn open(path: &Path) -> Result<Option<File>, Error> {
    match fs::symlink_metadata(path) {
        Ok(it) if it.is_symlink() => return Err(Error::Symlink(path.to_owned())),
        Ok(it) if !it.is_file() => return Err(Error::NotAFile(path.to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::read(path)(error)),
    }
    let file = File::open(path).map_err(Error::read(path))?;
    if !file.metadata().map_err(Error::read(path))?.is_file() {
        return Err(Error::NotAFile(path.to_owned()));
    }
    Ok(Some(file))
}

fn temporaries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    // A signal may interrupt it, and the standard library does not begin it again.
    let entries = loop {
        match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            entries => break entries,
        }
    };
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::read(folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::read(folder))?;
        if is_temporary(entry.file_name().as_encoded_bytes())
            && entry.file_type().map_err(Error::read(folder))?.is_file()
        {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
