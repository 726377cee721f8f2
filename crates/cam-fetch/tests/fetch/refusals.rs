//! What must fail, and how it says so.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use cam_fetch::{FetchError, Options, fetch_bytes};
use cam_files::Sha256;

use crate::loopback::{Fault, Framing, Loopback, Reply, Request, serve};
use crate::support::{content, fetch, names, options, part_of, place};

/// The error of both ways to fetch from a server that always answers like this.
fn errors(
    options: &Options,
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> [FetchError; 2] {
    let server = Loopback::start(answer);
    let (_directory, path) = place();
    let of_file = fetch(&server.url("/x"), &path, options).0.expect_err("a bad server");
    assert!(!path.exists(), "{of_file}");
    [of_file, fetch_bytes(&server.url("/x"), options).expect_err("a bad server")]
}

#[test]
fn not_found_names_the_address() {
    for error in errors(&options(), |_| Reply::new(404, "<html>no such page</html>")) {
        assert!(matches!(error, FetchError::Status { status: 404, .. }), "{error:?}");
        assert!(!error.can_resume());
        let text = error.to_string();
        assert!(
            text.contains("http://127.0.0.1:")
                && text.contains("/x answered 404: there is nothing"),
            "{text}"
        );
    }
}

#[test]
fn other_statuses_are_errors_and_busy_servers_worth_another_try() {
    for (status, is_worth_it) in [
        (204, false),
        (206, false),
        (304, false),
        (403, false),
        (416, false),
        (429, true),
        (503, true),
    ] {
        for error in errors(&options(), move |_| Reply::new(status, [])) {
            assert!(
                matches!(error, FetchError::Status { status: found, .. } if found == status),
                "{error:?}"
            );
            assert_eq!(error.can_resume(), is_worth_it, "{error}");
        }
    }
}

#[test]
fn a_redirect_loop_ends() {
    for error in errors(&options(), |_| Reply::new(302, []).with("Location", "/x")) {
        assert!(matches!(error, FetchError::TooManyRedirects { limit: 10, .. }), "{error:?}");
    }
}

#[test]
fn a_redirect_to_what_cannot_be_fetched_names_the_scheme() {
    for (location, says) in [
        ("ftp://localhost/x", "unknown scheme: ftp"),
        ("file:///etc/hostname", "unknown scheme: file"),
        ("data:image/png;base64,AA", "unknown scheme: data"),
        ("http://", "empty string"),
    ] {
        for error in errors(&options(), move |_| Reply::new(302, []).with("Location", location)) {
            let expected = "/x redirects to something that cannot be fetched: ";
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
    for error in errors(&options(), |_| Reply::new(302, [])) {
        assert!(error.to_string().ends_with("missing a location header"), "{error}");
    }
}

#[test]
fn the_time_for_all_is_that_of_all_redirects_together() {
    let options = Options { total_timeout: Some(Duration::from_millis(600)), ..options() };
    let begun = Instant::now();
    let slow = |_: &Request| {
        std::thread::sleep(Duration::from_millis(250));
        Reply::new(302, []).with("Location", "/x")
    };
    for error in errors(&options, slow) {
        assert!(matches!(error, FetchError::TooSlow { .. }), "{error:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn too_large_is_refused_whether_declared_or_not() {
    let options = Options { max_bytes: 300_006, ..options() };
    for framing in [Framing::Length, Framing::Chunked] {
        for error in errors(&options, move |_| Reply::new(200, content(1)).framed(framing)) {
            assert!(
                matches!(error, FetchError::TooLarge { limit: 300_006, .. }),
                "{framing:?} {error:?}"
            );
        }
    }
    let exactly = Options { max_bytes: 300_007, ..options };
    let server = Loopback::start(|_| Reply::new(200, content(1)).framed(Framing::Chunked));
    assert_eq!(fetch_bytes(&server.url("/"), &exactly).expect("just enough").len(), 300_007);
}

#[test]
fn an_enormous_declared_length_reserves_no_memory() {
    let answer = |_: &Request| Reply::new(200, "x").framed(Framing::Claims(1 << 50));
    for error in errors(&options(), answer) {
        assert!(
            matches!(error, FetchError::TooLarge { bytes: 0x4_0000_0000_0000, .. }),
            "{error:?}"
        );
    }
    for error in errors(&Options { max_bytes: u64::MAX, ..options() }, answer) {
        assert!(matches!(error, FetchError::Interrupted { done: 1, .. }), "{error:?}");
    }
}

#[test]
fn what_is_too_large_leaves_no_part() {
    let server = Loopback::start(|_| Reply::new(200, content(1)).framed(Framing::Chunked));
    let (directory, path) = place();
    fetch(&server.url("/"), &path, &Options { max_bytes: 9, ..options() })
        .0
        .expect_err("too large");
    assert!(names(directory.path()).is_empty());
}

#[test]
fn a_short_body_is_an_error_that_can_be_resumed() {
    for framing in [Framing::Claims(300_008), Framing::Chunked] {
        let cut = Fault::CutAfter(300_007);
        for error in
            errors(&options(), move |_| Reply::new(200, content(1)).framed(framing).failing(cut))
        {
            assert!(
                matches!(error, FetchError::Interrupted { done: 300_007, .. }),
                "{framing:?} {error:?}"
            );
            assert!(error.can_resume());
        }
    }
}

#[test]
fn a_body_without_an_end_needs_a_digest() {
    let server = Loopback::start(|_| Reply::new(200, content(1)).framed(Framing::Close));
    let (_directory, path) = place();
    let error = fetch(&server.url("/"), &path, &options()).0.expect_err("is it whole?");
    assert!(matches!(error, FetchError::LengthUnknown { .. }), "{error:?}");

    let known = Options { sha256: Some(Sha256::of(&content(1)).into()), ..options() };
    fetch(&server.url("/"), &path, &known).0.expect("the digest tells");
    assert_eq!(fetch_bytes(&server.url("/"), &options()).expect("left to the decoder"), content(1));
}

#[test]
fn a_silent_server_is_given_up_before_and_within_the_body() {
    let options = Options { stall_timeout: Duration::from_millis(200), ..options() };
    let begun = Instant::now();
    for error in errors(&options, |_| Reply::new(200, content(1)).failing(Fault::StallAfter(1000)))
    {
        assert!(matches!(error, FetchError::Stalled { .. }), "{error:?}");
        assert!(error.can_resume());
    }
    let mute = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", mute.local_addr().expect("bound"));
    let error = fetch_bytes(&url, &options).expect_err("nobody answers");
    assert!(matches!(error, FetchError::Stalled { .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn the_cap_on_the_whole_is_kept() {
    let options = Options { total_timeout: Some(Duration::from_millis(200)), ..options() };
    for error in errors(&options, |_| Reply::new(200, content(1)).failing(Fault::StallAfter(1000)))
    {
        assert!(matches!(error, FetchError::TooSlow { .. }), "{error:?}");
    }
}

#[test]
fn a_wrong_digest_says_both_and_deletes_the_part() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let (directory, path) = place();
    let options = Options { sha256: Some("00000000".parse().expect("a prefix")), ..options() };

    let of_file = fetch(&server.url("/"), &path, &options).0.expect_err("wrong");
    let of_bytes = fetch_bytes(&server.url("/"), &options).expect_err("wrong");

    let got = Sha256::of(&content(1)).to_string();
    for error in [of_file, of_bytes] {
        assert!(error.to_string().contains(&format!("{got}, expected 00000000")), "{error}");
        assert!(!error.can_resume());
    }
    assert!(names(directory.path()).is_empty());
}

#[test]
fn a_compressed_body_that_nobody_asked_for_is_refused() {
    for error in errors(&options(), |_| Reply::new(200, "x").with("Content-Encoding", "gzip")) {
        assert!(
            matches!(&error, FetchError::Encoded { encoding, .. } if encoding == "gzip"),
            "{error:?}"
        );
    }
}

#[test]
fn only_http_is_fetched() {
    let (_directory, path) = place();
    for url in ["ftp://localhost/x", "file:///etc/hostname", "data:,x"] {
        let error = fetch(url, &path, &options()).0.expect_err(url);
        assert!(matches!(error, FetchError::Scheme { .. }), "{error:?}");
        assert!(matches!(fetch_bytes(url, &options()), Err(FetchError::Scheme { .. })));
    }
}

#[test]
fn nobody_listening_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let error =
        fetch_bytes(&format!("http://me:secret@{free}/"), &options()).expect_err("nobody listens");
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn a_server_that_does_not_speak_http_is_named_as_such() {
    use std::io::Write;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").expect("a client");
    });
    let error = fetch_bytes(&url, &options()).expect_err("not http");
    server.join().expect("the server");
    assert!(matches!(error, FetchError::Protocol { .. }), "{error:?}");
}

#[test]
fn a_destination_that_cannot_be_written_is_named() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let (directory, path) = place();
    fs::write(&path, "a file, not a directory").expect("writable");
    for destination in [path.join("model.pth"), directory.path().to_owned()] {
        let error = fetch(&server.url("/"), &destination, &options()).0.expect_err("unwritable");
        assert!(matches!(error, FetchError::File(cam_files::Error::Io { .. })), "{error:?}");
        assert!(error.to_string().contains(&directory.path().display().to_string()), "{error}");
    }
    let error = fetch(&server.url("/"), "..".as_ref(), &options()).0.expect_err("no name");
    assert!(matches!(error, FetchError::Destination { .. }), "{error:?}");
    assert!(server.requests().is_empty());
}

#[test]
fn a_part_that_cannot_be_written_is_named() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let (_directory, path) = place();
    fs::create_dir(part_of(&path)).expect("writable");
    let error = fetch(&server.url("/"), &path, &options()).0.expect_err("the part is a directory");
    assert!(
        matches!(&error, FetchError::File(cam_files::Error::Io { path: found, .. }) if *found == part_of(&path)),
        "{error:?}"
    );
}
