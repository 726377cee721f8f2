//! How much may come, and how long to wait for it.

use std::time::Duration;

use crate::prefix::Sha256Prefix;
use crate::token::Token;

/// Limits of one fetch, and what is known of its result beforehand.
///
/// ```
/// use cam_fetch::Options;
///
/// let images = Options { max_bytes: 64 << 20, ..Options::default() };
/// assert!(images.total_timeout.is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// The most bytes that are accepted, whether the server declares the length or not.
    pub max_bytes: u64,
    /// The longest wait for a name to be resolved, and again for the connection to stand.
    pub connect_timeout: Duration,
    /// The longest silence of the server once connected. A slow line is no error; a dead one is.
    pub stall_timeout: Duration,
    /// A cap on the whole fetch. Meant for small things: for a large file no fixed time is right.
    pub total_timeout: Option<Duration>,
    /// The SHA-256 of the content, or its first digits, where it is known.
    pub sha256: Option<Sha256Prefix>,
    /// Who asks. It is sent over `https`, and over `http` to this machine; never in the clear to another one, and no
    /// further than the first redirect to another host, port or scheme.
    pub token: Option<Token>,
    /// Whether a redirect may lead to an address nearer than the one it comes from: from a public one into a
    /// private network, to the own link or to this machine, or from one of these to a nearer one. An address that
    /// is asked for itself may be anywhere.
    pub allow_nearer_redirects: bool,
}

impl Default for Options {
    /// 4 GiB, 15 s to connect, 30 s of silence, no cap on the whole, no digest, no token, no redirect to
    /// anything nearer.
    fn default() -> Self {
        Self {
            max_bytes: 4 << 30,
            connect_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(30),
            total_timeout: None,
            sha256: None,
            token: None,
            allow_nearer_redirects: false,
        }
    }
}
