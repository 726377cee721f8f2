//! Somebody clicks on whatever there is.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::images;
use crate::markup::{Tag, tags};
use crate::random::Random;
use crate::support::{Reply, Server};

/// Names that are harmless where they are escaped, everywhere.
const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>.png",
    "\"onerror=x .png",
    "'onerror=x '.png",
    "&lt;b&gt;.png",
    "]]><b>.png",
];

/// What stands in every answer of the page.
const ALWAYS: [&str; 6] = [
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-resource-policy",
    "cache-control",
];

/// Values that no form offers.
const STRANGE: [&str; 12] = [
    "-1",
    "99999999999999999999",
    "NaN",
    "%00",
    "%F0%9F%A6%80",
    "..%2F",
    "a.png%23xywh=0,0,0,0",
    "a.png%23xywh=1,1,40,40",
    "dropped:a.png",
    "%3Cb%3E%22",
    ",",
    "http://127.0.0.1:1/",
];

/// How long a click waits; then whoever clicked goes elsewhere.
const PATIENCE: Duration = Duration::from_secs(4);

fn setting(name: &str, usual: u64) -> u64 {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

fn server() -> Server {
    let server = Server::start();
    for (seed, name) in HOSTILE.iter().enumerate() {
        let path = server.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, images::png(seed as u32 + 10, 80)).expect("a file");
    }
    server
}

/// `CAM_VIEW_WALK_SECONDS` says for how long, and `CAM_VIEW_WALK_SEED` where it goes.
#[test]
fn whatever_is_clicked_on_no_answer_breaks_and_no_name_is_taken_for_markup() {
    let server = server();
    let length = Duration::from_secs(setting("CAM_VIEW_WALK_SECONDS", 10));
    let mut random = Random(setting("CAM_VIEW_WALK_SEED", 1));
    let (since, mut statuses, mut left) = (Instant::now(), BTreeMap::new(), 0);
    let mut page = Vec::new();
    while since.elapsed() < length {
        let request = next(&server, &page, &mut random);
        let shown = String::from_utf8_lossy(&request).chars().take(600).collect::<String>();
        let mut stream = server.connect();
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream.write_all(&request).expect("it is taken");
        let Some(reply) = Reply::read(&mut stream) else {
            left += 1;
            page.clear();
            continue;
        };
        *statuses.entry(reply.status).or_insert(0) += 1;
        assert!(reply.status < 500 || reply.status == 503, "{} to {shown}", reply.status);
        for name in ALWAYS {
            assert!(reply.header(name).is_some(), "no {name} in the answer to {shown}");
        }
        let kind = reply.header("content-type").unwrap_or_default();
        let is_page = kind.starts_with("text/html");
        if is_page || kind.starts_with("image/svg") {
            let text = reply.text();
            assert!(!text.contains("<script>"), "a name became a script: {shown}");
            let read = std::panic::catch_unwind(|| tags(&text));
            let tags = read.unwrap_or_else(|_| panic!("the answer to {shown}"));
            let calls = |tag: &Tag| tag.attributes.iter().any(|(name, _)| name.starts_with("on"));
            assert!(!tags.iter().any(calls), "a name became an attribute: {shown}");
            if is_page {
                page = tags;
            }
        }
        if random.one_in(20) {
            page.clear();
        }
    }
    println!("a walk of {:?}: {statuses:?}, and {left} not waited for", since.elapsed());
    assert!(statuses.get(&200).is_some_and(|count| *count > 10), "{statuses:?}");
    server.assert_well();
}

/// What is asked next: something on the page, or its first state.
fn next(server: &Server, page: &[Tag], random: &mut Random) -> Vec<u8> {
    let get = |place: &str| (server.head("GET", place) + "\r\n").into_bytes();
    let forms: Vec<usize> = (0..page.len()).filter(|&at| page[at].name == "form").collect();
    if random.one_in(4)
        && let Some(&at) = random.of(&forms)
    {
        let end = page[at..].iter().position(|tag| tag.name == "/form").unwrap_or(0);
        return filled(server, &page[at..at + end], random);
    }
    let links: Vec<&str> = page
        .iter()
        .flat_map(|tag| ["href", "src", "data-maps", "data-pair"].map(|name| tag.get(name)))
        .flatten()
        .filter(|link| !link.starts_with(['#', 'd']))
        .collect();
    let Some(link) = random.of(&links) else {
        return get(random.of(&["", "?view=images", "?view=search"]).unwrap_or(&""));
    };
    let link = link.trim_start_matches("./").trim_start_matches('.');
    get(&if random.one_in(8) { mangled(link, random) } else { link.to_owned() })
}

/// The same with another value somewhere.
fn mangled(link: &str, random: &mut Random) -> String {
    let (place, query) = link.split_once('?').unwrap_or((link, ""));
    let mut parts: Vec<String> = query.split('&').map(str::to_owned).collect();
    let at = random.below(parts.len());
    let strange = random.of(&STRANGE).copied().unwrap_or_default();
    let name = parts[at].split('=').next().unwrap_or_default().to_owned();
    parts[at] = format!("{name}={strange}");
    format!("{place}?{}", parts.join("&"))
}

/// A form, filled in somehow, and sent.
fn filled(server: &Server, form: &[Tag], random: &mut Random) -> Vec<u8> {
    let choices: Vec<&str> =
        form.iter().filter(|tag| tag.name == "option").filter_map(|tag| tag.get("value")).collect();
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut buttons = Vec::new();
    for tag in form {
        let Some(name) = tag.get("name") else { continue };
        let value = tag.get("value").unwrap_or_default();
        let kind = tag.get("type").unwrap_or_default();
        match (tag.name.as_str(), kind) {
            ("button", _) => buttons.push((name, value)),
            ("input", "checkbox" | "radio") if random.one_in(2) => {}
            ("input", "file") => {}
            ("input", "hidden" | "checkbox" | "radio") => {
                query.append_pair(name, value);
            }
            ("input" | "select", _) if random.one_in(3) => {
                query.append_pair(name, random.of(&choices).unwrap_or(&""));
            }
            _ => {
                query.append_pair(name, value);
            }
        }
    }
    if let Some((name, value)) = random.of(&buttons) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    match (form[0].get("method"), form[0].get("action")) {
        (Some("post"), Some("drop")) => {
            let (kind, body) =
                images::form("&<\u{201c}dropped>.png", &images::png(random.next() as u32, 40));
            posted(server, "drop", &kind, &body)
        }
        (Some("post"), place) => {
            let kind = "application/x-www-form-urlencoded";
            posted(server, place.unwrap_or_default(), kind, query.as_bytes())
        }
        _ => (server.head("GET", &format!("?{query}")) + "\r\n").into_bytes(),
    }
}

fn posted(server: &Server, place: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let length = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    [(server.head("POST", place) + &length).as_bytes(), body].concat()
}
