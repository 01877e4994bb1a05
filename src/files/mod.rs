//! Reading: the only way by which a file reaches the compiler.
//!
//! A file is read only if it is a regular one inside the repository of the policy. What lies
//! elsewhere is never opened, and an answer never tells whether it exists; but for what a person
//! names beside the policy, which [`named`] reads, and which is never compiled.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the module that looks at files and reads them"
)]

pub mod git;
mod open;

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{self, Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::files::git::ObjectError;
use crate::files::open::Root;
use crate::read;

/// The name of a policy in the folder of its stack.
pub const POLICY: &str = "observability.yaml";

/// The name of the file that says which files of a folder obsgen owns.
pub const LOCK: &str = "obsgen.lock";

/// The name of the schema of a policy.
pub const SCHEMA: &str = "observability.schema.json";

/// The size up to which a file is read, in bytes.
pub const LARGEST: u64 = read::MAX_FILE_BYTES as u64;

/// How many symlinks one path may lead through, as Linux has it.
const MOST_LINKS: usize = 40;

/// Manifests that are read at once: files, and bytes together.
const MOST_MANIFESTS: usize = 20_000;
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Folders of a revision that may lie in each other, and what all of them may hold.
const MOST_FOLDERS: usize = 256;
const MOST_ENTRIES: usize = 1_000_000;

/// Says whether a regular file is at a path, or where its symlinks lead; nothing is read.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Says whether a folder is at a path, or where its symlinks lead; nothing is read.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Says whether a name is taken, be it by a symlink that leads nowhere.
pub fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Says whether two paths lead to one file; not where one of them leads nowhere.
pub fn are_one(path: &Path, other: &Path) -> bool {
    let real = |it: &Path| fs::canonicalize(it).ok();
    real(path).is_some_and(|it| Some(it) == real(other))
}

/// The folder that the files of a compilation come from.
#[derive(Debug)]
pub struct Repository {
    /// The folder as it was reached, without `..`; it may lie behind a symlink.
    reached: PathBuf,
    /// The same folder without symlinks.
    root: PathBuf,
    /// The folder itself, whatever its path leads to later.
    handle: Root,
}

impl Repository {
    /// Finds the repository of a policy: the nearest folder above it that has a `.git`, else the
    /// folder that holds the policy's folder.
    ///
    /// The root of the file system is taken for neither; the policy's own folder is used then.
    pub fn around(policy: &Path) -> Result<Self, ReadError> {
        let missing = || ReadError::Missing(policy.to_owned());
        let whole = textual(policy).ok_or_else(missing)?;
        let folder = whole.parent().ok_or_else(missing)?;
        let reached = with_git(folder)
            .or_else(|| folder.parent().filter(|it| it.parent().is_some()))
            .unwrap_or(folder)
            .to_owned();
        Self::reached(policy, reached)
    }

    /// Takes a folder itself: nothing outside it is read.
    pub fn at(folder: &Path) -> Result<Self, ReadError> {
        let missing = || ReadError::Missing(folder.to_owned());
        let reached = textual(folder).ok_or_else(missing)?;
        Self::reached(folder, reached)
    }

    fn reached(named: &Path, reached: PathBuf) -> Result<Self, ReadError> {
        let failed = |error| read_error(named, error);
        let root = fs::canonicalize(&reached).map_err(failed)?;
        let handle = Root::at(&root).map_err(failed)?;
        Ok(Self {
            reached,
            root,
            handle,
        })
    }

    /// The folder itself, without symlinks.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reads a text from a regular file inside the repository.
    ///
    /// `..` is resolved in the text of the path, before symlinks are followed. A symlink is
    /// followed only if it is relative and no step of it leaves the repository.
    pub fn read(&self, path: &Path) -> Result<String, ReadError> {
        let below = self.follow(path)?;
        let real = self.root.join(&below);
        content(path, &real, || self.handle.open(&below, &real))
    }

    /// The path of a file from the repository, with `/` between its parts; nothing where it lies
    /// elsewhere.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let parts = self.parts(path)?;
        let parts: Vec<_> = parts.iter().map(|it| it.to_string_lossy()).collect();
        Some(parts.join("/"))
    }

    /// The parts of a path below the repository, if it lies there.
    fn inside(&self, path: &Path) -> Option<Vec<OsString>> {
        let rest = path
            .strip_prefix(&self.reached)
            .or_else(|_| path.strip_prefix(&self.root))
            .ok()?;
        Some(rest.iter().map(OsStr::to_owned).collect())
    }

    /// The parts of a path below the repository, as it is written.
    fn parts(&self, path: &Path) -> Option<Vec<OsString>> {
        self.inside(&textual(path)?)
    }

    /// Walks from the root through the symlinks on the way of a path, to a path from the root.
    fn follow(&self, path: &Path) -> Result<PathBuf, ReadError> {
        let missing = || ReadError::Missing(path.to_owned());
        let place = |parts: &[OsString]| self.root.join(parts.iter().collect::<PathBuf>());
        let parts = self.parts(path).ok_or_else(missing)?;
        let real = follow(path, parts, &missing, &|parts| {
            let here = place(parts);
            let failed = |error| read_error(path, error);
            let metadata = here.symlink_metadata().map_err(failed)?;
            let target = metadata.is_symlink().then(|| fs::read_link(&here));
            target.transpose().map_err(failed)
        })?;
        Ok(real.iter().collect())
    }
}

