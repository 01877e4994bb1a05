//! The files of a Git revision, read from the objects of its repository.
//!
//! The checkout is not touched, nothing is run, neither `git` nor a hook or a filter, and nothing is
//! fetched. Of the repository's configuration only its format counts, and no other is read. What a
//! revision holds follows from its id alone: the content of every object is held against its id, and
//! replacements of objects are not looked at.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use gix::config::Source;
use gix::objs::tree::EntryKind;
use gix::objs::{CommitRefIter, Kind, TagRefIter, TreeRefIter};
use gix::revision::plumbing::Spec;
use gix::revision::spec::parse;
use gix::{ObjectId, discover, open};

use crate::diag::nearest;
use crate::files::{
    LARGEST, LOCK, MOST_BYTES, MOST_ENTRIES, MOST_FOLDERS, MOST_LINKS, MOST_MANIFESTS, Manifests,
    POLICY, ReadError, Repository, folder_of, follow, is_manifest, is_skipped, sort, text, textual,
    with_git,
};

/// Bytes that reading an object may take, with what it is stored as a difference to.
const MOST_MEMORY: usize = 256 * 1024 * 1024;

/// Bytes of the name of a file, and of the path that a symlink holds: systems take no more.
const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 4096;

/// Branches and tags among which a near one is looked for.
const MOST_NAMES: usize = 10_000;

/// Bytes of folders that are kept, so that none is read again for every file below it.
const KEPT: usize = 64 * 1024 * 1024;

/// How a clone gets what it was made without.
const DEEPEN: &str = "this clone is shallow: fetch the whole history, with `fetch-depth: 0` on \
     GitHub, `GIT_DEPTH: 0` on GitLab or `git fetch --unshallow`";

/// The files of a repository as a commit has them.
#[derive(Debug)]
pub struct Revision {
    /// As it was asked for.
    spec: String,
    /// Where paths are taken from.
    folder: Repository,
    objects: Objects,
    commit: ObjectId,
    tree: ObjectId,
    known: RefCell<Known>,
}

/// Folders that were read, and the bytes of them.
#[derive(Debug, Default)]
struct Known {
    trees: BTreeMap<ObjectId, Rc<Tree>>,
    bytes: usize,
}

/// What a folder of a revision holds, by name.
type Tree = BTreeMap<OsString, Entry>;

/// One thing in a folder of a revision.
#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: EntryKind,
    id: ObjectId,
}

impl Entry {
    fn is_file(&self) -> bool {
        matches!(self.kind, EntryKind::Blob | EntryKind::BlobExecutable)
    }

    fn is_folder(&self) -> bool {
        self.kind == EntryKind::Tree
    }
}

impl Revision {
    /// Finds a revision in the repository of a path, which need not exist: that of the nearest folder
    /// with a `.git`, else the bare one around it.
    ///
    /// It is written as for `git`: `HEAD`, a branch, a tag, an id or the start of one, or what lies
    /// before one, such as `main~2`. `A...B` is the last commit that both have in common.
    pub fn open(near: &Path, spec: &str) -> Result<Self, RevisionError> {
        let none = || RevisionError::NoRepository(near.to_owned());
        let whole = textual(near).ok_or_else(none)?;
        let is_bare = |it: &&Path| discover::is_git(it).is_ok();
        let (place, git) = match with_git(&whole) {
            Some(place) => (place, place.join(".git")),
            None => {
                let place = whole.ancestors().find(is_bare).ok_or_else(none)?;
                (place, place.to_owned())
            }
        };
        let unopened = |why: String| RevisionError::Unopened {
            repository: place.to_owned(),
            why,
        };
        let folder = Repository::at(place).map_err(|it| unopened(it.reason()))?;
        let options = options().open_path_as_is(true);
        let repository = gix::open_opts(git, options).map_err(|it| unopened(why(&it)))?;
        // Its names would be read as none at all.
        let config = repository.config_snapshot();
        let names = config.plumbing().string("extensions.refStorage");
        if let Some(format) = names.filter(|it| *it != "files") {
            let format = line(&format.to_string());
            return Err(unopened(format!(
                "its branches and tags are stored as `{format}`, which is not supported"
            )));
        }
        let objects = Objects(repository);
        let commit = objects.resolve(spec)?;
        let tree = objects
            .tree_of(commit)
            .map_err(|it| objects.failed(spec, it))?;
        Ok(Self {
            spec: spec.to_owned(),
            folder,
            objects,
            commit,
            tree,
            known: RefCell::default(),
        })
    }

