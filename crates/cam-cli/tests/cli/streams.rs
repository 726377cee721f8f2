//! Standard input, standard output, and what is at the other end of them.

use std::fs::File;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Place, TINY, array, device_variables, photograph};

#[test]
fn a_query_comes_from_standard_input() {
    let place = Place::new();
    let words = "explain - --concept coffee.png --json";
    let document = place.cam_reading(&photograph("cat"), words).done().json();
    let from_file = place.say("explain cat.png --concept coffee.png --json").done().json();

    assert_eq!(document["queries"][0]["name"], "stdin");
    assert_eq!(document["queries"][0]["image"], "standard input");
    assert_eq!(document["queries"][0]["questions"], from_file["queries"][0]["questions"]);
}

#[test]
fn a_concept_comes_from_standard_input_and_can_be_named() {
    let place = Place::new();
    let words = format!("explain cat.png --concept mug=- --json {}", TINY.join(" "));
    let document = place.cam_reading(&photograph("coffee"), &words).done().json();
    assert_eq!(document["concepts"][0]["name"], "mug");
}

#[test]
fn nothing_on_standard_input_is_an_error() {
    let run = Place::new().say("explain - --class 1").ends_with(1);
    assert_eq!(run.err, "cam: standard input: the file is empty\n");
}

#[test]
fn data_goes_to_standard_output_and_words_to_standard_error() {
    let place = Place::new();
    for (option, begins) in [
        ("--out", &b"\x89PNG"[..]),
        ("--overlay", b"\x89PNG"),
        ("--raw", b"\x93NUMPY"),
        ("--map", b"\x93NUMPY"),
    ] {
        let words = ["explain", "cat.png", "--concept", "coffee.png", option, "-"];
        let run = place.cam(words.into_iter().chain(TINY)).done();
        assert!(run.out.starts_with(begins), "{option}");
        assert!(run.err.starts_with("cam: cat: Where is coffee?"), "{option}: {}", run.err);
    }
    let words = ["explain", "cat.png", "--concept", "coffee.png", "--raw", "-", "-q"];
    let run = place.cam(words.into_iter().chain(TINY)).done();
    assert_eq!((array(&run.out).0, run.err.as_str()), (vec![1, 2, 3], ""));
}

#[test]
fn a_reader_who_leaves_early_is_no_failure() {
    let place = Place::new();
    for words in [
        "list models",
        "completions bash",
        "--help",
        "explain cat.png --class 1 --json",
        "explain cat.png --class 1 --out -",
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = place.command(words.split(' '));
        let output =
            command.stdout(writer).stderr(Stdio::piped()).output().expect("the binary runs");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{words}: {err}");
        assert!(!err.contains("panicked"), "{words}: {err}");
    }
}

#[test]
fn a_listener_on_standard_error_who_leaves_is_no_panic() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = place.command(["explain", "missing.png", "--class", "1"]).stderr(writer).status();
    assert_eq!(status.expect("the binary runs").code(), Some(1));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_standard_output_is_a_failure() {
    let place = Place::new();
    for words in [
        "--help",
        "help explain",
        "explain -h",
        "--version",
        "completions bash",
        "list models",
        "list devices",
        "list methods",
        "list layers",
        "explain cat.png --class 1 --json",
        "explain cat.png --class 1 --out -",
    ] {
        let full = File::options().write(true).open("/dev/full").expect("a full device");
        let output =
            place.command(words.split(' ')).stdout(full).output().expect("the binary runs");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words}: {err}");
        assert!(
            err.ends_with(
                "cam: writing to standard output: No space left on device (os error 28)\n"
            ),
            "{words}: {err}"
        );
    }
}

/// Sends the first Ctrl-C to a run that waits for an image, and sees it end.
fn interrupt_while_an_image_is_read(running: Child) {
    Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("a signal");
    let output = running.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        (output.status.code(), err.as_ref()),
        (Some(130), "cam: interrupted: an image was being read\n")
    );
}

