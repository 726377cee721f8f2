//! Two that want the same file at once.

use std::fs;
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use cam_fetch::{FetchError, Origin, fetch_file};

use crate::loopback::{Fault, Loopback, serve};
use crate::support::{content, fetch, names, options, place};

#[test]
fn the_second_finds_what_the_first_has_fetched() {
    let server = Loopback::start(|request| {
        thread::sleep(Duration::from_millis(150));
        serve(request, &content(1), "\"v1\"")
    });
    let (directory, path) = place();
    let url = server.url("/");

    let mut origins: Vec<Origin> = thread::scope(|scope| {
        let fetches: Vec<_> =
            (0..4).map(|_| scope.spawn(|| fetch(&url, &path, &options()).0)).collect();
        let origin = |fetch: thread::ScopedJoinHandle<'_, Result<cam_fetch::FetchedFile, _>>| {
            fetch.join().expect("no panic").expect("a good server").origin
        };
        fetches.into_iter().map(origin).collect()
    });

    origins.sort_by_key(|origin| *origin == Origin::AlreadyThere);
    assert_eq!(
        origins,
        [Origin::Downloaded, Origin::AlreadyThere, Origin::AlreadyThere, Origin::AlreadyThere]
    );
    assert_eq!(server.requests().len(), 1);
    assert_eq!(fs::read(&path).expect("the file"), content(1));
    assert_eq!(names(directory.path()), ["model.pth"]);
}

#[test]
fn whoever_waits_may_stop_waiting() {
    let server = Loopback::start(|request| {
        serve(request, &content(1), "\"v1\"").failing(Fault::StallAfter(9))
    });
    let (_directory, path) = place();
    let url = server.url("/");

    thread::scope(|scope| {
        let first = scope.spawn(|| fetch(&url, &path, &options()).0);
        while server.requests().is_empty() {
            thread::sleep(Duration::from_millis(5));
        }
        let waiting = fetch_file(&url, &path, &options(), &mut |_| ControlFlow::Break(()));
        assert!(matches!(waiting, Err(FetchError::Cancelled { .. })), "{waiting:?}");
        assert_eq!(server.requests().len(), 1);
        first.join().expect("no panic").expect_err("the server is silent");
    });
}
