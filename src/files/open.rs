//! Opening: a file of the repository, and nothing that took its place in the meantime.

use std::fs::File;
use std::io;
use std::path::Path;

/// The folder below which files are opened.
///
/// On Linux the system holds the way to a file while it opens it: a folder that was swapped for a
/// symlink since it was looked at is refused. Elsewhere, and where the system has no such call, only
/// the last part of the way is held.
#[derive(Debug)]
pub(super) struct Root {
    #[cfg(target_os = "linux")]
    handle: File,
}

impl Root {
    /// Takes a folder, by a path without symlinks.
    pub(super) fn at(folder: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{Mode, OFlags, open};
            use rustix::io::retry_on_intr;
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let handle = retry_on_intr(|| open(folder, flags, Mode::empty()))?;
            Ok(Self {
                handle: handle.into(),
            })
        }
        #[cfg(not(target_os = "linux"))]
        {
            // Asked here as well, so that the same folders are refused everywhere.
            folder.metadata().map(|_| Self {})
        }
    }

    /// Opens a file for reading, by its path from the folder and its whole path, neither with symlinks
    /// or `..`. Never waits, as opening a FIFO would.
    #[cfg(target_os = "linux")]
    pub(super) fn open(&self, below: &Path, whole: &Path) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
        use rustix::io::{Errno, retry_on_intr};
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let way = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match retry_on_intr(|| openat2(&self.handle, below, flags, Mode::empty(), way)) {
            Ok(handle) => Ok(handle.into()),
            // A kernel before 5.6, or a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => plainly(whole),
            // A symlink that was not there a moment ago: as if there were nothing.
            Err(Errno::LOOP | Errno::XDEV) => Err(io::ErrorKind::NotFound.into()),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn open(&self, _: &Path, whole: &Path) -> io::Result<File> {
        plainly(whole)
    }
}

/// Opens a file for reading by its path without symlinks. Never waits, as opening a FIFO would.
#[cfg(unix)]
pub(super) fn plainly(whole: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    use rustix::io::{Errno, retry_on_intr};
    let flags =
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match retry_on_intr(|| rustix::fs::open(whole, flags, Mode::empty())) {
        Ok(handle) => Ok(handle.into()),
        Err(Errno::LOOP) => Err(io::ErrorKind::NotFound.into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
pub(super) fn plainly(whole: &Path) -> io::Result<File> {
    File::open(whole)
}
