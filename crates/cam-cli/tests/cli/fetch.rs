//! What comes over the network: weights into the cache, images into memory.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cam_files::Sha256;

use crate::loopback::{Fault, Framing, Loopback, Reply, serve};
use crate::support::{Place, fixture, photograph};

/// Far more than a client on this machine needs, far less than the server's silence.
const PROMPTLY: Duration = Duration::from_secs(3);

/// Enough for the binary to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of one weight file; a name with its digest is checked, and resumed most safely.
fn weights_server(content: &'static str) -> Loopback {
    Loopback::start(move |request| serve(request, &fixture(content), "\"v1\""))
}

fn explain(weights: &str) -> String {
    format!("explain cat.png --class 1 --size 96x64 --json --weights {weights}")
}

#[test]
fn a_query_and_a_concept_come_from_a_server() {
    let server = Loopback::start(|request| match request.path.as_str() {
        "/cat.png" => Reply::new(200, photograph("cat")),
        "/pictures/coffee.png?size=2" => {
            Reply::new(200, photograph("coffee")).framed(Framing::Chunked)
        }
        _ => Reply::new(404, []),
    });
    let place = Place::new();
    let (query, concept) = (server.url("/cat.png"), server.url("/pictures/coffee.png?size=2"));
    let document = place.say(&format!("explain {query} --concept {concept} --json")).done().json();
    let local = place.say("explain cat.png --concept coffee.png --json").done().json();

    assert_eq!(document["queries"][0]["image"], query.as_str());
    assert_eq!(
        (&document["queries"][0]["name"], &document["concepts"][0]["name"]),
        (&"cat".into(), &"coffee".into())
    );
    assert_eq!(document["queries"][0]["questions"], local["queries"][0]["questions"]);
    assert_eq!(place.names("cache"), [""; 0], "images are not kept");
}

#[test]
fn an_image_that_does_not_come_is_an_error_that_names_its_address_once() {
    let server = Loopback::start(|request| match request.path.as_str() {
        "/forbidden.png" => Reply::new(403, []),
        "/broken.png" => Reply::new(200, photograph("cat")).failing(Fault::CutAfter(1000)),
        "/large.png" => Reply::new(200, []).framed(Framing::Claims(300 << 20)),
        "/page.png" => Reply::new(200, "<!DOCTYPE html><html></html>"),
        _ => Reply::new(404, []),
    });
    let place = Place::new();
    let names = ["missing.png", "forbidden.png", "broken.png", "large.png", "page.png"];
    let lines = names.map(|name| format!("explain {} --class 1", server.url(&format!("/{name}"))));
    let lines: Vec<&str> =
        lines.iter().map(String::as_str).chain(["explain http:// --class 1"]).collect();
    insta::assert_snapshot!(place.transcript(&lines).replace(&server.url(""), "http://[server]"));
}

