//! What can go wrong on the way to a repository's files.

use crate::error::FetchError;

/// Why a repository's files could not be had.
///
/// Neither addresses nor messages show a token or a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The text is no reference.
    #[error("`{text}` is no reference to the hub such as hf:ORG/NAME@REVISION: {problem}")]
    Reference {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A name that no file of a repository may have: it would lead out of its folder.
    #[error(
        "`{name}` is no name of a file in a repository: parts joined by `/`, none empty or ending in `.`"
    )]
    FileName {
        /// The name.
        name: String,
    },
    /// `HF_ENDPOINT` is no address of a server.
    #[error("HF_ENDPOINT is no address of a hub such as https://huggingface.co: {problem}")]
    Endpoint {
        /// What is wrong with it.
        problem: String,
    },
    /// There is a token, but it cannot be used.
    #[error("the access token in {place} cannot be used: {source}")]
    Token {
        /// The variable or file that holds it.
        place: String,
        /// What is wrong.
        source: Box<FetchError>,
    },
    /// No such repository, or one that is not shown to whoever asks. The hub does not tell which.
    #[error(
        "there is no repository {repository} at {endpoint}, or it is private: check its name; {token}"
    )]
    RepositoryNotFound {
        /// `ORG/NAME`.
        repository: String,
        /// The hub.
        endpoint: String,
        /// What was done with the token, or what to do.
        token: &'static str,
    },
    /// The repository's owner wants its terms accepted.
    #[error("{repository} is gated: accept the licence at {page} and set HF_TOKEN; {token}")]
    Gated {
        /// `ORG/NAME`.
        repository: String,
        /// The page where the licence is.
        page: String,
        /// What was done with the token, or what to do.
        token: &'static str,
    },
    /// The hub does not know the token.
    #[error(
        "{endpoint} refused the access token: is it right, and not expired? make another at {endpoint}/settings/tokens"
    )]
    TokenRefused {
        /// The hub.
        endpoint: String,
    },
    /// No such branch, tag or commit.
    #[error("{repository} has no revision `{revision}`: its branches and tags are at {page}")]
    RevisionNotFound {
        /// `ORG/NAME`.
        repository: String,
        /// The revision.
        revision: String,
        /// The page that lists them.
        page: String,
    },
    /// No such file in the repository.
    #[error("{repository} has no file `{file}` at revision `{revision}`: its files are at {page}")]
    FileNotFound {
        /// `ORG/NAME`.
        repository: String,
        /// The revision.
        revision: String,
        /// The file.
        file: String,
        /// The page that lists them.
        page: String,
    },
    /// Files are missing, and the network is not to be used.
    #[error(
        "{missing} of {reference} is in no cache of this machine, and HF_HUB_OFFLINE is set: unset it, or bring the \
         files into the cache where there is a network"
    )]
    Offline {
        /// The reference.
        reference: String,
        /// What is missing.
        missing: String,
    },
    /// The repository holds nothing that describes a network.
    #[error("{reference} holds no model: none of {} is there", wanted.join(", "))]
    NoModel {
        /// The reference.
        reference: String,
        /// The names that were looked for.
        wanted: Vec<&'static str>,
    },
    /// The file that names the parts of weights is damaged, or names something else.
    #[error("{file} of {reference} is no list of weight files: {problem}")]
    Index {
        /// The reference.
        reference: String,
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The server answers, but not as a hub does.
    #[error(
        "{url} does not answer like a Hugging Face hub: {problem}; is HF_ENDPOINT right, or does a login page stand between?"
    )]
    NoHub {
        /// The address.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// The hub refuses for another reason.
    #[error("{url} answered {status}: {message}")]
    Refused {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
        /// What the hub said.
        message: String,
    },
    /// A file could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl HubError {
    /// Whether nobody answered: what is in a cache may do instead.
    pub(super) fn is_silence(&self) -> bool {
        use FetchError::{ConnectTimeout, Stalled, Status, TooSlow, Unreachable};
        match self {
            Self::Fetch(
                Unreachable { .. } | ConnectTimeout { .. } | Stalled { .. } | TooSlow { .. },
            ) => true,
            Self::Fetch(Status { status, .. }) => matches!(status, 408 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether the caller stopped it, or this machine's disk did: no cache helps.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::Fetch(FetchError::Cancelled { .. } | FetchError::File(_)))
    }

    /// Whether the same call, made again, may go on from what has come so far.
    pub fn can_resume(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.can_resume())
    }
}
