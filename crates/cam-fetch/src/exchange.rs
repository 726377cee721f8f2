//! One request and the head of its answer.

use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, Method, Response, header};
use ureq::{Body, Timeout};

use crate::address::Address;
use crate::answer::Answer;
use crate::error::FetchError;
use crate::options::Options;
use crate::record::Record;
use crate::redirect::{self, Question};

/// From where to go on, and how the server can tell that the content is still the same.
#[derive(Clone, Debug)]
pub(crate) struct Resume {
    /// How many bytes are there already; more than none.
    pub offset: u64,
    /// What was noted about the content when these bytes came.
    pub record: Record,
}

/// The head of an answer, with the body still to be read.
pub(crate) struct Reply {
    /// What the answer means for the question asked.
    pub answer: Answer,
    /// What identifies the content.
    pub record: Record,
    /// How many bytes the content has, those that are there already included, if anybody said so.
    pub total: Option<u64>,
    /// Whether the body comes in chunks, of which the last one says that it is.
    pub is_chunked: bool,
    /// The body.
    pub body: Body,
}

/// Asks for the content, or for the rest of it.
pub(crate) fn ask(
    address: &Address,
    options: &Options,
    resume: Option<&Resume>,
) -> Result<Reply, FetchError> {
    let headers = headers(resume);
    let question = Question { method: Method::GET, headers: &headers, goes_on: &|_| true };
    read(redirect::follow(address, options, &question)?, address, resume)
}

/// What an answer gives, as far as its head says.
pub(crate) fn read(
    response: Response<Body>,
    address: &Address,
    resume: Option<&Resume>,
) -> Result<Reply, FetchError> {
    let (head, body) = response.into_parts();
    let text = |name| text_of(&head.headers, name);
    if let Some(encoding) =
        text(header::CONTENT_ENCODING).filter(|e| !e.eq_ignore_ascii_case("identity"))
    {
        return Err(FetchError::Encoded { url: address.shown.clone(), encoding });
    }
    let answer = Answer::of(head.status.as_u16(), &head.headers, resume, &address.shown)?;
    let is_chunked =
        text(header::TRANSFER_ENCODING).is_some_and(|coding| coding.contains("chunked"));
    let length = body
        .content_length()
        .or_else(|| zero(text(header::CONTENT_LENGTH)).filter(|_| !is_chunked));
    let total = match resume.filter(|_| answer == Answer::Rest) {
        Some(resume) => rest_of(length, resume),
        None => length,
    };
    let record = Record {
        address: Record::address_of(&address.uri),
        etag: text(header::ETAG),
        last_modified: text(header::LAST_MODIFIED),
        total,
    };
    Ok(Reply { answer, record, total, is_chunked, body })
}

pub(crate) fn headers(resume: Option<&Resume>) -> Vec<(HeaderName, String)> {
    // A compressed body has other lengths and offsets than the file, so ranges could not be resumed.
    let mut headers = vec![(header::ACCEPT_ENCODING, "identity".to_owned())];
    if let Some(resume) = resume {
        headers.push((header::RANGE, format!("bytes={}-", resume.offset)));
        let validator = resume.record.validator();
        headers.extend(validator.map(|validator| (header::IF_RANGE, validator.to_owned())));
    }
    headers
}

/// The note's length counts for more than this answer's: a rest that would end elsewhere is then found short.
fn rest_of(length: Option<u64>, resume: &Resume) -> Option<u64> {
    resume.record.total.or_else(|| length?.checked_add(resume.offset))
}

/// The client reports an announced length of zero as no length at all.
fn zero(content_length: Option<String>) -> Option<u64> {
    content_length.filter(|length| length == "0").map(|_| 0)
}

/// A header as text; one that is not ASCII is as good as none.
pub(crate) fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(|text| text.trim().to_owned())
}

/// Says in our words what the client said in its own; for all that happens before the body.
pub(crate) fn name_error(error: ureq::Error, address: &Address, options: &Options) -> FetchError {
    let url = address.shown.clone();
    match error {
        ureq::Error::Timeout(timeout) => timed_out(timeout, url, options),
        ureq::Error::BadUri(reason) => FetchError::Address { url, reason },
        ureq::Error::Protocol(source) => FetchError::Protocol { url, source: source.into() },
        ureq::Error::LargeResponseHeader(..) => FetchError::Protocol { url, source: error.into() },
        source => FetchError::Unreachable { url, source: source.into() },
    }
}

/// Which of the caller's limits was reached.
pub(crate) fn timed_out(timeout: Timeout, url: String, options: &Options) -> FetchError {
    match timeout {
        Timeout::Resolve | Timeout::Connect => {
            FetchError::ConnectTimeout { url, after: options.connect_timeout }
        }
        Timeout::Global | Timeout::PerCall => {
            FetchError::TooSlow { url, after: options.total_timeout.unwrap_or(Duration::MAX) }
        }
        _ => FetchError::Stalled { url, after: options.stall_timeout },
    }
}
