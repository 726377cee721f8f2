//! How many threads an engine has, and what becomes of those that cannot be started.

use std::process::Command;

use cam_engine::{Engine, Error, MOST_THREADS, Options};

use crate::{SHAPE, input, small_network};

/// Where this is set, the tests run in a process whose threads have stacks that fit into no memory.
const STACK: &str = "RUST_MIN_STACK";

fn made(threads: usize) -> Result<Engine, Error> {
    Engine::new(small_network(), Options { threads, ..Options::default() })
}

/// Runs one test of this file alone, on the main thread, where no other thread can be started.
fn alone_without_threads(test: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&format!("threads::{test}"), "--exact", "--ignored", "--test-threads=1"]);
    let output = command.env(STACK, (1_u64 << 60).to_string()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn more_threads_than_are_of_use_are_refused_before_any_is_started() {
    for threads in [MOST_THREADS + 1, 100_000, usize::MAX] {
        let error = made(threads).err();
        assert_eq!(error, Some(Error::TooManyThreads { threads, most: MOST_THREADS }));
    }
}

#[test]
fn threads_that_cannot_be_started_are_an_error() {
    alone_without_threads("asked_for_three_threads");
}

#[test]
#[ignore = "it is run by the test above, in a process of its own"]
fn asked_for_three_threads() {
    let error = made(3).err();
    assert!(matches!(&error, Some(Error::NoThread { threads: 3, started: 1, .. })), "{error:?}");
}

#[test]
fn where_nobody_says_how_many_as_many_as_can_be_started_will_do() {
    alone_without_threads("asked_for_any_number_of_threads");
}

#[test]
#[ignore = "it is run by the test above, in a process of its own"]
fn asked_for_any_number_of_threads() {
    let engine = made(0).unwrap();
    assert_eq!(engine.threads(), 1);
    let output = engine.run(0..7, &input(SHAPE), SHAPE).unwrap();
    assert_eq!(made(1).unwrap().run(0..7, &input(SHAPE), SHAPE).unwrap(), output);
}
