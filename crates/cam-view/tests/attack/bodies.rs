//! Bodies without measure or form.

use std::io::Write as _;
use std::time::{Duration, Instant};

use cam_view::Limits;

use crate::images;
use crate::support::{Reply, Server};

const URLENCODED: &str = "application/x-www-form-urlencoded";

#[test]
fn a_body_that_announces_ten_gigabytes_is_refused_unread() {
    let server = Server::start();
    for place in ["drop", "index"] {
        let head = server.head("POST", place) + "Content-Length: 10000000000\r\n\r\n";
        let since = Instant::now();
        assert_eq!(server.send(head.as_bytes()).map(|reply| reply.status), Some(413));
        assert!(since.elapsed() < Duration::from_secs(5));
    }
    server.assert_well();
}

#[test]
fn lengths_that_contradict_each_other_are_refused() {
    let server = Server::start();
    for lengths in [
        "Content-Length: -1",
        "Content-Length: 99999999999999999999999",
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 1, 2",
        "Content-Length: x",
        "Transfer-Encoding: identity\r\nContent-Length: 1",
    ] {
        let head = server.head("POST", "drop") + lengths + "\r\n\r\n";
        let reply = server.send(head.as_bytes());
        assert!(
            reply.as_ref().is_none_or(|reply| (400..500).contains(&reply.status)),
            "{lengths}: {reply:?}"
        );
    }
    server.assert_well();
}

#[test]
fn an_endless_body_in_pieces_is_refused_once_it_is_too_large() {
    let server = Server::start();
    let mut stream = server.connect();
    let head = server.head("POST", "drop") + "Transfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("it is taken");
    let piece = [b"100000\r\n", vec![b'x'; 1 << 20].as_slice(), b"\r\n"].concat();
    let mut written = 0;
    while written < 200 && stream.write_all(&piece).is_ok() {
        written += 1;
    }
    assert!(written < 200, "{written} MiB were taken");
    assert!(Reply::read(&mut stream).is_none_or(|reply| reply.status == 413));
    server.assert_well();
}

#[test]
fn forms_without_form_are_refused() {
    let server = Server::start();
    let (kind, whole) = images::form("a.png", &images::png(1, 32));
    let nothing: &[u8] = b"";
    for (kind, body) in [
        ("multipart/form-data", nothing),
        ("multipart/form-data; boundary=", nothing),
        ("multipart/form-data; boundary=x", nothing),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n",
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"as\"\r\n\r\nx\r\n--x--\r\n",
        ),
        ("multipart/form-data; boundary=other", &whole),
        (&kind, &whole[..whole.len() / 2]),
        ("", &whole),
        ("text/plain", &whole),
        ("application/json", b"{}"),
        (URLENCODED, b"file=a.png"),
        (URLENCODED, nothing),
        ("image/png", &images::png(1, 32)),
        ("\u{ff}", &whole),
    ] {
        server.post("drop", kind, body).assert_refused(kind);
    }
    server.assert_well();
}

#[test]
fn a_form_of_a_million_parts_is_refused() {
    let server = Server::start();
    let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
    let parts = part.repeat(1_000_000) + "--x--\r\n";
    let file = part.replace("name=\"a\"", "name=\"a\"; filename=\"a.png\"");
    let files = file.repeat(500_000) + "--x--\r\n";
    let fields = "a=b&".repeat(10_000_000);
    for (kind, body) in [
        ("multipart/form-data; boundary=x", &parts),
        ("multipart/form-data; boundary=x", &files),
        (URLENCODED, &fields),
    ] {
        for place in ["drop", "index"] {
            let since = Instant::now();
            server.post(place, kind, body.as_bytes()).assert_refused(kind);
            assert!(since.elapsed() < Duration::from_secs(10), "{kind}: {:?}", since.elapsed());
        }
    }
    server.assert_well();
}

#[test]
fn a_huge_name_of_a_file_is_cut() {
    let server = Server::start();
    for name in ["n".repeat(10 << 20), "../".repeat(1 << 20), "\u{1f980}".repeat(1 << 18)] {
        let reply = server.drop_image(&name, &images::png(name.len() as u32, 32));
        assert!(matches!(reply.status, 303 | 400), "{} {}", reply.status, reply.text().len());
        assert!(reply.head.len() < 4_000, "{} bytes", reply.head.len());
        let reply = server.drop_image(&name, b"no image");
        reply.assert_refused("a huge name");
        assert!(reply.body.len() < 4_000, "{} bytes", reply.body.len());
    }
    server.assert_well();
}

#[test]
fn bodies_that_come_at_once_take_turns_and_a_slow_one_loses_its_own() {
    let limits = Limits { bodies: 2, body: Duration::from_secs(2), ..Limits::default() };
    let server = Server::within(limits);
    let begun = |server: &Server| {
        let mut stream = server.connect();
        let head = server.head("POST", "drop")
            + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n--x";
        stream.write_all(head.as_bytes()).expect("it is taken");
        stream
    };
    let mut slow = [begun(&server), begun(&server)];
    std::thread::sleep(Duration::from_millis(300));
    let since = Instant::now();
    let reply = server.drop_image("quick.png", &images::png(4, 32));
    let waited = since.elapsed();
    assert!(matches!(reply.status, 303 | 408 | 503), "{}", reply.status);
    assert!(waited > Duration::from_millis(500), "it did not wait: {waited:?}");
    for stream in &mut slow {
        assert_eq!(Reply::read(stream).map(|reply| reply.status), Some(408));
    }
    assert_eq!(server.drop_image("quick.png", &images::png(4, 32)).status, 303);
    server.assert_well();
}
