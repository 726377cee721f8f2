//! Who may ask.

use crate::images;
use crate::support::{Reply, Server};

/// What the page's own answers hold, and no refusal does.
const CONTENT: [&str; 3] = ["<html", "a.png", "function"];

fn assert_nothing_told(reply: Option<Reply>, what: &str) {
    let reply = reply.unwrap_or_else(|| panic!("{what}: no answer"));
    assert!((400..500).contains(&reply.status), "{what}: {}", reply.status);
    let text = reply.text();
    assert!(CONTENT.iter().all(|content| !text.contains(content)), "{what}: {text}");
    assert!(text.len() < 200, "{what}: {text}");
}

#[test]
fn who_does_not_know_the_secret_or_the_address_is_told_nothing() {
    let server = Server::start();
    let Server { address, secret, .. } = &server;
    let (port, upper) = (address.port(), secret.to_uppercase());
    let own = format!("Host: {address}\r\n");
    let half = &secret[..secret.len() / 2];
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let other_secret: String = secret.chars().map(|c| if c == '0' { '1' } else { '0' }).collect();
    let paths = [
        "/".to_owned(),
        String::new(),
        "/view.css".to_owned(),
        format!("/{secret}"),
        format!("//{secret}/"),
        format!("/./{secret}/"),
        format!("/x/../{secret}/"),
        format!("/{half}/"),
        format!("/{secret}0/"),
        format!("/{other_secret}/"),
        format!("/{encoded}/"),
        format!("/?{secret}/"),
        format!("/{secret}?/"),
        format!("*/{secret}/"),
    ];
    let mut requests: Vec<(String, String)> = paths.map(|path| (path, own.clone())).into();
    if upper != *secret {
        requests.push((format!("/{upper}/"), own.clone()));
    }
    let right = format!("/{secret}/");
    let hosts = [
        String::new(),
        "Host:\r\n".to_owned(),
        "Host: evil.example\r\n".to_owned(),
        format!("Host: evil.example:{port}\r\n"),
        format!("Host: 127.0.0.1.evil.example:{port}\r\n"),
        format!("Host: localhost.evil.example:{port}\r\n"),
        format!("Host: evil.example@127.0.0.1:{port}\r\n"),
        format!("Host: 127.0.0.2:{port}\r\n"),
        format!("Host: 2130706433:{port}\r\n"),
        format!("Host: 0x7f.1:{port}\r\n"),
        format!("Host: [::ffff:127.0.0.1]:{port}\r\n"),
        "Host: 127.0.0.1\r\n".to_owned(),
        format!("Host: 127.0.0.1:{}\r\n", port.wrapping_add(1)),
        format!("Host: localhost:0{port}\r\n"),
        format!("Host: localhost:{port}:{port}\r\n"),
        format!("{own}Host: evil.example\r\n"),
        format!("Host: evil.example\r\n{own}"),
        format!("{own}{own}"),
        format!("X-Forwarded-Host: {address}\r\n"),
    ];
    requests.extend(hosts.map(|host| (right.clone(), host)));
    // A whole URL as the target names a host of its own, and is for proxies.
    requests.extend(
        [
            format!("http://{address}/{secret}/"),
            format!("http://evil.example/{secret}/"),
            format!("https://{address}/{secret}/"),
            format!("file:///{secret}/"),
        ]
        .map(|target| (target, own.clone())),
    );
    for (path, headers) in &requests {
        let request = format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        assert_nothing_told(server.send(request.as_bytes()), &request);
    }
    for (method, target) in [
        ("CONNECT", address.to_string()),
        ("OPTIONS", "*".to_owned()),
        ("OPTIONS", right.clone()),
        ("PUT", right.clone()),
        ("DELETE", right.clone()),
        ("TRACE", right.clone()),
        ("get", right.clone()),
        ("PROPFIND", right.clone()),
    ] {
        let request = format!("{method} {target} HTTP/1.1\r\n{own}Connection: close\r\n\r\n");
        assert_nothing_told(server.send(request.as_bytes()), &request);
    }
    server.assert_well();
}

#[test]
fn what_is_no_http_is_not_answered_with_content() {
    let server = Server::start();
    let own = format!("/{}/", server.secret);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"\r\n\r\n\r\n\r\nnothing\r\n\r\n",
        &[b'\r', b'\n'].repeat(40_000),
        format!("GET {own}\r\n\r\n").as_bytes(),
        format!("GET {own} HTTP/9.9\r\n\r\n").as_bytes(),
        format!("GET {own} HTTP/1.0\r\n\r\n").as_bytes(),
        format!("GET {own} HTTP/1.1\r\nHost : {}\r\n\r\n", server.address).as_bytes(),
        format!("GET {own} HTTP/1.1\r\n Host: {}\r\n\r\n", server.address).as_bytes(),
        format!(
            "GET {own} HTTP/1.1\r\nHost: {}\r\n{}\r\n",
            server.address,
            "A: b\r\n".repeat(5_000)
        )
        .as_bytes(),
        format!(
            "GET {own} HTTP/1.1\r\nHost: {}\r\nA: {}\r\n\r\n",
            server.address,
            "b".repeat(1 << 20)
        )
        .as_bytes(),
    ] {
        let mut stream = server.connect();
        let _ = std::io::Write::write_all(&mut stream, bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        if let Some(reply) = Reply::read(&mut stream) {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
            assert!(
                (400..=505).contains(&reply.status) && reply.status != 500,
                "{start}: {}",
                reply.status
            );
            assert!(!reply.text().contains("<html"), "{start}");
        }
    }
    server.assert_well();
}

#[test]
fn a_form_of_another_page_changes_nothing() {
    let server = Server::start();
    let Server { address, secret, .. } = &server;
    let (kind, body) = images::form("dropped.png", &images::png(9, 32));
    let port = address.port();
    let before = server.get("").body;
    for origin in [
        String::new(),
        "Origin: null\r\n".to_owned(),
        "Origin: http://evil.example\r\n".to_owned(),
        format!("Origin: https://{address}\r\n"),
        format!("Origin: http://{address}/\r\n"),
        format!("Origin: http://localhost:{port}\r\n"),
        format!("Origin: http://evil.example\r\nOrigin: http://{address}\r\n"),
        format!("Origin: http://{address}\r\nOrigin: http://evil.example\r\n"),
        format!("Referer: http://{address}/{secret}/\r\n"),
    ] {
        for place in ["drop", "index"] {
            let head = format!(
                "POST /{secret}/{place} HTTP/1.1\r\nHost: {address}\r\n{origin}Content-Type: {kind}\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let request = [head.as_bytes(), &body].concat();
            assert_nothing_told(server.send(&request), &head);
        }
    }
    assert_eq!(before, server.get("").body, "something was dropped, or built");
    assert_eq!(server.post("drop", &kind, &body).status, 303);
    assert_ne!(before, server.get("").body, "the page's own form drops nothing");
}
