//! Where weight files are: named, in the cache, or to be fetched.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use cam_fetch::{
    FetchError, FetchedFile, Options, Sha256Prefix, cache_directory, fetch_file, sha256_of_bytes,
    sha256_prefix_in_name,
};
use cam_models::Published;
use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;
use crate::source::is_url;
use crate::{interrupt, print};

/// What is said where Ctrl-C ends a download.
const KEPT: &str = "what was downloaded is kept; run it again to go on";

/// Enough of a URL's digest that no two are alike.
const URL_DIGITS: usize = 16;

/// The weight file an argument means: a file as it is, a URL by way of the cache.
pub fn locate(argument: &OsStr) -> Result<PathBuf, Failure> {
    match argument.to_str().filter(|text| is_url(text)) {
        Some(url) => Ok(fetch(url)?.path),
        None => Ok(argument.into()),
    }
}

/// Where published weights are, or will be once they are fetched.
pub fn cached(published: &Published) -> Result<PathBuf, Failure> {
    place(published.url)
}

/// Downloads a weight file into the cache, with a progress bar; a broken download is resumed.
pub fn fetch(url: &str) -> Result<FetchedFile, Failure> {
    let destination = place(url)?;
    let name = destination.file_name().and_then(OsStr::to_str).unwrap_or(url);
    let sha256 = sha256_prefix_in_name(name).and_then(|prefix| prefix.parse::<Sha256Prefix>().ok());
    let options = Options { sha256, ..Options::default() };
    let bar = bar(name);
    let shown = bar.clone();
    let url = url.to_owned();
    // A silent server keeps the download waiting, but not Ctrl-C.
    let fetched = interrupt::or(move || download(&url, &destination, &options, &shown), KEPT);
    bar.finish_and_clear();
    fetched?.map_err(|error| match error {
        FetchError::Cancelled { .. } => Failure::Interrupted(KEPT.into()),
        error if error.can_resume() && bar.position() > 0 => {
            Failure::Failed(anyhow!("{error}; what was downloaded is kept"))
        }
        error @ (FetchError::Address { .. } | FetchError::Scheme { .. }) => {
            Failure::Usage(error.into())
        }
        error => Failure::Failed(error.into()),
    })
}

fn download(
    url: &str,
    destination: &Path,
    options: &Options,
    bar: &ProgressBar,
) -> Result<FetchedFile, FetchError> {
    fetch_file(url, destination, options, &mut |progress| {
        if let Some(total) = progress.total {
            bar.set_length(total);
        }
        bar.set_position(progress.done);
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// Where fetched weights lie.
pub fn directory() -> Result<PathBuf, Failure> {
    Ok(cache_directory().map_err(anyhow::Error::from)?.join("weights"))
}

/// A URL's place in the cache: its file name, where that tells the content by its digest. Under
/// other names two servers may have different files, so there the whole URL counts.
fn place(url: &str) -> Result<PathBuf, Failure> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().filter(|name| !name.is_empty() && !name.starts_with('.'));
    let name = name.ok_or_else(|| Failure::usage(format!("{url} names no file")))?;
    let weights = directory()?;
    Ok(match sha256_prefix_in_name(name) {
        Some(_) => weights.join(name),
        None => weights.join(&sha256_of_bytes(url.as_bytes()).to_string()[..URL_DIGITS]).join(name),
    })
}

/// A bar on a terminal, nothing elsewhere.
fn bar(name: &str) -> ProgressBar {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if print::is_quiet() || dumb || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    let style =
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::no_length().with_style(style).with_message(name.to_owned())
}