    /// As it was asked for.
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// The id of the commit, as far as messages need it.
    pub fn id(&self) -> String {
        self.commit.to_hex_with_len(12).to_string()
    }

    /// Reads a text from a regular file of the revision, by its path in the checkout.
    ///
    /// `..` and symlinks are taken as [`Repository::read`] takes them.
    pub fn read(&self, path: &Path) -> Result<String, ReadError> {
        let entry = self.find(path)?;
        self.content(path, &entry)
    }

    /// Returns whether there is a regular file at a path.
    pub fn has_file(&self, path: &Path) -> Result<bool, ReadError> {
        match self.find(path) {
            Ok(entry) => Ok(entry.is_file()),
            Err(ReadError::NotInRevision { .. } | ReadError::Loop(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Finds every policy below a folder, as [`stacks_below`](super::stacks_below) does in a checkout.
    pub fn stacks_below(&self, folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
        let is_entered = |tree: &Tree| !tree.contains_key(OsStr::new(LOCK));
        let is_wanted = |path: &Path, entry: &Entry| {
            entry.is_file() && path.file_name() == Some(OsStr::new(POLICY))
        };
        let found = self.walk(folder, &is_entered, &is_wanted)?;
        let mut stacks: Vec<PathBuf> = found.into_keys().collect();
        sort(&mut stacks);
        Ok(stacks)
    }

    /// Reads the manifests below a folder, or a file itself, as
    /// [`manifests_below`](super::manifests_below) does in a checkout.
    pub fn manifests_below(&self, place: &Path) -> Result<Manifests, ReadError> {
        let folder = match self.find(place)?.is_folder() {
            true => place,
            false => folder_of(place),
        };
        let is_wanted =
            |path: &Path, entry: &Entry| entry.kind != EntryKind::Commit && is_manifest(path);
        let found = self.walk(place, &|_| true, &is_wanted)?;
        if found.len() > MOST_MANIFESTS {
            return Err(ReadError::TooMany(place.to_owned()));
        }
        Manifests::of(
            place,
            folder,
            found.keys().cloned().collect(),
            &|path| match found.get(path) {
                Some(entry) => self.content(path, entry),
                None => self.read(path),
            },
        )
    }

    /// What a path leads to.
    fn find(&self, path: &Path) -> Result<Entry, ReadError> {
        let missing = || ReadError::NotInRevision {
            path: path.to_owned(),
            revision: self.spec.clone(),
        };
        let parts = self.folder.parts(path).ok_or_else(missing)?;
        let real = follow(path, parts, &missing, &|parts| {
            let entry = self.entry(path, parts)?.ok_or_else(missing)?;
            if entry.kind != EntryKind::Link {
                return Ok(None);
            }
            let target = match self.objects.read(entry.id, Kind::Blob, LONGEST_PATH) {
                Ok(bytes) => gix::path::from_bstring(bytes).ok(),
                Err(ObjectError::TooLarge { .. }) => None,
                Err(error) => return Err(object_error(path, error)),
            };
            target.map(Some).ok_or_else(missing)
        })?;
        self.entry(path, &real)?.ok_or_else(missing)
    }

    /// What is at a place, if anything is.
    fn entry(&self, path: &Path, parts: &[OsString]) -> Result<Option<Entry>, ReadError> {
        let mut entry = Entry {
            kind: EntryKind::Tree,
            id: self.tree,
        };
        for part in parts {
            if !entry.is_folder() {
                return Ok(None);
            }
            match self.folder(path, entry.id)?.get(part) {
                Some(it) => entry = *it,
                None => return Ok(None),
            }
        }
        Ok(Some(entry))
    }

    /// The text of a file.
    fn content(&self, path: &Path, entry: &Entry) -> Result<String, ReadError> {
        if !entry.is_file() {
            return Err(ReadError::NotAFile(path.to_owned()));
        }
        let read = self.objects.read(entry.id, Kind::Blob, LARGEST as usize);
        text(path, read.map_err(|it| object_error(path, it))?)
    }

    /// What a folder holds.
    fn folder(&self, path: &Path, id: ObjectId) -> Result<Rc<Tree>, ReadError> {
        if let Some(tree) = self.known.borrow().trees.get(&id) {
            return Ok(Rc::clone(tree));
        }
        let read = self.objects.tree(id);
        let (tree, bytes) = read.map_err(|it| object_error(path, it))?;
        let tree = Rc::new(tree);
        let mut known = self.known.borrow_mut();
        if known.bytes > KEPT {
            *known = Known::default();
        }
        known.bytes += bytes;
        known.trees.insert(id, Rc::clone(&tree));
        Ok(tree)
    }

    /// Everything that is wanted at and below a place, by its path.
    ///
    /// Symlinks are not followed. Hidden folders and `target` are skipped, as are folders that are not
    /// to be entered.
    fn walk(
        &self,
        place: &Path,
        is_entered: &dyn Fn(&Tree) -> bool,
        is_wanted: &dyn Fn(&Path, &Entry) -> bool,
    ) -> Result<BTreeMap<PathBuf, Entry>, ReadError> {
        let entry = self.find(place)?;
        let mut walk = Walk {
            revision: self,
            place,
            is_entered,
            is_wanted,
            seen: 0,
            bytes: 0,
            found: BTreeMap::new(),
        };
        walk.visit(place, &entry, 0)?;
        Ok(walk.found)
    }
}

/// A walk through the folders of a revision, which may be made to have no end.
struct Walk<'a> {
    revision: &'a Revision,
    place: &'a Path,
    is_entered: &'a dyn Fn(&Tree) -> bool,
    is_wanted: &'a dyn Fn(&Path, &Entry) -> bool,
    seen: usize,
    bytes: usize,
    found: BTreeMap<PathBuf, Entry>,
}

impl Walk<'_> {
    fn visit(&mut self, path: &Path, entry: &Entry, depth: usize) -> Result<(), ReadError> {
        self.seen += 1;
        if depth > MOST_FOLDERS || self.seen > MOST_ENTRIES || self.bytes > MOST_BYTES {
            return Err(ReadError::TooVast(self.place.to_owned()));
        }
        if !entry.is_folder() {
            if (self.is_wanted)(path, entry) {
                self.bytes += path.as_os_str().len();
                self.found.insert(path.to_owned(), *entry);
            }
            return Ok(());
        }
        let tree = self.revision.folder(path, entry.id)?;
        if !(self.is_entered)(&tree) {
            return Ok(());
        }
        for (name, below) in tree.iter() {
            if !below.is_folder() || !is_skipped(name) {
                self.visit(&path.join(name), below, depth + 1)?;
            }
        }
        Ok(())
    }
}

/// How a repository is opened: as itself, whoever owns it, without anything around it.
fn options() -> open::Options {
    open::Options::isolated()
        .filter_config_section(|it| it.source == Source::Api)
        .config_overrides([
            format!("gitoxide.objects.allocLimit={MOST_MEMORY}"),
            "core.useReplaceRefs=false".to_owned(),
            // It may be stale or corrupt, and the objects say the same.
            "core.commitGraph=false".to_owned(),
        ])
}

/// The repository, of which every object is held against its id.
#[derive(Debug)]
struct Objects(gix::Repository);

impl Objects {
    /// The commit that a revision names.
    fn resolve(&self, spec: &str) -> Result<ObjectId, RevisionError> {
        let hints = parse::Options {
            object_kind_hint: Some(parse::ObjectKindHint::Committish),
            ..parse::Options::default()
        };
        let parsed = gix::revision::Spec::from_bstr(spec, &self.0, hints)
            .map_err(|it| self.unresolved(spec, &it))?;
        if parsed.path_and_mode().is_some() {
            return Err(RevisionError::NotACommit {
                spec: spec.to_owned(),
                kind: "file or folder",
            });
        }
        match parsed.detach() {
            Spec::Include(id) => self.commit(spec, id),
            Spec::Merge { theirs, ours } => {
                let (theirs, ours) = (self.commit(spec, theirs)?, self.commit(spec, ours)?);
                let base = self.0.merge_base(theirs, ours);
                let base = base.map_err(|it| self.unresolved(spec, &it))?;
                base.map(gix::Id::detach)
                    .ok_or_else(|| RevisionError::Unrelated {
                        spec: spec.to_owned(),
                        is_shallow: self.is_shallow(),
                    })
            }
            Spec::Exclude(_)
            | Spec::Range { .. }
            | Spec::IncludeOnlyParents(_)
            | Spec::ExcludeParents(_) => Err(RevisionError::Range(spec.to_owned())),
        }
    }

    /// The commit that an object is, or that a tag leads to.
    fn commit(&self, spec: &str, mut id: ObjectId) -> Result<ObjectId, RevisionError> {
        for _ in 0..MOST_LINKS {
            let kind = self.kind(id).map_err(|it| self.failed(spec, it))?;
            let kind = match kind {
                Kind::Commit => return Ok(id),
                Kind::Tag => {
                    id = self.tagged(id).map_err(|it| self.failed(spec, it))?;
                    continue;
                }
                Kind::Tree => "folder",
                Kind::Blob => "file",
            };
            return Err(RevisionError::NotACommit {
                spec: spec.to_owned(),
                kind,
            });
        }
        Err(RevisionError::NotACommit {
            spec: spec.to_owned(),
            kind: "tag of a tag without an end",
        })
    }

    /// Why a revision names nothing.
    fn unresolved(&self, spec: &str, error: &gix::Error) -> RevisionError {
        if let Some(parse::Error::AmbiguousPrefix { candidates, .. }) = error.downcast_any_ref() {
            return RevisionError::Ambiguous {
                spec: spec.to_owned(),
                ids: candidates.iter().map(|(id, _)| id.to_string()).collect(),
            };
        }
        if error.is_corrupted() || error.is_permission_denied() {
            return RevisionError::Unreadable {
                spec: spec.to_owned(),
                why: why(error),
            };
        }
        let is_shallow = self.is_shallow();
        for side in spec.split("...") {
            let ends = [side.find(['~', '^', ':']), side.find("@{")];
            let name = &side[..ends.into_iter().flatten().min().unwrap_or(side.len())];
            if name.is_empty() || self.0.rev_parse_single(name).is_ok() {
                continue;
            }
            if matches!(name, "HEAD" | "@") {
                return RevisionError::NoCommit(name.to_owned());
            }
            return RevisionError::Unknown {
                near: self.like(name),
                spec: name.to_owned(),
                is_shallow,
            };
        }
        RevisionError::Beyond {
            spec: spec.to_owned(),
            why: why(error),
            is_shallow,
        }
    }

    fn failed(&self, spec: &str, source: ObjectError) -> RevisionError {
        RevisionError::Object {
            spec: spec.to_owned(),
            source,
            is_shallow: self.is_shallow(),
        }
    }

    fn is_shallow(&self) -> bool {
        self.0.is_shallow().unwrap_or(false)
    }

    /// The branch or tag that was probably meant: one that ends alike, or the nearest.
    fn like(&self, name: &str) -> Option<String> {
        let platform = self.0.references().ok()?;
        let all = platform.all().ok()?.filter_map(Result::ok).take(MOST_NAMES);
        let names: BTreeSet<String> = all
            .filter_map(|it| String::from_utf8(it.name().shorten().to_vec()).ok())
            .filter(|it| !it.contains(char::is_control))
            .collect();
        let ends_with =
            |whole: &str, end: &str| whole.strip_suffix(end).is_some_and(|it| it.ends_with('/'));
        let alike = names
            .iter()
            .find(|it| ends_with(it, name) || ends_with(name, it));
        alike
            .cloned()
            .or_else(|| nearest(name, names.iter().map(String::as_str)).map(str::to_owned))
    }

    fn kind(&self, id: ObjectId) -> Result<Kind, ObjectError> {
        self.header(id).map(|(kind, _)| kind)
    }

    /// The kind and the bytes of an object.
    fn header(&self, id: ObjectId) -> Result<(Kind, u64), ObjectError> {
        let header = self.0.try_find_header(id).map_err(|it| corrupt(id, &it))?;
        let header = header.ok_or_else(|| ObjectError::Missing { id: id.to_string() })?;
        Ok((header.kind(), header.size()))
    }

    /// Reads an object of a kind, which is held against its id.
    fn read(&self, id: ObjectId, kind: Kind, largest: usize) -> Result<Vec<u8>, ObjectError> {
        let wrong = |why: String| ObjectError::Corrupt {
            id: id.to_string(),
            why,
        };
        let too_large = || ObjectError::TooLarge { id: id.to_string() };
        let (found, size) = self.header(id)?;
        if found != kind {
            return Err(wrong(format!("it is a {found} where a {kind} is expected")));
        }
        if size > largest as u64 {
            return Err(too_large());
        }
        let object = self.0.try_find_object(id).map_err(|it| corrupt(id, &it))?;
        let object = object.ok_or_else(|| ObjectError::Missing { id: id.to_string() })?;
        let bytes = object.detach().data;
        // What the header said need not be so.
        if bytes.len() > largest {
            return Err(too_large());
        }
        match gix::objs::compute_hash(id.kind(), kind, &bytes) {
            Ok(it) if it == id => Ok(bytes),
            Ok(it) => Err(wrong(format!("its content has the id {it}"))),
            Err(error) => Err(corrupt(id, &error)),
        }
    }

    fn tagged(&self, id: ObjectId) -> Result<ObjectId, ObjectError> {
        let bytes = self.read(id, Kind::Tag, LARGEST as usize)?;
        let target = TagRefIter::from_bytes(&bytes, id.kind()).target_id();
        target.map_err(|it| corrupt(id, &it))
    }

    fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, ObjectError> {
        let bytes = self.read(commit, Kind::Commit, LARGEST as usize)?;
        let tree = CommitRefIter::from_bytes(&bytes, commit.kind()).tree_id();
        tree.map_err(|it| corrupt(commit, &it))
    }

    /// What a folder holds, and the bytes of it. What no checkout could have is left out.
    fn tree(&self, id: ObjectId) -> Result<(Tree, usize), ObjectError> {
        let bytes = self.read(id, Kind::Tree, LARGEST as usize)?;
        let mut tree = Tree::new();
        for entry in TreeRefIter::from_bytes(&bytes, id.kind()) {
            let entry = entry.map_err(|it| corrupt(id, &it))?;
            if let Some(name) = plain(entry.filename) {
                tree.entry(name).or_insert(Entry {
                    kind: entry.mode.kind(),
                    id: entry.oid.to_owned(),
                });
            }
        }
        Ok((tree, bytes.len()))
    }
}

/// Takes the name of one file, which is no path to another.
fn plain(name: &[u8]) -> Option<OsString> {
    let path = gix::path::from_byte_slice(name).ok()?;
    let mut parts = path.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(part)), None)
            if part == path.as_os_str() && name.len() <= LONGEST_NAME =>
        {
            Some(part.to_owned())
        }
        _ => None,
    }
}

