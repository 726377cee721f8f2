//! What the hub says of a file before it is fetched.

use std::cell::RefCell;

use ureq::http::{HeaderMap, HeaderName, Method, StatusCode, header};

use crate::address::Address;
use crate::exchange::{self, text_of};
use crate::hub::HubError;
use crate::hub::etag::Digest;
use crate::hub::reference::is_commit;
use crate::hub::refusal::Refusal;
use crate::hub::site::Site;
use crate::redirect::{Question, Step, follow};

/// The answer about a file.
#[derive(Clone, Debug)]
pub(super) enum Head {
    There(Content),
    /// There is none. Only where the hub says so in as many words is it worth remembering.
    Absent {
        commit: Option<String>,
        is_sure: bool,
    },
}

/// One version of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub commit: String,
    pub digest: Option<Digest>,
    /// In bytes.
    pub size: Option<u64>,
}

/// Asks for the head of a file at a revision.
///
/// The hub's own answer tells commit, digest and size, and may redirect to wherever the content lies: that one is not
/// followed. Redirects before it (a renamed repository, another name of the hub) are.
pub(super) fn ask(site: Site<'_>, revision: &str, name: &str) -> Result<Head, HubError> {
    let url = site.file(revision, name);
    let address = Address::parse(&url)?;
    let heard = RefCell::new(Heard::default());
    let goes_on = |step: &Step<'_>| {
        let mut heard = heard.borrow_mut();
        heard.note(step.response.headers());
        heard.commit.is_none() || step.from.is_same_origin(step.to)
    };
    let headers = exchange::headers(None);
    let question = Question { method: Method::HEAD, headers: &headers, goes_on: &goes_on };
    let response = follow(&address, &site.options.fetch, &question)?;
    let (status, headers) = (response.status(), response.headers());
    let mut heard = heard.into_inner();
    heard.note(headers);
    if status == StatusCode::OK || status.is_redirection() {
        return heard.content(status, headers, &address).map(Head::There);
    }
    let refusal = Refusal { site, revision, file: Some(name), url: &url };
    match refusal.error(status.as_u16(), headers) {
        HubError::FileNotFound { .. } => Ok(Head::Absent { commit: heard.commit, is_sure: true }),
        _ if status == StatusCode::NOT_FOUND && !headers.contains_key("x-error-code") => {
            Ok(Head::Absent { commit: None, is_sure: false })
        }
        error => Err(error),
    }
}

/// What was said on the way; the first to say it counts.
#[derive(Default)]
struct Heard {
    commit: Option<String>,
    linked_tag: Option<String>,
    linked_size: Option<u64>,
}

impl Heard {
    fn note(&mut self, headers: &HeaderMap) {
        let text = |name| text_of(headers, HeaderName::from_static(name));
        let commit = || text("x-repo-commit").filter(|text| is_commit(text));
        self.commit = self.commit.take().or_else(commit).map(|text| text.to_ascii_lowercase());
        self.linked_tag = self.linked_tag.take().or_else(|| text("x-linked-etag"));
        self.linked_size = self.linked_size.or_else(|| text("x-linked-size")?.parse().ok());
    }

    fn content(
        self,
        status: StatusCode,
        headers: &HeaderMap,
        address: &Address,
    ) -> Result<Content, HubError> {
        let no_commit = || HubError::NoHub {
            url: address.shown.clone(),
            problem: "it names no commit (X-Repo-Commit)".to_owned(),
        };
        let commit = self.commit.ok_or_else(no_commit)?;
        // The length of a redirect is not the file's.
        let length = text_of(headers, header::CONTENT_LENGTH).filter(|_| status == StatusCode::OK);
        Ok(Content {
            commit,
            digest: self
                .linked_tag
                .or_else(|| text_of(headers, header::ETAG))
                .and_then(|tag| Digest::in_tag(&tag)),
            size: self.linked_size.or_else(|| length?.parse().ok()),
        })
    }
}
