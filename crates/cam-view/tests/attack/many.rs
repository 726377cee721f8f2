//! Many at once.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, Reply, Server, until};

/// A method that takes longer than any test waits.
pub fn endless(server: &Server) -> String {
    let page = server.get("?image=a.png").text();
    let layers = page.split("<select id=\"layer\"").nth(1).expect("layers to choose from");
    let layers = layers.split("</select>").next().unwrap_or_default();
    // The form lists the last one first.
    let first = layers.rsplit("value=\"").next().and_then(|rest| rest.split('"').next());
    let first = first.expect("a layer");
    let concepts: String =
        (1..40).map(|side| format!("&concept=b.png%23xywh=0,0,{side},90")).collect();
    let methods = "ablation-cam,score-cam,ss-cam,is-cam,rise,occlusion";
    format!("maps?image=a.png{concepts}&method={methods}&layer={first}")
}

#[test]
fn a_thousand_requests_at_once_are_each_answered_or_refused() {
    let server = Server::start();
    let places = [
        "?image=a.png&concept=b.png",
        "overlay.png?image=b.png&concept=a.png",
        "picture?image=a.png&size=128",
        "status",
        "maps?image=a.png%23xywh=0,0,64,64&concept=b.png",
        "pairs?image=a.png&other=b.png",
        "view.css",
        "figure.png?image=a.png&concept=b.png",
        "overlay.png?image=missing.png",
        "?view=methods&image=b.png",
    ];
    let since = Instant::now();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    thread::scope(|scope| {
        let asking: Vec<_> = (0..1_000)
            .map(|number| {
                let (server, place) = (&server, places[number % places.len()]);
                let ask = move || server.get(place).status;
                thread::Builder::new()
                    .stack_size(128 << 10)
                    .spawn_scoped(scope, ask)
                    .expect("a thread")
            })
            .collect();
        for asked in asking {
            *statuses.entry(asked.join().expect("an answer")).or_default() += 1;
        }
    });
    println!("1000 requests at once in {:?}: {statuses:?}", since.elapsed());
    assert!(statuses.keys().all(|status| matches!(status, 200 | 400 | 503)), "{statuses:?}");
    assert!(statuses[&200] >= 200, "{statuses:?}");
    assert_eq!(server.waiting(), 0);
    server.assert_well();
}

#[test]
fn the_queue_is_bounded_and_whoever_leaves_ends_only_their_own_work() {
    let server = Server::start();
    let endless = endless(&server);
    let asked = |place: &str| {
        let mut stream = server.connect();
        let request = server.head("GET", place) + "\r\n";
        stream.write_all(request.as_bytes()).expect("it is taken");
        stream
    };
    let long = asked(&endless);
    until("it is asked", PATIENCE, || server.waiting() == 1);
    let mut behind = asked("maps?image=b.png&concept=a.png");
    until("it waits", PATIENCE, || server.waiting() == 2);
    let waiting: Vec<_> = (0..80).map(|_| asked("maps?image=b.png")).collect();
    // One is served, and so many wait.
    until("the queue is full", PATIENCE, || server.waiting() == 65);
    let refused = server.get("maps?image=a.png");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(server.get("picture?image=a.png").status, 200, "pictures wait for nobody's maps");
    drop(waiting);
    until("those who left do not wait", PATIENCE, || server.waiting() == 2);
    let since = Instant::now();
    drop(long);
    assert_eq!(Reply::read(&mut behind).map(|reply| reply.status), Some(200));
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    until("nobody waits", PATIENCE, || server.waiting() == 0);
    server.assert_well();
}

#[test]
fn a_thousand_who_leave_at_once_leave_nothing_behind() {
    let server = Server::start();
    for number in 0..1_000 {
        let mut stream = server.connect();
        let place = format!("maps?image=a.png%23xywh=0,0,{},64&concept=b.png", 8 + number % 64);
        let request = server.head("GET", &place) + "\r\n";
        stream.write_all(request.as_bytes()).expect("it is taken");
    }
    until("nobody waits", PATIENCE, || server.waiting() == 0);
    server.assert_well();
}
