//! A repository at one commit, in the user's cache, in ours and on the hub.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::file::Progress;
use crate::hub::cache::{Cache, Known};
use crate::hub::caches::Caches;
use crate::hub::head::{self, Content, Head};
use crate::hub::link::link;
use crate::hub::refusal::Refusal;
use crate::hub::site::Site;
use crate::hub::{Folder, HubError, HubProgress, name};

/// The files of one commit, as far as they were asked for.
pub(super) struct Snapshot<'a> {
    pub site: Site<'a>,
    pub caches: Caches,
    pub commit: String,
    /// Whether all that is needed is here: what else the hub might have can then be done without.
    pub is_settled: bool,
    /// Why the hub is not asked any more.
    pub unasked: Option<HubError>,
    /// What the hub said when the commit was asked for.
    pub heads: BTreeMap<String, Head>,
    files: Vec<String>,
    unknown: Vec<String>,
}

impl<'a> Snapshot<'a> {
    pub fn at(site: Site<'a>, caches: Caches, commit: String, is_settled: bool) -> Self {
        let (heads, files, unknown) = Default::default();
        Self { site, caches, commit, is_settled, unasked: None, heads, files, unknown }
    }

    /// Brings a file that may be missing, and says whether it is here.
    pub fn try_bring(&mut self, file: &str, told: &mut HubProgress<'_>) -> Result<bool, HubError> {
        name::check(file)?;
        let found = match self.caches.look(&self.commit, file) {
            Known::Unknown if self.is_silent() => Known::Unknown,
            Known::Unknown => match self.fetch(file, told) {
                Err(error) if self.is_settled && !error.is_ours() => {
                    self.unasked = Some(error);
                    Known::Unknown
                }
                fetched => fetched?,
            },
            known => known,
        };
        match found {
            Known::Here => self.files.push(file.to_owned()),
            Known::Unknown => self.unknown.push(file.to_owned()),
            Known::Absent => {}
        }
        Ok(found == Known::Here)
    }

    /// Brings a file that must be there.
    pub fn bring(&mut self, file: &str, told: &mut HubProgress<'_>) -> Result<(), HubError> {
        let reference = self.site.reference;
        let url = self.site.file(reference.revision(), file);
        match self.try_bring(file, told)? {
            true => Ok(()),
            false => {
                let (site, revision) = (self.site, reference.revision());
                let missing = Refusal { site, revision, file: Some(file), url: &url }.no_file();
                Err(self.missing(file, missing))
            }
        }
    }

    /// Why something is missing: nobody was asked, nobody answered, or it does not exist.
    pub fn missing(&mut self, what: &str, otherwise: HubError) -> HubError {
        let unknown = std::mem::take(&mut self.unknown);
        match self.unasked.take() {
            Some(error) => error,
            None if self.site.options.offline && !unknown.is_empty() => HubError::Offline {
                reference: self.site.reference.to_string(),
                missing: what.to_owned(),
            },
            None => otherwise,
        }
    }

    /// The folder in which all lies that was brought.
    pub fn folder(self) -> Result<Folder, HubError> {
        if self.site.reference.commit().is_none() && self.unasked.is_none() {
            self.keep_commit()?;
        }
        let is_users = |users: &&Cache| {
            self.files.iter().all(|file| users.look(&self.commit, file) == Known::Here)
        };
        let path = match self.caches.users.as_ref().filter(is_users) {
            Some(users) => users.snapshot(&self.commit),
            None => self.own_folder()?,
        };
        let is_users = path != self.caches.own.snapshot(&self.commit);
        let (commit, files, unknown) = (self.commit, self.files, self.unknown);
        Ok(Folder { path, commit, files, unknown, is_users, unasked: self.unasked })
    }

    /// Offline the next call should find the same.
    fn keep_commit(&self) -> Result<(), HubError> {
        let revision = self.site.reference.revision();
        match self.heads.is_empty() {
            true => Ok(()),
            false => self.caches.own.keep_commit(revision, &self.commit),
        }
    }

    fn own_folder(&self) -> Result<PathBuf, HubError> {
        for file in &self.files {
            if self.caches.own.look(&self.commit, file) != Known::Here {
                let name = self.caches.own.snapshot(&self.commit).join(file);
                link(&self.caches.path(&self.commit, file), &name)?;
            }
        }
        Ok(self.caches.own.snapshot(&self.commit))
    }

    fn is_silent(&self) -> bool {
        self.site.options.offline || self.unasked.is_some()
    }

    fn fetch(&mut self, file: &str, told: &mut HubProgress<'_>) -> Result<Known, HubError> {
        let url = self.site.file(&self.commit, file);
        if told(file, Progress { done: 0, total: None }) == ControlFlow::Break(()) {
            let url = self.site.shown(&url);
            return Err(crate::error::FetchError::Cancelled { url }.into());
        }
        let head = match self.heads.get(file) {
            Some(head) => head.clone(),
            None => head::ask(self.site, &self.commit, file)?,
        };
        match head {
            Head::Absent { is_sure, .. } => {
                // Not to remember it costs one question.
                if is_sure {
                    self.caches.own.keep_absence(&self.commit, file).ok();
                }
                Ok(Known::Absent)
            }
            Head::There(content) => self.download(&url, file, &content, told),
        }
    }

    fn download(
        &self,
        url: &str,
        file: &str,
        content: &Content,
        told: &mut HubProgress<'_>,
    ) -> Result<Known, HubError> {
        if content.commit != self.commit {
            let (asked, got) = (&self.commit, &content.commit);
            let problem = format!("asked for commit {asked}, it answered for {got}");
            return Err(HubError::NoHub { url: self.site.shown(url), problem });
        }
        let destination = self.caches.own.snapshot(&self.commit).join(file);
        let options = &self.site.options.fetch;
        let mut told = |progress| told(file, progress);
        super::download::download(url, &destination, content, options, &mut told)?;
        Ok(Known::Here)
    }
}
