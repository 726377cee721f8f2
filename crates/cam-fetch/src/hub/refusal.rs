//! Why the hub says no, from an answer's head.

use ureq::http::{HeaderMap, HeaderName};

use crate::answer::meaning;
use crate::error::FetchError;
use crate::exchange::text_of;
use crate::hub::HubError;
use crate::hub::site::Site;

/// Who asked for what.
pub(super) struct Refusal<'a> {
    pub site: Site<'a>,
    pub revision: &'a str,
    /// The file; none where the list of files was asked for.
    pub file: Option<&'a str>,
    pub url: &'a str,
}

impl Refusal<'_> {
    /// The error that an answer other than 200 stands for.
    ///
    /// The hub names the reason in `X-Error-Code`. Mirrors may not: there the status has to do.
    pub fn error(&self, status: u16, headers: &HeaderMap) -> HubError {
        let text = |name| text_of(headers, HeaderName::from_static(name));
        let code = text("x-error-code");
        match (code.as_deref(), status) {
            (Some("RepoNotFound"), _) => self.no_repository(),
            (Some("GatedRepo"), _) => self.gated(),
            (Some("RevisionNotFound"), _) => self.no_revision(),
            (Some("EntryNotFound"), _) => self.no_file(),
            // A hub that knows who asks says RepoNotFound.
            (_, 401) if self.site.options.sends_token() => {
                HubError::TokenRefused { endpoint: self.endpoint() }
            }
            (_, 401) => self.no_repository(),
            (_, 404) if text("x-repo-commit").is_some() => self.no_file(),
            _ => match text("x-error-message") {
                Some(message) if status < 500 => self.refused(status, &message),
                _ => FetchError::Status {
                    url: self.site.shown(self.url),
                    status,
                    meaning: meaning(status),
                }
                .into(),
            },
        }
    }

    fn no_repository(&self) -> HubError {
        HubError::RepositoryNotFound {
            repository: self.repository(),
            endpoint: self.endpoint(),
            token: self.site.options.about_token(),
        }
    }

    fn gated(&self) -> HubError {
        HubError::Gated {
            repository: self.repository(),
            page: self.page(),
            token: self.site.options.about_token(),
        }
    }

    fn no_revision(&self) -> HubError {
        HubError::RevisionNotFound {
            repository: self.repository(),
            revision: self.revision.to_owned(),
            page: format!("{}/tree/main", self.page()),
        }
    }

    /// The file is not there.
    pub fn no_file(&self) -> HubError {
        HubError::FileNotFound {
            repository: self.repository(),
            revision: self.revision.to_owned(),
            file: self.file.unwrap_or_default().to_owned(),
            page: format!("{}/tree/{}", self.page(), self.revision),
        }
    }

    fn refused(&self, status: u16, message: &str) -> HubError {
        // It comes from elsewhere and goes to a terminal.
        let message = message.chars().filter(|c| !c.is_control()).take(300).collect();
        HubError::Refused { url: self.site.shown(self.url), status, message }
    }

    fn repository(&self) -> String {
        self.site.reference.repository().to_owned()
    }

    fn endpoint(&self) -> String {
        self.site.shown(&self.site.options.endpoint)
    }

    fn page(&self) -> String {
        self.site.shown(&self.site.page())
    }
}
