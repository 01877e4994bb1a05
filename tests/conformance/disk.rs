//! Folders of the tests about what lands on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The permissions of each file and folder below a folder, and the bytes of each file.
pub(crate) type Tree = BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>;

/// A folder in memory where the machine has one: nothing there waits for a disk.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

/// Takes what a folder holds; nothing where there is none.
pub(crate) fn taken(folder: &Path) -> Tree {
    if !folder.exists() {
        return Tree::new();
    }
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|it| {
            let it = it.expect("the folder can be read");
            let mode = it.metadata().expect("it is there").permissions().mode();
            let is_file = it.file_type().is_file();
            let bytes = is_file.then(|| fs::read(it.path()).expect("a file"));
            let path = it.path().strip_prefix(folder).expect("below the folder");
            (path.to_owned(), (mode & 0o7777, bytes))
        })
        .collect()
}

/// Makes a folder hold exactly a tree.
pub(crate) fn put(tree: &Tree, folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the folder can be removed");
    }
    for (path, (mode, content)) in tree {
        // Joining an empty path would add a slash at the end.
        let path: PathBuf = folder.join(path).components().collect();
        match content {
            Some(bytes) => fs::write(&path, bytes).expect("the file can be written"),
            None => fs::create_dir_all(&path).expect("the folder can be made"),
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).expect("they can be set");
    }
}
