//! `cargo xtask fuzz`: the laws of `fuzz/targets` given to libFuzzer, which looks for new ways through the code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::cargo::{built, cargo, output, root, run as run_command};
use crate::metadata::target_directory;
use crate::nearest;

pub const HELP: &str = "\
usage: cargo xtask fuzz [TARGET] [--runs N | --seconds N]

Runs a target of fuzz/, or all of them in turn, under libFuzzer: from its seeds
and from what was found in earlier runs, which lies in fuzz/corpus/ of cargo's
target directory. Each runs for a minute unless so many executions or seconds
are asked for. An input that breaks a law, takes ten seconds or 512 MB is
written to fuzz/found/ there, and fails the command.

Takes a C++ compiler for libFuzzer. It is compiled without a sanitizer, on any
toolchain; `cargo fuzz run TARGET` does the same. The tests of cam-fuzz-targets
hold the same laws against changes of the seeds that are always the same.
";

/// How libFuzzer sees which ways are taken: LLVM counts each edge.
const COUNTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// What an input may take.
const LIMITS: [&str; 2] = ["-rss_limit_mb=512", "-timeout=10"];

/// When to stop.
#[derive(Debug, PartialEq)]
enum End {
    Runs(u64),
    Seconds(u64),
}

impl End {
    fn argument(&self) -> String {
        match self {
            Self::Runs(runs) => format!("-runs={runs}"),
            Self::Seconds(seconds) => format!("-max_total_time={seconds}"),
        }
    }
}

pub fn run(arguments: &[String]) -> Result<()> {
    let (targets, end) = asked(arguments)?;
    let folder = target_directory()?.join("fuzz");
    seed(&folder)?;
    for target in targets {
        let program = build(&folder, &target)?;
        let found = folder.join("found").join(&target);
        fs::create_dir_all(&found).with_context(|| found.display().to_string())?;
        let mut command = Command::new(program);
        command.arg(end.argument()).args(LIMITS).arg("-print_final_stats=1");
        command.arg(format!("-artifact_prefix={}/", found.display()));
        // What is new is written to the first folder.
        for corpus in ["corpus", "seeds"] {
            let corpus = folder.join(corpus).join(&target);
            fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
            command.arg(corpus);
        }
        run_command(&mut command)?;
    }
    Ok(())
}

/// Which targets, and for how long.
fn asked(arguments: &[String]) -> Result<(Vec<String>, End)> {
    let known = targets()?;
    let (mut targets, mut end) = (Vec::new(), End::Seconds(60));
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<u64> {
            let number = arguments.next().with_context(|| format!("{argument} takes a number"))?;
            let number = number.parse().with_context(|| format!("`{number}` is no number"))?;
            // libFuzzer takes 0 for no end.
            ensure!(number > 0, "{argument} is at least 1");
            Ok(number)
        };
        match argument.as_str() {
            "--runs" => end = End::Runs(number()?),
            "--seconds" => end = End::Seconds(number()?),
            name if known.iter().any(|known| known == name) => targets.push(name.to_owned()),
            name => bail!(nearest::unknown("target", name, known.iter().map(String::as_str))),
        }
    }
    Ok((if targets.is_empty() { known } else { targets }, end))
}

/// The targets that have a program.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn seed(folder: &Path) -> Result<()> {
    // With the workspace's features, as for the tests: nothing is built again.
    let build = ["build", "--release", "--workspace", "--example", "seeds"];
    let program = built(&mut cargo(build), "seeds")?;
    run_command(Command::new(program).arg(folder.join("seeds")))
}

fn build(folder: &Path, target: &str) -> Result<PathBuf> {
    let mut command = cargo(["build", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    // With a target named, build scripts and macros are not counted.
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say which machine it is for")?;
    command.args(["--bin", target, "--target", host, "--target-dir"]).arg(folder.join("build"));
    built(command.env("RUSTFLAGS", COUNTED), target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &str) -> Result<(Vec<String>, End)> {
        asked(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn all_targets_run_for_a_minute_unless_something_else_is_asked_for() {
        let (targets, end) = words("").expect("all");
        assert_eq!((targets, end), (super::targets().expect("there are some"), End::Seconds(60)));
        let (targets, end) = words("index --runs 1000").expect("one");
        assert_eq!((targets, end), (vec!["index".to_owned()], End::Runs(1000)));
    }

    #[test]
    fn what_is_not_known_or_no_number_is_refused() {
        for (wrong, expected) in [
            ("indx", "unknown target `indx`: did you mean `index`?"),
            ("--runs", "--runs takes a number"),
            ("--seconds x", "`x` is no number"),
            ("--runs 0", "--runs is at least 1"),
        ] {
            assert_eq!(words(wrong).expect_err(wrong).to_string(), expected);
        }
    }
}