/// The reason of an error of Git.
fn why(error: &gix::Error) -> String {
    line(&error.probable_cause().to_string())
}

/// The first line of a text, which may come from a repository, without control characters.
fn line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars()
        .filter(|it| !it.is_control())
        .take(200)
        .collect()
}

fn corrupt(id: ObjectId, error: &gix::Error) -> ObjectError {
    ObjectError::Corrupt {
        id: id.to_string(),
        why: why(error),
    }
}

fn object_error(path: &Path, error: ObjectError) -> ReadError {
    let path = path.to_owned();
    match error {
        ObjectError::TooLarge { .. } => ReadError::TooLarge(path),
        ObjectError::Missing { .. } | ObjectError::Corrupt { .. } => ReadError::Object {
            path,
            source: error,
        },
    }
}

/// Why an object of Git could not be read.
#[derive(Debug)]
pub enum ObjectError {
    /// The clone was made without it.
    Missing {
        /// Its id.
        id: String,
    },
    /// Its content is not what its id names.
    Corrupt {
        /// Its id.
        id: String,
        /// Why.
        why: String,
    },
    /// It has more than [`LARGEST`] bytes.
    TooLarge {
        /// Its id.
        id: String,
    },
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { id } => write!(
                f,
                "its object {id} is not in this clone; fetch it, or clone without `--filter`"
            ),
            Self::Corrupt { id, why } => write!(
                f,
                "its object {id} is corrupt: {why}; run `git fsck`, or clone again"
            ),
            Self::TooLarge { id } => write!(
                f,
                "its object {id} has more than {} MiB",
                LARGEST / 1024 / 1024
            ),
        }
    }
}

