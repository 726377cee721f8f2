//! What the environment says of the hub, as `huggingface_hub` reads it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::address::Address;
use crate::error::FetchError;
use crate::hub::HubError;
use crate::token::Token;

const PUBLIC_ENDPOINT: &str = "https://huggingface.co";

/// The variables of Hugging Face's programs.
pub(super) struct Environment<'a> {
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Environment<'_> {
    fn value(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    pub fn is_on(&self, name: &str) -> bool {
        let value = self.value(name).unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        matches!(value.as_str(), "1" | "true" | "yes" | "on")
    }

    pub fn endpoint(&self) -> Result<String, HubError> {
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

    pub fn token(&self) -> Result<Option<Token>, HubError> {
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

    pub fn users_cache(&self) -> Option<PathBuf> {
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
