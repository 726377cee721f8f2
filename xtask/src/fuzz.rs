//! `cargo xtask fuzz`: the laws of `fuzz/targets` under libFuzzer, which looks for new paths through the code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::cargo::{built, cargo, host, run as run_command};
use crate::git::files;
use crate::metadata::target_directory;

/// Run the parsers under libFuzzer
///
/// Each target of fuzz/ starts from its seeds and from what earlier runs found, which lies in fuzz/corpus/ of cargo's
/// target directory. An input that breaks a law, or takes ten seconds or 512 MB, is written to fuzz/found/ there and
/// fails the command.
///
/// It needs a C++ compiler for libFuzzer, and compiles without a sanitizer, on any toolchain; `cargo fuzz run TARGET`
/// does the same. The tests of cam-fuzz-targets hold the same laws against changes of the seeds that are always the same.
#[derive(Args)]
pub struct Arguments {
    /// Targets to run, one after the other; all of them unless named.
    targets: Vec<String>,

    /// Inputs to run each target with.
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,

    /// Seconds to run each target for.
    #[arg(long, value_name = "N", default_value = "60", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

/// How libFuzzer sees which paths are taken: LLVM counts each edge.
const COUNTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// The memory and time that an input may take.
const LIMITS: [&str; 2] = ["-rss_limit_mb=512", "-timeout=10"];

pub fn run(arguments: &Arguments) -> Result<()> {
    let targets = chosen(&arguments.targets)?;
    let end = match arguments.runs {
        Some(runs) => format!("-runs={runs}"),
        None => format!("-max_total_time={}", arguments.seconds),
    };
    let folder = target_directory()?.join("fuzz");
    seed(&folder)?;
    for target in targets {
        let program = build(&folder, &target)?;
        let found = folder.join("found").join(&target);
        fs::create_dir_all(&found).with_context(|| found.display().to_string())?;
        let mut command = Command::new(program);
        command.arg(&end).args(LIMITS).arg("-print_final_stats=1");
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

/// The targets that are named, or all.
fn chosen(names: &[String]) -> Result<Vec<String>> {
    let programs = files("fuzz/fuzz_targets/*.rs")?;
    let stem = |path: &String| Some(Path::new(path).file_stem()?.to_string_lossy().into_owned());
    let known: Vec<String> = programs.iter().filter_map(stem).collect();
    for name in names {
        ensure!(known.contains(name), "there is no target `{name}`, only {}", known.join(", "));
    }
    Ok(if names.is_empty() { known } else { names.to_vec() })
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
    let host = host(&mut Command::new("rustc"))?;
    command.args(["--bin", target, "--target", &host, "--target-dir"]).arg(folder.join("build"));
    built(command.env("RUSTFLAGS", COUNTED), target)
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn all_targets_run_unless_one_is_named() {
        assert!(chosen(&[]).expect("all").len() > 1);
        assert_eq!(chosen(&["index".to_owned()]).expect("one"), ["index"]);
        let error = chosen(&["indx".to_owned()]).expect_err("no such target").to_string();
        assert!(error.starts_with("there is no target `indx`, only answer, "), "{error}");
    }
}
