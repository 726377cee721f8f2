//! The addresses of a repository.

use crate::address::Address;
use crate::error::FetchError;
use crate::hub::name::escaped;
use crate::hub::{HubOptions, Reference};

/// One repository of one hub.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    pub reference: &'a Reference,
    pub options: &'a HubOptions,
}

impl Site<'_> {
    /// Where a file's content is.
    pub fn file(&self, revision: &str, name: &str) -> String {
        let revision = escaped(revision, false);
        format!("{}/resolve/{revision}/{}", self.page(), escaped(name, true))
    }

    /// Where the list of its files is, for programs.
    pub fn listing(&self, revision: &str) -> String {
        let (endpoint, repository) = (&self.options.endpoint, self.reference.repository());
        format!("{endpoint}/api/models/{repository}/revision/{}", escaped(revision, false))
    }

    /// Where people read about it.
    pub fn page(&self) -> String {
        format!("{}/{}", self.options.endpoint, self.reference.repository())
    }

    /// The same for a message, without a password.
    pub fn shown(&self, url: &str) -> String {
        Address::parse(url).map_or_else(|error: FetchError| error.to_string(), |it| it.shown)
    }
}
