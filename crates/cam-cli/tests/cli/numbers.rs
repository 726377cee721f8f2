//! A law over options: whatever value is given, the program works or says why not, and never breaks.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::options::listed;
use crate::support::{Place, photograph};

/// Numbers and sizes that nobody means.
const VALUES: [&str; 9] = [
    "0",
    "-1",
    "18446744073709551615",
    "99999999999999999999999",
    "nan",
    "1e-45",
    "",
    "99999999x99999999",
    "0x0",
];

/// No value makes a small network work longer on a small image, but that a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs that an option is added to, or given otherwise in.
const COMMANDS: [&str; 10] = [
    "embed cat.png --out=e.npy --weights=tiny_basic.safetensors --size=32x32",
    "explain cat.png --concept=coffee.png --raw=r.npy --weights=tiny_basic.safetensors --size=32x32",
    "compare cat.png coffee.png --raw=r.npy --weights=tiny_basic.safetensors --size=32x32",
    "concept add more.safetensors cat cat.png --weights=tiny_basic.safetensors --size=32x32",
    "factorize cat.png --raw=r.npy --steps=3 --weights=tiny_basic.safetensors --size=32x32",
    "batch shelf --concepts=set.safetensors --out=o --as=centroid --weights=tiny_basic.safetensors --size=32x32",
    "index shelf --index=i --weights=tiny_basic.safetensors --size=32x32",
    "search cat.png --index=kept --weights=tiny_basic.safetensors --size=32x32",
    "evaluate shelf --grid=1x2 --cell=16 --collages=1 --method=fem --out=s --weights=tiny_basic.safetensors",
    "bench explain --repeat=1 --weights=tiny_basic.safetensors --size=32x32",
];

fn place() -> Place {
    let place = Place::new();
    for name in ["cat", "coffee"] {
        place.write(format!("shelf/{name}.png"), photograph(name));
    }
    for words in ["concept add set.safetensors cat cat.png", "index shelf --index kept"] {
        place.say(&format!("{words} --weights tiny_basic.safetensors --size 32x32")).done();
    }
    place
}

/// The exit code of a run, which must end by itself and in time.
fn code(place: &Place, words: &[String]) -> (i32, String) {
    let mut command = place.command(words);
    let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("it runs");
    let begun = Instant::now();
    while running.try_wait().expect("it is there").is_none() {
        if begun.elapsed() > PATIENCE {
            running.kill().expect("it can be killed");
            panic!("{words:?} does not end");
        }
        thread::sleep(Duration::from_millis(2));
    }
    let ended = running.wait_with_output().expect("it ended");
    let err = String::from_utf8_lossy(&ended.stderr).into_owned();
    (ended.status.code().unwrap_or_else(|| panic!("{words:?} was killed: {err}")), err)
}

/// Tries every option of some commands that takes a value and that `embed` has not.
fn hold(commands: &[&str]) {
    let place = place();
    let groups = listed(&place, "embed");
    for command in commands {
        let has_two_words = command.starts_with("concept ") || command.starts_with("bench ");
        let name: Vec<&str> = command.split(' ').take(1 + usize::from(has_two_words)).collect();
        let name = name.join(" ");
        let help = place.say(&format!("{name} --help")).done().text();
        let options = listed(&place, &name);
        let options = options.iter().filter(|option| name == "embed" || !groups.contains(*option));
        for option in options.filter(|option| help.contains(&format!("{option} <"))) {
            for value in VALUES {
                let given = format!("{option}=");
                let words = command.split(' ').filter(|word| !word.starts_with(&given));
                let words: Vec<String> =
                    words.map(str::to_owned).chain([format!("{given}{value}")]).collect();
                let (code, err) = code(&place, &words);
                assert!((0..=4).contains(&code), "{words:?}: exit code {code}: {err}");
                assert!(code == 0 || !err.trim().is_empty(), "{words:?} says nothing");
            }
        }
    }
}

#[test]
fn no_value_of_an_option_that_all_commands_share_breaks_the_program() {
    hold(&COMMANDS[..1]);
}

#[test]
fn no_value_of_an_option_of_explain_breaks_it() {
    hold(&COMMANDS[1..2]);
}

#[test]
fn no_value_of_an_option_breaks_the_commands_about_pairs_concepts_and_parts() {
    hold(&COMMANDS[2..5]);
}

#[test]
fn no_value_of_an_option_of_batch_breaks_it() {
    hold(&COMMANDS[5..6]);
    let place = place();
    for value in VALUES {
        let words =
            format!("video --concepts=set.safetensors --out=o --as=centroid --frame-size={value}");
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let (code, err) = code(&place, &words);
        assert_eq!(code, 2, "{words:?}: {err}");
    }
}

#[test]
fn no_value_of_an_option_of_galleries_evaluate_and_bench_breaks_them() {
    hold(&COMMANDS[6..]);
}

#[test]
fn limits_are_said() {
    let place = place();
    for (words, says) in [
        ("embed cat.png --out e.npy --threads 100000", "from 0 to 1024"),
        ("embed cat.png --out e.npy --batch 5000", "0..=4096"),
        ("embed cat.png --out e.npy --size 9999x9999", "at most 16777216, as 4096x4096"),
        ("bench explain --size 9999x9999", "at most 16777216, as 4096x4096"),
        (
            "video --frame-size 99999999x99999999 --concepts set.safetensors --out o",
            "pixels, as any image",
        ),
        ("batch shelf --shard 1/100001 --concepts set.safetensors --out o", "at most 100000"),
        (
            "batch shelf --method rise --samples 100001 --concepts set.safetensors --out o",
            "up to 100000",
        ),
        ("explain cat.png --class 1 --method score-cam --top-channels 65537", "up to 65536"),
        (
            "video --frame-size 64x64 --max-pixels 1000 --concepts set.safetensors --out o",
            "at most 1000 pixels",
        ),
        ("evaluate shelf --grid 8x8 --cell 1024 --out s", "smaller cell or grid (--cell"),
        ("search cat.png --index kept --top 0", "1..=10000"),
    ] {
        let run = place.say(words).ends_with(2);
        assert!(run.err.contains(says), "{words}: {}", run.err);
    }
}

#[test]
fn an_empty_variable_for_the_number_of_threads_counts_as_unset() {
    let place = place();
    let words = "embed cat.png --out e.npy --weights tiny_basic.safetensors --size 32x32";
    let mut command = place.command(words.split(' '));
    assert!(command.env("CAM_THREADS", "").status().expect("it runs").success());
}
