use bytes::Bytes;
use cam_explain::Error;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Response, StatusCode};
use maud::Markup;

use crate::desk::Refusal;

/// An answer as it goes to the browser.
pub type Reply = Response<Full<Bytes>>;

/// What a page may do: nothing that is not its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src \
                      'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What stands in every answer.
const ALWAYS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // With none at all, browsers hide from us that a form is our own.
    ("referrer-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Bytes of a type.
pub fn bytes(status: StatusCode, kind: &'static str, content: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(content.into()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    reply
}

/// What never changes while it is served: a browser keeps it for a while.
pub fn kept(kind: &'static str, content: impl Into<Bytes>) -> Reply {
    let mut reply = bytes(StatusCode::OK, kind, content);
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=60"));
    reply
}

/// What stays the same for as long as its address does: a browser need not ask for it again.
pub fn lasting(kind: &'static str, content: impl Into<Bytes>) -> Reply {
    let mut reply = bytes(StatusCode::OK, kind, content);
    let lasting = HeaderValue::from_static("private, max-age=86400, immutable");
    reply.headers_mut().insert(CACHE_CONTROL, lasting);
    reply
}

/// A file of what was computed.
pub fn file(kind: &'static str, content: impl Into<Bytes>) -> Reply {
    bytes(StatusCode::OK, kind, content)
}

/// A page.
pub fn html(status: StatusCode, page: Markup) -> Reply {
    bytes(status, "text/html; charset=utf-8", page.into_string())
}

/// A sentence.
pub fn text(status: StatusCode, sentence: impl Into<String>) -> Reply {
    bytes(status, "text/plain; charset=utf-8", sentence.into())
}

/// Where to go on, once something was changed.
pub fn see(place: &str) -> Reply {
    let mut reply = text(StatusCode::SEE_OTHER, "");
    // An address is written in ASCII.
    if let Ok(place) = HeaderValue::from_str(place) {
        reply.headers_mut().insert(LOCATION, place);
    }
    reply
}

/// What a refusal is told as: a status and a sentence.
pub fn refused(refusal: &Refusal) -> (StatusCode, String) {
    match refusal {
        Refusal::Failed(error @ Error::Usage(_)) => (StatusCode::BAD_REQUEST, error.reason()),
        Refusal::Failed(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.reason()),
        Refusal::Busy(waiting) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{waiting} questions wait already: ask again in a moment"),
        ),
        Refusal::TooLong(patience) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!(
                "it took longer than {} s and was ended: ask for less, or on the command line",
                patience.as_secs()
            ),
        ),
        Refusal::BrokeOff => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the work broke off: what was printed where the program was started says why"
                .to_owned(),
        ),
    }
}

/// A refusal where no page is asked for.
pub fn refusal(refusal: &Refusal) -> Reply {
    let (status, sentence) = refused(refusal);
    let mut reply = text(status, sentence + "\n");
    if status == StatusCode::SERVICE_UNAVAILABLE {
        reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    reply
}
