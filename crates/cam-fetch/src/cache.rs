//! Where fetched files belong.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::FetchError;

/// The directory for files that can be fetched again. It need not exist yet.
///
/// 1. `CAM_CACHE_DIR`, taken as it is;
/// 2. else the platform's own place, and `cam` in it: `$XDG_CACHE_HOME` or `~/.cache` (Linux and the other
///    Unixes), `~/Library/Caches` (macOS), `%LOCALAPPDATA%` (Windows).
///
/// An empty variable counts as unset, and so does a relative `XDG_CACHE_HOME`, as its specification asks.
///
/// # Errors
///
/// [`FetchError::NoCacheDirectory`] if none of these variables is set.
pub fn cache_directory() -> Result<PathBuf, FetchError> {
    cache_directory_on(Platform::HERE, |variable| env::var_os(variable))
}

/// Whose conventions hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Platform {
    Mac,
    Unix,
    Windows,
}

impl Platform {
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Mac
    } else {
        Self::Unix
    };
}

/// The environment comes as a function because a test may not change the real one: other threads read it.
pub(crate) fn cache_directory_on(
    platform: Platform,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, FetchError> {
    let directory = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = directory("CAM_CACHE_DIR") {
        return Ok(chosen);
    }
    let (base, asked) = match platform {
        Platform::Mac => (directory("HOME").map(|home| home.join("Library/Caches")), "HOME"),
        Platform::Windows => (directory("LOCALAPPDATA"), "LOCALAPPDATA"),
        Platform::Unix => (
            directory("XDG_CACHE_HOME")
                .filter(|path| path.is_absolute())
                .or_else(|| directory("HOME").map(|home| home.join(".cache"))),
            "HOME",
        ),
    };
    base.map(|base| base.join("cam")).ok_or(FetchError::NoCacheDirectory { variable: asked })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(platform: Platform, variables: &[(&str, &str)]) -> Result<PathBuf, FetchError> {
        cache_directory_on(platform, |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn each_platform_has_its_place() {
        let home = [("HOME", "/home/me"), ("LOCALAPPDATA", "/local")];
        for (platform, expected) in [
            (Platform::Unix, "/home/me/.cache/cam"),
            (Platform::Mac, "/home/me/Library/Caches/cam"),
            (Platform::Windows, "/local/cam"),
        ] {
            assert_eq!(on(platform, &home).expect("a directory"), PathBuf::from(expected));
        }
    }

    #[test]
    fn the_own_variable_wins_and_is_taken_as_it_is() {
        let variables =
            [("CAM_CACHE_DIR", "here"), ("XDG_CACHE_HOME", "/xdg"), ("HOME", "/home/me")];
        for platform in [Platform::Unix, Platform::Mac, Platform::Windows] {
            assert_eq!(on(platform, &variables).expect("a directory"), PathBuf::from("here"));
        }
    }

    #[test]
    fn a_relative_or_empty_xdg_directory_is_ignored() {
        for xdg in ["relative", ""] {
            let found = on(Platform::Unix, &[("XDG_CACHE_HOME", xdg), ("HOME", "/home/me")]);
            assert_eq!(found.expect("a directory"), PathBuf::from("/home/me/.cache/cam"));
        }
        let found = on(Platform::Unix, &[("XDG_CACHE_HOME", "/xdg"), ("HOME", "/home/me")]);
        assert_eq!(found.expect("a directory"), PathBuf::from("/xdg/cam"));
    }

    #[test]
    fn without_any_variable_the_error_names_one() {
        let error = on(Platform::Windows, &[("HOME", "/home/me")]).expect_err("nothing is set");
        assert_eq!(
            error.to_string(),
            "no cache directory is known: set CAM_CACHE_DIR, or LOCALAPPDATA"
        );
    }
}
