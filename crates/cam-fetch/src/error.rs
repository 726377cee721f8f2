//! Everything that can go wrong, each with the values and the remedy.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why nothing was fetched.
///
/// Addresses in messages never show a user name or password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The text is no absolute address.
    #[error("`{url}` is not an address that can be fetched: {reason}")]
    Address {
        /// The text as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The address is neither `http` nor `https`.
    #[error("`{url}` has the scheme `{scheme}`: only http and https are fetched")]
    Scheme {
        /// The address.
        url: String,
        /// Its scheme.
        scheme: String,
    },
    /// The path to write to names no file.
    #[error("`{}` names no file to write to: give a path that ends in a file name", path.display())]
    Destination {
        /// The path as given.
        path: PathBuf,
    },
    /// No connection: the name is unknown, nobody listens, or the certificate is not trusted.
    #[error(
        "cannot reach {url}: {source} (is the address right, is there a network, is a proxy needed?)"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// What the client said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Too long without a connection.
    #[error("no connection to {url} within {after:?}: is there a network, or is a proxy needed?")]
    ConnectTimeout {
        /// The address.
        url: String,
        /// How long was waited.
        after: Duration,
    },
    /// The server went silent.
    #[error("{url} was silent for {after:?}: try again")]
    Stalled {
        /// The address.
        url: String,
        /// How long was waited.
        after: Duration,
    },
    /// The cap on the whole fetch was reached.
    #[error("{url} took longer than {after:?} altogether: allow more time")]
    TooSlow {
        /// The address.
        url: String,
        /// The cap.
        after: Duration,
    },
    /// The server sends from one address to the next without end.
    #[error("{url} redirects more than {limit} times: is it a loop?")]
    TooManyRedirects {
        /// The address asked for.
        url: String,
        /// How many redirects are followed.
        limit: u32,
    },
    /// A redirect from `https` to an unprotected address.
    #[error(
        "{url} redirects to an address without https, which is refused: anybody on the way could change the file"
    )]
    InsecureRedirect {
        /// The address asked for.
        url: String,
    },
    /// A redirect to something that cannot be fetched.
    #[error("{url} redirects to something that cannot be fetched: {reason}")]
    BadRedirect {
        /// The address asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A redirect to an address nearer to this machine than the one it comes from.
    #[error(
        "{url} redirects to {to}, which is {place}: refused, for no server elsewhere should choose what is asked \
         there; fetch that address itself if it is meant"
    )]
    NearerRedirect {
        /// The address asked for.
        url: String,
        /// Where it leads.
        to: String,
        /// Its address, and how near that is.
        place: String,
    },
    /// The caller does not accept the content; nothing was kept.
    #[error("{url} gave something else than was asked for, and it was not kept: {source}")]
    Refused {
        /// The address.
        url: String,
        /// What the caller said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server answered with something other than the content.
    #[error("{url} answered {status}: {meaning}")]
    Status {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
        /// What it means for the caller.
        meaning: &'static str,
    },
    /// The server compressed the body although it was asked not to.
    #[error(
        "{url} came with content encoding `{encoding}`, which was not asked for: fetch it by other means"
    )]
    Encoded {
        /// The address.
        url: String,
        /// The encoding.
        encoding: String,
    },
    /// More bytes than allowed, declared or found while reading.
    #[error(
        "{url} is larger than {limit} bytes ({bytes} or more): raise the limit if this is the right file"
    )]
    TooLarge {
        /// The address.
        url: String,
        /// The declared length, or how many had come when the limit was passed.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The server announces no end, so a whole file could not be told from a broken one.
    #[error(
        "{url} announces neither length nor end, and no sha-256 is known to judge it by: give a digest, or fetch it by other means"
    )]
    LengthUnknown {
        /// The address.
        url: String,
    },
    /// The connection ended early.
    #[error("{url} broke off after {done} bytes{}: try again", of(*total))]
    Interrupted {
        /// The address.
        url: String,
        /// How many bytes are there, earlier runs included.
        done: u64,
        /// How many there should be, if the server said.
        total: Option<u64>,
        /// What the client said, if anything.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The server does not speak HTTP as it should.
    #[error("{url} does not speak HTTP as it should: {source}")]
    Protocol {
        /// The address.
        url: String,
        /// What the client said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The content is not what was expected; it has been deleted.
    #[error(
        "{url} has sha-256 {got}, expected {expected}: damaged on the way, or another file than the one meant"
    )]
    WrongDigest {
        /// The address.
        url: String,
        /// The digits that were expected.
        expected: String,
        /// The digest that was found.
        got: String,
    },
    /// The text is no SHA-256 and no prefix of one.
    #[error("`{text}` is not a sha-256: 8 to 64 hexadecimal digits are expected")]
    InvalidDigest {
        /// The text as given.
        text: String,
    },
    /// The text is no access token. It is a secret, so it is not shown.
    #[error("the access token is empty or not plain visible ASCII: copy it again")]
    Token,
    /// The caller's progress function said stop.
    #[error("fetching {url} was stopped: what has come is kept")]
    Cancelled {
        /// The address.
        url: String,
    },
    /// The file system refused.
    #[error(transparent)]
    File(#[from] cam_files::Error),
    /// The environment names no place for cached files.
    #[error("no cache directory is known: set CAM_CACHE_DIR, or {variable}")]
    NoCacheDirectory {
        /// The platform's own variable.
        variable: &'static str,
    },
}

impl FetchError {
    /// Whether the same call, made again, may go on from what has come so far.
    pub fn can_resume(&self) -> bool {
        match self {
            Self::Stalled { .. }
            | Self::TooSlow { .. }
            | Self::Interrupted { .. }
            | Self::Cancelled { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Unreachable { .. } | Self::ConnectTimeout { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| cam_files::Error::io(action, path)(source).into()
    }
}

fn of(total: Option<u64>) -> String {
    total.map(|total| format!(" of {total}")).unwrap_or_default()
}