#[test]
fn interrupted_while_waiting_for_input_it_ends_at_the_first_request() {
    let place = Place::new();
    let mut command = place.command(["explain", "-", "--class", "1"].into_iter().chain(TINY));
    let mut running =
        command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    // Its standard input stays open until it has ended.
    let mut stdin = running.stdin.take().expect("a pipe");
    // More than a pipe holds: once it is written, the other end is being read.
    stdin.write_all(&[0; 1 << 20]).expect("a reader");
    interrupt_while_an_image_is_read(running);
}

#[test]
fn interrupted_while_waiting_for_a_pipe_it_ends_at_the_first_request() {
    let place = Place::new();
    let made = Command::new("mkfifo").arg(place.path("pipe.png")).status();
    assert!(made.is_ok_and(|made| made.success()), "a pipe");
    let mut command =
        place.command(["explain", "pipe.png", "--class", "1"].into_iter().chain(TINY));
    let running = command.stderr(Stdio::piped()).spawn().expect("the binary runs");
    // A pipe can be opened at this end once the other one is; nothing is ever written.
    let _pipe = File::options().write(true).open(place.path("pipe.png")).expect("a pipe");
    interrupt_while_an_image_is_read(running);
}

#[test]
fn an_interrupted_batch_leaves_whole_files() {
    let place = Place::new();
    // Far more than are done before the signal comes.
    let queries = ["cat.png"; 200];
    let rest = ["--concept", "coffee.png", "--overlay", "{query}.jpg"];
    let mut command = place.command(["explain"].into_iter().chain(queries).chain(rest));
    let running =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    while !place.exists("cat-2.jpg") {
        thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("a signal");
    let output = running.wait_with_output().expect("it ends");

    assert_eq!(output.status.code(), Some(130));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "cam: interrupted: what was written is whole\n"
    );
    let written: Vec<_> =
        place.names("").into_iter().filter(|name| name.ends_with(".jpg")).collect();
    assert!((2..200).contains(&written.len()), "{written:?}");
    assert!(written.iter().all(|name| place.size(name) == (224, 224)));
    assert!(
        !place.names("").iter().any(|name| name.ends_with(".part")),
        "nothing lies beside them"
    );
}

#[test]
fn interrupted_within_a_long_method_it_ends_at_the_first_request() {
    let place = Place::new();
    // Hours of work on one image.
    let words = "explain cat.png --class 1 --method rise --samples 100000 --overlay never.png";
    let mut command = place.command(words.split(' '));
    let mut running = command.stderr(Stdio::piped()).spawn().expect("the binary runs");
    thread::sleep(Duration::from_secs(1));
    Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("a signal");
    let asked = Instant::now();
    while running.try_wait().expect("it can be asked").is_none() {
        if asked.elapsed() > Duration::from_secs(60) {
            running.kill().expect("it runs");
            panic!("it goes on for a minute after it was interrupted");
        }
        thread::sleep(Duration::from_millis(5));
    }
    let output = running.wait_with_output().expect("it ended");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!place.exists("never.png"));
}

/// Runs a command line on a terminal that `script` makes up; none where there is no such program.
#[cfg(target_os = "linux")]
fn on_a_terminal(place: &Place, words: &str, variables: &[(&str, &str)]) -> Option<String> {
    let line = format!("{} {words}", env!("CARGO_BIN_EXE_cam"));
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .current_dir(place.folder())
        .env_clear()
        .stdin(Stdio::null());
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env("PATH", path).env("SHELL", "/bin/sh").envs(device_variables());
    command.envs(variables.iter().copied());
    let output = command.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_without_colours_gets_no_escape_codes() {
    let place = Place::new();
    let words =
        ["explain cat.png --bogus", "--help", "explain cat.png --class 1 --out x.png", "models"];
    let coloured = on_a_terminal(&place, words[0], &[("TERM", "xterm")]);
    let Some(coloured) = coloured else { return };
    assert!(coloured.contains('\u{1b}'), "the terminal would show colours: {coloured:?}");
    for words in words {
        for plain in [&[("TERM", "xterm"), ("NO_COLOR", "1")][..], &[("TERM", "dumb")]] {
            let seen = on_a_terminal(&place, words, plain).expect("it ran before");
            assert!(!seen.contains('\u{1b}'), "{words} with {plain:?}: {seen:?}");
        }
    }
}
