//! A cache in the layout of `huggingface_hub`: the user's own, which is read, and ours, which is written too.
//!
//! ```text
//! models--ORG--NAME/refs/REVISION            text: the commit
//! models--ORG--NAME/snapshots/COMMIT/PATH    the file, or a link to it
//! models--ORG--NAME/.no_exist/COMMIT/PATH    empty: there is no such file
//! ```
//!
//! Ours has files where theirs may have links into `blobs/`, as theirs has on Windows.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::FetchError;
use crate::hub::HubError;
use crate::hub::reference::is_commit;

/// What a cache knows of a file at a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It is there.
    Here,
    /// The repository has none of that name.
    Absent,
    /// Nobody has asked yet.
    Unknown,
}

/// One repository's folder in a cache.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub fn of(root: &Path, repository: &str) -> Self {
        Self { folder: root.join(format!("models--{}", repository.replace('/', "--"))) }
    }

    /// The commit that a revision was when it was last looked at.
    pub fn commit_of(&self, revision: &str) -> Option<String> {
        let text = fs::read_to_string(self.reference(revision)).ok()?;
        Some(text.trim().to_ascii_lowercase()).filter(|commit| is_commit(commit))
    }

    /// The folder of a commit's files.
    pub fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// What is known of a file. A link whose file was removed counts for nothing.
    pub fn look(&self, commit: &str, name: &str) -> Known {
        match () {
            () if self.snapshot(commit).join(name).is_file() => Known::Here,
            () if self.marker(commit, name).is_file() => Known::Absent,
            () => Known::Unknown,
        }
    }

    /// Notes which commit a revision is.
    pub fn keep_commit(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        match self.commit_of(revision).as_deref() == Some(commit) {
            true => Ok(()),
            false => write(&self.reference(revision), commit.as_bytes()),
        }
    }

    /// Notes that there is no such file.
    pub fn keep_absence(&self, commit: &str, name: &str) -> Result<(), HubError> {
        write(&self.marker(commit, name), b"")
    }

    fn reference(&self, revision: &str) -> PathBuf {
        self.folder.join("refs").join(revision)
    }

    fn marker(&self, commit: &str, name: &str) -> PathBuf {
        self.folder.join(".no_exist").join(commit).join(name)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), HubError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(FetchError::io("create", folder))?;
    let written = cam_files::write_atomically(path, bytes);
    written.map_err(|error| FetchError::io("write", path)(std::io::Error::other(error)).into())
}
