//! Images, and files that only look like some.

use std::fs;
use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

use crate::support::Server;

/// What separates the parts of a form.
const BOUNDARY: &str = "between-two-parts";

/// A folder with two images.
pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, seed) in [("a.png", 1), ("b.png", 2)] {
        fs::write(folder.path().join(name), png(seed, 96)).expect("a file");
    }
    folder
}

/// An image unlike that of another seed.
pub fn png(seed: u32, side: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        let value = (x / 8).wrapping_mul(31).wrapping_add((y / 8).wrapping_mul(17))
            ^ seed.wrapping_mul(2_654_435_761);
        Rgb([value as u8, (value >> 8) as u8, (x * y + seed) as u8])
    };
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_fn(side, side, pixel).write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// The kind and the body of a form with one file.
pub fn form(name: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    let part = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
    );
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    (
        format!("multipart/form-data; boundary={BOUNDARY}"),
        [part.as_bytes(), bytes, end.as_bytes()].concat(),
    )
}

/// A PNG whose header announces so many pixels a side, and whose data is that of another.
fn announcing(side: u32) -> Vec<u8> {
    let mut bytes = png(1, 8);
    bytes[16..20].copy_from_slice(&side.to_be_bytes());
    bytes[20..24].copy_from_slice(&side.to_be_bytes());
    let sum = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// The sum that ends a part of a PNG.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}

#[test]
fn what_is_no_image_is_refused_when_dropped_and_in_the_folder() {
    let server = Server::start();
    let whole = png(3, 64);
    let hostile: [(&str, Vec<u8>); 9] = [
        ("bomb.png", announcing(65_535)),
        ("endless.png", announcing(u32::MAX)),
        ("none.png", announcing(0)),
        ("head.png", whole[..33].to_vec()),
        ("text.png", b"no image, but called one".to_vec()),
        ("html.png", b"<script>alert(1)</script>".to_vec()),
        ("svg.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>".to_vec()),
        ("zeros.png", vec![0; 1 << 20]),
        ("gif.gif", b"GIF89a\xff\xff\xff\xff\x80\x00\x00".to_vec()),
    ];
    for (name, bytes) in &hostile {
        server.drop_image(name, bytes).assert_refused(name);
        fs::write(server.path().join(name), bytes).expect("a file");
        for place in ["picture?image=", "?image=", "overlay.png?image=", "export.html?image="] {
            server.get(&format!("{place}{name}")).assert_refused(name);
        }
        server.get(&format!("pairs?image=a.png&other={name}")).assert_refused(name);
        server.get(&format!("maps?image=a.png&concept={name}")).assert_refused(name);
        server.get(&format!("maps?image=a.png&concept=b.png&negative={name}")).assert_refused(name);
    }
    assert_eq!(server.drop_image("empty.png", b"").status, 400);
    assert_eq!(server.drop_image("whole.png", &whole).status, 303);
    server.assert_well();
}

#[test]
fn half_an_image_is_shown_as_such_or_refused() {
    let server = Server::start();
    let whole = png(3, 64);
    for length in [whole.len() / 4, whole.len() / 2, whole.len() - 13] {
        let status = server.drop_image("half.png", &whole[..length]).status;
        assert!(matches!(status, 303 | 422), "{length} of {} bytes: {status}", whole.len());
    }
    server.assert_well();
}

#[test]
fn a_file_that_changes_is_seen_as_it_is() {
    let server = Server::start();
    let maps = |server: &Server| server.get("maps?image=a.png&concept=b.png");
    let before = maps(&server).body;
    fs::write(server.path().join("a.png"), png(77, 120)).expect("a file");
    let after = maps(&server).body;
    assert_ne!(before, after);
    fs::write(server.path().join("a.png"), "no image any more").expect("a file");
    maps(&server).assert_refused("it is no image any more");
    fs::remove_file(server.path().join("a.png")).expect("it goes");
    maps(&server).assert_refused("it went");
    fs::create_dir(server.path().join("a.png")).expect("a folder in its place");
    maps(&server).assert_refused("it is a folder");
    assert_eq!(server.get("").status, 200);
}

#[test]
fn a_picture_is_kept_for_as_long_as_its_file_is_the_same() {
    let server = Server::start();
    let named = |server: &Server| {
        let page = server.get("?image=a.png").text();
        let from = page.find("picture?image=a.png&amp;size=1600").expect("the page shows it");
        let address = page[from..].split('"').next().expect("its end");
        address.replace("&amp;", "&")
    };
    let before = named(&server);
    let whole = server.get(&before);
    assert!(whole.header("cache-control").is_some_and(|kept| kept.contains("immutable")));
    fs::write(server.path().join("a.png"), png(78, 120)).expect("a file");
    let after = named(&server);
    assert_ne!(before, after);
    // An address of another state of the file may be answered, and is not kept.
    assert_eq!(server.get(&before).header("cache-control"), Some("no-store"));
    assert_ne!(server.get(&after).body, whole.body);
}
