//! `cargo xtask sanitize`: the engine's tests under tools that see what a test does not: a read or write outside a
//! buffer, and two threads that use the same number.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cargo::{cargo, host, output, root, run as run_command};
use crate::metadata::target_directory;
use crate::tools::is_runnable;

/// Run the engine's tests under sanitizers
///
/// cam-engine is the one crate with unsafe code. It takes some minutes. What is built lies in sanitize/ of cargo's target
/// directory.
#[derive(Args)]
#[command(after_long_help = "\
Tools:
  address   AddressSanitizer and the debug assertions of the standard library: all tests, on
            every instruction set of this machine. Needs the nightly toolchain.
  thread    ThreadSanitizer: whether two threads use the same number at once, and one of
            them writes it. Needs the nightly toolchain.
  valgrind  memcheck: the tests without random shapes, on AVX2 and the portable code, for
            valgrind knows no AVX-512. Needs valgrind.
  orders    loom: the thread pool and its barrier in every order that their threads can
            take, with more interruptions than the tests allow.")]
pub struct Arguments {
    /// Tools to run; all that are installed unless named.
    #[arg(value_name = "TOOL", value_parser = PossibleValuesParser::new(TOOLS.iter().map(|tool| tool.name)))]
    tools: Vec<String>,
}

/// A tool that runs tests and sees more than they do.
struct Tool {
    name: &'static str,
    /// How to install it.
    install: &'static str,
    is_here: fn() -> bool,
    run: fn(&Path) -> Result<()>,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "address",
        install: "`rustup toolchain install nightly`",
        is_here: has_nightly,
        run: address,
    },
    Tool {
        name: "thread",
        install: "`rustup toolchain install nightly`",
        is_here: has_nightly,
        run: thread,
    },
    Tool {
        name: "valgrind",
        install: "`apt install valgrind`, or what your system calls it",
        is_here: || is_runnable("valgrind"),
        run: valgrind,
    },
    Tool { name: "orders", install: "nothing", is_here: || true, run: orders },
];

/// Line numbers in the reports; optimised code, which is what is shipped, and fast enough here.
const PROFILE: &[&str] = &["--release", "--config", "profile.release.debug=\"line-tables-only\""];

/// `races` is left to `orders`: it switches stacks, which these tools do not follow.
#[rustfmt::skip]
const TESTS: [&str; 13] = [
    "--lib", "--test", "convolutions", "--test", "engine", "--test", "gradients", "--test", "operations", "--test", "tokens",
    "--test", "winograd",
];

/// Tests with scoped threads. A scope waits for them in the standard library, which is not instrumented, so that what
/// they did would seem to race with what follows.
const SCOPED: &[&str] = &["callers_take_turns", "two_threads_may_run_at_once"];

/// How often `orders` interrupts a thread; the tests do so less often.
const INTERRUPTIONS: &str = "6";

/// How the names of tests with random shapes begin; they take valgrind many minutes.
const RANDOM: &str = "any_";

pub fn run(Arguments { tools }: &Arguments) -> Result<()> {
    let target = target_directory()?.join("sanitize");
    let is_chosen = |tool: &&Tool| tools.is_empty() || tools.iter().any(|name| name == tool.name);
    let mut skipped = Vec::new();
    for tool in TOOLS.iter().filter(is_chosen) {
        let Tool { name, install, .. } = tool;
        if (tool.is_here)() {
            (tool.run)(&target.join(name))
                .with_context(|| format!("the tests failed under {name}"))?;
        } else if tools.is_empty() {
            eprintln!("sanitize: {name} was skipped because it is not installed: {install}");
            skipped.push(*name);
        } else {
            bail!("{name} is not installed: {install}");
        }
    }
    match skipped.as_slice() {
        [] => println!("sanitize: nothing was found"),
        skipped => println!("sanitize: nothing was found; skipped: {}", skipped.join(", ")),
    }
    Ok(())
}

fn has_nightly() -> bool {
    let toolchains = output(Command::new("rustup").args(["toolchain", "list"])).unwrap_or_default();
    toolchains.lines().any(|toolchain| toolchain.starts_with("nightly"))
}

fn address(target: &Path) -> Result<()> {
    let mut command = sanitized(target, "-Zsanitizer=address")?;
    run_command(command.args(["--config", "profile.release.debug-assertions=true"]))
}

/// The standard library is not instrumented, except its generic code, which is compiled with ours, and where its threads
/// begin and end.
fn thread(target: &Path) -> Result<()> {
    let flags = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer";
    let mut command = sanitized(target, flags)?;
    let known = root().join("xtask/thread-sanitizer.txt");
    command.env("TSAN_OPTIONS", format!("suppressions={}", known.display()));
    command.args(["--", "--test-threads=1", "--skip", RANDOM]);
    run_command(command.args(SCOPED.iter().flat_map(|test| ["--skip", test])))
}

/// The engine's tests, built by the nightly compiler with those flags.
fn sanitized(target: &Path, flags: &str) -> Result<Command> {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "test", "-p", "cam-engine"]).args(TESTS).args(PROFILE);
    // With a target named, build scripts and macros are not instrumented.
    let host = host(Command::new("rustup").args(["run", "nightly", "rustc"]))?;
    command.args(["--target", &host]).arg("--target-dir").arg(target);
    command.env("RUSTFLAGS", flags).current_dir(root());
    Ok(command)
}

fn orders(_target: &Path) -> Result<()> {
    let mut command = cargo(["test", "--release", "-p", "cam-engine", "--test", "races"]);
    run_command(command.env("LOOM_MAX_PREEMPTIONS", INTERRUPTIONS))
}

fn valgrind(target: &Path) -> Result<()> {
    let mut command = cargo(["test", "-p", "cam-engine"]);
    command.args(TESTS).args(PROFILE).arg("--target-dir").arg(target);
    // valgrind runs one thread at a time: parallel tests would only wait.
    command.args(["--", "--test-threads=1", "--skip", RANDOM]);
    command.env("CAM_TEST_INSTRUCTIONS", "avx2,portable");
    // Threads that sleep when the program ends still hold their memory: that is no leak.
    let runner = "valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
                  --show-leak-kinds=definite";
    run_command(command.env(runner_variable(&host(&mut Command::new("rustc"))?), runner))
}

/// The variable that tells cargo with what to run a target's programs.
fn runner_variable(host: &str) -> String {
    format!("CARGO_TARGET_{}_RUNNER", host.replace(['-', '.'], "_").to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_of_the_engine_is_run_by_one_of_the_tools() {
        let tests = std::fs::read_dir(root().join("crates/cam-engine/tests")).expect("tests");
        let names = tests.map(|test| test.expect("a test").path());
        let names =
            names.filter(|path| path.extension().is_some() || path.join("main.rs").exists());
        let mut names: Vec<_> =
            names.map(|path| path.file_stem().expect("a name").to_owned()).collect();
        names.sort();
        assert_eq!(
            names,
            ["convolutions", "engine", "gradients", "operations", "races", "tokens", "winograd"]
        );
        assert!(names.iter().all(|name| name == "races" || TESTS.iter().any(|test| name == test)));
    }

    #[test]
    fn the_runner_of_a_machine_is_a_variable_in_capitals() {
        assert_eq!(
            runner_variable("x86_64-unknown-linux-gnu"),
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER"
        );
    }
}
