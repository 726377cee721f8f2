//! Where weight files are: named, in the cache, or to be fetched.

pub mod digests;
pub mod hub;
mod known;
pub mod packed;
mod stamp;
pub mod web;

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::{Error, failed};
use crate::progress::{Bar, Unit};
use crate::source::is_url;
use cam_fetch::{
    FetchError, FetchedFile, Options, Origin, Sha256Prefix, cache_directory, fetch_file_if,
    sha256_prefix_in_name,
};
use cam_files::Sha256;
use cam_models::Published;
use cam_models::checkpoint::Checkpoint;

pub use known::{Known, known};

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

/// The weight file or folder an argument means: as it is, a URL and a model of the hub by way of the cache.
pub fn locate(argument: &OsStr, environment: &Environment) -> Result<PathBuf, Error> {
    if let Some(reference) = argument.to_str().filter(|text| hub::is_reference(text)) {
        return hub::locate(reference, environment);
    }
    match argument.to_str().filter(|text| is_url(text)) {
        Some(url) => Ok(fetch(url, environment)?.path),
        None => verified(argument.into()),
    }
}

/// Where published weights are, or will be once they are fetched.
pub fn cached(published: &Published) -> Result<PathBuf, Error> {
    place(published.url)
}

/// Whether a digest, in hexadecimal digits, is that of published weights, as far as their name tells it.
pub(crate) fn is_published(published: &Published, sha256: &str) -> bool {
    let name = published.url.rsplit('/').next().unwrap_or_default();
    sha256_prefix_in_name(name).is_some_and(|expected| sha256.starts_with(expected))
}

/// A file that, if it lies in the cache under a name with a digest, has that digest: whoever copied it there may
/// have copied another. The owner of a file elsewhere may call it what they like.
pub fn verified(file: PathBuf) -> Result<PathBuf, Error> {
    match mismatch(&file)? {
        None => Ok(file),
        Some(mismatch) => Err(Error::bad_model(format_args!(
            "{} {mismatch}: it is not the file of that name; delete it and fetch it again, or move it out of the \
             cache and give its path",
            file.display()
        ))),
    }
}

/// In what a file in the cache differs from what its name says.
pub fn mismatch(file: &Path) -> Result<Option<String>, Error> {
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

/// Downloads a weight file into the cache; a broken download is resumed.
///
/// # Errors
/// Where it cannot be had, is not what its name says, or is not a weight file.
pub fn fetch(url: &str, environment: &Environment) -> Result<Fetched, Error> {
    let destination = place(url)?;
    let expected = digest_in(&destination);
    if let Some(sha256) = digests::known(&destination)
        && expected.is_none_or(|expected| sha256.starts_with(expected))
    {
        return Ok(Fetched { path: destination, sha256, origin: Origin::AlreadyThere });
    }
    let sha256 = expected.and_then(|prefix| prefix.parse::<Sha256Prefix>().ok());
    let options = Options { sha256, ..web::options() };
    let name = destination.file_name().and_then(OsStr::to_str).unwrap_or(url).to_owned();
    let url = url.to_owned();
    let within = environment.clone();
    let work = move || {
        let bar = within.endless(Unit::Bytes);
        bar.at(&name);
        let mut arrived = 0;
        let fetched = download(&url, &destination, &options, &within, &*bar, &mut arrived);
        fetched.map_err(|error| (error, arrived))
    };
    // A silent server keeps the download waiting, but not whoever cancels it.
    let fetched = environment.cancel.or(work, KEPT)?;
    let FetchedFile { path, sha256, origin } =
        fetched.map_err(|(error, arrived)| failure(error, arrived))?;
    let sha256 = sha256.to_string();
    digests::keep(&path, &sha256);
    Ok(Fetched { path, sha256, origin })
}

fn failure(error: FetchError, arrived: u64) -> Error {
    match error {
        FetchError::Cancelled { .. } => Error::Cancelled(KEPT.into()),
        error if error.can_resume() && arrived > 0 => {
            failed!("{error}; what was downloaded is kept")
        }
        error @ (FetchError::Address { .. } | FetchError::Scheme { .. }) => Error::usage_by(error),
        error @ FetchError::Refused { .. } => Error::bad_model(error),
        error => web::error(error),
    }
}

/// Why content is no weight file, in words that name it as the server did.
fn accept(path: &Path, name: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let problem = match name.to_lowercase().ends_with(".onnx") {
        true => cam_onnx::Source::open(path)
            .and_then(|source| cam_onnx::read(&source))
            .map(drop)
            .map_err(|error| error.to_string()),
        false => Checkpoint::open(path).map(drop).map_err(|error| error.to_string()),
    };
    problem.map_err(|problem| problem.replace(&path.display().to_string(), name).into())
}

fn download(
    url: &str,
    destination: &Path,
    options: &Options,
    environment: &Environment,
    bar: &dyn Bar,
    arrived: &mut u64,
) -> Result<FetchedFile, FetchError> {
    let name = destination.file_name().unwrap_or_default().to_string_lossy();
    let accept = |path: &Path| accept(path, &name);
    fetch_file_if(url, destination, options, &accept, &mut |progress| {
        if let Some(total) = progress.total {
            bar.set_total(total);
        }
        bar.set(progress.done);
        *arrived = progress.done;
        if environment.cancel.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
}

/// Where fetched weights lie.
pub fn directory() -> Result<PathBuf, Error> {
    Ok(cache_directory()?.join("weights"))
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
fn place(url: &str) -> Result<PathBuf, Error> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().filter(|name| !name.is_empty() && !name.starts_with('.'));
    let name = name.ok_or_else(|| Error::usage(format!("{url} names no file")))?;
    let weights = directory()?;
    Ok(match sha256_prefix_in_name(name) {
        Some(_) => weights.join(name),
        None => weights.join(&Sha256::of(url.as_bytes()).to_string()[..URL_DIGITS]).join(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_weights_are_told_by_their_digest_and_by_nothing_else() {
        let resnet50 = cam_models::published().iter().find(|it| it.name == "resnet50");
        let resnet50 = resnet50.expect("it is published");
        // torchvision's resnet50-0676ba61.pth.
        assert!(is_published(resnet50, &format!("0676ba61{:056}", 0)));
        assert!(!is_published(resnet50, &format!("11ad3fa6{:056}", 0)));
        assert!(!is_published(resnet50, ""));
    }
}
