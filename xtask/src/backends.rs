//! `cargo xtask backends`: which tests pass on which backend, as a table in the book.

mod timed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::backend::{self, Surroundings};
use crate::cargo::{cargo, output, root};
use crate::pages;
use timed::Took;

pub const HELP: &str = "\
usage: cargo xtask backends [NAME,...] [--within SECONDS]

Runs the tests of cam-tests on each of the named backends (flex, ndarray and
wgpu unless named), and writes docs/src/backends.md: which of them passed where,
and what convolutions in f16 and bf16 cost. A file of tests is stopped after 300
seconds, or those given, and its row says so. Fails, and writes all the same, if
a test does.
";

/// What can run without a card.
const EVERYWHERE: &str = "flex,ndarray,wgpu";

/// Enough for every file on a processor, and for a part of it on a software driver.
const WITHIN: Duration = Duration::from_secs(300);

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
    let files = files_of_tests(&backend::features(&backends, &surroundings))?;
    let mut suites = Vec::new();
    for (backend, surroundings) in backends.iter().zip(&surroundings) {
        let heading = match &surroundings.remark {
            Some(remark) => format!("{backend} ({remark})"),
            None => (*backend).to_owned(),
        };
        eprintln!("== {heading}");
        let mut suite = Suite { heading, ..Suite::default() };
        for (name, program) in &files {
            let mut command = Command::new(program);
            let (out, took) = timed::run(surroundings.put(command.arg("--nocapture")), within)?;
            suite.enter(name, &out, took);
            eprintln!("{name}: {}", suite.cell(name));
        }
        suites.push(suite);
    }
    let tables = format!("\n{}\n{}", table(&suites), precisions(&suites));
    let page = root().join(PAGE);
    pages::write_between_marks(&page, "cargo xtask backends", &tables)?;
    println!("{}", page.display());
    let failures: Vec<String> = suites.iter().flat_map(Suite::failures).collect();
    match failures.as_slice() {
        [] => Ok(()),
        failures => bail!("failed: {}", failures.join(", ")),
    }
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

/// How a backend fared.
#[derive(Default)]
struct Suite {
    heading: String,
    files: BTreeMap<String, Outcome>,
    /// Precision and what was compared, to the largest difference and what is allowed.
    precisions: BTreeMap<(String, String), (f64, f64)>,
}

/// How a file of tests fared.
struct Outcome {
    passed: usize,
    failed: usize,
    /// How many there are.
    of: usize,
    took: Took,
}

impl Suite {
    /// Reads what a file of tests printed.
    fn enter(&mut self, name: &str, out: &str, took: Took) {
        let count = |word: &str| {
            let is_outcome =
                |line: &&str| line.trim_end().ends_with(&format!("... {word}")) || *line == word;
            out.lines().filter(is_outcome).count()
        };
        let running = out.lines().find_map(|line| line.strip_prefix("running "));
        let of = running.and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or(0);
        let (passed, failed) = (count("ok"), count("FAILED"));
        // Where it came to its end it counted by itself.
        let (passed, failed) = out.lines().find_map(result).unwrap_or((passed, failed));
        if of > 0 {
            self.files.insert(name.to_owned(), Outcome { passed, failed, of, took });
        }
        for (key, (difference, allowed)) in out.lines().filter_map(precision) {
            let entry = self.precisions.entry(key).or_insert((difference, allowed));
            *entry = (entry.0.max(difference), allowed);
        }
    }

    fn cell(&self, name: &str) -> String {
        let Some(Outcome { passed, of, took, .. }) = self.files.get(name) else {
            return String::new();
        };
        match took {
            Took::All(time) => format!("{passed} of {of} in {:.0} s", time.as_secs_f64()),
            Took::Stopped(time) => {
                format!("{passed} of {of}, stopped after {:.0} s", time.as_secs_f64())
            }
        }
    }

    fn failures(&self) -> Vec<String> {
        let failed = self.files.iter().filter(|(_, outcome)| outcome.failed > 0);
        let words = |(name, outcome): (&String, &Outcome)| {
            format!("{} of {name} on {}", outcome.failed, self.heading)
        };
        failed.map(words).collect()
    }
}

