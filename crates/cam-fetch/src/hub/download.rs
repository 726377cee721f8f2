//! One file of a repository, from the hub into our cache.

use std::fs::{self, File};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use crate::error::FetchError;
use crate::file::{Progress, fetch_file_if};
use crate::hub::head::Content;
use crate::options::Options;

/// Why a file is not the one meant.
type Refused = Box<dyn std::error::Error + Send + Sync>;

/// Fetches a file whose head is known. It has its final name only when size and digest fit.
pub(super) fn download(
    url: &str,
    destination: &Path,
    content: &Content,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<(), FetchError> {
    let limit = content.size.unwrap_or(u64::MAX).min(options.max_bytes);
    let options = Options {
        sha256: content.digest.as_ref().and_then(|digest| digest.sha256()).map(Into::into),
        max_bytes: limit,
        ..options.clone()
    };
    let accept = |path: &Path| accept(path, content);
    match fetch_file_if(url, destination, &options, &accept, progress) {
        Err(FetchError::TooLarge { url, bytes, .. }) if content.size == Some(limit) => {
            let problem = format!("it has {bytes} bytes or more, the hub announced {limit}");
            Err(FetchError::Refused { url, source: problem.into() })
        }
        fetched => fetched.map(drop),
    }
}

fn accept(path: &Path, content: &Content) -> Result<(), Refused> {
    let found = fs::metadata(path)?.len();
    if let Some(size) = content.size.filter(|&size| size != found) {
        return Err(format!("it has {found} bytes, the hub announced {size}").into());
    }
    match &content.digest {
        Some(digest) => digest.contradicts(path)?.map_or(Ok(()), |problem| Err(problem.into())),
        None if is_page(path)? => Err("it is a web page".into()),
        None => Ok(()),
    }
}

/// Whether it begins as HTML does. No file of a model does.
fn is_page(path: &Path) -> Result<bool, Refused> {
    let mut start = Vec::new();
    File::open(path)?.take(512).read_to_end(&mut start)?;
    let start = String::from_utf8_lossy(&start).trim_start().to_ascii_lowercase();
    Ok(start.starts_with("<!doctype html") || start.starts_with("<html"))
}
