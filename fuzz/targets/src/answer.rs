//! The head of a server's answer: what its body is taken for, and where its redirect leads.

use cam_fetch::fuzzing::{begins_at, leads_to};

/// Where what is asked for is kept.
const BASE: &str = "https://host.example/a/b/c?d=e";

/// The first line is the status and what is there already (`206 7 20`: status, bytes, length if known); each further
/// one a header. A body is taken for a continuation only where the server says that it begins there; a redirect leads
/// to an absolute address whose path does not climb.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let Some(status) = first.next().and_then(|status| status.parse().ok()) else { return };
    let part = first.next().and_then(|offset| offset.parse().ok());
    let part = part.map(|offset| (offset, first.next().and_then(|total| total.parse().ok())));
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    if let Some(begin) = begins_at(status, &headers, part) {
        assert!(begin == 0 || part.is_some_and(|(offset, _)| offset == begin));
        assert!(begin == 0 || status != 200, "the whole begins at its first byte");
        let says = |(name, value): &(&str, &str)| {
            let value = value.to_ascii_lowercase();
            name.eq_ignore_ascii_case("content-range") && value.contains(&begin.to_string())
        };
        assert!(begin == 0 || headers.iter().any(says), "nobody said that it begins at {begin}");
    }
    for (_, location) in headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("location")) {
        let address = leads_to(BASE, location);
        let (scheme, rest) = address.split_once(':').expect("an absolute address");
        assert!(!scheme.is_empty(), "{address}");
        if rest.starts_with("//host.example/") && !location.contains(':') {
            let path = rest.split('?').next().unwrap_or_default();
            assert!(path.split('/').all(|segment| segment != ".."), "{address}");
        }
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let seeds = [
        "200\nContent-Length: 20\nETag: \"v1\"",
        "206 7 20\nContent-Range: bytes 7-19/20\nETag: \"v1\"",
        "206 7\nContent-Range: bytes 7-19/*",
        "206 7 20\nContent-Range: bytes 8-19/20",
        "416 20 20\nContent-Range: bytes */20",
        "302\nLocation: ../x/./y?q=1#part",
        "301\nLocation: //other.example:8080/f",
        "307\nLocation: file:///etc/passwd",
        "404\nContent-Type: text/html",
    ];
    seeds.map(|seed| seed.as_bytes().to_vec()).to_vec()
}
