//! Where the files of policies are: the checkout, or a revision of Git.

use std::path::{Path, PathBuf};

use crate::cli::stacks::shown;
use crate::files::git::Revision;
use crate::files::{
    self, Manifests, ReadError, Repository, is_folder, manifests_below, stacks_below,
};

/// Reads a file by its path.
pub(super) type Reader<'a> = Box<dyn Fn(&str) -> Result<String, String> + 'a>;

/// Where the files of a side are.
pub(super) trait Source {
    /// How the files of a policy are read: nothing outside its repository.
    fn reader(&self, policy: &Path) -> Result<Reader<'_>, String>;

    fn is_file(&self, path: &Path) -> bool;

    /// The policies below a folder.
    fn stacks(&self, folder: &Path) -> Result<Vec<PathBuf>, String>;

    fn manifests(&self, folder: &Path) -> Result<Manifests, String>;

    /// The folder that all of its files are below.
    fn root(&self, near: &Path) -> Option<PathBuf>;

    /// A path as a reader knows it.
    fn named(&self, path: &Path) -> String;

    /// The text of a file.
    fn text(&self, path: &Path) -> Result<String, String> {
        self.reader(path)?(&shown(path))
    }
}

/// The files as they are.
pub(super) struct Checkout;

impl Source for Checkout {
    fn reader(&self, policy: &Path) -> Result<Reader<'_>, String> {
        let repository = Repository::around(policy).map_err(|it| it.reason())?;
        Ok(Box::new(move |path| {
            let text = repository.read(Path::new(path));
            text.map_err(|it| it.reason())
        }))
    }

    fn is_file(&self, path: &Path) -> bool {
        files::is_file(path)
    }

    fn stacks(&self, folder: &Path) -> Result<Vec<PathBuf>, String> {
        match is_folder(folder) {
            true => stacks_below(folder).map_err(|it| it.reason()),
            false => Ok(Vec::new()),
        }
    }

    fn manifests(&self, folder: &Path) -> Result<Manifests, String> {
        manifests_below(folder).map_err(|it| it.reason())
    }

    fn root(&self, near: &Path) -> Option<PathBuf> {
        let repository = Repository::around(near).ok()?;
        Some(repository.root().to_owned())
    }

    fn named(&self, path: &Path) -> String {
        shown(path.strip_prefix(".").unwrap_or(path))
    }
}

impl Source for Revision {
    fn reader(&self, _: &Path) -> Result<Reader<'_>, String> {
        Ok(Box::new(|path| {
            let text = self.read(Path::new(path));
            text.map_err(|it| it.reason())
        }))
    }

    fn is_file(&self, path: &Path) -> bool {
        self.has_file(path).unwrap_or(false)
    }

    fn stacks(&self, folder: &Path) -> Result<Vec<PathBuf>, String> {
        match self.stacks_below(folder) {
            Err(ReadError::NotInRevision { .. }) => Ok(Vec::new()),
            found => found.map_err(|it| it.reason()),
        }
    }

    fn manifests(&self, folder: &Path) -> Result<Manifests, String> {
        self.manifests_below(folder).map_err(|it| it.reason())
    }

    fn root(&self, near: &Path) -> Option<PathBuf> {
        Checkout.root(near)
    }

    fn named(&self, path: &Path) -> String {
        format!("{}:{}", self.spec(), Checkout.named(path))
    }
}
