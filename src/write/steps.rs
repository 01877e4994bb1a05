//! The changes of a build as a list, in an order in which it may be killed at any step.
//!
//! First a lock that lists both the old and the new contents: from here on, every file that the
//! folder can hold is known to be ours. Then all new contents go to temporary files, so that a
//! full disk is met while the old tree is whole. Then they take their places, what is no longer
//! wanted goes, and the lock of the new tree ends it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::{
    files::LOCK,
    render::tree::Tree,
    write::{
        Error,
        lock::{Lock, temporary},
        place,
        survey::{State, Survey, folders_above},
    },
};

/// One change on disk.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// Makes a folder.
    Make(PathBuf),
    /// Writes a temporary file, to the disk itself.
    Stage {
        temporary: PathBuf,
        to: PathBuf,
        bytes: Cow<'a, [u8]>,
    },
    /// Lets a temporary file take its place.
    Rename { temporary: PathBuf, to: PathBuf },
    /// Removes a file, if it is still there.
    Remove(PathBuf),
    /// Removes a folder, if it is empty.
    Unmake(PathBuf),
    /// Makes the names in a folder last.
    Sync(PathBuf),
}

/// Returns the steps that make a folder hold a tree; none if it does.
pub(crate) fn plan<'a>(tree: &'a Tree, out: &Path, survey: &Survey) -> Vec<Step<'a>> {
    let changed: BTreeSet<&str> = survey
        .in_state(State::Missing)
        .chain(survey.in_state(State::Different))
        .collect();
    let leftovers: BTreeSet<&str> = survey.in_state(State::Leftover).collect();
    let mut steps: Vec<Step<'a>> = survey
        .temporaries
        .iter()
        .map(|it| Step::Remove(it.clone()))
        .collect();

    let mut lock_text = survey.lock_text.clone();
    let mut put_lock = |steps: &mut Vec<Step<'a>>, text: String| {
        if lock_text.as_ref() != Some(&text) {
            push_lock(steps, out, &text);
            lock_text = Some(text);
        }
    };
    let has_changes = !changed.is_empty() || !leftovers.is_empty();
    if has_changes {
        let mut both = survey.lock.clone();
        both.add(tree);
        put_lock(&mut steps, both.render());
    }

    let above: BTreeSet<&str> = changed.iter().flat_map(|it| folders_above(it)).collect();
    let missing = above.iter().filter(|it| !survey.folders.contains(**it));
    steps.extend(missing.map(|it| Step::Make(out.join(it))));

    let mut renames = Vec::new();
    for path in &changed {
        let Some(file) = tree.get(path) else { continue };
        let to = out.join(path);
        let temporary = beside(&to);
        steps.push(Step::Stage {
            temporary: temporary.clone(),
            to: to.clone(),
            bytes: Cow::Borrowed(&file.bytes),
        });
        renames.push(Step::Rename { temporary, to });
    }
    steps.append(&mut renames);
    steps.extend(leftovers.iter().map(|it| Step::Remove(out.join(it))));

    let kept: BTreeSet<&str> = tree
        .iter()
        .flat_map(|(path, _)| folders_above(path))
        .collect();
    let emptied: BTreeSet<&str> = survey
        .in_state(State::Gone)
        .chain(leftovers.iter().copied())
        .flat_map(folders_above)
        .filter(|it| survey.folders.contains(*it) && !kept.contains(it))
        .collect();
    // A folder comes after those in it.
    steps.extend(emptied.iter().rev().map(|it| Step::Unmake(out.join(it))));

    let touched = leftovers.iter().flat_map(|it| folders_above(it));
    let touched: BTreeSet<&str> = touched.chain(above).chain(emptied).collect();
    steps.extend(touched.iter().rev().map(|it| Step::Sync(out.join(it))));
    if has_changes {
        steps.push(Step::Sync(out.to_owned()));
    }
    put_lock(&mut steps, Lock::of(tree).render());
    steps
}

fn push_lock(steps: &mut Vec<Step<'_>>, out: &Path, text: &str) {
    let to = out.join(LOCK);
    let temporary = beside(&to);
    steps.push(Step::Stage {
        temporary: temporary.clone(),
        to: to.clone(),
        bytes: Cow::Owned(text.as_bytes().to_owned()),
    });
    steps.push(Step::Rename { temporary, to });
    steps.push(Step::Sync(out.to_owned()));
}

/// Returns a path for a temporary file in the folder of another file. A rename replaces a file at
/// once only within one file system.
fn beside(path: &Path) -> PathBuf {
    path.with_file_name(temporary(RandomState::new().build_hasher().finish()))
}

