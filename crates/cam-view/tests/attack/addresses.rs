//! Addresses that no page writes.

use std::time::{Duration, Instant};

use crate::support::Server;

/// Asks what must be refused: nobody waits long for that.
fn refused(server: &Server, place: &str) {
    let since = Instant::now();
    let reply = server.get(place);
    let shown: String = place.chars().take(100).collect();
    assert!((400..500).contains(&reply.status), "{shown}: {} {}", reply.status, reply.text());
    assert!(since.elapsed() < Duration::from_secs(5), "{shown}: {:?}", since.elapsed());
}

#[test]
fn numbers_that_are_none_are_refused_in_a_sentence() {
    let server = Server::start();
    let asked = "image=a.png&concept=b.png";
    for value in [
        "rank=99999999999999999999",
        "rank=18446744073709551615",
        "rank=-1",
        "rank=1",
        "rank=x",
        "rank=1&rank=2",
        "colormap=nothing",
        "method=nothing",
        "method=grad-cam,,",
        "layer=nothing",
        "layer=.",
        "target=nothing",
        "class=nothing",
        "class=-1",
        "class=99999999999999999999",
        "vector=nothing",
        "image=b.png",
        "nothing=1",
        "%00=1",
        "%ff%fe=1",
        "concept=%ff%fe",
        "concept=%F0%9F",
    ] {
        refused(&server, &format!("overlay.png?{asked}&{value}"));
    }
    for value in ["top=-1", "top=0", "top=51", "top=NaN", "top=1e9", "top=99999999999999999999"] {
        refused(&server, &format!("maps?image=a.png&{value}"));
    }
    for place in ["hit.png", "why.png", "search.jsonl"] {
        refused(&server, &format!("{place}?image=a.png&why=a&why=b&why=c"));
        refused(&server, &format!("{place}?image=a.png&rank=18446744073709551615"));
    }
    server.assert_well();
}

#[test]
fn how_it_is_shown_is_taken_or_refused_and_never_breaks() {
    let server = Server::start();
    let asked = "image=a.png&concept=b.png";
    for value in [
        "opacity=NaN",
        "opacity=-1",
        "opacity=1e999",
        "opacity=%3Cb%3E",
        "scale=%00",
        "signed=%22",
        "page=0",
        "page=-1",
        "page=18446744073709551615",
        "page=99999999999999999999",
        "find=%F0",
        "find=%2500",
        "why=a.png&why=b.png&why=c.png",
    ] {
        for view in ["explain", "layers", "methods", "compare", "search", "images"] {
            let reply = server.get(&format!("?view={view}&{asked}&other=b.png&{value}"));
            assert!(reply.status < 500, "{view} {value}: {}", reply.status);
        }
    }
    for size in ["0", "-1", "99999999999", "NaN", ""] {
        assert_eq!(server.get(&format!("picture?image=a.png&size={size}")).status, 200, "{size}");
    }
    for view in ["nothing", "EXPLAIN", "explain%00", "../explain", "%F0%9F%A6%80", "-1"] {
        let reply = server.get(&format!("?view={view}&{asked}"));
        assert_eq!(reply.status, 400, "{view}");
        assert!(reply.text().contains("there is no view"), "{view}");
    }
    for place in [
        "nothing",
        "view.CSS",
        "view.css/",
        "maps/",
        "..%2f",
        "%2e%2e/",
        "../",
        ".git/config",
        "%00",
        "/",
    ] {
        refused(&server, place);
    }
    server.assert_well();
}

#[test]
fn an_address_without_measure_is_refused_at_once() {
    let server = Server::start();
    let many = |name: &str, count: usize| -> String {
        (0..count).map(|number| format!("&{name}={number}")).collect()
    };
    let long = [
        format!("?image={}", "a".repeat(1 << 20)),
        format!("?{}", "a".repeat(1 << 20)),
        format!("{}?image=a.png", "a".repeat(1 << 20)),
        format!("?image=a.png{}", many("concept", 10_000)),
        format!("?image=a.png{}", many("concept", 4_000)),
        format!("?image=a.png{}", many("class", 4_000)),
        format!("?image=a.png{}", many("x", 4_000)),
        format!("?view=images{}", many("why", 4_000)),
        format!("?image=a.png&method={}", "grad-cam,cam,".repeat(4_000)),
        format!("?image=a.png&layer={}", "x,".repeat(20_000)),
        format!("?image=a.png{}", "&".repeat(50_000) + "nothing=1"),
    ];
    for place in &long {
        refused(&server, place);
    }
    server.assert_well();
}

#[test]
fn a_form_may_not_bring_an_address_without_measure() {
    let server = Server::start();
    let address: String = (0..400_000).map(|number| format!("&class={number}")).collect();
    let body = format!("do=build&address={}", address.replace('&', "%26").replace('=', "%3D"));
    let since = Instant::now();
    let reply = server.post("index", "application/x-www-form-urlencoded", body.as_bytes());
    assert!(reply.status < 500, "{}", reply.status);
    assert!(reply.head.len() < 100_000, "{} bytes", reply.head.len());
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    server.assert_well();
}

#[test]
fn what_says_nothing_is_answered_as_if_it_was_not_there() {
    let server = Server::start();
    for place in ["?", "?&&&&", "?=", "?image=", "?concept=&negative=&layer=", "?view="] {
        let status = server.get(place).status;
        assert!(matches!(status, 200 | 400), "{place}: {status}");
    }
}