/// The nearest folder with a `.git`, at or above one.
fn with_git(folder: &Path) -> Option<&Path> {
    folder
        .ancestors()
        .find(|it| it.parent().is_some() && it.join(".git").symlink_metadata().is_ok())
}

/// Says where the symlink at a place leads, and nothing where there is something else.
type Links<'a> = dyn Fn(&[OsString]) -> Result<Option<PathBuf>, ReadError> + 'a;

/// Walks the parts of a path from the root through the symlinks on the way, and returns those of the
/// file itself. Neither the text of a symlink nor a step through it may leave the root.
fn follow(
    path: &Path,
    parts: Vec<OsString>,
    missing: &dyn Fn() -> ReadError,
    link: &Links<'_>,
) -> Result<Vec<OsString>, ReadError> {
    let mut ahead = VecDeque::from(parts);
    let mut behind: Vec<OsString> = Vec::new();
    let mut links = 0;
    while let Some(part) = ahead.pop_front() {
        if part == ".." {
            behind.pop().ok_or_else(missing)?;
            continue;
        }
        // Its configuration may hold credentials, and nothing in it is part of a policy.
        if part.eq_ignore_ascii_case(".git") {
            return Err(missing());
        }
        behind.push(part);
        let Some(target) = link(&behind)? else {
            continue;
        };
        links += 1;
        if links > MOST_LINKS {
            return Err(ReadError::Loop(path.to_owned()));
        }
        behind.pop();
        let mut steps = Vec::new();
        let mut depth = behind.len();
        for step in target.components() {
            match step {
                Component::Normal(name) => {
                    depth += 1;
                    steps.push(name.to_owned());
                }
                Component::ParentDir => {
                    depth = depth.checked_sub(1).ok_or_else(missing)?;
                    steps.push("..".into());
                }
                Component::CurDir => {}
                Component::RootDir | Component::Prefix(_) => return Err(missing()),
            }
        }
        steps
            .into_iter()
            .rev()
            .for_each(|step| ahead.push_front(step));
    }
    Ok(behind)
}

/// Takes the content of a file as the text that it is.
fn text(path: &Path, bytes: Vec<u8>) -> Result<String, ReadError> {
    String::from_utf8(bytes).map_err(|error| {
        let readable = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        ReadError::NotUtf8 {
            path: path.to_owned(),
            line: readable.iter().filter(|it| **it == b'\n').count() + 1,
        }
    })
}

/// Makes a path absolute and resolves `..` in its text.
fn textual(path: &Path) -> Option<PathBuf> {
    let mut result = PathBuf::new();
    for part in path::absolute(path).ok()?.components() {
        match part {
            Component::ParentDir => drop(result.pop()),
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => result.push(part),
        }
    }
    Some(result)
}

/// Finds every policy below a folder, in bytewise order of the paths.
///
/// Symlinks are not followed. Hidden folders, `target`, and folders that obsgen wrote are skipped.
pub fn stacks_below(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let mut stacks = Vec::new();
    let walk = WalkDir::new(folder).into_iter().filter_entry(|entry| {
        let is_written = || entry.path().join(LOCK).symlink_metadata().is_ok();
        is_looked_into(entry) && !(entry.file_type().is_dir() && is_written())
    });
    for entry in walk {
        let entry = entry.map_err(|error| walk_error(folder, error))?;
        if entry.file_type().is_file() && entry.file_name() == POLICY {
            stacks.push(entry.into_path());
        }
    }
    sort(&mut stacks);
    Ok(stacks)
}