/// Makes one file that is not there yet: whole, or not at all.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let exists = || match fs::symlink_metadata(path) {
        Ok(_) => Err(Error::Exists(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::read(path)(error)),
    };
    exists()?;
    let temporary = beside(path);
    let made = stage(&temporary, bytes).and_then(|()| {
        // A link never replaces; not every file system has them.
        match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists && exists().is_ok() => {
                fs::rename(&temporary, path)
            }
            other => other,
        }
    });
    let _ = fs::remove_file(&temporary);
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Error::Exists(path.to_owned()))
        }
        other => other.map_err(Error::change(path)),
    }?;
    path.parent()
        .map_or(Ok(()), |it| sync(it).map_err(Error::change(it)))
}

/// Takes all steps. After a failure the temporary files are removed, and the lock still tells what
/// is ours.
pub(crate) fn run(steps: &[Step<'_>]) -> Result<(), Error> {
    let result = steps.iter().try_for_each(Step::run);
    if result.is_err() {
        for step in steps {
            if let Step::Stage { temporary, .. } = step {
                // The next build removes what cannot be removed now.
                let _ = fs::remove_file(temporary);
            }
        }
    }
    result
}

impl Step<'_> {
    fn run(&self) -> Result<(), Error> {
        match self {
            Self::Make(folder) => place::make(folder).map(drop),
            Self::Stage {
                temporary,
                to,
                bytes,
            } => stage(temporary, bytes).map_err(Error::change(to)),
            Self::Rename { temporary, to } => fs::rename(temporary, to).map_err(Error::change(to)),
            Self::Remove(path) => match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(Error::change(path)(error))
                }
                _ => Ok(()),
            },
            Self::Unmake(folder) => match fs::remove_dir(folder).map_err(|it| (it.kind(), it)) {
                // Foreign files keep a folder, and so does a file system that is mounted there.
                Ok(())
                | Err((
                    ErrorKind::DirectoryNotEmpty
                    | ErrorKind::AlreadyExists
                    | ErrorKind::ResourceBusy
                    | ErrorKind::NotFound,
                    _,
                )) => Ok(()),
                Err((_, error)) => Err(Error::change(folder)(error)),
            },
            Self::Sync(folder) => sync(folder).map_err(Error::change(folder)),
        }
    }
}

fn stage(path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        // Beyond this limit (`ulimit -f`) the system ends the process instead of giving an error.
        let most = getrlimit(Resource::Fsize).current;
        if most.is_some_and(|most| bytes.len() as u64 > most) {
            return Err(ErrorKind::FileTooLarge.into());
        }
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.sync_all()
}

