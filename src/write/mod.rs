//! A tree to disk: the only module that changes files.
//!
//! Everything is checked before the first change. What obsgen does not own is never touched:
//! `obsgen.lock` says what it owns, by path and content. A build that is killed leaves the old
//! tree, the new one, or a mixture that [`stale`] reports and the next build completes. Modes do
//! not depend on the umask, and nothing is written through a symlink.
//!
//! A path that was a file cannot become a folder, nor the other way round, in one build; the error
//! names it. A change of files by others in the same moment is not guarded against.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the module that writes and removes"
)]

mod error;
mod lock;
mod place;
mod steps;
mod survey;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{self, Path, PathBuf};

use crate::{
    files::LOCK,
    render::tree::Tree,
    write::{
        lock::{Digest, Lock},
        survey::{State, Survey},
    },
};

/// What a build did, in files; the lock is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Files that are new or have a new content.
    pub changed: usize,
    /// Files that were left alone.
    pub unchanged: usize,
    /// Files that are no longer part of the tree.
    pub removed: usize,
}

/// Makes the folder of a stack hold a tree, and what others have put there besides it.
///
/// The folder is made if it is missing. It must not be one of the protected folders, or hold one.
/// Builds of one folder wait for each other.
pub fn write(tree: &Tree, out: &Path, protected: &[PathBuf]) -> Result<Written, Error> {
    check_tree(tree)?;
    let out = place::resolve(out, protected)?;
    place::make_to_last(&out)?;
    let _turn = place::turn(&out)?;

    let survey = Survey::of(tree, &out)?;
    let in_the_way = |state| -> Vec<PathBuf> {
        let paths = survey.in_state(state);
        paths.map(|it| out.join(it)).collect()
    };
    let foreign = in_the_way(State::Foreign);
    if !foreign.is_empty() {
        return Err(Error::Foreign(foreign));
    }
    let edited = in_the_way(State::HandEdited);
    if !edited.is_empty() {
        return Err(Error::HandEdited(edited));
    }

    steps::run(&steps::plan(tree, &out, &survey))?;
    let count = |state| survey.in_state(state).count();
    Ok(Written {
        changed: count(State::Missing) + count(State::Different),
        unchanged: count(State::Same),
        removed: count(State::Leftover),
    })
}

/// Makes a file that is not there yet, and its folder; never replaces one.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let whole = path::absolute(path).map_err(Error::read(path))?;
    place::make_to_last(whole.parent().unwrap_or(&whole))?;
    steps::create(path, bytes)
}

/// Makes a file, unless it is there with this content already; one with another is never replaced.
/// Returns whether it was made.
pub fn create_or_keep(path: &Path, bytes: &[u8]) -> Result<bool, Error> {
    if survey::digest(path)? == Some(Digest::of(bytes)) {
        return Ok(false);
    }
    create(path, bytes).map(|()| true)
}

/// One reason why a folder is not what a build would make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The path below the folder, with `/` between its parts.
    pub path: String,
    /// The reason.
    pub why: Why,
}

/// In which way a file is not what a build would make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is not there.
    Missing,
    /// It has the content of another build.
    Different,
    /// It was edited since obsgen wrote it; a build would refuse.
    HandEdited,
    /// It is there, and obsgen does not own it; a build would refuse.
    Foreign,
    /// An earlier build wrote it, and it is no longer part of the tree.
    Leftover,
    /// A build that did not come to its end left it.
    Temporary,
    /// It is the lock, and it does not list exactly the files of the tree, as after a build that
    /// did not come to its end.
    TornLock,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.why {
            Why::Missing => "is missing",
            Why::Different => "is out of date",
            Why::HandEdited => "was edited by hand",
            Why::Foreign => "is not owned by obsgen, and a file of the output belongs there",
            Why::Leftover => "is no longer part of the output",
            Why::Temporary => "was left by a build that did not come to its end",
            Why::TornLock => "does not list the files of the output",
        };
        write!(f, "`{}` {what}", self.path)
    }
}

/// Returns in which ways a folder differs from what a build would make of it, by path. Nothing is
/// changed; an empty answer means that a build would change nothing either.
pub fn stale(tree: &Tree, out: &Path) -> Result<Vec<Stale>, Error> {
    check_tree(tree)?;
    match fs::metadata(out) {
        Ok(metadata) if !metadata.is_dir() => return Err(Error::NotAFolder(out.to_owned())),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::read(out)(error)),
        _ => {}
    }
    let survey = Survey::of(tree, out)?;
    let mut found = Vec::new();
    for (path, state) in &survey.files {
        let why = match state {
            State::Missing => Why::Missing,
            State::Different => Why::Different,
            State::HandEdited => Why::HandEdited,
            State::Foreign => Why::Foreign,
            State::Leftover => Why::Leftover,
            State::Same | State::Gone => continue,
        };
        let path = path.clone();
        found.push(Stale { path, why });
    }
    for path in &survey.temporaries {
        let parts = path.strip_prefix(out).unwrap_or(path).iter();
        let parts: Vec<_> = parts.map(|it| it.to_string_lossy()).collect();
        found.push(Stale {
            path: parts.join("/"),
            why: Why::Temporary,
        });
    }
    if survey.lock_text != Some(Lock::of(tree).render()) {
        let why = match survey.lock_text {
            Some(_) => Why::TornLock,
            None => Why::Missing,
        };
        let path = LOCK.to_owned();
        found.push(Stale { path, why });
    }
    found.sort_by(|a, b| (&a.path, a.why).cmp(&(&b.path, b.why)));
    Ok(found)
}

/// Why a tree was not written. All but [`Error::Change`] come before any file is changed.
#[derive(Debug)]
pub enum Error {
    /// The folder is, or holds, one that must not be written to.
    Protected {
        /// The folder to write to.
        out: PathBuf,
        /// What it is or holds.
        holds: PathBuf,
    },
    /// The tree has a file whose path or owner cannot be used.
    Tree {
        /// The path.
        path: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Files stand where files are to be written, and obsgen does not own them.
    Foreign(Vec<PathBuf>),
    /// Files were changed since obsgen wrote them.
    HandEdited(Vec<PathBuf>),
    /// A file, or a folder on the way to it, is a symlink.
    Symlink(PathBuf),
    /// A file that is to be made is there already.
    Exists(PathBuf),
    /// Something else stands where a regular file is to be.
    NotAFile(PathBuf),
    /// Something else stands where a folder is to be.
    NotAFolder(PathBuf),
    /// The lock cannot be understood.
    Lock {
        /// The lock.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with the line.
        what: &'static str,
    },
    /// Another build works on the folder and does not come to an end.
    Busy(PathBuf),
    /// What is there cannot be read.
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A change failed; the folder may hold old and new files until the next build.
    Change {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Refuses a tree that would not stay in its folder or would not be the same on every system.
fn check_tree(tree: &Tree) -> Result<(), Error> {
    let mut folded = BTreeSet::new();
    for (path, file) in tree.iter() {
        let wrong = |what| Error::Tree {
            path: path.to_owned(),
            what,
        };
        if let Some(what) = lock::fault(path).or_else(|| lock::owner_fault(file.owner)) {
            return Err(wrong(what));
        }
        if !folded.insert(path.to_lowercase()) {
            return Err(wrong(
                "differs from another one only in upper and lower case",
            ));
        }
    }
    for (path, _) in tree.iter() {
        if survey::folders_above(path).any(|it| folded.contains(&it.to_lowercase())) {
            return Err(Error::Tree {
                path: path.to_owned(),
                what: "lies in a folder whose name is also a file",
            });
        }
    }
    Ok(())
}
