//! `cargo xtask test`: every test of the workspace, the fast ones first.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::backend::{self, Surroundings};
use crate::cargo::{cargo, root, run as run_command};

pub const HELP: &str = "\
usage: cargo xtask test [ARGUMENTS FOR cargo test]
       cargo xtask test --backend NAME[,NAME...] [ARGUMENTS FOR cargo test]

Runs all tests of the workspace with the release profile, in three passes: unit
tests, integration tests, examples in the documentation. The first pass that
fails ends the run. No network, GPU or Python is needed.

Arguments go to `cargo test`. With one that chooses what is tested (-p, --lib,
--bins, --test, --tests, --doc, --examples, --all-targets, --benches) there is
one pass.

  cargo xtask test                        everything
  cargo xtask test -p cam-core            one crate
  cargo xtask test --test parity -- lite  one file, tests named like `lite`

With --backend, the tests of the packages that choose a backend (cam-tests,
cam-cli) are built with those alone (flex, ndarray, wgpu, vulkan, metal, cuda,
rocm) and run on each. wgpu runs on a card, or on Debian's software driver
(`apt install mesa-vulkan-drivers`), where files of tests take minutes.

  cargo xtask test --backend ndarray,wgpu             the suite on both
  cargo xtask test --backend cuda -p cam-tests        one of the two packages
  cargo xtask test --backend wgpu --test tiny_networks
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
    if let Some((backends, rest)) = backends(arguments)? {
        return on_backends(&backends, rest);
    }
    for pass in passes(arguments) {
        let mut command = cargo(["test", "--release"]);
        run_command(command.args(&pass)).context("tests failed")?;
    }
    Ok(())
}

/// The backends that are asked for, and the other arguments.
fn backends(arguments: &[String]) -> Result<Option<(Vec<&'static str>, &[String])>> {
    match arguments {
        [option, names, rest @ ..] if option == "--backend" => {
            Ok(Some((backend::parse(names)?, rest)))
        }
        [option, rest @ ..] if option.starts_with("--backend=") => {
            Ok(Some((backend::parse(option.trim_start_matches("--backend="))?, rest)))
        }
        [option] if option == "--backend" => bail!("--backend needs names: {HELP}"),
        words
            if words
                .iter()
                .take_while(|word| *word != "--")
                .any(|word| word.starts_with("--backend")) =>
        {
            bail!("--backend comes first: cargo xtask test --backend NAME ...")
        }
        _ => Ok(None),
    }
}

/// Builds once with all of the backends, and runs on each; all of them, even if one fails.
fn on_backends(backends: &[&'static str], arguments: &[String]) -> Result<()> {
    // What is missing is said before anything is built.
    let surroundings = backends.iter().map(|backend| Surroundings::of(backend));
    let surroundings = surroundings.collect::<Result<Vec<_>>>()?;
    let features = backend::features(&surroundings);
    let mut failed: Vec<&str> = Vec::new();
    for (backend, surroundings) in backends.iter().zip(surroundings) {
        let remark = surroundings.remark.as_ref().map(|remark| format!(" ({remark})"));
        eprintln!("\n== {backend}{}", remark.unwrap_or_default());
        for mut command in commands_for(&features, arguments) {
            if let Err(error) = run_command(surroundings.put(&mut command)) {
                eprintln!("error: {error:#}");
                failed.push(backend);
            }
        }
        failed.dedup();
    }
    match failed.as_slice() {
        [] => Ok(()),
        failed => bail!("tests failed on {}", failed.join(", ")),
    }
}

/// The tests that depend on a backend, built with these: one package after the other, for the binary links
/// more of burn than the tests do, and one of them is often all that is wanted.
fn commands_for(features: &str, arguments: &[String]) -> Vec<Command> {
    let command = |package: &[&str]| {
        let mut command = cargo(["test", "--release", "--no-default-features", "--no-fail-fast"]);
        command.args(["--features", features]).args(package).args(arguments);
        command
    };
    if options(arguments).into_iter().any(names_packages) {
        return vec![command(&[])];
    }
    let files: Vec<&str> = files_of_tests(arguments).collect();
    let has = |folder: &str| {
        let has = |file| is_file_of_tests(&root().join(folder), file);
        files.is_empty() || files.iter().copied().any(has)
    };
    let packages = backend::PACKAGES.iter().filter(|(_, folder)| has(folder));
    packages.map(|(package, _)| command(&["-p", package])).collect()
}

/// Names that follow `--test`.
fn files_of_tests(arguments: &[String]) -> impl Iterator<Item = &str> {
    let own = || arguments.iter().map(String::as_str).take_while(|argument| *argument != "--");
    let behind = own().zip(own().skip(1)).filter(|(option, _)| *option == "--test");
    own().filter_map(|word| word.strip_prefix("--test=")).chain(behind.map(|(_, name)| name))
}

fn is_file_of_tests(folder: &Path, name: &str) -> bool {
    name.contains('*')
        || folder.join(name).join("main.rs").exists()
        || folder.join(format!("{name}.rs")).exists()
}

/// Our own words of the arguments, without what follows `--` or `=`.
fn options(arguments: &[String]) -> Vec<&str> {
    let own = arguments.iter().map(String::as_str).take_while(|argument| *argument != "--");
    own.map(|word| word.split('=').next().unwrap_or(word)).collect()
}

fn names_packages(word: &str) -> bool {
    word.starts_with("-p") || matches!(word, "--package" | "--workspace")
}

/// The arguments of every `cargo test` to run.
///
/// One package is one pass: cargo's own order is the same there, and a pass for which it has no tests would fail.
fn passes(arguments: &[String]) -> Vec<Vec<String>> {
    let options = options(arguments);
    let lines: Vec<Vec<&str>> = if options.iter().any(|word| names_packages(word)) {
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
    fn backends_come_first_and_leave_the_rest() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for line in ["--backend ndarray,wgpu --test book", "--backend=ndarray,wgpu --test book"] {
            let words = words(line);
            let (named, rest) = backends(&words).expect(line).expect("they are named");
            assert_eq!((named, rest.len()), (vec!["ndarray", "wgpu"], 2));
        }
        assert!(backends(&words("--test book -- --backend")).expect("none").is_none());
        for line in ["--backend", "--test book --backend wgpu", "--backend gpu"] {
            backends(&words(line)).expect_err(line);
        }
    }

    #[test]
    fn a_package_named_anywhere_is_the_only_one_tested_on_a_backend() {
        let count = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            commands_for("ndarray", &words).len()
        };
        assert_eq!(count("-- book"), backend::PACKAGES.len());
        assert_eq!(count("--no-run -- -p"), backend::PACKAGES.len());
        for line in ["-p cam-tests", "--test book --package=cam-tests"] {
            assert_eq!(count(line), 1, "{line}");
        }
    }

    #[test]
    fn a_file_of_tests_is_looked_for_in_the_package_that_has_it() {
        let packages = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let commands = commands_for("ndarray", &words);
            let package = |command: &Command| {
                let words: Vec<String> =
                    command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
                let at = words.iter().position(|word| word == "-p").expect("a package");
                words[at + 1].clone()
            };
            commands.iter().map(package).collect::<Vec<_>>()
        };
        assert_eq!(packages("--test tiny_networks"), ["cam-tests"]);
        assert_eq!(packages("--test=laws_of_methods -- cosine"), ["cam-tests"]);
        assert_eq!(packages("--test cli -- --test book"), ["cam-cli"]);
        assert_eq!(packages("--test *").len(), 2);
    }

    #[test]
    fn what_follows_the_dashes_is_not_ours() {
        assert_eq!(lines("-- --test").len(), 3);
    }
}