#[test]
fn one_bad_address_of_several_queries_leaves_the_others() {
    let server = Loopback::start(|_| Reply::new(404, []));
    let place = Place::new();
    let words = format!("explain cat.png {} --class 1 --json", server.url("/x.png"));
    let document = place.say(&words).ends_with(3).json();
    assert_eq!(document["queries"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["failures"][0]["image"], server.url("/x.png").as_str());
}

#[test]
fn nobody_listening_is_an_error_and_nothing_is_said_to_be_kept() {
    // A port that was free a moment ago.
    let url = Loopback::start(|_| Reply::new(404, [])).url("/tiny.pth");
    let place = Place::new();
    for words in [format!("explain {url} --class 1"), explain(&url)] {
        let run = place.say(&words).ends_with(1);
        assert!(run.err.starts_with(&format!("cam: cannot reach {url}: ")), "{}", run.err);
        assert!(!run.err.contains("kept"), "{}", run.err);
    }
}

#[test]
fn weights_are_downloaded_once() {
    for name in ["tiny_basic.safetensors", "tiny_basic.pth"] {
        let server = weights_server(name);
        let place = Place::new();
        let words = explain(&server.url(&format!("/models/{name}")));
        let first = place.say(&words).done().json();
        let second = place.say(&words).done().json();

        assert_eq!(server.requests().len(), 1, "{name}");
        assert_eq!(first["weights_sha256"], Sha256::of(&fixture(name)).to_string().as_str());
        assert_eq!(first["queries"][0]["questions"], second["queries"][0]["questions"]);
    }
}

#[test]
fn two_servers_files_of_one_name_are_two_files() {
    let (basic, bottleneck) =
        (weights_server("tiny_basic.safetensors"), weights_server("tiny_bottleneck.safetensors"));
    let place = Place::new();
    let width = |server: &Loopback| {
        let words = explain(&server.url("/model.safetensors"));
        place.say(&words).done().json()["embedding_width"].clone()
    };
    assert_eq!((width(&basic), width(&bottleneck)), (12.into(), 28.into()));
}

#[test]
fn a_digest_in_the_name_that_does_not_fit_is_refused() {
    let server = weights_server("tiny_basic.pth");
    let place = Place::new();
    let fetch = format!("fetch resnet18 --mirror {}", server.url("/"));
    let explain = explain(&server.url("/tiny-00000000.pth"));
    let seen = place.transcript(&[&fetch, &explain]);
    insta::assert_snapshot!(seen.replace(&server.url(""), "http://[server]"));

    assert_eq!(
        server.requests()[0].path,
        "/resnet18-f37072fd.pth",
        "the mirror is asked for the same name"
    );
    assert_eq!(
        place.names("cache/weights"),
        [""; 0],
        "nothing lies under the final name, nor beside it"
    );
    assert!(!place.say("list models").done().text().contains("fetched"));
}

#[test]
fn an_address_that_names_no_file_is_refused() {
    let place = Place::new();
    let lines = [
        explain("http://127.0.0.1:9/"),
        explain("http://127.0.0.1:9/.."),
        "fetch resnet18 --mirror here".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    insta::assert_snapshot!(place.transcript(&lines));
}

#[test]
fn a_web_page_in_place_of_weights_is_a_bad_model() {
    let server = weights_server("html.pth");
    let run = Place::new().say(&explain(&server.url("/model.pth"))).ends_with(4);
    assert!(run.err.contains("is an HTML page"), "{}", run.err);
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let content = fixture("tiny_basic.pth");
    let asked = AtomicUsize::new(0);
    let served = content.clone();
    let server = Loopback::start(move |request| {
        let reply = serve(request, &served, "\"v1\"");
        if asked.fetch_add(1, Ordering::SeqCst) == 0 {
            reply.failing(Fault::CutAfter(20_000))
        } else {
            reply
        }
    });
    let place = Place::new();
    let words = explain(&server.url("/tiny.pth"));

    let run = place.say(&words).ends_with(1);
    assert!(run.err.ends_with("what was downloaded is kept\n"), "{}", run.err);
    let document = place.say(&words).done().json();
    assert_eq!(server.requests()[1].range_start(), Some(20_000));
    assert_eq!(document["weights_sha256"], Sha256::of(&content).to_string().as_str());
}

#[test]
fn an_interrupted_download_ends_promptly_and_goes_on_later() {
    const CAME: usize = 10_000;
    let content = fixture("tiny_basic.pth");
    let digest = Sha256::of(&content).to_string();
    let name = format!("tiny-{}.pth", &digest[..8]);
    let asked = AtomicUsize::new(0);
    let server = Loopback::start(move |request| {
        let reply = serve(request, &content, "\"v1\"");
        if asked.fetch_add(1, Ordering::SeqCst) == 0 {
            reply.failing(Fault::StallAfter(CAME))
        } else {
            reply
        }
    });
    let place = Place::new();
    let words = explain(&server.url(&format!("/{name}")));
    let part = place.path(format!("cache/weights/{name}.part"));
    let came = || part.metadata().is_ok_and(|metadata| metadata.len() == CAME as u64);

    let mut command = place.command(words.split(' '));
    let running =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    wait_until(came);
    let since = Instant::now();
    Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("a signal");
    let output = running.wait_with_output().expect("it ends");

    assert_eq!(output.status.code(), Some(130));
    assert!(since.elapsed() < PROMPTLY, "{:?}", since.elapsed());
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(err, "cam: interrupted: what was downloaded is kept; run it again to go on\n");
    assert!(came(), "the part is kept");
    assert!(!place.exists(&format!("cache/weights/{name}")));

    let document = place.say(&words).done().json();
    assert_eq!(server.requests()[1].range_start(), Some(CAME));
    assert_eq!(document["weights_sha256"], digest.as_str());
    assert!(place.exists(&format!("cache/weights/{name}")) && !part.exists());
}

fn wait_until(happened: impl Fn() -> bool) {
    let since = Instant::now();
    while !happened() {
        assert!(since.elapsed() < PATIENCE, "it did not happen");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn progress_is_no_part_of_what_goes_into_a_file() {
    let server = weights_server("tiny_basic.pth");
    let run = Place::new().say(&explain(&server.url("/tiny.pth"))).done();
    assert_eq!(run.err, "");
}
