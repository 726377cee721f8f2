//! Which hub, who asks, and where files are looked for and kept.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::address::Address;
use crate::cache::{Platform, cache_directory_on};
use crate::hub::HubError;
use crate::hub::environment::Environment;
use crate::options::Options;

/// More than the weights of any vision network; the hub announces each file's size, and that is held to.
const LARGEST_FILE: u64 = 64 << 30;

/// How the hub is asked.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// The hub's address, without a slash at its end.
    pub endpoint: String,
    /// Whether only caches are looked into.
    pub offline: bool,
    /// The cache of Python's `huggingface_hub`. It is read, and never written to.
    pub users_cache: Option<PathBuf>,
    /// The own cache, in which fetched files are kept.
    pub cache: PathBuf,
    /// Limits of each fetch, and the token. Its digest is set for each file.
    pub fetch: Options,
    /// Whether there may be a token that the environment forbids to send.
    is_token_kept_back: bool,
}

impl HubOptions {
    /// Options as the environment has them, which comes as a function: `|name| std::env::var_os(name)`.
    ///
    /// | Variable | Meaning |
    /// | --- | --- |
    /// | `HF_ENDPOINT` | the hub, or a mirror of it |
    /// | `HF_TOKEN`, else the file `HF_TOKEN_PATH`, else `$HF_HOME/token` | the access token |
    /// | `HF_HUB_DISABLE_IMPLICIT_TOKEN` | send no token |
    /// | `HF_HUB_OFFLINE` | look into the caches only |
    /// | `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `$HF_HOME/hub` | the user's own cache |
    ///
    /// `HF_HOME` is `$XDG_CACHE_HOME/huggingface` or `~/.cache/huggingface` if unset. Switches are on with `1`, `true`,
    /// `yes` or `on` in any case. An empty variable counts as unset. The own cache is `hub` in
    /// [`cache_directory`](crate::cache_directory).
    ///
    /// # Errors
    /// [`HubError::Endpoint`], [`HubError::Token`], and where the own cache would be in no known place.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, HubError> {
        let environment = Environment { variable: &variable };
        let is_token_kept_back = environment.is_on("HF_HUB_DISABLE_IMPLICIT_TOKEN");
        let token = if is_token_kept_back { None } else { environment.token()? };
        Ok(Self {
            endpoint: environment.endpoint()?,
            offline: environment.is_on("HF_HUB_OFFLINE"),
            users_cache: environment.users_cache(),
            cache: cache_directory_on(Platform::HERE, &variable)?.join("hub"),
            fetch: Options { max_bytes: LARGEST_FILE, token, ..Options::default() },
            is_token_kept_back,
        })
    }

    /// What a refusal says of the token.
    pub(super) fn about_token(&self) -> &'static str {
        let is_private = || Address::parse(&self.endpoint).is_ok_and(|hub| hub.is_private());
        match &self.fetch.token {
            Some(_) if is_private() => "the access token was sent, does it give access?",
            Some(_) => "the access token was not sent, because the endpoint is not https",
            None if self.is_token_kept_back => {
                "no access token was sent, because HF_HUB_DISABLE_IMPLICIT_TOKEN is set"
            }
            None => "no access token was found, set HF_TOKEN if it needs one",
        }
    }

    pub(super) fn sends_token(&self) -> bool {
        self.fetch.token.is_some()
            && Address::parse(&self.endpoint).is_ok_and(|hub| hub.is_private())
    }
}
