//! What every fetch has in common, be it of an image or of weights.

use cam_fetch::{FetchError, Options};

use crate::error::{Error, failed};

/// The variable by which redirects may lead from outside to this machine and its network.
const ALLOWED: &str = "CAM_ALLOW_LOCAL_REDIRECTS";

/// Options as the environment has them.
pub fn options() -> Options {
    let allowed = std::env::var_os(ALLOWED).is_some_and(|value| !value.is_empty() && value != "0");
    Options { allow_nearer_redirects: allowed, ..Options::default() }
}

/// An error with the remedy that only this program has.
pub fn error(error: FetchError) -> Error {
    match error {
        FetchError::NearerRedirect { .. } => failed!("{error}, or set {ALLOWED}=1"),
        error => error.into(),
    }
}
