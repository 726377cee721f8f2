//! `cargo xtask backends`: which tests pass on which backend, as a table in the book.

mod kept;
mod ran;
mod suite;

use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::backend::{self, Surroundings};
use crate::cargo::{cargo, output, root};
use crate::metadata::target_directory;
use crate::pages;
use kept::Kept;
use ran::Ran;
use suite::{Suite, precisions, table};

pub const HELP: &str = "\
usage: cargo xtask backends [NAME,...] [--within SECONDS]

Runs the tests of cam-tests on each of the named backends (flex, ndarray and
wgpu unless named), and writes docs/src/backends.md: which of them passed where,
and what convolutions in f16 and bf16 cost. A file of tests is stopped after 900
seconds, or those given, and its row says so. What passed is kept in
target/backends/ and not run again until its program or what it reads is new, so
that the command can be interrupted. Fails, and writes all the same, if a test does.
";

/// What can run without a card.
const EVERYWHERE: &str = "flex,ndarray,wgpu";

/// Enough for every file on two idle cores, on a software driver too.
const WITHIN: Duration = Duration::from_secs(900);

/// What tests read when they run.
const DATA: [&str; 3] = ["tests/golden", "tests/fixtures", "crates/cam-explain/photographs"];

const PAGE: &str = "docs/src/backends.md";

pub fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (names, within) = match words[..] {
        [] => (EVERYWHERE, WITHIN),
        ["--within", seconds] => (EVERYWHERE, parse_seconds(seconds)?),
        [names, "--within", seconds] => (names, parse_seconds(seconds)?),
        [names] => (names, WITHIN),
        _ => bail!("{HELP}"),
    };
    let backends = backend::parse(names)?;
    let surroundings = backends.iter().map(|backend| Surroundings::of(backend));
    let surroundings = surroundings.collect::<Result<Vec<_>>>()?;
    let files = files_of_tests(&backend::features(&surroundings))?;
    let (mut suites, mut failures) = (Vec::new(), Vec::new());
    for (backend, surroundings) in backends.iter().zip(&surroundings) {
        let kept = Kept::at(target_directory()?.join("backends").join(backend))?;
        let heading = match &surroundings.remark {
            Some(remark) => format!("{backend} ({remark})"),
            None => (*backend).to_owned(),
        };
        eprintln!("== {heading}");
        let mut suite = Suite::new(heading);
        for (name, program) in &files {
            let (ran, is_kept) = run_file((name, program), surroundings, &kept, within)?;
            suite.enter(name, &ran);
            if let Some(cell) = suite.cell(name) {
                eprintln!("{name}: {cell}{}", if is_kept { " (kept)" } else { "" });
            }
            if ran.has_failed() {
                failures.push(format!("{name} on {backend} ({})", kept.complaints(name).display()));
            }
        }
        suites.push(suite);
    }
    let tables = format!("\n{}\n{}", table(&suites), precisions(&suites));
    let page = root().join(PAGE);
    pages::write_between_marks(&page, "cargo xtask backends", &tables)?;
    println!("{}", page.display());
    match failures.as_slice() {
        [] => Ok(()),
        failures => bail!("failed: {}", failures.join(", ")),
    }
}

/// Runs a file of tests, unless what it did is known, which it tells too.
fn run_file(
    (name, program): (&str, &Path),
    surroundings: &Surroundings,
    kept: &Kept,
    within: Duration,
) -> Result<(Ran, bool)> {
    let data = DATA.map(|folder| root().join(folder));
    let read: Vec<&Path> = iter::once(program).chain(data.iter().map(PathBuf::as_path)).collect();
    if let Some(ran) = kept.get(name, &read, within) {
        return Ok((ran, true));
    }
    let mut command = Command::new(program);
    // As cargo runs them.
    command.arg("--nocapture").current_dir(root().join("tests"));
    let complaints = kept.new_complaints(name)?;
    let ran = Ran::within(within, surroundings.put(&mut command), complaints)?;
    kept.put(name, &ran)?;
    Ok((ran, false))
}

fn parse_seconds(text: &str) -> Result<Duration> {
    let seconds = text.parse().with_context(|| format!("--within {text}: it takes seconds"))?;
    Ok(Duration::from_secs(seconds))
}

/// Builds the tests; their files and programs.
fn files_of_tests(features: &str) -> Result<Vec<(String, PathBuf)>> {
    let mut command = cargo(["test", "--release", "-p", "cam-tests", "--no-run", "--test", "*"]);
    command.args(["--no-default-features", "--features", features]);
    let printed = output(command.args(["--message-format", "json"]))?;
    Ok(printed.lines().filter_map(file_of_tests).collect())
}

/// A file of tests and its program, of cargo's messages.
fn file_of_tests(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_test = message["profile"]["test"] == true && message["target"]["kind"][0] == "test";
    let program = message["executable"].as_str().filter(|_| is_test)?;
    Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(program)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_names_the_programs_of_tests() {
        let message = r#"{"executable":"/t/book-1","profile":{"test":true},"target":{"kind":["test"],"name":"book"}}"#;
        assert_eq!(file_of_tests(message), Some(("book".to_owned(), PathBuf::from("/t/book-1"))));
        assert_eq!(file_of_tests(&message.replace("\"test\"]", "\"lib\"]")), None);
    }
}
