//! Content that the caller has a say in.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use cam_fetch::{FetchError, FetchedFile, Options, Origin, fetch_file_if};
use cam_files::Sha256;

use crate::loopback::{Fault, Loopback, Reply, serve};
use crate::support::{content, names, options, place};

/// Fetches what does not begin like a web page.
fn fetch(url: &str, path: &Path, options: &Options) -> Result<FetchedFile, FetchError> {
    let accept = |path: &Path| {
        let bytes = fs::read(path)?;
        let is_page = bytes.is_empty() || bytes.starts_with(b"<html") || bytes.starts_with(b"<!");
        if is_page { Err("a web page, or nothing".into()) } else { Ok(()) }
    };
    fetch_file_if(url, path, options, &accept, &mut |_| ControlFlow::Continue(()))
}

/// A server that is unwell at first.
fn recovering(bad: Reply) -> Loopback {
    let asked = AtomicUsize::new(0);
    Loopback::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => bad.clone(),
        _ => serve(request, &content(1), "\"v1\""),
    })
}

#[test]
fn what_is_refused_is_not_kept_and_the_next_call_fetches_anew() {
    for bad in [&b"<!doctype html>"[..], b""] {
        let server = recovering(Reply::new(200, bad).with("ETag", "\"v0\""));
        let (directory, path) = place();
        let url = server.url("/model.pth");

        let error = fetch(&url, &path, &options()).expect_err("a bad answer");
        assert!(matches!(error, FetchError::Refused { .. }), "{error:?}");
        let expected = "gave something else than was asked for, and it was not kept: a web page";
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.can_resume());
        assert_eq!(names(directory.path()), [""; 0]);

        let file = fetch(&url, &path, &options()).expect("a good answer");
        assert_eq!(file.origin, Origin::Downloaded);
        assert_eq!(fs::read(&path).expect("the file"), content(1));
    }
}

#[test]
fn what_lies_there_and_would_be_refused_is_fetched_anew() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let (_directory, path) = place();
    fs::write(&path, "<html>kept by an earlier version</html>").expect("writable");

    let file = fetch(&server.url("/"), &path, &options()).expect("a good server");

    assert_eq!(file.origin, Origin::Downloaded);
    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

#[test]
fn a_broken_download_is_not_asked_about_and_goes_on() {
    let asked = AtomicUsize::new(0);
    let server = Loopback::start(move |request| {
        let reply = serve(request, &content(1), "\"v1\"");
        match asked.fetch_add(1, Ordering::SeqCst) {
            0 => reply.failing(Fault::CutAfter(1000)),
            _ => reply,
        }
    });
    let (_directory, path) = place();
    let error = fetch(&server.url("/"), &path, &options()).expect_err("it breaks off");
    assert!(error.can_resume(), "{error}");
    let file = fetch(&server.url("/"), &path, &options()).expect("the rest");
    assert_eq!(file.origin, Origin::Resumed { from: 1000 });
}

#[test]
fn a_right_digest_does_not_make_a_web_page_acceptable() {
    let page = b"<html>";
    let server = Loopback::start(move |_| Reply::new(200, page));
    let (directory, path) = place();
    let options = Options { sha256: Some(Sha256::of(page).into()), ..options() };
    let error = fetch(&server.url("/"), &path, &options).expect_err("refused");
    assert!(matches!(error, FetchError::Refused { .. }), "{error:?}");
    assert_eq!(names(directory.path()), [""; 0]);
}
