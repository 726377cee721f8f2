//! What an answer means for the question that was asked.

use ureq::http::{HeaderMap, header};

use crate::content_range::ContentRange;
use crate::error::FetchError;
use crate::exchange::{Resume, text_of};

/// The four things that can happen to a request for the rest of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The body is the whole content: nothing was asked for, or ranges are unknown, or the content changed.
    Whole,
    /// The body continues exactly where the part ends.
    Rest,
    /// The part is already the whole content.
    NothingLeft,
    /// What came does not fit the part: ask again for the whole.
    StartOver,
}

impl Answer {
    /// Judges status and headers. A partial answer is only trusted where it fits all that is known of the part.
    pub fn of(
        status: u16,
        headers: &HeaderMap,
        resume: Option<&Resume>,
        url: &str,
    ) -> Result<Self, FetchError> {
        let range =
            text_of(headers, header::CONTENT_RANGE).and_then(|text| ContentRange::parse(&text));
        match (status, resume) {
            // 203 is a 200 that a proxy has touched; the digest will judge it.
            (200 | 203, _) => Ok(Self::Whole),
            (206, Some(resume)) if continues(range, headers, resume) => Ok(Self::Rest),
            (416, Some(resume)) if is_whole_already(range, resume) => Ok(Self::NothingLeft),
            (206 | 416, Some(_)) => Ok(Self::StartOver),
            _ => Err(FetchError::Status { url: url.to_owned(), status, meaning: meaning(status) }),
        }
    }
}

/// The server ought to answer 200 where `If-Range` does not hold. Some ignore that header, so look again.
fn continues(range: Option<ContentRange>, headers: &HeaderMap, resume: &Resume) -> bool {
    let Some(range) = range else { return false };
    let record = &resume.record;
    range.first == Some(resume.offset)
        && agree(range.total, record.total)
        && agree(text_of(headers, header::ETAG).as_ref(), record.etag.as_ref())
        && agree(text_of(headers, header::LAST_MODIFIED).as_ref(), record.last_modified.as_ref())
}

fn is_whole_already(range: Option<ContentRange>, resume: &Resume) -> bool {
    range == Some(ContentRange { first: None, total: Some(resume.offset) })
        && agree(Some(resume.offset), resume.record.total)
}

/// What only one side knows cannot contradict the other.
fn agree<T: PartialEq>(now: Option<T>, before: Option<T>) -> bool {
    match (now, before) {
        (Some(now), Some(before)) => now == before,
        _ => true,
    }
}

/// What a status means for whoever asked.
pub(crate) fn meaning(status: u16) -> &'static str {
    match status {
        401 | 403 => "the server does not give it to everybody; fetch it by other means",
        404 | 410 => "there is nothing at this address; is it spelt right?",
        407 => "the proxy asks for a user name and password",
        408 | 429 | 503 => "the server is busy; try again later",
        500..=599 => "the server failed; try again later",
        300..=399 => "a redirect that leads nowhere",
        _ => "not the answer to a plain request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        let value = |text| header::HeaderValue::from_static(text);
        pairs.iter().map(|(name, text)| (name.clone(), value(text))).collect()
    }

    fn part_of_10(offset: u64) -> Resume {
        let record = Record {
            address: "a".into(),
            etag: Some("\"v1\"".into()),
            last_modified: None,
            total: Some(10),
        };
        Resume { offset, record }
    }

    fn answer(
        status: u16,
        pairs: &[(header::HeaderName, &'static str)],
        resume: Option<Resume>,
    ) -> Option<Answer> {
        Answer::of(status, &headers(pairs), resume.as_ref(), "u").ok()
    }

    #[test]
    fn only_a_range_that_fits_the_part_continues_it() {
        let (range, etag) = (header::CONTENT_RANGE, header::ETAG);
        for (pairs, expected) in [
            (vec![(range.clone(), "bytes 4-9/10")], Answer::Rest),
            (vec![(range.clone(), "bytes 4-9/*")], Answer::Rest),
            (vec![(range.clone(), "bytes 4-9/10"), (etag.clone(), "\"v1\"")], Answer::Rest),
            (vec![(range.clone(), "bytes 4-9/10"), (etag, "\"v2\"")], Answer::StartOver),
            (vec![(range.clone(), "bytes 3-9/10")], Answer::StartOver),
            (vec![(range.clone(), "bytes 4-10/11")], Answer::StartOver),
            (vec![(range, "bytes 4-8/10")], Answer::StartOver),
            (vec![], Answer::StartOver),
        ] {
            assert_eq!(answer(206, &pairs, Some(part_of_10(4))), Some(expected), "{pairs:?}");
        }
    }

    #[test]
    fn a_range_beyond_the_end_means_whole_or_changed() {
        let at =
            |text, offset| answer(416, &[(header::CONTENT_RANGE, text)], Some(part_of_10(offset)));
        assert_eq!(at("bytes */10", 10), Some(Answer::NothingLeft));
        assert_eq!(at("bytes */9", 10), Some(Answer::StartOver));
        assert_eq!(at("bytes */7", 7), Some(Answer::StartOver));
        assert_eq!(answer(416, &[], Some(part_of_10(10))), Some(Answer::StartOver));
    }

    #[test]
    fn a_partial_answer_to_a_plain_request_is_an_error() {
        for status in [204, 206, 304, 400, 404, 416, 500] {
            assert_eq!(
                answer(status, &[(header::CONTENT_RANGE, "bytes 0-9/10")], None),
                None,
                "{status}"
            );
        }
        assert_eq!(answer(200, &[], None), Some(Answer::Whole));
        assert_eq!(answer(200, &[], Some(part_of_10(4))), Some(Answer::Whole));
    }
}
