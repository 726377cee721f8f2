//! Transfers that break, lie, or meet each other.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use cam_files::Sha256;

use super::place::{Place, tree};
use super::server::{COMMIT, File, Hub, git_sha1, is_for, large, small};
use crate::loopback::{Fault, Framing, Reply, Request, serve};
use crate::support::content;

const CUT: usize = 100_000;

fn model() -> Vec<File> {
    vec![small("config.json", "{}"), large("model.safetensors", content(1))]
}

/// A hub whose store answers like this.
fn store(answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Hub {
    Hub::that(model(), Box::new(|_| None), Box::new(answer))
}

/// A hub that answers like this for `config.json`, which its users get as it stands.
fn config(answer: fn(&Request) -> Reply) -> Hub {
    let answer = move |request: &Request| {
        is_for(request, "config.json").then(|| answer(request).with("X-Repo-Commit", COMMIT))
    };
    Hub::that(model(), Box::new(answer), Box::new(|_| None))
}

/// The error, and that nothing is left which could be taken for the file.
fn refused(hub: &Hub, name: &str) -> String {
    let place = Place::new();
    let error = place.files(hub, "hf:org/model", &[name]).expect_err("a bad file").to_string();
    assert!(tree(&place.path("cam")).is_empty(), "{error}: {:?}", tree(&place.path("cam")));
    error
}

#[test]
fn a_broken_transfer_goes_on_where_it_stopped() {
    let count = AtomicUsize::new(0);
    let hub = store(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Some(serve(request, &content(1), "\"stored\"").failing(Fault::CutAfter(CUT))),
        _ => None,
    });
    let place = Place::new();
    let error = place.model(&hub, "hf:org/model").expect_err("it broke");
    assert!(error.can_resume(), "{error}");
    let file = place.own().join("snapshots").join(COMMIT).join("model.safetensors");
    assert!(!file.exists());

    let model = place.model(&hub, "hf:org/model").expect("the rest");

    assert_eq!(fs::read(&file).expect("there"), content(1));
    assert_eq!(hub.store.requests()[1].range_start(), Some(CUT));
    assert_eq!(crate::support::names(&model.folder.path), ["config.json", "model.safetensors"]);
}

#[test]
fn several_at_once_fetch_a_file_once() {
    let hub = store(|_| {
        thread::sleep(Duration::from_millis(150));
        None
    });
    let place = Place::new();
    let paths: Vec<_> = thread::scope(|scope| {
        let calls: Vec<_> =
            (0..4).map(|_| scope.spawn(|| place.model(&hub, "hf:org/model"))).collect();
        let path = |call: thread::ScopedJoinHandle<'_, Result<cam_fetch::hub::Model, _>>| {
            call.join().expect("no panic").expect("a good hub").folder.path
        };
        calls.into_iter().map(path).collect()
    });
    assert!(paths.iter().all(|path| *path == paths[0]));
    assert_eq!(hub.store.requests().len(), 1);
    assert_eq!(fs::read(paths[0].join("model.safetensors")).expect("there"), content(1));
    assert_eq!(crate::support::names(&paths[0]), ["config.json", "model.safetensors"]);
}

#[test]
fn other_bytes_of_the_right_length_are_refused() {
    let error = refused(
        &store(|request| Some(serve(request, &content(2), "\"stored\""))),
        "model.safetensors",
    );
    assert!(
        error.contains("has sha-256") && error.contains(&Sha256::of(&content(1)).to_string()),
        "{error}"
    );

    let error = refused(&config(|request| serve(request, b"[]", &git_sha1(b"{}"))), "config.json");
    let expected =
        format!("its git sha-1 is {}, the hub announced {}", git_sha1(b"[]"), git_sha1(b"{}"));
    assert!(error.ends_with(&expected), "{error}");
}

#[test]
fn more_and_less_than_announced_are_refused() {
    let longer = || [content(1), b"more".to_vec()].concat();
    for framing in [Framing::Length, Framing::Chunked] {
        let hub = store(move |_| Some(Reply::new(200, longer()).framed(framing)));
        let error = refused(&hub, "model.safetensors");
        assert!(error.contains("the hub announced 300007"), "{error}");
    }
    let hub = store(|_| Some(Reply::new(200, content(1).split_off(7))));
    assert!(refused(&hub, "model.safetensors").contains("has sha-256"));
}

#[test]
fn a_size_that_is_a_lie_is_refused_without_a_digest_too() {
    let error =
        refused(&config(|_| Reply::new(200, "{}").with("X-Linked-Size", "3")), "config.json");
    assert!(error.ends_with("it has 2 bytes, the hub announced 3"), "{error}");
    let error =
        refused(&config(|_| Reply::new(200, "{}").with("X-Linked-Size", "1")), "config.json");
    assert!(error.contains("the hub announced 1"), "{error}");
}

#[test]
fn a_file_that_ends_early_is_not_taken_for_whole() {
    let hub = config(|_| Reply::new(200, "{}").framed(Framing::Claims(9)));
    let place = Place::new();
    let error = place.files(&hub, "hf:org/model", &["config.json"]).expect_err("cut");
    assert!(error.to_string().contains("broke off after 2 bytes of 9"), "{error}");
    assert!(!place.own().join("snapshots").join(COMMIT).join("config.json").exists());
}

#[test]
fn a_digest_is_read_from_every_form_of_tag() {
    let answers: [fn(&Request) -> Reply; 6] = [
        |request| serve(request, b"{}", &format!("\"{}\"", git_sha1(b"{}"))),
        |request| serve(request, b"{}", &format!("W/\"{}\"", git_sha1(b"{}"))),
        |request| serve(request, b"{}", &git_sha1(b"{}").to_uppercase()),
        |request| serve(request, b"{}", &format!("\"{}\"", Sha256::of(b"{}"))),
        |request| serve(request, b"{}", "\"5d41402abc4b2a76b9719d911017c592\""),
        // No tag at all: the length has to do.
        |_| Reply::new(200, "{}"),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let place = Place::new();
        let folder = place.files(&config(answer), "hf:org/model", &["config.json"]);
        let folder = folder.unwrap_or_else(|error| panic!("answer {number}: {error}"));
        assert_eq!(fs::read(folder.path.join("config.json")).expect("there"), b"{}");
    }
}

#[test]
fn a_wrong_digest_in_a_weak_tag_is_wrong() {
    let hub = config(|request| serve(request, b"[]", &format!("W/\"{}\"", git_sha1(b"{}"))));
    assert!(refused(&hub, "config.json").contains("its git sha-1 is"));
}

#[test]
fn a_web_page_in_a_file_s_place_is_refused() {
    let page = "\n<!DOCTYPE html><html>log in</html>";
    let hub = config(|_| Reply::new(200, "\n<!DOCTYPE html><html>log in</html>"));
    assert!(refused(&hub, "config.json").ends_with("it is a web page"));
    let hub = store(move |_| Some(Reply::new(200, page)));
    assert!(refused(&hub, "model.safetensors").contains("has sha-256"));
}
