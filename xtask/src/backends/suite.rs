//! How the files of tests fared on a backend, of what they printed.

use std::collections::{BTreeMap, BTreeSet};

use super::ran::{End, Ran};

/// How a backend fared.
#[derive(Default)]
pub struct Suite {
    pub heading: String,
    files: BTreeMap<String, Outcome>,
    /// Precision and what was compared, to the largest difference and what is allowed.
    precisions: BTreeMap<(String, String), (f64, f64)>,
}

/// How a file of tests fared.
struct Outcome {
    passed: usize,
    /// How many there are that are not left out.
    of: usize,
    seconds: f64,
    end: End,
}

impl Suite {
    pub fn new(heading: String) -> Self {
        Self { heading, ..Self::default() }
    }

    /// Reads what a file of tests printed.
    pub fn enter(&mut self, name: &str, ran: &Ran) {
        let out = ran.out.as_str();
        let count = |word: &str| {
            let is_outcome =
                |line: &&str| line.trim_end().ends_with(&format!("... {word}")) || *line == word;
            out.lines().filter(is_outcome).count()
        };
        let running = out.lines().find_map(|line| line.strip_prefix("running "));
        let all = running.and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or(0);
        let left_out = out.lines().filter(|line| line.contains(" ... ignored")).count();
        let of = usize::saturating_sub(all, left_out);
        // Where it came to its end it counted by itself.
        let passed = out.lines().find_map(passed).unwrap_or_else(|| count("ok"));
        if of > 0 {
            let (seconds, end) = (ran.seconds, ran.end);
            self.files.insert(name.to_owned(), Outcome { passed, of, seconds, end });
        }
        for (key, (difference, allowed)) in out.lines().filter_map(precision) {
            let entry = self.precisions.entry(key).or_insert((difference, allowed));
            *entry = (entry.0.max(difference), allowed);
        }
    }

    fn has_passed(&self, name: &str) -> bool {
        self.files.get(name).is_some_and(|outcome| outcome.end == End::Passed)
    }

    /// How many passed of how many, and how long it took.
    pub fn cell(&self, name: &str) -> Option<String> {
        let Outcome { passed, of, seconds, end } = self.files.get(name)?;
        let time = if *end == End::Stopped { ", stopped after" } else { " in" };
        Some(format!("{passed} of {of}{time} {seconds:.0} s"))
    }
}

/// The file of tests that says what reduced precision costs.
const PRECISION: &str = "precision";

/// Passed of `test result: ok. 3 passed; 0 failed; 0 ignored; ...`
fn passed(line: &str) -> Option<usize> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    counts.split_once(" passed")?.0.parse().ok()
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
pub fn table(suites: &[Suite]) -> String {
    let files: BTreeSet<&String> = suites.iter().flat_map(|suite| suite.files.keys()).collect();
    let mut text = heading(suites, "tests");
    for file in files {
        let cell = |suite: &Suite| suite.cell(file).unwrap_or_default();
        let cells: Vec<String> = suites.iter().map(cell).collect();
        text += &format!("| {file} | {} |\n", cells.join(" | "));
    }
    text
}

/// What reduced precision costs.
pub fn precisions(suites: &[Suite]) -> String {
    let rows: BTreeSet<_> = suites.iter().flat_map(|suite| suite.precisions.keys()).collect();
    let mut text = heading(suites, "reduced precision against f32, of what is allowed");
    for row in rows {
        let cell = |suite: &Suite| match suite.precisions.get(row) {
            Some((difference, allowed)) => format!("{difference:.0e} of {allowed:.0e}"),
            // Whoever came to the end would have said so.
            None if suite.has_passed(PRECISION) => "not there".to_owned(),
            None => String::new(),
        };
        let cells: Vec<String> = suites.iter().map(cell).collect();
        text += &format!("| {}, {} | {} |\n", row.0, row.1, cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: &str = "\
running 6 tests
test a ... precision\tf16\tembedding\t2e-3\t5e-3
ok
test b ... ok
precision\tf16\tembedding\t1e-3\t5e-3
test c ... FAILED
test d ... ignored, it needs a network
";

    fn suite(end_of_out: &str, seconds: f64, end: End) -> Suite {
        let mut suite = Suite::new("flex".to_owned());
        suite.enter("book", &Ran { out: format!("{OUT}{end_of_out}"), seconds, end });
        suite
    }

    #[test]
    fn a_file_of_tests_that_ended_is_counted_by_its_own_words() {
        let end = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1s";
        assert_eq!(
            table(&[suite(end, 12.34, End::Failed)]),
            "| tests | flex |\n|---|---:|\n| book | 3 of 5 in 12 s |\n"
        );
    }

    #[test]
    fn one_that_was_stopped_is_counted_by_its_lines() {
        let suite = suite("", 9.0, End::Stopped);
        assert_eq!(suite.cell("book").as_deref(), Some("2 of 5, stopped after 9 s"));
    }

    #[test]
    fn a_file_whose_tests_are_all_left_out_has_no_row() {
        let mut suite = Suite::new("flex".to_owned());
        let out = "running 1 test\ntest d ... ignored, it needs a network\n".to_owned();
        suite.enter("pretrained", &Ran { out, seconds: 0.0, end: End::Passed });
        assert_eq!(table(&[suite]).lines().count(), 2);
    }

    #[test]
    fn the_largest_difference_of_a_precision_stands_beside_what_each_backend_is_allowed() {
        let (mut lacking, mut stopped) = (Suite::new("x".to_owned()), Suite::new("y".to_owned()));
        let ran = |end| Ran { out: "running 1 test\n".to_owned(), seconds: 1.0, end };
        lacking.enter("precision", &ran(End::Passed));
        stopped.enter("precision", &ran(End::Stopped));
        assert_eq!(
            precisions(&[suite("", 0.0, End::Passed), lacking, stopped]),
            "| reduced precision against f32, of what is allowed | flex | x | y |\n\
             |---|---:|---:|---:|\n\
             | f16, embedding | 2e-3 of 5e-3 | not there |  |\n"
        );
    }
}
