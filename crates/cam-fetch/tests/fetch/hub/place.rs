//! A machine's caches and environment, for one test.

use std::ffi::OsString;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cam_fetch::hub::{self, Folder, HubError, HubOptions, Model, Wanted};
use tempfile::TempDir;

use super::server::{COMMIT, Hub};

/// What the user's cache knows.
pub struct Users<'a> {
    pub revision: &'a str,
    pub files: &'a [(&'a str, &'a [u8])],
    pub absent: &'a [&'a str],
}

pub struct Place {
    folder: TempDir,
    variables: Vec<(String, OsString)>,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let mut place = Self { folder, variables: Vec::new() };
        place.set("CAM_CACHE_DIR", place.path("cam"));
        place.set("HF_HOME", place.path("hf"));
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.set(name, value);
        self
    }

    /// The folder of the repository in our cache.
    pub fn own(&self) -> PathBuf {
        self.path("cam/hub/models--org--model")
    }

    pub fn users(&self) -> PathBuf {
        self.path("hf/hub/models--org--model")
    }

    /// Fills the user's cache as Python does: links to blobs where there are links.
    pub fn fill(&self, users: &Users<'_>) {
        let root = self.users();
        write(&root.join("refs").join(users.revision), COMMIT.as_bytes());
        for (number, (name, content)) in users.files.iter().enumerate() {
            let blob = root.join("blobs").join(number.to_string());
            write(&blob, content);
            let file = root.join("snapshots").join(COMMIT).join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("writable");
            link(number, &blob, &file);
        }
        for name in users.absent {
            write(&root.join(".no_exist").join(COMMIT).join(name), b"");
        }
    }

    pub fn options(&self, hub: &Hub) -> HubOptions {
        self.options_at(&hub.site.url(""))
    }

    pub fn options_at(&self, endpoint: &str) -> HubOptions {
        let mut options = HubOptions::from_environment(|name| match name {
            "HF_ENDPOINT" => Some(endpoint.into()),
            name => {
                let mut set = self.variables.iter().rev();
                set.find(|(key, _)| key == name).map(|(_, value)| value.clone())
            }
        })
        .expect("a sound environment");
        options.fetch.stall_timeout = Duration::from_secs(1);
        options
    }

    pub fn model(&self, hub: &Hub, reference: &str) -> Result<Model, HubError> {
        let reference = reference.parse().expect("a reference");
        hub::model(&reference, &self.options(hub), &mut |_, _| ControlFlow::Continue(()))
    }

    /// Optional files have a `?` before their name.
    pub fn files(&self, hub: &Hub, reference: &str, names: &[&str]) -> Result<Folder, HubError> {
        let reference = reference.parse().expect("a reference");
        let wanted: Vec<Wanted<'_>> = names.iter().map(|name| wanted(name)).collect();
        let go_on = &mut |_: &str, _| ControlFlow::Continue(());
        hub::files(&reference, &wanted, &self.options(hub), go_on)
    }
}

fn wanted(name: &str) -> Wanted<'_> {
    match name.strip_prefix('?') {
        Some(name) => Wanted::optional(name),
        None => Wanted::required(name),
    }
}

/// Every file and link below a folder, with its content.
pub fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(tree(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap_or_default())),
        }
    }
    found.sort();
    found
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
    fs::write(path, content).expect("writable");
}

#[cfg(unix)]
fn link(number: usize, _: &Path, file: &Path) {
    let up = "../".repeat(
        file.strip_prefix(file.ancestors().find(|it| it.ends_with("snapshots")).expect("one"))
            .expect("it")
            .components()
            .count(),
    );
    std::os::unix::fs::symlink(format!("{up}blobs/{number}"), file).expect("writable");
}

#[cfg(not(unix))]
fn link(_: usize, blob: &Path, file: &Path) {
    fs::copy(blob, file).expect("writable");
}
