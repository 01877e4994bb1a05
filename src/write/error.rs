//! What an error says: the file it is about, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::write::Error;

impl Error {
    /// Wraps a failure of the system before anything was changed.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    /// Wraps a failure of the system while something was being changed.
    pub(crate) fn change(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Change {
            path: path.to_owned(),
            source,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protected { out, holds } if out == holds => write!(
                f,
                "`{}` is not a folder for output: choose another one with `--out`",
                out.display()
            ),
            Self::Protected { out, holds } => write!(
                f,
                "`{}` holds `{}`, so it is not a folder for output: choose another one with `--out`",
                out.display(),
                holds.display()
            ),
            Self::Tree { path, what } => write!(
                f,
                "the file {path:?} of the output {what}: nothing was written"
            ),
            Self::Foreign(paths) => write!(
                f,
                "files that obsgen does not own stand where it would write: {}; move them away, \
                 or choose another folder with `--out`; if obsgen wrote them, restore `obsgen.lock`",
                List(paths)
            ),
            Self::HandEdited(paths) => write!(
                f,
                "files were edited since obsgen wrote them: {}; express the edits in the policy or \
                 in an overlay, then restore or delete the files and build again",
                List(paths)
            ),
            Self::Symlink(path) => write!(
                f,
                "`{}` is a symlink, and obsgen does not write through one: replace it by what it \
                 points to, or remove it",
                path.display()
            ),
            Self::Exists(path) => write!(
                f,
                "`{}` is there already, and is never overwritten: move it away, or name another place",
                path.display()
            ),
            Self::NotAFile(path) => write!(
                f,
                "`{}` is no regular file, but one is to be there: move it away",
                path.display()
            ),
            Self::NotAFolder(path) => write!(
                f,
                "`{}` is no folder, but one is to be there: move it away",
                path.display()
            ),
            Self::Lock { path, line, what } => write!(
                f,
                "line {line} of `{}` {what}: restore the file from version control; after a merge \
                 conflict, keep the lines of both sides",
                path.display()
            ),
            Self::Busy(path) => write!(
                f,
                "another build works on `{}`: wait until it has ended, then build again",
                path.display()
            ),
            Self::Read { path, source } => {
                write!(f, "could not read `{}`: {source}", path.display())
            }
            Self::Change { path, source } => write!(
                f,
                "could not change `{}`: {source}; the folder may hold old and new files: remove \
                 the cause and build again, which completes it",
                path.display()
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } | Self::Change { source, .. } => Some(source),
            Self::Protected { .. }
            | Self::Tree { .. }
            | Self::Foreign(_)
            | Self::HandEdited(_)
            | Self::Symlink(_)
            | Self::Exists(_)
            | Self::NotAFile(_)
            | Self::NotAFolder(_)
            | Self::Lock { .. }
            | Self::Busy(_) => None,
        }
    }
}

/// Paths in one line.
struct List<'a>(&'a [PathBuf]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, path) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}`{}`", path.display())?;
        }
        Ok(())
    }
}
