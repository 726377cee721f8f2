//! Where weight files are: named, in the cache, or to be fetched.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use cam_fetch::{
    FetchError, FetchedFile, Options, Origin, Sha256Prefix, cache_directory, fetch_file_if,
    sha256_prefix_in_name,
};
use cam_files::Sha256;
use cam_models::Published;
use cam_models::checkpoint::Checkpoint;
use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;
use crate::source::is_url;
use crate::{digests, interrupt, print, web};

/// What is said where Ctrl-C ends a download.
const KEPT: &str = "what was downloaded is kept; run it again to go on";

/// Enough of a URL's digest that no two are alike.
const URL_DIGITS: usize = 16;

/// A weight file in the cache.
pub struct Fetched {
    /// Where it is.
    pub path: PathBuf,
    /// The digest of its content, in hexadecimal digits.
    pub sha256: String,
    /// How it came there.
    pub origin: Origin,
}

/// The weight file an argument means: a file as it is, a URL by way of the cache.
pub fn locate(argument: &OsStr) -> Result<PathBuf, Failure> {
    match argument.to_str().filter(|text| is_url(text)) {
        Some(url) => Ok(fetch(url)?.path),
        None => verified(argument.into()),
    }
}

/// Where published weights are, or will be once they are fetched.
pub fn cached(published: &Published) -> Result<PathBuf, Failure> {
    place(published.url)
}

/// A file that, if it lies in the cache under a name with a digest, has that digest: whoever copied it there may
/// have copied another. The owner of a file elsewhere may call it what they like.
pub fn verified(file: PathBuf) -> Result<PathBuf, Failure> {
    match mismatch(&file)? {
        None => Ok(file),
        Some(mismatch) => Err(Failure::BadModel(anyhow!(
            "{} {mismatch}: it is not the file of that name; delete it and fetch it again, or move it out of the \
             cache and give it with --weights",
            file.display()
        ))),
    }
}

/// In what a file in the cache differs from what its name says.
pub fn mismatch(file: &Path) -> Result<Option<String>, Failure> {
    let Some(expected) = digest_in(file).filter(|_| is_ours(file) && file.exists()) else {
        return Ok(None);
    };
    let found = digests::of(file)?;
    Ok((!found.starts_with(expected)).then(|| format!("has sha-256 {found}, expected {expected}")))
}

/// The first digits of the digest that a file's name carries.
fn digest_in(file: &Path) -> Option<&str> {
    sha256_prefix_in_name(file.file_name()?.to_str()?)
}

/// Downloads a weight file into the cache, with a progress bar; a broken download is resumed.
pub fn fetch(url: &str) -> Result<Fetched, Failure> {
    let destination = place(url)?;
    let expected = digest_in(&destination);
    if let Some(sha256) = digests::known(&destination)
        && expected.is_none_or(|expected| sha256.starts_with(expected))
    {
        return Ok(Fetched { path: destination, sha256, origin: Origin::AlreadyThere });
    }
    let sha256 = expected.and_then(|prefix| prefix.parse::<Sha256Prefix>().ok());
    let options = Options { sha256, ..web::options() };
    let bar = bar(destination.file_name().and_then(OsStr::to_str).unwrap_or(url));
    let shown = bar.clone();
    let url = url.to_owned();
    // A silent server keeps the download waiting, but not Ctrl-C.
    let fetched = interrupt::or(move || download(&url, &destination, &options, &shown), KEPT);
    bar.finish_and_clear();
    let FetchedFile { path, sha256, origin } = fetched?.map_err(|error| failure(error, &bar))?;
    let sha256 = sha256.to_string();
    digests::keep(&path, &sha256);
    Ok(Fetched { path, sha256, origin })
}

fn failure(error: FetchError, bar: &ProgressBar) -> Failure {
    match error {
        FetchError::Cancelled { .. } => Failure::Interrupted(KEPT.into()),
        error if error.can_resume() && bar.position() > 0 => {
            Failure::Failed(anyhow!("{error}; what was downloaded is kept"))
        }
        error @ (FetchError::Address { .. } | FetchError::Scheme { .. }) => {
            Failure::Usage(error.into())
        }
        error @ FetchError::Refused { .. } => Failure::BadModel(error.into()),
        error => Failure::Failed(web::error(error)),
    }
}

/// Why content is no weight file, in words that name it as the server did.
fn accept(path: &Path, name: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match Checkpoint::open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string().replace(&path.display().to_string(), name).into()),
    }
}

fn download(
    url: &str,
    destination: &Path,
    options: &Options,
    bar: &ProgressBar,
) -> Result<FetchedFile, FetchError> {
    let name = destination.file_name().unwrap_or_default().to_string_lossy();
    let accept = |path: &Path| accept(path, &name);
    fetch_file_if(url, destination, options, &accept, &mut |progress| {
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

/// Where something about a file in the cache is kept; none for files that are not in it, which are their owner's.
pub fn beside(file: &Path, ending: &str) -> Option<PathBuf> {
    let mut name = file.file_name().filter(|_| is_ours(file))?.to_owned();
    name.push(ending);
    Some(file.with_file_name(name))
}

fn is_ours(file: &Path) -> bool {
    directory().is_ok_and(|ours| file.starts_with(ours))
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
        None => weights.join(&Sha256::of(url.as_bytes()).to_string()[..URL_DIGITS]).join(name),
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
