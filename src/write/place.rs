//! The folder to write to: which one it is, whether it may be used, and whose turn it is.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{self, Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::write::{Error, steps};

/// How long one build waits for another: so many times this long.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSES: u32 = 100;

/// Resolves the folder once, so that a symlink that changes later has no effect, and refuses it
/// if it is the root of the file system, a protected folder or one that holds a protected one.
pub(crate) fn resolve(out: &Path, protected: &[PathBuf]) -> Result<PathBuf, Error> {
    let folder = real(out).map_err(Error::read(out))?;
    let refuse = |holds: &Path| Error::Protected {
        out: out.to_owned(),
        holds: holds.to_owned(),
    };
    if folder.parent().is_none() {
        return Err(refuse(out));
    }
    for path in protected {
        let place = real(path).map_err(Error::read(path))?;
        if place == folder {
            return Err(refuse(out));
        }
        if place.starts_with(&folder) {
            return Err(refuse(path));
        }
    }
    Ok(folder)
}

/// Resolves the symlinks of the part of a path that exists.
fn real(path: &Path) -> io::Result<PathBuf> {
    let here = Path::new(".");
    let path = path::absolute(if path.as_os_str().is_empty() {
        here
    } else {
        path
    })?;
    for existing in path.ancestors() {
        let resolved = match fs::canonicalize(existing) {
            Ok(resolved) => resolved,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
        if rest.iter().any(|it| it == "..") {
            return Err(io::Error::new(
                ErrorKind::NotFound,
                "`..` follows a folder that does not exist",
            ));
        }
        // Joining an empty rest would add a slash at the end.
        return Ok(resolved.join(rest).components().collect());
    }
    Err(ErrorKind::NotFound.into())
}

/// Makes a folder like [`make`], and makes the names of all that are new last.
pub(crate) fn make_to_last(folder: &Path) -> Result<(), Error> {
    for it in make(folder)?.iter().filter_map(|it| it.parent()) {
        steps::sync(it).map_err(Error::change(it))?;
    }
    Ok(())
}

/// Makes a folder and those above it that are missing, readable for all whatever the umask is, and
/// returns those that it made.
pub(crate) fn make(folder: &Path) -> Result<Vec<&Path>, Error> {
    let mut missing = Vec::new();
    for it in folder.ancestors() {
        match fs::symlink_metadata(it) {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push(it),
            Err(error) => return Err(Error::read(it)(error)),
        }
    }
    missing.reverse();
    for it in &missing {
        make_one(it).map_err(Error::change(it))?;
    }
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(missing),
        _ => Err(Error::NotAFolder(folder.to_owned())),
    }
}

fn make_one(folder: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    match builder.create(folder) {
        // Another build was faster; what stands there is looked at afterwards.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        other => other?,
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The bits that the folder inherited, such as the one for a shared group, are kept.
        let inherited = fs::metadata(folder)?.permissions().mode();
        fs::set_permissions(folder, fs::Permissions::from_mode(inherited | 0o755))?;
    }
    Ok(())
}

/// The right to change a folder; it ends with the value, or with the process.
pub(crate) struct Turn(#[expect(dead_code, reason = "held for its lock")] Option<File>);

/// Waits until no other build changes the folder.
///
/// The lock is on the folder itself, so that it leaves no file behind and stays valid while files
/// are replaced. Where the system has no such lock, the build goes on without one.
pub(crate) fn turn(folder: &Path) -> Result<Turn, Error> {
    turn_within(folder, PAUSES)
}

fn turn_within(folder: &Path, pauses: u32) -> Result<Turn, Error> {
    let Ok(handle) = File::open(folder) else {
        return Ok(Turn(None));
    };
    for _ in 0..pauses {
        match handle.try_lock() {
            Ok(()) => return Ok(Turn(Some(handle))),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            Err(TryLockError::Error(_)) => return Ok(Turn(None)),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
    Err(Error::Busy(folder.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_second_build_waits_and_then_gives_up() {
        let folder = tempfile::tempdir().unwrap();
        let first = turn_within(folder.path(), 1).unwrap();
        assert!(matches!(
            turn_within(folder.path(), 2),
            Err(Error::Busy(path)) if path == folder.path()
        ));
        drop(first);
        assert!(turn_within(folder.path(), 1).is_ok());
    }
}
