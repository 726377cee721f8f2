//! When nothing goes wrong.

use std::fs;

use cam_fetch::{Options, Origin, fetch_bytes};
use cam_files::Sha256;

use crate::loopback::{Framing, Loopback, Reply, serve};
use crate::support::{content, fetch, names, options, place};

#[test]
fn a_file_arrives_whole_under_its_name_and_leaves_nothing_beside_it() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let (directory, path) = place();

    let (file, _) = fetch(&server.url("/model.pth"), &path, &options());

    let file = file.expect("a good server");
    assert_eq!(file.path, path);
    assert_eq!(file.origin, Origin::Downloaded);
    assert_eq!(file.sha256, Sha256::of(&content(1)));
    assert_eq!(fs::read(&path).expect("the file"), content(1));
    assert_eq!(names(directory.path()), ["model.pth"]);
}

#[test]
fn progress_rises_from_nothing_to_the_total() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let (_directory, path) = place();

    let (_, told) = fetch(&server.url("/"), &path, &options());

    let total = content(1).len() as u64;
    assert!(told.iter().all(|progress| progress.total == Some(total)));
    assert!(told.is_sorted_by_key(|progress| progress.done));
    assert_eq!(told.first().map(|progress| progress.done), Some(0));
    assert_eq!(told.last().map(|progress| progress.done), Some(total));
}

#[test]
fn a_chunked_body_arrives_whole_though_its_length_is_unknown() {
    let server = Loopback::start(|_| Reply::new(200, content(1)).framed(Framing::Chunked));
    let (_directory, path) = place();

    let (file, told) = fetch(&server.url("/"), &path, &options());

    file.expect("a good server");
    assert!(told.iter().all(|progress| progress.total.is_none()));
    assert_eq!(fs::read(&path).expect("the file"), content(1));
    assert_eq!(fetch_bytes(&server.url("/"), &options()).expect("a good server"), content(1));
}

#[test]
fn an_empty_file_is_a_file() {
    let server = Loopback::start(|_| Reply::new(200, []));
    let (_directory, path) = place();

    fetch(&server.url("/"), &path, &options()).0.expect("a good server");

    assert!(fs::read(&path).expect("the file").is_empty());
    assert!(fetch_bytes(&server.url("/"), &options()).expect("a good server").is_empty());
}

#[test]
fn a_file_that_is_there_is_not_fetched_again() {
    let server = Loopback::start(|_| Reply::new(500, []));
    let (_directory, path) = place();
    fs::write(&path, content(1)).expect("writable");
    let expected = Sha256::of(&content(1));

    for sha256 in [None, Some(expected.into())] {
        let options = Options { sha256, ..options() };
        let file = fetch(&server.url("/"), &path, &options).0.expect("no need to ask");
        assert_eq!((file.origin, file.sha256), (Origin::AlreadyThere, expected));
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_file_with_another_digest_is_replaced() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let (_directory, path) = place();
    fs::write(&path, "damaged").expect("writable");
    let options = Options { sha256: Some(Sha256::of(&content(1)).into()), ..options() };

    let file = fetch(&server.url("/"), &path, &options).0.expect("a good server");

    assert_eq!(file.origin, Origin::Downloaded);
    assert_eq!(Sha256::of_file(&path).expect("the file"), Sha256::of(&content(1)));
}

#[test]
fn a_redirect_is_followed() {
    let server = Loopback::start(|request| match request.path.as_str() {
        "/old" => Reply::new(302, []).with("Location", "/moved?to=here"),
        "/moved?to=here" => Reply::new(307, "elsewhere").with("Location", "/new"),
        _ => serve(request, &content(1), "\"v1\""),
    });
    let (_directory, path) = place();

    fetch(&server.url("/old"), &path, &options()).0.expect("a good server");

    assert_eq!(fs::read(&path).expect("the file"), content(1));
    assert_eq!(fetch_bytes(&server.url("/old"), &options()).expect("a good server"), content(1));
}

#[test]
fn a_server_on_this_machine_may_redirect_to_another_one_here() {
    let other = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let there = other.url("/there");
    let server = Loopback::start(move |_| Reply::new(302, []).with("Location", there.as_str()));
    let (_directory, path) = place();

    fetch(&server.url("/"), &path, &options()).0.expect("a good server");

    assert_eq!(fs::read(&path).expect("the file"), content(1));
    assert_eq!(fetch_bytes(&server.url("/"), &options()).expect("a good server"), content(1));
}

#[test]
fn a_right_digest_passes_whole_or_in_part() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let digest = Sha256::of(&content(1)).to_string();
    for digits in [8, 9, 64] {
        let sha256 = digest.get(..digits).expect("64 digits").parse().expect("a digest");
        let options = Options { sha256: Some(sha256), ..options() };
        let (_directory, path) = place();
        fetch(&server.url("/"), &path, &options).0.expect("the right digest");
        fetch_bytes(&server.url("/"), &options).expect("the right digest");
    }
}

#[test]
fn missing_directories_are_created() {
    let server = Loopback::start(|request| serve(request, &content(1), "\"v1\""));
    let (directory, _) = place();
    let path = directory.path().join("a/b/model.pth");

    fetch(&server.url("/"), &path, &options()).0.expect("a good server");

    assert_eq!(fs::read(&path).expect("the file"), content(1));
}

#[test]
fn the_server_is_told_who_asks_and_asked_for_plain_bytes() {
    let server = Loopback::start(|_| Reply::new(200, "x"));
    fetch_bytes(&server.url("/"), &options()).expect("a good server");

    let requests = server.requests();
    let request = requests.first().expect("one request");
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert!(request.header("user-agent").is_some_and(|agent| agent.starts_with("cam-fetch/")));
    assert_eq!(request.header("range"), None);
}