/// Returns whether a folder may hold something; files always do.
fn is_looked_into(entry: &DirEntry) -> bool {
    !entry.file_type().is_dir() || entry.depth() == 0 || !is_skipped(entry.file_name())
}

/// Returns whether nothing is looked for in folders of a name.
fn is_skipped(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name == b"target" || name.first() == Some(&b'.')
}

fn walk_error(folder: &Path, error: walkdir::Error) -> ReadError {
    let path = error.path().unwrap_or(folder).to_owned();
    let source = error
        .into_io_error()
        .unwrap_or_else(|| ErrorKind::Other.into());
    ReadError::Io { path, source }
}

/// Bytewise order of the paths.
fn sort(paths: &mut [PathBuf]) {
    paths.sort_by(|a, b| {
        let bytes = |it: &Path| it.as_os_str().as_encoded_bytes().to_owned();
        bytes(a).cmp(&bytes(b))
    });
}

/// The manifests below a folder.
#[derive(Debug)]
pub struct Manifests {
    /// Path from the folder, with `/` between the parts, and text of each, in bytewise order.
    pub files: Vec<(String, String)>,
    /// What could not be read, and why.
    pub skipped: Vec<ReadError>,
}

/// Reads every file below a folder whose name ends as YAML or JSON does, or the file itself.
///
/// Symlinks are not followed: what they point to is read where it lies, if that is below the
/// folder. Hidden folders and `target` are skipped, as is what is too large or no text.
pub fn manifests_below(place: &Path) -> Result<Manifests, ReadError> {
    let folder = match place.is_file() {
        true => folder_of(place),
        false => place,
    };
    let repository = Repository::at(folder)?;
    let mut found = Vec::new();
    for entry in WalkDir::new(place).into_iter().filter_entry(is_looked_into) {
        let entry = entry.map_err(|error| walk_error(place, error))?;
        if !entry.file_type().is_dir() && is_manifest(entry.path()) {
            found.push(entry.into_path());
        }
        if found.len() > MOST_MANIFESTS {
            return Err(ReadError::TooMany(place.to_owned()));
        }
    }
    Manifests::of(place, folder, found, &|path| match path
        .symlink_metadata()
        .is_ok_and(|it| it.is_symlink())
    {
        true => Err(ReadError::NotAFile(path.to_owned())),
        false => repository.read(path),
    })
}

impl Manifests {
    /// Reads the files that were found at a place.
    fn of(
        place: &Path,
        folder: &Path,
        mut found: Vec<PathBuf>,
        read: &dyn Fn(&Path) -> Result<String, ReadError>,
    ) -> Result<Self, ReadError> {
        sort(&mut found);
        let mut manifests = Self {
            files: Vec::new(),
            skipped: Vec::new(),
        };
        let mut bytes = 0;
        for path in found {
            match read(&path) {
                Ok(text) => {
                    bytes += text.len();
                    if bytes > MOST_BYTES {
                        return Err(ReadError::TooMany(place.to_owned()));
                    }
                    let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy();
                    manifests.files.push((name.replace('\\', "/"), text));
                }
                Err(error) => manifests.skipped.push(error),
            }
        }
        Ok(manifests)
    }
}

/// The folder that holds a file.
fn folder_of(file: &Path) -> &Path {
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn is_manifest(path: &Path) -> bool {
    let ending = path.extension().map(OsStr::to_ascii_lowercase);
    path.file_name() == Some(OsStr::new("Kustomization"))
        || ending.is_some_and(|it| it == "yaml" || it == "yml" || it == "json")
}

/// Reads a file that a person named beside the policy, wherever it lies; `None` where there is none.
pub fn named(path: &Path) -> Result<Option<String>, ReadError> {
    match path.canonicalize() {
        Ok(real) => content(path, &real, || open::plainly(&real)).map(Some),
        Err(error) => match read_error(path, error) {
            ReadError::Missing(_) => Ok(None),
            other => Err(other),
        },
    }
}

/// Reads a regular file; `real` is its path without symlinks.
fn content(
    path: &Path,
    real: &Path,
    open: impl FnOnce() -> io::Result<File>,
) -> Result<String, ReadError> {
    let failed = |error| read_error(path, error);

    // To open a device can do something, so the kind is asked before, and again of what was opened.
    if !real.symlink_metadata().map_err(failed)?.is_file() {
        return Err(ReadError::NotAFile(path.to_owned()));
    }
    let file = open().map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile(path.to_owned()));
    }
    if metadata.len() > LARGEST {
        return Err(ReadError::TooLarge(path.to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge(path.to_owned()));
    }
    text(path, bytes)
}

