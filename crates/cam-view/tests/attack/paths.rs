//! Files outside of the folder, and names that only look like names.

use std::fs;
use std::time::{Duration, Instant};

use cam_view::{Library, Limits};

use crate::images;
use crate::support::{Reply, Server};

/// How an address names an image or a vector.
const PLACES: [&str; 9] = [
    "picture?image=",
    "?image=",
    "maps?image=a.png&concept=",
    "maps?image=a.png&concept=b.png&negative=",
    "maps?image=a.png&vector=",
    "pairs?image=a.png&other=",
    "?view=compare&image=a.png&other=",
    "?view=search&image=",
    "overlay.png?image=",
];

/// A file with an inside that no answer may hold.
const SECRET: &str = "nobody may read this";

/// The folder of images, inside of one with a secret.
fn server() -> (Server, String) {
    let folder = images::folder();
    let inside = folder.path().join("inside");
    fs::create_dir_all(inside.join(".hidden")).expect("a folder");
    for name in ["a.png", "b.png", ".hidden/c.png", ".d.png"] {
        fs::write(inside.join(name), images::png(5, 64)).expect("a file");
    }
    fs::write(folder.path().join("secret.npy"), SECRET).expect("a file");
    #[cfg(unix)]
    for (from, to) in [
        ("../a.png", "out.png"),
        ("..", "up"),
        ("/dev/zero", "zero.png"),
        ("/proc/self/mem", "mem.png"),
        ("nowhere", "gone.png"),
        ("loop.png", "loop.png"),
        ("../secret.npy", "out.npy"),
    ] {
        std::os::unix::fs::symlink(from, inside.join(to)).expect("a link");
    }
    let outside = folder.path().join("a.png").display().to_string();
    let library = Library::of_folder(&inside).expect("a folder");
    (Server::serving(folder, library, Limits::default()), outside)
}

fn assert_refused(server: &Server, place: &str, name: &str) {
    let reply = server.get(&format!("{place}{name}"));
    match place {
        // The search says on its page that it found nothing to search by, or that there is no index.
        "?view=search&image=" => assert!(reply.status < 500, "{name}: {}", reply.status),
        _ => reply.assert_refused(&format!("{place}{name}")),
    }
    assert!(!reply.text().contains(SECRET), "{name}");
}

#[test]
fn nothing_outside_of_the_folder_is_shown() {
    let (server, outside) = server();
    let encoded = |byte: u8| format!("%{byte:02x}");
    let twice: String = "../a.png".bytes().map(encoded).collect::<String>().replace('%', "%25");
    let names = [
        "../a.png",
        "..%2fa.png",
        "%2e%2e/a.png",
        "%2e%2e%2fa.png",
        &twice,
        "..%5ca.png",
        "..\\a.png",
        "%2e%2e%c0%afa.png",
        "%c0%ae%c0%ae/a.png",
        "a.png%00",
        "%00",
        "..%00/a.png",
        "sub/../../a.png",
        "./../a.png",
        ".%2fa.png/../../a.png",
        &outside,
        &format!("/{outside}"),
        &format!("file://{outside}"),
        "/etc/passwd",
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/environ",
        "out.png",
        "up/a.png",
        "up/inside",
        "up/secret.npy",
        "zero.png",
        "mem.png",
        "gone.png",
        "loop.png",
        ".hidden/c.png",
        ".d.png",
        ".hidden",
        ".",
        "..",
        "~/a.png",
        "-",
        "http://127.0.0.1/a.png",
        "https://example.org/a.png",
        "HTTP://127.0.0.1:1/a.png",
        "a.npy:0",
        "example:cat/../../a.png",
        "example:nothing",
        "dropped:../a.png",
        "dropped:",
        "dropped:a.png",
        "a.png/",
        "a.png/.",
        "$HOME",
        "`id`.png",
        "*.png",
        "../secret.npy",
        "out.npy",
        "x=../secret.npy",
        "x=..%2fsecret.npy:0",
        "../secret.npy:0",
        &format!("{outside}.npy"),
        "up/../secret.npy",
    ];
    for name in names {
        for place in PLACES {
            assert_refused(&server, place, name);
            assert_refused(&server, place, &format!("{name}%23xywh=0,0,8,8"));
        }
    }
    server.get("?image=a.png&concept=b.png").assert_shown();
}

#[test]
fn names_of_any_length_and_letters_are_refused_or_shown() {
    let server = Server::start();
    let long = format!("{}.png", "n".repeat(251));
    let odd = [
        "line\nbreak.png",
        "tab\t.png",
        "snow ☃ and 🦀.png",
        "a#b.png",
        "a?b.png",
        "a%2fb.png",
        "100%.png",
        "a&b=c.png",
        "a+b.png",
        "'quoted' \"twice\".png",
        "<b>.png",
        "\u{202e}gnp.exe.png",
        "-rf.png",
        "e #xywh=1,2.png",
        "back\\slash.png",
        "dropped.png",
        "a=b.png",
        &long,
    ];
    for name in odd {
        fs::write(server.path().join(name), images::png(8, 64)).expect("a file");
    }
    for name in odd {
        let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for place in PLACES.iter().filter(|place| !place.contains("vector")) {
            server.get(&format!("{place}{name}")).assert_shown();
            let part = server.get(&format!("{place}{name}%23xywh=0,0,8,8"));
            part.assert_shown();
        }
    }
    for length in [256, 5_000, 30_000] {
        for place in PLACES {
            assert_refused(&server, place, &"n".repeat(length));
            assert_refused(&server, place, &"n/".repeat(length / 2));
        }
    }
    server.assert_well();
}

#[test]
fn a_rectangle_that_does_not_lie_on_the_image_is_refused() {
    let server = Server::start();
    for rectangle in [
        "0,0,0,0",
        "0,0,8,0",
        "96,0,1,1",
        "0,0,97,1",
        "4294967295,4294967295,4294967295,4294967295",
        "1,1,4294967295,1",
        "-1,0,8,8",
        "0,0,-8,-8",
        "99999999999999999999,0,1,1",
        "0,0,1e3,8",
        "NaN,0,8,8",
        "0,0,8",
        "0,0,8,8,8",
        "percent:0,0,10,10",
        "",
    ] {
        for place in PLACES {
            assert_refused(&server, place, &format!("a.png%23xywh={rectangle}"));
        }
    }
    server.get("?image=a.png%23xywh=0,0,1,1&concept=b.png%23xywh=95,95,1,1").assert_shown();
    // Each within the one before it, thousands of times.
    let nested = "%23xywh=0,0,1,1".repeat(4_000);
    for place in PLACES {
        let since = Instant::now();
        assert_refused(&server, place, &format!("a.png{nested}"));
        assert!(since.elapsed() < Duration::from_secs(5), "{place}: {:?}", since.elapsed());
    }
    server.assert_well();
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_folder_does_not_hang_the_page() {
    let server = Server::start();
    for name in ["pipe.png", "pipe.npy"] {
        let made = std::process::Command::new("mkfifo").arg(server.path().join(name)).status();
        assert!(made.expect("it runs").success());
        let since = Instant::now();
        for place in PLACES {
            assert_refused(&server, place, name);
        }
        assert!(since.elapsed() < Duration::from_secs(10));
    }
    assert!(!server.get("").text().contains("pipe.png"), "it is listed");
    server.assert_well();
}

impl Reply {
    fn assert_shown(&self) {
        assert_eq!(self.status, 200, "{}", self.text());
    }
}
