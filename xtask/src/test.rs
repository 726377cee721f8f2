//! `cargo xtask test`: every test of the workspace, the fast ones first.

use std::env;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::backend::{self, Environment};
use crate::cargo::{cargo, run as run_command};

/// Run all tests, the fast ones first
///
/// Runs the tests of the workspace with the release profile in three passes: unit tests, integration tests, examples
/// in the documentation. The first pass that fails ends the run. Tests need no network, GPU or Python.
///
/// With arguments for `cargo test`, there is one pass, over the whole workspace unless `-p` names a package.
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo xtask test                             everything
  cargo xtask test -p cam-core                 one crate
  cargo xtask test --test parity_lite -- collage   one file, tests whose names contain `collage`
  cargo xtask test --backend ndarray,wgpu      what depends on a backend, on two of them
  cargo xtask test --backend wgpu -p cam-tests --test tiny_networks")]
pub struct Arguments {
    /// Build the tests that depend on a backend (cam-tests, cam-cli) with these backends alone, and run them on each.
    /// wgpu runs on a card or on a software driver (Debian, Ubuntu: `apt install mesa-vulkan-drivers`).
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = backend::NAMES)]
    backend: Vec<String>,

    /// Arguments for `cargo test`, with its `--` before those for the test programs.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// The arguments of each pass. Unit tests take seconds, networks minutes; examples are compiled one by one.
const PASSES: [&[&str]; 3] = [&["--lib", "--bins"], &["--test", "*", "--examples"], &["--doc"]];

pub fn run(arguments: &Arguments) -> Result<()> {
    let words = with_dashes(&arguments.arguments, env::args());
    if !arguments.backend.is_empty() {
        return on_backends(&arguments.backend, &words);
    }
    for pass in passes(&words) {
        let mut command = cargo(["test", "--release"]);
        run_command(command.args(pass).args(&words)).context("tests failed")?;
    }
    Ok(())
}

/// The words for cargo as they stood in the command line: clap drops the dashes where nothing stands before them.
fn with_dashes(words: &[String], mut line: impl Iterator<Item = String>) -> Vec<String> {
    let is_dropped = line.any(|word| word == "--") && words.iter().all(|word| word != "--");
    is_dropped.then(|| "--".to_owned()).into_iter().chain(words.iter().cloned()).collect()
}

/// What each run of `cargo test` gets besides the user's words.
fn passes(words: &[String]) -> Vec<Vec<&'static str>> {
    if names_package(words) {
        vec![vec![]]
    } else if words.first().is_some_and(|word| word != "--") {
        vec![vec!["--workspace"]]
    } else {
        PASSES.iter().map(|pass| [&["--workspace"], *pass].concat()).collect()
    }
}

fn names_package(words: &[String]) -> bool {
    let mut own = words.iter().take_while(|word| *word != "--");
    own.any(|word| ["-p", "--package", "--workspace"].iter().any(|name| word.starts_with(name)))
}

/// Builds once with all of the backends and runs on each, even if one fails; then prints each result.
pub fn on_backends(backends: &[String], words: &[String]) -> Result<()> {
    // A missing driver is reported before anything is built.
    let environments = backends.iter().map(|backend| Environment::of(backend));
    let environments = environments.collect::<Result<Vec<_>>>()?;
    let features = backend::features(&environments);
    let mut failed = Vec::new();
    for (backend, environment) in backends.iter().zip(&environments) {
        eprintln!("\n== {backend}{}", environment.remark());
        let command = &mut command(&features, words);
        if let Err(error) = run_command(environment.apply(command)) {
            eprintln!("error: {error:#}");
            failed.push(backend.as_str());
        }
    }
    println!();
    for (backend, environment) in backends.iter().zip(&environments) {
        let outcome = if failed.contains(&backend.as_str()) { "FAILED" } else { "passed" };
        println!("{backend:<8} {outcome}{}", environment.remark());
    }
    match failed.as_slice() {
        [] => Ok(()),
        failed => bail!("tests failed on {}", failed.join(", ")),
    }
}

fn command(features: &str, words: &[String]) -> Command {
    let mut command = cargo(["test", "--release", "--no-default-features", "--no-fail-fast"]);
    command.args(["--features", features]);
    if !names_package(words) {
        command.args(backend::PACKAGES.iter().flat_map(|package| ["-p", package]));
    }
    command.args(words);
    command
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;

    /// The backends and the words for cargo.
    fn parsed(line: &str) -> (Vec<String>, Vec<String>) {
        let line = format!("test {line}");
        let words = || line.split_whitespace().map(str::to_owned);
        let command = Arguments::augment_args(clap::Command::new("test"));
        let matches = command.try_get_matches_from(words()).expect("a line");
        let arguments = Arguments::from_arg_matches(&matches).expect("arguments");
        (arguments.backend, with_dashes(&arguments.arguments, words()))
    }

    fn lines(line: &str) -> Vec<String> {
        let (_, words) = parsed(line);
        let words = || words.iter().map(String::as_str);
        let line = |pass: Vec<&'static str>| pass.into_iter().chain(words()).collect::<Vec<_>>();
        let passes = passes(&words().map(str::to_owned).collect::<Vec<_>>());
        passes.into_iter().map(|pass| line(pass).join(" ")).collect()
    }

    #[test]
    fn without_arguments_there_are_three_passes_over_everything() {
        assert_eq!(
            lines(""),
            ["--workspace --lib --bins", "--workspace --test * --examples", "--workspace --doc"]
        );
        assert_eq!(lines("-- --test-threads=1")[2], "--workspace --doc -- --test-threads=1");
    }

    #[test]
    fn one_package_is_one_pass_without_the_workspace() {
        for line in ["-p cam-core", "-pcam-core", "--package=cam-core", "-p cam-core --doc"] {
            assert_eq!(lines(line), [line]);
        }
    }

    #[test]
    fn other_arguments_make_one_pass_over_the_workspace() {
        for line in ["--test parity -- lite", "lite", "--doc -- -p"] {
            assert_eq!(lines(line), [format!("--workspace {line}")]);
        }
    }

    #[test]
    fn backends_come_first_and_leave_the_rest() {
        for line in ["--backend ndarray,wgpu --test book", "--backend=ndarray,wgpu --test book"] {
            let (backends, words) = parsed(line);
            assert_eq!(backends, ["ndarray", "wgpu"]);
            assert_eq!(words, ["--test", "book"]);
        }
    }

    #[test]
    fn a_package_that_is_named_is_the_only_one_tested_on_a_backend() {
        let packages = |line: &str| {
            let (_, words) = parsed(line);
            command("ndarray", &words).get_args().filter(|word| *word == "-p").count()
        };
        assert_eq!(packages("--test book -- -x"), backend::PACKAGES.len());
        assert_eq!(packages("-p cam-tests --test book"), 1);
    }
}