/// Makes the names in a folder last.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    // Only Unix opens a folder like a file.
    if !cfg!(unix) {
        return Ok(());
    }
    let result = File::open(folder).and_then(|it| it.sync_all());
    match result.map_err(|it| (it.kind(), it)) {
        // The folder is gone, or its file system keeps names in its own time.
        Ok(())
        | Err((ErrorKind::NotFound | ErrorKind::InvalidInput | ErrorKind::Unsupported, _)) => {
            Ok(())
        }
        Err((_, error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tempfile::TempDir;

    use super::*;
    use crate::{
        render::tree::File as TreeFile,
        write::{stale, write},
    };

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            let bytes = text.as_bytes().to_owned();
            let owner = "redis";
            tree.insert((*path).to_owned(), TreeFile { bytes, owner });
        }
        tree
    }

    /// Every folder and file, with content.
    type Snapshot = BTreeMap<PathBuf, Option<Vec<u8>>>;

    fn snapshot(folder: &Path) -> Snapshot {
        let entries = walkdir::WalkDir::new(folder).min_depth(1);
        let content = |it: walkdir::DirEntry| {
            let path = it.path().strip_prefix(folder).unwrap().to_owned();
            let is_file = it.file_type().is_file();
            (path, is_file.then(|| fs::read(it.path()).unwrap()))
        };
        entries.into_iter().map(|it| content(it.unwrap())).collect()
    }

    fn built(tree: &Tree) -> Snapshot {
        let folder = tempfile::tempdir().unwrap();
        write(tree, folder.path(), &[]).unwrap();
        snapshot(folder.path())
    }

    fn trees() -> [Tree; 3] {
        let old = tree(&[("a.yaml", "1"), ("b.yaml", "1"), ("gone/x/c.yaml", "1")]);
        let new = tree(&[("a.yaml", "2"), ("b.yaml", "1"), ("new/y/d.yaml", "1")]);
        let other = tree(&[("a.yaml", "3"), ("gone/x/c.yaml", "2"), ("e/f.yaml", "")]);
        [old, new, other]
    }

    /// Takes the first steps towards a tree and says whether there are more. The last temporary
    /// file is cut, as after a loss of power in the middle of it.
    fn kill_after(count: usize, tree: &Tree, out: &Path, cut: bool) -> bool {
        let survey = Survey::of(tree, out).unwrap();
        let steps = plan(tree, out, &survey);
        let taken = steps.get(..count).unwrap_or(&steps);
        taken.iter().for_each(|it| it.run().unwrap());
        if let Some(Step::Stage {
            temporary, bytes, ..
        }) = taken.last()
            && cut
        {
            let file = OpenOptions::new().write(true).open(temporary).unwrap();
            file.set_len(bytes.len() as u64 / 2).unwrap();
        }
        count < steps.len()
    }

    /// A folder as an earlier build left it.
    fn start(before: &Snapshot) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in before {
            let path = folder.path().join(path);
            match content {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => fs::create_dir(path).unwrap(),
            }
        }
        folder
    }

    /// What is up to date for `check` is exactly what a build makes, and any build mends the rest.
    fn assert_seen_and_mended(folder: &TempDir, mend: &Tree, whole: &Snapshot, case: &str) {
        let out = folder.path();
        let is_whole = snapshot(out) == *whole;
        assert_eq!(stale(mend, out).unwrap().is_empty(), is_whole, "{case}");
        write(mend, out, &[]).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(snapshot(out), *whole, "{case}");
        assert!(stale(mend, out).unwrap().is_empty(), "{case}");
    }

    #[test]
    fn a_build_that_is_killed_at_any_step_is_seen_and_mended_by_any_other() {
        let [old, new, other] = trees();
        let (nothing, before) = (Snapshot::new(), built(&old));
        for mend in [&old, &new, &other] {
            let whole = built(mend);
            for (before, cut) in [(&nothing, true), (&before, true), (&before, false)] {
                for count in 0.. {
                    let folder = start(before);
                    let has_more = kill_after(count, &new, folder.path(), cut);
                    assert_seen_and_mended(&folder, mend, &whole, &format!("step {count}"));
                    if !has_more {
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn two_killed_builds_are_mended() {
        let [old, new, other] = trees();
        let (before, whole) = (built(&old), built(&new));
        // A sample of the pairs, because every one of them waits for the disk many times.
        for first in (0..30).step_by(3) {
            for second in (0..40).step_by(2) {
                let folder = start(&before);
                kill_after(first, &new, folder.path(), true);
                let has_more = kill_after(second, &other, folder.path(), true);
                let case = format!("steps {first} and {second}");
                assert_seen_and_mended(&folder, &new, &whole, &case);
                if !has_more {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_step_that_fails_leaves_no_temporary_file_and_is_mended() {
        let [old, new, _] = trees();
        let folder = start(&built(&old));
        let survey = Survey::of(&new, folder.path()).unwrap();
        let steps = plan(&new, folder.path(), &survey);
        let obstacle = folder.path().join("new/y/d.yaml/z");
        fs::create_dir_all(&obstacle).unwrap();
        let error = run(&steps).unwrap_err();
        assert!(error.to_string().contains("new/y/d.yaml"), "{error}");
        fs::remove_dir_all(folder.path().join("new")).unwrap();
        let survey = Survey::of(&new, folder.path()).unwrap();
        assert!(survey.temporaries.is_empty());
        assert_seen_and_mended(&folder, &new, &built(&new), "after the obstacle");
    }

    #[test]
    fn nothing_is_renamed_before_all_is_staged_and_the_lock_lists_both() {
        let [old, new, _] = trees();
        let folder = start(&built(&old));
        let survey = Survey::of(&new, folder.path()).unwrap();
        let steps = plan(&new, folder.path(), &survey);
        let lock = folder.path().join(LOCK);
        let mut renames = Vec::new();
        for step in &steps {
            if let Step::Rename { to, .. } = step {
                renames.push(*to == lock);
            }
        }
        assert_eq!(renames, [true, false, false, true]);
        let kinds: Vec<&str> = steps
            .iter()
            .map(|it| match it {
                Step::Make(_) => "make",
                Step::Stage { .. } => "stage",
                Step::Rename { .. } => "rename",
                Step::Remove(_) => "remove",
                Step::Unmake(_) => "unmake",
                Step::Sync(_) => "sync",
            })
            .collect();
        let text = kinds.join(" ");
        let expected = "stage rename sync make make stage stage rename rename remove \
                        unmake unmake sync sync sync sync sync stage rename sync";
        assert_eq!(text, expected);
    }
}
