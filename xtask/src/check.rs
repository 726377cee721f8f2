//! `cargo xtask check`: everything that must hold of the sources, reported as one table.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::cargo::{cargo, run as run_command};
use crate::{edges, flags, licences, links, nearest, sizes, targets, unseen};

pub const HELP: &str = "\
usage: cargo xtask check [--only NAME[,NAME...]]

Runs every check, prints a table, and fails if one failed:

  fmt       the sources are formatted
  clippy    no lint speaks up
  docs      the documentation builds without warnings
  edges     no crate uses what its layer may not (ARCHITECTURE.md)
  flags     no library's message names an option of the binary
  licences  every package's licence is allowed by deny.toml
  links     the documents' links lead somewhere, and every page is in the book
  sizes     source files over 300 lines (warns only)
  targets   the libraries work without threads, files and clocks, and compile for
            other machines, where std for them is installed
  backends  what runs on cards compiles (cuda, rocm), driver and card or not
";

/// How a check that did not fail went.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Passed,
    /// Something to look at, in some words.
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
    Check { name: "flags", run: flags::run },
    Check { name: "licences", run: licences::run },
    Check { name: "links", run: links::run },
    Check { name: "sizes", run: sizes::run },
    Check { name: "targets", run: targets::run },
    Check { name: "backends", run: unseen::run },
];

/// Runs the chosen checks, all of them even if one fails: whoever has to mend things wants the whole list.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut rows = Vec::new();
    for check in chosen(arguments)? {
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

/// Passes if nothing was found; otherwise prints all of it and fails with the count.
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

fn chosen(arguments: &[String]) -> Result<Vec<&'static Check>> {
    let names = match arguments {
        [] => return Ok(CHECKS.iter().collect()),
        [option, names] if option == "--only" => names.as_str(),
        [option] if option.starts_with("--only=") => option.trim_start_matches("--only="),
        [option] if option == "--only" => bail!("--only needs names: {HELP}"),
        [other, ..] => bail!("unknown argument `{other}`\n\n{HELP}"),
    };
    names.split(',').map(str::trim).map(find).collect()
}

fn find(name: &str) -> Result<&'static Check> {
    match CHECKS.iter().find(|check| check.name == name) {
        Some(check) => Ok(check),
        None => bail!(nearest::unknown("check", name, CHECKS.iter().map(|check| check.name))),
    }
}

fn row(name: &str, result: &Result<Outcome>, took: Duration) -> String {
    let (word, remark) = match result {
        Ok(Outcome::Passed) => ("ok", String::new()),
        Ok(Outcome::Warned(remark)) => ("warned", remark.clone()),
        Ok(Outcome::Skipped(remark)) => ("skipped", remark.clone()),
        Err(error) => ("FAILED", error.to_string()),
    };
    let line = format!("{name:<9} {word:<8} {:>6.1} s  {remark}", took.as_secs_f64());
    format!("{}\n", line.trim_end())
}

fn fmt() -> Result<Outcome> {
    run_command(&mut cargo(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn clippy() -> Result<Outcome> {
    run_command(&mut cargo([
        "clippy",
        "--release",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Outcome::Passed)
}

fn docs() -> Result<Outcome> {
    let mut command = cargo(["doc", "--release", "--workspace", "--no-deps"]);
    run_command(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Result<Vec<&'static str>> {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        Ok(chosen(&arguments)?.iter().map(|check| check.name).collect())
    }

    #[test]
    fn only_what_is_named_runs() {
        assert_eq!(names(&[]).expect("all").len(), CHECKS.len());
        assert_eq!(names(&["--only", "edges, fmt"]).expect("two"), ["edges", "fmt"]);
        assert_eq!(names(&["--only=sizes"]).expect("one"), ["sizes"]);
    }

    #[test]
    fn wrong_arguments_say_what_is_right() {
        let error = |arguments| names(arguments).expect_err("wrong").to_string();
        assert_eq!(
            error(&["--only", "licenses"]),
            "unknown check `licenses`: did you mean `licences`?"
        );
        assert!(error(&["--only"]).contains("needs names"));
        assert!(error(&["--onyl", "fmt"]).contains("unknown argument `--onyl`"));
    }

    #[test]
    fn every_check_is_in_the_help() {
        for check in CHECKS {
            assert!(HELP.contains(&format!("\n  {} ", check.name)), "{}", check.name);
        }
    }

    #[test]
    fn a_row_says_how_it_went() {
        let took = Duration::from_millis(1250);
        assert_eq!(row("fmt", &Ok(Outcome::Passed), took), "fmt       ok          1.2 s\n");
        let failed = Err(anyhow::anyhow!("3 violations"));
        assert_eq!(row("edges", &failed, took), "edges     FAILED      1.2 s  3 violations\n");
    }
}