impl std::error::Error for ObjectError {}

/// Why a revision could not be found.
#[derive(Debug)]
pub enum RevisionError {
    /// Neither a folder nor one above it is a repository.
    NoRepository(PathBuf),
    /// There is a repository, but none that can be read.
    Unopened {
        /// Its folder.
        repository: PathBuf,
        /// Why.
        why: String,
    },
    /// There is no commit yet.
    NoCommit(String),
    /// There is no such id, branch or tag.
    Unknown {
        /// What was asked for.
        spec: String,
        /// A branch or tag that was probably meant.
        near: Option<String>,
        /// Whether the clone has a part of the history only.
        is_shallow: bool,
    },
    /// What it starts from is there, but not what it leads to.
    Beyond {
        /// What was asked for.
        spec: String,
        /// Why.
        why: String,
        /// Whether the clone has a part of the history only.
        is_shallow: bool,
    },
    /// Several objects have ids that start so.
    Ambiguous {
        /// What was asked for.
        spec: String,
        /// The starts of their ids that tell them apart.
        ids: Vec<String>,
    },
    /// It names a range of commits.
    Range(String),
    /// It names something else than a commit.
    NotACommit {
        /// What was asked for.
        spec: String,
        /// What it is.
        kind: &'static str,
    },
    /// Two commits have none before them in common.
    Unrelated {
        /// What was asked for.
        spec: String,
        /// Whether the clone has a part of the history only.
        is_shallow: bool,
    },
    /// An object on the way cannot be read.
    Object {
        /// What was asked for.
        spec: String,
        /// Why.
        source: ObjectError,
        /// Whether the clone has a part of the history only.
        is_shallow: bool,
    },
    /// The repository is corrupt, or the system refused.
    Unreadable {
        /// What was asked for.
        spec: String,
        /// Why.
        why: String,
    },
}