/// Returns the name of a folder, however it is written.
pub fn folder_name(folder: &Path) -> Option<String> {
    Some(textual(folder)?.file_name()?.to_str()?.to_owned())
}

/// Returns the nearest schema of the policy at or above a folder, inside its repository, as a policy
/// in the folder names it.
pub fn schema_near(folder: &Path) -> Option<String> {
    let repository = Repository::around(&folder.join(POLICY)).ok();
    let whole = textual(folder)?;
    let top = match &repository {
        Some(it) => it.reached.clone(),
        // The folder is not there yet.
        None => whole.clone(),
    };
    let mut up = String::new();
    for it in whole.ancestors().take_while(|it| it.starts_with(&top)) {
        for place in ["schemas/", ""] {
            if it.join(place).join(SCHEMA).is_file() {
                return Some(format!("{up}{place}{SCHEMA}"));
            }
        }
        up.push_str("../");
    }
    None
}

/// Why a file could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// There is no such file, or it lies outside the repository: the answer is the same.
    Missing(PathBuf),
    /// Its symlinks lead in a circle.
    Loop(PathBuf),
    /// It is a folder, a pipe, a socket or a device.
    NotAFile(PathBuf),
    /// It has more than [`LARGEST`] bytes.
    TooLarge(PathBuf),
    /// Below it are too many manifests, or too much in them.
    TooMany(PathBuf),
    /// The folders below it are nested too deep, or hold too much.
    TooVast(PathBuf),
    /// There is no such file in a revision, or it lies outside the repository: the answer is the same.
    NotInRevision {
        /// The file or folder.
        path: PathBuf,
        /// The revision, as it was asked for.
        revision: String,
    },
    /// An object of Git that it is made of cannot be read.
    Object {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: ObjectError,
    },
    /// It is not UTF-8.
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line of the first byte that is not, counted from 1.
        line: usize,
    },
    /// The system refused.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Sorts the answers of the system: what cannot be there is missing, the rest is told.
fn read_error(path: &Path, source: io::Error) -> ReadError {
    let path = path.to_owned();
    let is_missing = matches!(
        source.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
    );
    if is_missing {
        ReadError::Missing(path)
    } else {
        ReadError::Io { path, source }
    }
}

impl ReadError {
    /// Says what is wrong, as it follows the name of the file.
    pub fn reason(&self) -> String {
        let why = match self {
            Self::Missing(_) => "there is no such file inside the repository".to_owned(),
            Self::Loop(_) => "its symlinks lead in a circle; name the file itself".to_owned(),
            Self::NotAFile(_) => "it is no regular file".to_owned(),
            Self::TooLarge(_) => return read::TOO_LARGE.to_owned(),
            Self::TooMany(_) => format!(
                "over {MOST_MANIFESTS} YAML and JSON files are below it, or over {} MiB; name a folder with less",
                MOST_BYTES / 1024 / 1024
            ),
            Self::TooVast(_) => format!(
                "its folders are over {MOST_FOLDERS} deep, or hold over {MOST_ENTRIES} files; name a folder with less"
            ),
            Self::NotInRevision { revision, .. } => {
                format!("there is no such file in revision `{revision}`")
            }
            Self::Object { source, .. } => source.to_string(),
            Self::NotUtf8 { line, .. } => {
                format!("line {line} is not UTF-8 text; save it as UTF-8")
            }
            Self::Io { source, .. } => source.to_string(),
        };
        format!("cannot be read: {why}")
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Missing(path)
        | Self::Loop(path)
        | Self::NotAFile(path)
        | Self::TooLarge(path)
        | Self::TooMany(path)
        | Self::TooVast(path)
        | Self::NotInRevision { path, .. }
        | Self::Object { path, .. }
        | Self::NotUtf8 { path, .. }
        | Self::Io { path, .. }) = self;
        write!(f, "`{}` {}", path.display(), self.reason())
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Object { source, .. } => Some(source),
            Self::Missing(_)
            | Self::Loop(_)
            | Self::NotAFile(_)
            | Self::TooLarge(_)
            | Self::TooMany(_)
            | Self::TooVast(_)
            | Self::NotInRevision { .. }
            | Self::NotUtf8 { .. } => None,
        }
    }
}