/// Passed and failed of `test result: ok. 3 passed; 0 failed; 0 ignored; ...`
fn result(line: &str) -> Option<(usize, usize)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |what: &str| {
        let part = counts.split(';').find(|part| part.trim().ends_with(what))?;
        part.trim().split(' ').next()?.parse().ok()
    };
    Some((number("passed")?, number("failed")?))
}

fn precision(line: &str) -> Option<((String, String), (f64, f64))> {
    let (_, line) = line.split_once("precision\t")?;
    let [precision, what, difference, allowed] = line.split('\t').collect::<Vec<_>>()[..] else {
        return None;
    };
    let key = (precision.to_owned(), what.to_owned());
    Some((key, (difference.parse().ok()?, allowed.parse().ok()?)))
}

fn heading(suites: &[Suite], first: &str) -> String {
    let names: Vec<&str> = suites.iter().map(|suite| suite.heading.as_str()).collect();
    format!("| {first} | {} |\n|---|{}\n", names.join(" | "), "---:|".repeat(names.len()))
}

/// Passed of how many, and how long it took.
fn table(suites: &[Suite]) -> String {
    let files: BTreeSet<&String> = suites.iter().flat_map(|suite| suite.files.keys()).collect();
    let mut text = heading(suites, "tests");
    for file in files {
        let cells: Vec<String> = suites.iter().map(|suite| suite.cell(file)).collect();
        text += &format!("| {file} | {} |\n", cells.join(" | "));
    }
    text
}

fn precisions(suites: &[Suite]) -> String {
    let rows: BTreeSet<_> = suites.iter().flat_map(|suite| suite.precisions.keys()).collect();
    let mut text = heading(suites, "convolutions in reduced precision against f32");
    text = text.replacen("|\n", "| allowed |\n", 1).replacen(":|\n", ":|---:|\n", 1);
    for row in rows {
        let found = |suite: &Suite| suite.precisions.get(row).copied();
        let cell = |suite| found(suite).map_or("not there".to_owned(), |(d, _)| format!("{d:.0e}"));
        let cells: Vec<String> = suites.iter().map(cell).collect();
        let allowed =
            suites.iter().filter_map(found).map(|(_, allowed)| allowed).fold(0.0, f64::max);
        text += &format!("| {}, {} | {} | {allowed:.0e} |\n", row.0, row.1, cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: &str = "\
running 5 tests
test a ... precision\tf16\tembedding\t2e-3\t5e-3
ok
test b ... ok
precision\tf16\tembedding\t1e-3\t5e-3
test c ... FAILED
";

    fn suite(end: &str, took: Took) -> Suite {
        let mut suite = Suite { heading: "flex".to_owned(), ..Suite::default() };
        suite.enter("book", &format!("{OUT}{end}"), took);
        suite
    }

    #[test]
    fn a_file_of_tests_that_ended_is_counted_by_its_own_words() {
        let end = "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s";
        let suite = suite(end, Took::All(Duration::from_millis(12_340)));
        assert_eq!(
            table(std::slice::from_ref(&suite)),
            "| tests | flex |\n|---|---:|\n| book | 3 of 5 in 12 s |\n"
        );
        assert_eq!(suite.failures(), ["2 of book on flex"]);
    }

    #[test]
    fn one_that_was_stopped_is_counted_by_its_lines() {
        let suite = suite("", Took::Stopped(Duration::from_secs(9)));
        assert_eq!(suite.cell("book"), "2 of 5, stopped after 9 s");
        assert_eq!(suite.failures(), ["1 of book on flex"]);
    }

    #[test]
    fn the_largest_difference_of_a_precision_stands_in_the_table() {
        let other = Suite { heading: "x".to_owned(), ..Suite::default() };
        assert_eq!(
            precisions(&[suite("", Took::All(Duration::ZERO)), other]),
            "| convolutions in reduced precision against f32 | flex | x | allowed |\n|---|---:|---:|---:|\n\
             | f16, embedding | 2e-3 | not there | 5e-3 |\n"
        );
    }

    #[test]
    fn cargo_names_the_programs_of_tests() {
        let message = r#"{"executable":"/t/book-1","profile":{"test":true},"target":{"kind":["test"],"name":"book"}}"#;
        assert_eq!(file_of_tests(message), Some(("book".to_owned(), PathBuf::from("/t/book-1"))));
        assert_eq!(file_of_tests(&message.replace("\"test\"]", "\"lib\"]")), None);
    }
}