impl RevisionError {
    /// What may be missing because the clone has a part of the history only.
    fn help(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { is_shallow, .. }
            | Self::Beyond { is_shallow, .. }
            | Self::Unrelated { is_shallow, .. }
            | Self::Object {
                is_shallow,
                source: ObjectError::Missing { .. },
                ..
            } => is_shallow.then_some(DEEPEN),
            Self::NoRepository(_)
            | Self::Unopened { .. }
            | Self::NoCommit(_)
            | Self::Ambiguous { .. }
            | Self::Range(_)
            | Self::NotACommit { .. }
            | Self::Object { .. }
            | Self::Unreadable { .. } => None,
        }
    }
}

impl fmt::Display for RevisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRepository(path) => write!(
                f,
                "`{}` is in no Git repository: no folder from it upward has a `.git`",
                path.display()
            )?,
            Self::Unopened { repository, why } => write!(
                f,
                "`{}` cannot be read as a Git repository: {why}",
                repository.display()
            )?,
            Self::NoCommit(spec) => {
                write!(
                    f,
                    "revision `{spec}` cannot be read: there is no commit yet"
                )?;
            }
            Self::Unknown { spec, near, .. } => {
                write!(
                    f,
                    "revision `{spec}` cannot be read: the repository has no such commit, branch or tag"
                )?;
                if let Some(near) = near {
                    write!(f, "; did you mean `{near}`?")?;
                }
            }
            Self::Beyond { spec, why, .. } => write!(
                f,
                "revision `{spec}` cannot be read: it leads to no commit: {why}"
            )?,
            Self::Ambiguous { spec, ids } => write!(
                f,
                "revision `{spec}` cannot be read: several ids start so; write more of it: {}",
                ids.join(", ")
            )?,
            Self::Range(spec) => write!(
                f,
                "revision `{spec}` cannot be read: it is a range; name one commit, or `A...B` for the last that both have in common"
            )?,
            Self::NotACommit { spec, kind } => write!(
                f,
                "revision `{spec}` cannot be read: it is a {kind}; name a commit, a branch or a tag"
            )?,
            Self::Unrelated { spec, .. } => write!(
                f,
                "revision `{spec}` cannot be read: the two have no commit in common"
            )?,
            Self::Object { spec, source, .. } => {
                write!(f, "revision `{spec}` cannot be read: {source}")?;
            }
            Self::Unreadable { spec, why } => write!(f, "revision `{spec}` cannot be read: {why}")?,
        }
        match self.help() {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RevisionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Object { source, .. } => Some(source),
            Self::NoRepository(_)
            | Self::Unopened { .. }
            | Self::NoCommit(_)
            | Self::Unknown { .. }
            | Self::Beyond { .. }
            | Self::Ambiguous { .. }
            | Self::Range(_)
            | Self::NotACommit { .. }
            | Self::Unrelated { .. }
            | Self::Unreadable { .. } => None,
        }
    }
}
