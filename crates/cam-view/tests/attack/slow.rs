//! Whoever is slow is dropped, and holds nobody else up for long.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use cam_view::Limits;

use crate::support::{Reply, Server};

/// Shorter than the page is patient with a person's browser, so that tests are short.
const SHORT: Duration = Duration::from_millis(800);

/// By when whoever is slow is dropped, on a busy machine.
const SOON: Duration = Duration::from_secs(8);

fn limits() -> Limits {
    Limits { connections: 16, head: SHORT, body: SHORT, take: SHORT, ..Limits::default() }
}

/// Waits until the other side closes, and says what it said before.
fn closed(stream: &mut TcpStream, what: &str) -> Option<Reply> {
    let since = Instant::now();
    let reply = Reply::read(stream);
    assert!(since.elapsed() < SOON, "{what} was kept for {:?}", since.elapsed());
    reply
}

#[test]
fn half_a_head_and_a_slow_one_are_dropped() {
    let server = Server::within(limits());
    let head = server.head("GET", "status");
    let mut half = server.connect();
    half.write_all(&head.as_bytes()[..head.len() / 2]).expect("it is taken");
    let mut idle = server.connect();
    let mut slow = server.connect();
    let since = Instant::now();
    for byte in head.bytes().cycle() {
        if slow.write_all(&[byte]).is_err() || since.elapsed() > SOON {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert!(since.elapsed() < SOON, "a byte now and then kept a connection");
    assert!(closed(&mut half, "half a head").is_none_or(|reply| reply.status == 408));
    assert!(closed(&mut idle, "nothing").is_none_or(|reply| reply.status == 408));
    server.assert_well();
}

#[test]
fn a_connection_is_not_kept_after_its_answer_while_nothing_is_asked() {
    let server = Server::within(limits());
    let mut stream = server.connect();
    let head = server.head("GET", "status").replace("Connection: close\r\n", "") + "\r\n";
    stream.write_all(head.as_bytes()).expect("it is taken");
    let reply = closed(&mut stream, "an answered connection").expect("it is answered");
    assert_eq!(reply.status, 200);
}

#[test]
fn a_slow_body_is_dropped() {
    let server = Server::within(limits());
    let mut stream = server.connect();
    let head = server.head("POST", "drop") + "Content-Length: 100000\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("it is taken");
    let mut beside = stream.try_clone().expect("a clone");
    let writing = thread::spawn(move || {
        while beside.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    let reply = closed(&mut stream, "a slow body").expect("it is told why");
    assert_eq!(reply.status, 408);
    drop(stream);
    writing.join().expect("the writing ends");
    server.assert_well();
}

#[test]
fn who_never_reads_the_answer_is_dropped() {
    let server = Server::within(limits());
    let mut stream = server.connect();
    let head = server.head("GET", "view.js").replace("Connection: close\r\n", "") + "\r\n";
    // More than the system keeps for a reader that may come yet.
    let all = head.repeat(4_000);
    let since = Instant::now();
    stream.set_write_timeout(Some(SOON)).expect("a time");
    let whole = stream.write_all(all.as_bytes());
    thread::sleep(SHORT * 3);
    let (mut read, mut piece) = (0, vec![0; 1 << 20]);
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        read += length;
    }
    let answered = 4_000 * include_str!("../../assets/view.js").len();
    assert!(read < answered, "all {read} bytes came, {whole:?}");
    assert!(since.elapsed() < SOON + SHORT * 4, "{:?}", since.elapsed());
    server.assert_well();
}

#[test]
fn idle_connections_lock_nobody_out_for_ever() {
    let server = Server::within(limits());
    let idle: Vec<TcpStream> = (0..300).map(|_| server.connect()).collect();
    let since = Instant::now();
    assert_eq!(server.get("status").status, 200);
    // As many at a time as there are places, each for as long as a head may take.
    let most = SHORT * (300 / 16 + 2) + SOON;
    assert!(since.elapsed() < most, "{:?}", since.elapsed());
    drop(idle);
    server.assert_well();
}
