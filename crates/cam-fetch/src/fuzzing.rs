//! What an answer's head is taken for, without a server: for the project's fuzz targets, and no part of the interface.

use ureq::http::{HeaderMap, HeaderName, HeaderValue, Uri};

use crate::answer::Answer;
use crate::exchange::Resume;
use crate::record::Record;
use crate::reference::resolved;

/// At which byte of the content a body begins that is kept: 0 for the whole, none where it is not kept. `part` is how much
/// is there already, and of how many bytes if that is known.
pub fn begins_at(
    status: u16,
    headers: &[(&str, &str)],
    part: Option<(u64, Option<u64>)>,
) -> Option<u64> {
    let headers = headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(value).ok()?))
    });
    let headers: HeaderMap = headers.collect();
    let record = |total| Record { address: String::new(), etag: None, last_modified: None, total };
    let resume = part.map(|(offset, total)| Resume { offset, record: record(total) });
    match Answer::of(status, &headers, resume.as_ref(), "the fuzz target") {
        Ok(Answer::Whole) => Some(0),
        Ok(Answer::Rest) => resume.map(|resume| resume.offset),
        Ok(Answer::NothingLeft | Answer::StartOver) | Err(_) => None,
    }
}

/// Where a redirect leads from an absolute address; empty where that is none.
pub fn leads_to(base: &str, location: &str) -> String {
    base.parse::<Uri>().map(|base| resolved(&base, location)).unwrap_or_default()
}
