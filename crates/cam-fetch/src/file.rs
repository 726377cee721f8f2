//! Something large, onto the disk.

use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use cam_files::{Lock, Sha256};

use crate::address::Address;
use crate::answer::Answer;
use crate::error::FetchError;
use crate::exchange;
use crate::options::Options;
use crate::part::Part;
use crate::record::Record;
use crate::stream::Stream;

/// How far a download is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes are there, those of earlier runs included.
    pub done: u64,
    /// How many there will be, if the server said so.
    pub total: Option<u64>,
}

/// A complete file under its final name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedFile {
    /// Where it is.
    pub path: PathBuf,
    /// The digest of its content.
    pub sha256: Sha256,
    /// How it came there.
    pub origin: Origin,
}

/// How a fetched file came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was there before, and its digest fits; the network was not used.
    AlreadyThere,
    /// All of it was downloaded now.
    Downloaded,
    /// The first bytes came from an earlier, broken download.
    Resumed {
        /// How many bytes were there.
        from: u64,
    },
}

/// What the caller says of complete content: nothing, or why it is not what was asked for.
pub type Accept<'a> = dyn Fn(&Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a;

/// Where the caller hears of progress and may stop the download.
type Report<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// Makes sure that the file is there, downloading it if need be.
///
/// A destination that exists already is returned as it is, unless [`Options::sha256`] is given and does not fit;
/// to fetch anew, remove it first. Missing directories are created.
///
/// The bytes collect in `NAME.part`, and `NAME.part.note` remembers which version of the content they are. A
/// download that breaks off leaves both, and the next call asks the server for the rest of that same version only
/// (`Range` with `If-Range`); if it has changed meanwhile, the download starts over. At the end the digest is
/// verified, the bytes are flushed to the disk and the file is renamed: under its final name it is never half there.
///
/// Two calls for one destination, in one process or two, take turns: `NAME.part.lock` is locked while a download
/// runs, and the second call finds the file finished. While it waits, `progress` is told of zero bytes.
///
/// `progress` is called after each piece, with numbers that never fall; [`ControlFlow::Break`] stops the download
/// and keeps what has come.
///
/// # Errors
///
/// After those for which [`FetchError::can_resume`] is true, the same call goes on where this one stopped. A wrong
/// digest and a content that is too large delete the part.
pub fn fetch_file(
    url: &str,
    destination: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<FetchedFile, FetchError> {
    fetch_file_if(url, destination, options, &|_| Ok(()), progress)
}

/// As [`fetch_file`], for content that the caller can tell from what servers give in its place: a login page, an
/// error, nothing at all.
///
/// `accept` is asked about the complete content, by the path of the part, before it has its final name; what it
/// refuses is deleted, and so is fetched anew by the next call. It is asked about a destination that is there
/// already too, unless a digest vouches for it.
///
/// # Errors
///
/// As [`fetch_file`], and [`FetchError::Refused`].
pub fn fetch_file_if(
    url: &str,
    destination: &Path,
    options: &Options,
    accept: &Accept<'_>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<FetchedFile, FetchError> {
    let address = Address::parse(url)?;
    let part = Part::of(destination)?;
    // Before the lock, so that a file in a read-only directory can be found.
    if let Some(found) = already_there(destination, options, accept)? {
        return Ok(found);
    }
    fs::create_dir_all(part.directory()).map_err(FetchError::io("create", part.directory()))?;
    let nothing_yet = Progress { done: 0, total: None };
    let lock = Lock::at(&part.lock, || progress(nothing_yet).is_continue())?;
    let _lock = lock.ok_or_else(|| cancelled(&address))?;
    // And after it, because whoever held it may have been fetching this very file.
    if let Some(found) = already_there(destination, options, accept)? {
        return Ok(found);
    }
    let origin = download(&address, &part, options, progress)
        .or_else(|error| discard_too_large(error, &part))?;
    let sha256 = verify(&part, options, &address)?;
    accepted(&part, accept, &address)?;
    part.finish()?;
    Ok(FetchedFile { path: part.destination, sha256, origin })
}

fn already_there(
    path: &Path,
    options: &Options,
    accept: &Accept<'_>,
) -> Result<Option<FetchedFile>, FetchError> {
    if !path.try_exists().map_err(FetchError::io("look at", path))? {
        return Ok(None);
    }
    let sha256 = Sha256::of_file(path)?;
    let fits = match &options.sha256 {
        Some(expected) => expected.matches(&sha256),
        None => accept(path).is_ok(),
    };
    Ok(fits.then(|| FetchedFile { path: path.to_owned(), sha256, origin: Origin::AlreadyThere }))
}

/// Deletes what the caller has no use for.
fn accepted(part: &Part, accept: &Accept<'_>, address: &Address) -> Result<(), FetchError> {
    let Err(source) = accept(&part.path) else { return Ok(()) };
    part.discard()?;
    Err(FetchError::Refused { url: address.shown.clone(), source })
}

/// A part over the limit is no use to the next call, which would find the same.
fn discard_too_large(error: FetchError, part: &Part) -> Result<Origin, FetchError> {
    if matches!(error, FetchError::TooLarge { .. }) {
        part.discard()?;
    }
    Err(error)
}

/// Fills the part file, from where it stands if that is possible.
fn download(
    address: &Address,
    part: &Part,
    options: &Options,
    progress: &mut Report<'_>,
) -> Result<Origin, FetchError> {
    let resume = part.resume(&Record::address_of(&address.uri), options);
    let mut reply = exchange::ask(address, options, resume.as_ref())?;
    if reply.answer == Answer::StartOver {
        reply = exchange::ask(address, options, None)?;
    }
    let from = resume.map_or(0, |resume| resume.offset);
    match reply.answer {
        Answer::NothingLeft => return Ok(Origin::Resumed { from }),
        Answer::Rest => {
            pour(Stream::new(reply, address, options, from)?, part.go_on()?, part, progress)?
        }
        Answer::Whole | Answer::StartOver => {
            let record = reply.record.clone();
            let stream = Stream::new(reply, address, options, 0)?;
            pour(stream, part.start(&record)?, part, progress)?;
            return Ok(Origin::Downloaded);
        }
    }
    Ok(Origin::Resumed { from })
}

/// Writes the stream to the file, piece by piece, so that what has come is on the disk whenever it breaks.
fn pour(
    mut stream: Stream<'_>,
    mut file: File,
    part: &Part,
    progress: &mut Report<'_>,
) -> Result<(), FetchError> {
    stream.must_have_an_end()?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        report(progress, Progress { done: stream.done, total: stream.total }, stream.address)?;
        match stream.next(&mut buffer)? {
            [] => return Ok(()),
            read => file.write_all(read).map_err(|error| part.not_written(error))?,
        }
    }
}

fn report(progress: &mut Report<'_>, now: Progress, address: &Address) -> Result<(), FetchError> {
    match progress(now) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(cancelled(address)),
    }
}

fn cancelled(address: &Address) -> FetchError {
    FetchError::Cancelled { url: address.shown.clone() }
}

/// Deletes what does not have the expected digest: resuming it could never make it right.
fn verify(part: &Part, options: &Options, address: &Address) -> Result<Sha256, FetchError> {
    let got = part.sha256()?;
    match options.sha256.as_ref().filter(|expected| !expected.matches(&got)) {
        None => Ok(got),
        Some(expected) => {
            part.discard()?;
            Err(FetchError::WrongDigest {
                url: address.shown.clone(),
                expected: expected.to_string(),
                got: got.to_string(),
            })
        }
    }
}
