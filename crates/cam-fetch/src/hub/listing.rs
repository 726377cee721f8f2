//! Which files a repository has.

use serde::Deserialize;
use ureq::http::{Method, StatusCode};

use crate::address::Address;
use crate::bytes::collect;
use crate::exchange;
use crate::hub::reference::is_commit;
use crate::hub::refusal::Refusal;
use crate::hub::site::Site;
use crate::hub::{HubError, HubOptions, Reference, name};
use crate::options::Options;
use crate::redirect::{Question, follow};

/// A list of names is far smaller, whatever else the hub says of a repository.
const LARGEST: u64 = 64 << 20;

/// The files of a repository at a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The commit: 40 hexadecimal digits.
    pub commit: String,
    /// Paths in the repository, parts joined by `/`.
    pub files: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

/// Asks the hub which files a repository has. Names that would lead out of its folder are left out.
///
/// # Errors
/// [`HubError`], as for a file; [`HubError::Offline`] if the network is not to be used.
pub fn list(reference: &Reference, options: &HubOptions) -> Result<Listing, HubError> {
    let site = Site { reference, options };
    if options.offline {
        let (reference, missing) = (reference.to_string(), "the list of files".to_owned());
        return Err(HubError::Offline { reference, missing });
    }
    let url = site.listing(reference.revision());
    let no_hub = |problem: String| HubError::NoHub { url: site.shown(&url), problem };
    let answer: Answer = serde_json::from_slice(&bytes(site, &url)?)
        .map_err(|error| no_hub(format!("it gives no list of files ({error})")))?;
    if !is_commit(&answer.sha) {
        return Err(no_hub("the list of files names no commit".to_owned()));
    }
    let names = answer.siblings.into_iter().map(|sibling| sibling.rfilename);
    let files = names.filter(|name| name::check(name).is_ok()).collect();
    Ok(Listing { commit: answer.sha.to_ascii_lowercase(), files })
}

fn bytes(site: Site<'_>, url: &str) -> Result<Vec<u8>, HubError> {
    let address = Address::parse(url)?;
    let fetch = &site.options.fetch;
    let options = Options { max_bytes: LARGEST.min(fetch.max_bytes), ..fetch.clone() };
    let headers = exchange::headers(None);
    let question = Question { method: Method::GET, headers: &headers, goes_on: &|_| true };
    let response = follow(&address, &options, &question)?;
    if response.status() != StatusCode::OK {
        let revision = site.reference.revision();
        let refusal = Refusal { site, revision, file: None, url };
        return Err(refusal.error(response.status().as_u16(), response.headers()));
    }
    Ok(collect(exchange::read(response, &address, None)?, &address, &options)?)
}
