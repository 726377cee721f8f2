//! A download that breaks, and the one after it.

use std::fs;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use cam_fetch::{FetchError, Options, Origin, Progress, fetch_file};
use cam_files::Sha256;

use crate::loopback::{Fault, Framing, Loopback, Reply, Request, serve};
use crate::support::{content, fetch, names, options, part_of, place};

const CUT: usize = 100_000;

/// A server that breaks its first answer after [`CUT`] bytes and gives its later ones as it is told.
fn breaking_once(first: fn(&Request) -> Reply, then: fn(&Request) -> Reply) -> Loopback {
    let count = AtomicUsize::new(0);
    Loopback::start(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => first(request).failing(Fault::CutAfter(CUT)),
        _ => then(request),
    })
}

fn version_1(request: &Request) -> Reply {
    serve(request, &content(1), "\"v1\"")
}

fn version_2(request: &Request) -> Reply {
    serve(request, &content(2), "\"v2\"")
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let server = breaking_once(version_1, version_1);
    let (directory, path) = place();

    let (broken, _) = fetch(&server.url("/"), &path, &options());
    let broken = broken.expect_err("the connection was cut");
    assert!(broken.can_resume());
    assert!(
        matches!(broken, FetchError::Interrupted { done: 100_000, total: Some(300_007), .. }),
        "{broken}"
    );
    assert!(!path.exists());
    assert_eq!(fs::read(part_of(&path)).expect("the part"), &content(1)[..CUT]);

    let (file, told) = fetch(&server.url("/"), &path, &options());
    assert_eq!(file.expect("the rest").origin, Origin::Resumed { from: CUT as u64 });
    assert_eq!(told.first(), Some(&Progress { done: CUT as u64, total: Some(300_007) }));
    assert!(told.is_sorted_by_key(|progress| progress.done));
    assert_eq!(fs::read(&path).expect("the file"), content(1));
    assert_eq!(names(directory.path()), ["model.pth"]);

    let second = server.requests().pop().expect("two requests");
    assert_eq!(second.range_start(), Some(CUT));
    assert_eq!(second.header("if-range"), Some("\"v1\""));
}

