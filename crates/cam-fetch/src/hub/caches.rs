//! The user's cache and ours, as one.

use std::path::PathBuf;

use crate::hub::cache::{Cache, Known};
use crate::hub::site::Site;

/// The caches of a repository on this machine: the user's first.
pub(super) struct Caches {
    pub users: Option<Cache>,
    pub own: Cache,
}

impl Caches {
    pub fn of(site: Site<'_>) -> Self {
        let repository = site.reference.repository();
        let users = site.options.users_cache.as_deref();
        Self {
            users: users.map(|root| Cache::of(root, repository)),
            own: Cache::of(&site.options.cache, repository),
        }
    }

    /// What either knows of a file.
    pub fn look(&self, commit: &str, name: &str) -> Known {
        let users = self.users.as_ref().map_or(Known::Unknown, |users| users.look(commit, name));
        match (users, self.own.look(commit, name)) {
            (Known::Here, _) | (_, Known::Here) => Known::Here,
            (Known::Absent, _) | (_, Known::Absent) => Known::Absent,
            _ => Known::Unknown,
        }
    }

    /// Where a file that is here lies.
    pub fn path(&self, commit: &str, name: &str) -> PathBuf {
        let users = self.users.as_ref().filter(|users| users.look(commit, name) == Known::Here);
        users.unwrap_or(&self.own).snapshot(commit).join(name)
    }
}
