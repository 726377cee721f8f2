//! Redirects that lead somewhere else than to what was asked for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::loopback::{Loopback, Reply};
use crate::support::{Place, Run, photograph};

/// A proxy that brings, from wherever in the world, a redirect to one place. Gives its address.
fn world_that_redirects_to(location: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            redirect(&stream, &location).ok();
        }
    });
    format!("http://{address}")
}

fn redirect(mut stream: &TcpStream, location: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = || -> std::io::Result<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
        Ok(head)
    };
    if head()?.starts_with("CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
        head()?;
    }
    let lines = [
        "HTTP/1.1 302 Found",
        &format!("Location: {location}"),
        "Content-Length: 0",
        "Connection: close",
        "",
        "",
    ];
    stream.write_all(lines.join("\r\n").as_bytes())
}

fn embed(place: &Place, proxy: &str, allowed: Option<&str>, words: &str) -> Run {
    let mut command = place.command(words.split_whitespace());
    command.env("ALL_PROXY", proxy);
    command.envs(allowed.map(|value| ("CAM_ALLOW_LOCAL_REDIRECTS", value)));
    Run::of(command.output().expect("the binary runs"))
}

#[test]
fn no_server_elsewhere_chooses_what_is_asked_on_this_machine() {
    let here = Loopback::start(|_| Reply::new(200, photograph("cat")));
    let proxy = world_that_redirects_to(here.url("/cat.png"));
    let place = Place::new();
    for words in [
        "embed http://pictures.example/cat.png --out e.npy",
        "embed cat.png --out e.npy --weights http://weights.example/w.safetensors",
    ] {
        for allowed in [None, Some(""), Some("0")] {
            let run = embed(&place, &proxy, allowed, words).ends_with(1);
            let says = ["redirects to http://127.0.0.1:", "this machine: refused"];
            assert!(says.iter().all(|says| run.err.contains(says)), "{}", run.err);
            assert!(run.err.contains("CAM_ALLOW_LOCAL_REDIRECTS=1"), "{}", run.err);
        }
    }
    assert!(here.requests().is_empty(), "it was asked nevertheless");
    let words = "embed http://pictures.example/cat.png --out e.npy";
    embed(&place, &proxy, Some("1"), words).done();
    assert_eq!(here.requests().len(), 1);
}

#[test]
fn what_was_typed_may_be_on_this_machine_and_stay_there() {
    let place = Place::new();
    let other = Loopback::start(|_| Reply::new(200, photograph("cat")));
    let there = other.url("/cat.png");
    let server = Loopback::start(move |_| Reply::new(302, []).with("Location", there.as_str()));
    place.cam(["embed", &server.url("/x.png"), "--out", "e.npy"]).done();
}

#[test]
fn a_redirect_to_a_file_says_so() {
    let server = Loopback::start(|_| Reply::new(302, []).with("Location", "file:///etc/passwd"));
    let place = Place::new();
    let run = place.cam(["embed", &server.url("/x.png"), "--out", "e.npy"]).ends_with(1);
    let says = "redirects to something that cannot be fetched: unknown scheme: file";
    assert!(run.err.contains(says), "{}", run.err);
}