#[test]
fn a_download_broken_many_times_is_whole_in_the_end() {
    let server = Loopback::start(|request| version_1(request).failing(Fault::CutAfter(CUT)));
    let (_directory, path) = place();
    let broken =
        (0..2).map(|_| fetch(&server.url("/"), &path, &options()).0).filter(Result::is_err).count();
    assert_eq!(broken, 2);
    fetch(&server.url("/"), &path, &options()).0.expect_err("7 bytes are missing");
    fetch(&server.url("/"), &path, &options()).0.expect("the last 7 bytes");
    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

#[test]
fn ranges_survive_a_redirect() {
    let broken = AtomicUsize::new(0);
    let server = Loopback::start(move |request| match request.path.as_str() {
        "/old" => Reply::new(302, []).with("Location", "/new"),
        _ if broken.fetch_add(1, Ordering::SeqCst) == 0 => {
            version_1(request).failing(Fault::CutAfter(CUT))
        }
        _ => version_1(request),
    });
    let (_directory, path) = place();

    fetch(&server.url("/old"), &path, &options()).0.expect_err("the connection was cut");
    let file = fetch(&server.url("/old"), &path, &options()).0.expect("the rest");

    assert_eq!(file.origin, Origin::Resumed { from: CUT as u64 });
    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let whole = |_: &Request| Reply::new(200, content(1)).with("ETag", "\"v1\"");
    let server = breaking_once(version_1, whole);
    let (_directory, path) = place();

    fetch(&server.url("/"), &path, &options()).0.expect_err("the connection was cut");
    let (file, told) = fetch(&server.url("/"), &path, &options());

    assert_eq!(file.expect("the whole").origin, Origin::Downloaded);
    assert_eq!(told.first().map(|progress| progress.done), Some(0));
    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

#[test]
fn a_changed_file_is_never_joined_to_an_old_part() {
    // One server keeps to If-Range, one ignores it and says another tag, one gives only another length.
    let ignores = |request: &Request| match request.range_start() {
        None => version_2(request),
        Some(start) => Reply::new(206, &content(2)[start..])
            .with("Content-Range", format!("bytes {start}-300006/300007"))
            .with("ETag", "\"v2\""),
    };
    let longer = |request: &Request| match request.range_start() {
        None => version_2(request),
        Some(start) => Reply::new(206, &content(3)[start..])
            .with("Content-Range", format!("bytes {start}-300006/300008")),
    };
    for then in [version_2, ignores, longer] {
        let server = breaking_once(version_1, then);
        let (directory, path) = place();

        fetch(&server.url("/"), &path, &options()).0.expect_err("the connection was cut");
        let file = fetch(&server.url("/"), &path, &options()).0.expect("the new version");

        assert_eq!(file.origin, Origin::Downloaded);
        assert_eq!(fs::read(&path).expect("the file"), content(2));
        assert_eq!(names(directory.path()), ["model.pth"]);
    }
}

#[test]
fn a_part_of_another_address_is_not_continued() {
    let server = Loopback::start(|request| match request.path.as_str() {
        "/one" => version_1(request).failing(Fault::CutAfter(CUT)),
        _ => serve(request, &content(2), "\"v1\""),
    });
    let (_directory, path) = place();

    fetch(&server.url("/one"), &path, &options()).0.expect_err("the connection was cut");
    fetch(&server.url("/two"), &path, &options()).0.expect("a good server");

    assert_eq!(server.requests().pop().expect("two requests").header("range"), None);
    assert_eq!(fs::read(&path).expect("the file"), content(2));
}

#[test]
fn a_part_without_a_note_is_not_continued() {
    let server = Loopback::start(version_1);
    let (_directory, path) = place();
    fs::write(part_of(&path), "from who knows where").expect("writable");

    fetch(&server.url("/"), &path, &options()).0.expect("a good server");

    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

#[test]
fn content_that_cannot_be_recognised_is_only_continued_where_a_digest_judges_it() {
    let anonymous = |request: &Request| match request.range_start() {
        None => Reply::new(200, content(1)),
        Some(start) => Reply::new(206, &content(1)[start..])
            .with("Content-Range", format!("bytes {start}-300006/300007")),
    };
    let digest = Sha256::of(&content(1)).into();
    for (sha256, expected) in [(None, None), (Some(digest), Some(CUT))] {
        let options = Options { sha256, ..options() };
        let server = breaking_once(anonymous, anonymous);
        let (_directory, path) = place();

        fetch(&server.url("/"), &path, &options).0.expect_err("the connection was cut");
        fetch(&server.url("/"), &path, &options).0.expect("a good server");

        let second = server.requests().pop().expect("two requests");
        assert_eq!((second.range_start(), second.header("if-range")), (expected, None));
        assert_eq!(fs::read(&path).expect("the file"), content(1));
    }
}

#[test]
fn a_part_that_is_already_whole_only_needs_its_name() {
    let server =
        breaking_once(|request| version_1(request).framed(Framing::Claims(300_008)), version_1);
    let (_directory, path) = place();
    fetch(&server.url("/"), &path, &options()).0.expect_err("the length was a lie");
    // As after a crash between the last byte and the new name.
    fs::write(part_of(&path), content(1)).expect("writable");
    let note = path.with_file_name("model.pth.part.note");
    let text = fs::read_to_string(&note).expect("the note").replace("300008", "300007");
    fs::write(&note, text).expect("writable");

    let file = fetch(&server.url("/"), &path, &options()).0.expect("nothing is left to fetch");

    assert_eq!(file.origin, Origin::Resumed { from: 300_007 });
    assert_eq!(server.requests().len(), 2);
    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

#[test]
fn a_part_longer_than_the_file_starts_over() {
    let server = breaking_once(version_1, version_1);
    let (_directory, path) = place();
    fetch(&server.url("/"), &path, &options()).0.expect_err("the connection was cut");
    fs::write(part_of(&path), vec![0; 400_000]).expect("writable");

    let file = fetch(&server.url("/"), &path, &options()).0.expect("a good server");

    // Plain, 416 for the range beyond the end, plain again.
    assert_eq!(server.requests().len(), 3);
    assert_eq!(file.origin, Origin::Downloaded);
    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

#[test]
fn a_stopped_download_keeps_what_has_come() {
    let server = Loopback::start(version_1);
    let (_directory, path) = place();

    let stopped =
        fetch_file(&server.url("/"), &path, &options(), &mut |progress| match progress.done {
            0..CUT_U64 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        });

    assert!(matches!(stopped, Err(FetchError::Cancelled { .. })));
    let kept = fs::metadata(part_of(&path)).expect("the part").len();
    assert!(kept >= CUT_U64);
    let file = fetch(&server.url("/"), &path, &options()).0.expect("the rest");
    assert_eq!(file.origin, Origin::Resumed { from: kept });
    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

const CUT_U64: u64 = CUT as u64;
