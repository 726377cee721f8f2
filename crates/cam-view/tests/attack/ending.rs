//! The end comes within a second, whatever is being done.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use image::RgbImage;

use crate::images;
use crate::many::endless;
use crate::support::{PATIENCE, Server, until};

/// How long the end may take; twice a second, where the machine has much else to do.
const SOON: Duration = Duration::from_secs(2);

fn asked(server: &Server, place: &str) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all((server.head("GET", place) + "\r\n").as_bytes()).expect("it is taken");
    stream
}

fn assert_ends(server: Server, what: &str) {
    let took = server.end();
    println!("{what}: ended in {took:?}");
    assert!(took < SOON, "{what}: {took:?}");
}

#[test]
fn it_ends_while_a_long_method_runs_and_others_wait() {
    let server = Server::start();
    let place = endless(&server);
    let open: Vec<_> = (0..20).map(|_| asked(&server, &place)).collect();
    until("they wait", PATIENCE, || server.waiting() == 20);
    thread::sleep(Duration::from_millis(500));
    assert_eq!(server.waiting(), 20, "the method is not long enough");
    assert_ends(server, "a long method");
    drop(open);
}

#[test]
fn it_ends_while_curves_and_strips_are_made() {
    for place in
        ["?view=quality&image=a.png&concept=b.png", "?view=layers&image=a.png&concept=b.png"]
    {
        let server = Server::start();
        let open = asked(&server, place);
        until("it is asked", PATIENCE, || server.waiting() == 1);
        thread::sleep(Duration::from_millis(30));
        assert_ends(server, place);
        drop(open);
    }
}

#[test]
fn it_ends_while_an_index_is_built() {
    let server = Server::start();
    for number in 0..400 {
        fs::write(server.path().join(format!("{number}.png")), images::png(number, 64))
            .expect("a file");
    }
    let built = server.post("index", "application/x-www-form-urlencoded", b"do=build");
    assert_eq!(built.status, 303);
    until("it is built", PATIENCE, || server.get("status").text().contains("\"done\":2"));
    assert!(server.get("status").text().contains("building"), "it was built too quickly");
    assert_ends(server, "an index");
}

#[test]
fn it_ends_while_connections_are_open_and_pictures_are_decoded() {
    let server = Server::start();
    fs::write(server.path().join("large.png"), images::png(3, 3_000)).expect("a file");
    let idle: Vec<_> = (0..300).map(|_| server.connect()).collect();
    let pictures: Vec<_> = (0..20).map(|_| asked(&server, "picture?image=large.png")).collect();
    assert_ends(server, "open connections");
    drop((idle, pictures));
}

#[test]
fn it_ends_while_a_huge_image_is_decoded() {
    let server = Server::start();
    let pixels = RgbImage::new(14_000, 14_000);
    pixels.save(server.path().join("huge.png")).expect("a file");
    let places = ["picture?image=huge.png", "maps?image=huge.png"];
    let open = places.map(|place| asked(&server, place));
    until("it is asked", PATIENCE, || server.waiting() == 1);
    thread::sleep(Duration::from_millis(100));
    assert_ends(server, "a huge image");
    drop(open);
}
