//! Files by their names.

use std::path::PathBuf;

use crate::hub::cache::Known;
use crate::hub::caches::Caches;
use crate::hub::open::open;
use crate::hub::site::Site;
use crate::hub::{HubError, HubOptions, HubProgress, Reference};

/// A file that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Its path in the repository, parts joined by `/`.
    pub name: &'a str,
    /// Whether it is an error that it does not exist.
    pub is_required: bool,
}

impl<'a> Wanted<'a> {
    /// A file that must be there.
    pub fn required(name: &'a str) -> Self {
        Self { name, is_required: true }
    }

    /// A file that may be missing.
    pub fn optional(name: &'a str) -> Self {
        Self { name, is_required: false }
    }
}

/// Files of a repository at one commit.
#[derive(Debug)]
#[non_exhaustive]
pub struct Folder {
    /// Where they lie, under their names in the repository. Other files may lie there too.
    pub path: PathBuf,
    /// The commit: 40 hexadecimal digits.
    pub commit: String,
    /// Those of the wanted files that are there.
    pub files: Vec<String>,
    /// Optional files of which is not known whether they exist, because the hub was not asked.
    pub unknown: Vec<String>,
    /// Whether it lies in the user's own cache, which is not to be written to.
    pub is_users: bool,
    /// Why the hub was not asked further, if it was to be: it may have a newer version, or the `unknown` files.
    pub unasked: Option<HubError>,
}

impl Folder {
    /// Whether one of the wanted files is there.
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file == name)
    }
}

/// Makes sure that files of a repository are on this machine, all of one commit, in one folder.
///
/// To get further files of the same commit, ask with [`Folder::commit`] as the revision.
///
/// # Errors
/// [`HubError`]; after those for which [`HubError::can_resume`] is true, the same call goes on where this one stopped.
pub fn files(
    reference: &Reference,
    wanted: &[Wanted<'_>],
    options: &HubOptions,
    progress: &mut HubProgress<'_>,
) -> Result<Folder, HubError> {
    let names: Vec<&str> = wanted.iter().map(|wanted| wanted.name).collect();
    names.iter().try_for_each(|name| super::name::check(name))?;
    let is_enough = |caches: &Caches, commit: &str| {
        let is_here = |name| caches.look(commit, name) == Known::Here;
        names.iter().any(|name| is_here(name))
            && wanted.iter().filter(|it| it.is_required).all(|it| is_here(it.name))
    };
    let mut snapshot = open(Site { reference, options }, &names, &is_enough)?;
    for Wanted { name, is_required } in wanted {
        match is_required {
            true => snapshot.bring(name, progress)?,
            false => drop(snapshot.try_bring(name, progress)?),
        }
    }
    snapshot.folder()
}
