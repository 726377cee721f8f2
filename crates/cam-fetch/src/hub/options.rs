//! Which hub, who asks, and where files are looked for and kept.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::address::Address;
use crate::cache::{Platform, cache_directory_on};
use crate::error::FetchError;
use crate::hub::HubError;
use crate::options::Options;
use crate::token::Token;

const PUBLIC_ENDPOINT: &str = "https://huggingface.co";

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

struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Environment<'_> {
    fn value(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn is_on(&self, name: &str) -> bool {
        let value = self.value(name).unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        matches!(value.as_str(), "1" | "true" | "yes" | "on")
    }

    fn endpoint(&self) -> Result<String, HubError> {
        let refused = |problem: String| HubError::Endpoint { problem };
        let Some(endpoint) = self.value("HF_ENDPOINT") else { return Ok(PUBLIC_ENDPOINT.into()) };
        let endpoint = endpoint.into_string().map_err(|_| refused("it is no text".into()))?;
        let address = Address::parse(endpoint.trim());
        let address = address.map_err(|error| refused(error.to_string()))?;
        match endpoint.contains(['?', '#']) {
            true => Err(refused(format!("`{}` holds a query", address.shown))),
            false => Ok(endpoint.trim().trim_end_matches('/').to_owned()),
        }
    }

    fn token(&self) -> Result<Option<Token>, HubError> {
        for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
            let text = self.value(name).map(|text| text.to_string_lossy().into_owned());
            if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
                return token_in(name.to_owned(), &text).map(Some);
            }
        }
        match self.path("HF_TOKEN_PATH").or_else(|| Some(self.home()?.join("token"))) {
            Some(path) => token_of_file(&path),
            None => Ok(None),
        }
    }

    fn users_cache(&self) -> Option<PathBuf> {
        self.path("HF_HUB_CACHE")
            .or_else(|| self.path("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| Some(self.home()?.join("hub")))
    }

    /// Where Hugging Face's programs keep their files.
    fn home(&self) -> Option<PathBuf> {
        let caches = || self.path("XDG_CACHE_HOME").or_else(|| Some(self.user()?.join(".cache")));
        self.path("HF_HOME").or_else(|| Some(caches()?.join("huggingface")))
    }

    /// A path, in which `~` stands for the user's own folder.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.value(name)?);
        match path.strip_prefix("~") {
            Ok(rest) => Some(self.user()?.join(rest)),
            Err(_) => Some(path),
        }
    }

    fn user(&self) -> Option<PathBuf> {
        let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        self.value(name).map(PathBuf::from)
    }
}

fn token_of_file(path: &Path) -> Result<Option<Token>, HubError> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => token_in(path.display().to_string(), &text).map(Some),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(FetchError::io("read", path)(error).into()),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn token_in(place: String, text: &str) -> Result<Token, HubError> {
    Token::new(text).map_err(|source| HubError::Token { place, source: Box::new(source) })
}
