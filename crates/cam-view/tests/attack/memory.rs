//! Memory stays bounded, however much is asked: measured in a process of its own.

use std::env;
use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::thread;

use crate::images;
use crate::support::{Reply, Server};

/// Tells a process that it is the one that is measured.
const MEASURED: &str = "CAM_VIEW_MEASURED";

/// Bytes that the same work may add once everything that is kept is full, in MiB: what allocators keep.
const SLACK: u64 = 160;

/// Runs a test alone; whether this is that process.
fn is_alone(test: &str) -> bool {
    if env::var_os(MEASURED).is_some() {
        return true;
    }
    let program = env::current_exe().expect("a program");
    let arguments = ["--exact", test, "--nocapture", "--include-ignored"];
    let run = Command::new(program).args(arguments).env(MEASURED, "1").output().expect("it runs");
    let (said, told) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    println!("{said}");
    assert!(run.status.success(), "{said}\n{told}");
    assert!(said.contains("1 passed"), "{said}");
    false
}

/// MiB that the process has in memory.
fn resident() -> u64 {
    told("VmRSS:")
}

/// MiB that the process had in memory at most.
fn peak() -> u64 {
    told("VmHWM:")
}

fn told(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") >> 10
}

/// Does something so often, and asserts that the last three quarters added little.
fn assert_flat(what: &str, times: u32, mut work: impl FnMut(u32)) {
    let mut sizes = vec![resident()];
    for number in 0..times {
        work(number);
        if (number + 1) % (times / 4) == 0 {
            sizes.push(resident());
        }
    }
    println!("{what}, {times} times: MiB at each quarter {sizes:?}");
    let (quarter, end) = (sizes[1], sizes[4]);
    assert!(end < quarter + SLACK, "{what}: {sizes:?}");
}

fn captures(times: u32) {
    let server = Server::start();
    for number in 0..times {
        let name = format!("{number}.png");
        fs::write(server.path().join(name), images::png(number, 64)).expect("a file");
    }
    assert_flat("captures of images", times, |number| {
        let reply = server.get(&format!("maps?image={number}.png&concept=a.png"));
        assert_eq!(reply.status, 200);
    });
    server.assert_well();
}

#[cfg(target_os = "linux")]
#[test]
fn images_that_are_explained_one_after_the_other_leave_memory_flat() {
    if is_alone("memory::images_that_are_explained_one_after_the_other_leave_memory_flat") {
        captures(320);
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "a thousand captures take a minute; a third of them, above, fill all that is kept, too"]
fn a_thousand_images_that_are_explained_leave_memory_flat() {
    if is_alone("memory::a_thousand_images_that_are_explained_leave_memory_flat") {
        captures(1_000);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn images_that_are_dropped_one_after_the_other_leave_memory_flat() {
    if !is_alone("memory::images_that_are_dropped_one_after_the_other_leave_memory_flat") {
        return;
    }
    let server = Server::start();
    // Behind its end a PNG may hold anything: large files that are quick to decode.
    let padding = vec![0; 2 << 20];
    assert_flat("images dropped", 300, |number| {
        let bytes = [images::png(number, 32), padding.clone()].concat();
        let reply = server.drop_image("dropped.png", &bytes);
        assert_eq!(reply.status, 303, "{}", reply.text());
    });
    server.assert_well();
}

#[cfg(target_os = "linux")]
#[test]
fn large_images_that_are_dropped_at_once_take_turns_in_memory() {
    if !is_alone("memory::large_images_that_are_dropped_at_once_take_turns_in_memory") {
        return;
    }
    /// Of each image; what four of them take, thrice over, and what is kept of all, stays far below the sum.
    const MIB: usize = 40;
    const AT_ONCE: usize = 32;
    let server = Server::start();
    let (kind, body) = images::form("a.png", &[images::png(1, 32), vec![0; MIB << 20]].concat());
    let length = body.len();
    let head = server.head("POST", "drop")
        + &format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    let statuses: Vec<_> = thread::scope(|scope| {
        let drop_one = || {
            let mut stream = server.connect();
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            Reply::read(&mut stream).map(|reply| reply.status)
        };
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(drop_one)).collect();
        all.into_iter().map(|each| each.join().expect("an answer")).collect()
    });
    let peak = peak();
    println!("{AT_ONCE} images of {MIB} MiB at once: at most {peak} MiB, {statuses:?}");
    assert!(statuses.contains(&Some(303)), "{statuses:?}");
    assert!(peak < (AT_ONCE * MIB) as u64, "{peak} MiB");
    server.assert_well();
}
