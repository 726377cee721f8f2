//! `cargo xtask backends`: which tests pass on which backend, as a table in the book.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use crate::backend::{self, Surroundings};
use crate::cargo::root;
use crate::pages;
use crate::test::commands_for;

pub const HELP: &str = "\
usage: cargo xtask backends [NAME,...]

Runs the tests that depend on a backend on each of the named ones (flex,
ndarray and wgpu unless named), and writes docs/src/backends.md: which of them
passed where, and what convolutions in f16 and bf16 cost. Takes an hour where
wgpu runs on a software driver. Fails, and writes all the same, if a test does.
";

/// What can run without a card.
const EVERYWHERE: &str = "flex,ndarray,wgpu";

const PAGE: &str = "docs/src/backends.md";

pub fn run(arguments: &[String]) -> Result<()> {
    let backends = match arguments {
        [] => backend::parse(EVERYWHERE)?,
        [names] => backend::parse(names)?,
        _ => bail!("{HELP}"),
    };
    let mut suites = Vec::new();
    for backend in &backends {
        let surroundings = Surroundings::of(backend)?;
        let arguments = ["--", "--nocapture"].map(str::to_owned);
        eprintln!("== {backend}");
        let (mut out, mut err) = (String::new(), String::new());
        for mut command in commands_for(&backends, &arguments) {
            // Cargo names the file of tests on standard error, the tests themselves on standard output.
            let command = surroundings.put(&mut command);
            let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
            let output = output.context("cargo test")?;
            out += &String::from_utf8_lossy(&output.stdout);
            err += &String::from_utf8_lossy(&output.stderr);
        }
        let heading = match surroundings.remark {
            Some(remark) => format!("{backend} ({remark})"),
            None => (*backend).to_owned(),
        };
        let suite = Suite::of(heading, &out, &err);
        if suite.files.is_empty() {
            bail!("{backend}: no test ran\n{err}");
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

/// How a backend fared.
struct Suite {
    heading: String,
    /// Per file of tests: passed, failed, seconds.
    files: BTreeMap<String, (u32, u32, f64)>,
    /// Precision and what was compared, to the largest difference and what is allowed.
    precisions: BTreeMap<(String, String), (f64, f64)>,
}

impl Suite {
    fn of(heading: String, out: &str, err: &str) -> Self {
        let names = err.lines().filter_map(file_of_tests);
        let results = out.lines().filter_map(result);
        let mut files = BTreeMap::new();
        for (name, (passed, failed, seconds)) in names.zip(results) {
            if passed + failed > 0 {
                files.insert(name, (passed, failed, seconds));
            }
        }
        let mut precisions = BTreeMap::new();
        for (key, (difference, allowed)) in out.lines().filter_map(precision) {
            let entry = precisions.entry(key).or_insert((difference, allowed));
            *entry = (entry.0.max(difference), allowed);
        }
        Self { heading, files, precisions }
    }

    fn failures(&self) -> Vec<String> {
        let failed = self.files.iter().filter(|(_, (_, failed, _))| *failed > 0);
        failed
            .map(|(name, (_, failed, _))| format!("{failed} of {name} on {}", self.heading))
            .collect()
    }
}

/// `     Running tests/book.rs (target/...)`, and unit tests as `Running unittests src/lib.rs (.../cam_tests-0)`.
fn file_of_tests(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("Running ")?;
    let (path, binary) = rest.split_once(" (")?;
    let package = binary.rsplit('/').next()?.split('-').next()?.replace('_', "-");
    let path = path.trim_start_matches("unittests ");
    Some(match path.strip_prefix("tests/") {
        Some(path) => path.trim_end_matches("/main.rs").trim_end_matches(".rs").to_owned(),
        None => format!("units of {package}"),
    })
}

/// `test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.12s`
fn result(line: &str) -> Option<(u32, u32, f64)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |what: &str| {
        let part = counts.split(';').find(|part| part.trim().ends_with(what))?;
        part.trim().split(' ').next()?.parse().ok()
    };
    let seconds = counts.rsplit("finished in ").next()?.trim_end_matches('s').parse().ok()?;
    Some((number("passed")?, number("failed")?, seconds))
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
        let cell = |suite: &Suite| match suite.files.get(file) {
            Some((passed, failed, seconds)) => {
                format!("{passed} of {} in {seconds:.0} s", passed + failed)
            }
            None => String::new(),
        };
        let cells: Vec<String> = suites.iter().map(cell).collect();
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

    const ERR: &str = "     Running unittests src/lib.rs (target/release/deps/cam_tests-0a)\n\
                       \x20    Running tests/book.rs (target/release/deps/book-1b)\n\
                       \x20    Running tests/loader/main.rs (target/release/deps/loader-2c)\n";
    const OUT: &str = "\
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test a ... precision\tf16\tembedding\t2e-3\t5e-3
precision\tf16\tembedding\t1e-3\t5e-3
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 12.34s
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.61s
";

    #[test]
    fn files_of_tests_meet_their_results() {
        let suite = Suite::of("flex".to_owned(), OUT, ERR);
        assert_eq!(
            table(std::slice::from_ref(&suite)),
            "| tests | flex |\n|---|---:|\n| book | 3 of 3 in 12 s |\n| loader | 3 of 5 in 1 s |\n"
        );
        assert_eq!(suite.failures(), ["2 of loader on flex"]);
    }

    #[test]
    fn the_largest_difference_of_a_precision_stands_in_the_table() {
        let suites = [Suite::of("flex".to_owned(), OUT, ERR), Suite::of("x".to_owned(), "", "")];
        assert_eq!(
            precisions(&suites),
            "| convolutions in reduced precision against f32 | flex | x | allowed |\n|---|---:|---:|---:|\n\
             | f16, embedding | 2e-3 | not there | 5e-3 |\n"
        );
    }
}
