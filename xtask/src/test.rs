//! `cargo xtask test`: every test of the workspace, the fast ones first.

use anyhow::{Context as _, Result};

use crate::cargo::{cargo, run as run_command};

pub const HELP: &str = "\
usage: cargo xtask test [ARGUMENTS FOR cargo test]

Runs all tests of the workspace with the release profile, in three passes: unit
tests, integration tests, examples in the documentation. The first pass that
fails ends the run. No network, GPU or Python is needed.

Arguments go to `cargo test`. With one that chooses what is tested (-p, --lib,
--bins, --test, --tests, --doc, --examples, --all-targets, --benches) there is
one pass.

  cargo xtask test                        everything
  cargo xtask test -p cam-core            one crate
  cargo xtask test --test parity -- lite  one file, tests named like `lite`
";

/// The arguments of each pass. Unit tests take seconds, networks minutes; examples are compiled one by one.
const PASSES: &[&[&str]] = &[&["--lib", "--bins"], &["--test", "*", "--examples"], &["--doc"]];

/// Arguments of `cargo test` that choose targets, so that our passes would contradict them.
const CHOICES: &[&str] = &[
    "--lib",
    "--bin",
    "--bins",
    "--test",
    "--tests",
    "--doc",
    "--example",
    "--examples",
    "--all-targets",
    "--bench",
    "--benches",
];

/// Runs each pass; the first failure ends it.
pub fn run(arguments: &[String]) -> Result<()> {
    for pass in passes(arguments) {
        let mut command = cargo(["test", "--release"]);
        run_command(command.args(&pass)).context("tests failed")?;
    }
    Ok(())
}

/// The arguments of every `cargo test` to run.
///
/// One package is one pass: cargo's own order is the same there, and a pass for which it has no tests would fail.
fn passes(arguments: &[String]) -> Vec<Vec<String>> {
    let own = arguments.iter().map(String::as_str).take_while(|argument| *argument != "--");
    let options: Vec<&str> = own.map(|word| word.split('=').next().unwrap_or(word)).collect();
    let is_package =
        |word: &&str| word.starts_with("-p") || matches!(*word, "--package" | "--workspace");
    let lines: Vec<Vec<&str>> = if options.iter().any(is_package) {
        vec![vec![]]
    } else if options.iter().any(|word| CHOICES.contains(word)) {
        vec![vec!["--workspace"]]
    } else {
        PASSES.iter().map(|pass| [&["--workspace"], *pass].concat()).collect()
    };
    let owned = |line: Vec<&str>| {
        line.into_iter().map(str::to_owned).chain(arguments.iter().cloned()).collect()
    };
    lines.into_iter().map(owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(arguments: &str) -> Vec<String> {
        let words: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        passes(&words).into_iter().map(|pass| pass.join(" ")).collect()
    }

    #[test]
    fn without_arguments_there_are_three_passes_over_everything() {
        assert_eq!(
            lines(""),
            ["--workspace --lib --bins", "--workspace --test * --examples", "--workspace --doc"]
        );
    }

    #[test]
    fn one_package_is_one_pass_without_the_workspace() {
        for package in ["-p cam-core", "-pcam-core", "--package=cam-core", "-p cam-core --doc"] {
            assert_eq!(lines(package), [package]);
        }
    }

    #[test]
    fn a_choice_of_targets_makes_one_pass() {
        assert_eq!(lines("--test parity -- lite"), ["--workspace --test parity -- lite"]);
    }

    #[test]
    fn what_follows_the_dashes_is_not_ours() {
        assert_eq!(lines("-- --test").len(), 3);
    }
}
