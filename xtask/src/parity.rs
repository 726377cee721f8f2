//! `cargo xtask parity`: how near the references the maps are, as a table in the book.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::cargo::{cargo, output, root};
use crate::pages;

pub const HELP: &str = "\
usage: cargo xtask parity

Runs the tests that compare with pytorch-grad-cam's numbers, and writes the
largest difference of each comparison into docs/src/parity.md. Fails where a
test does, and where a file of references was read by no test.
";

/// The tests that compare, and the title of their table.
const TESTS: [(&str, &str); 3] = [
    ("parity_methods", "Methods"),
    ("parity_resnet", "Networks, targets and layers"),
    ("parity_lite", "The embedded network, whose weights are rounded to f16"),
];

/// References that need no table of their own: pixels are compared bit by bit, and these weights
/// are fetched by `cargo xtask pretrained`.
const READ_ELSEWHERE: [&str; 3] =
    ["pixels", "efficientnet-lite1-forward", "efficientnet-lite2-forward"];

pub fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "`cargo xtask parity` takes no arguments");
    let mut tables = String::new();
    let mut read = BTreeSet::new();
    for (test, title) in TESTS {
        let printed = output(&mut cargo([
            "test",
            "--release",
            "-p",
            "cam-tests",
            "--test",
            test,
            "--",
            "--nocapture",
        ]))?;
        let found = Comparisons::in_what_was_printed(&printed);
        ensure!(!found.rows.is_empty(), "{test} compared nothing");
        tables += &format!("\n## {title}\n\n{}", found.table());
        read.extend(found.read);
    }
    let unread: Vec<String> =
        references()?.into_iter().filter(|name| !read.contains(name)).collect();
    ensure!(unread.is_empty(), "no test reads {}", unread.join(", "));
    let page = root().join("docs/src/parity.md");
    pages::write_between_marks(&page, "cargo xtask parity", &tables)?;
    println!("{}", page.display());
    Ok(())
}

/// The names of the files of references that a test of ours must read.
fn references() -> Result<BTreeSet<String>> {
    let folder = root().join("tests/golden");
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<Result<Vec<_>>>()?;
    let names = names.iter().filter_map(|name| name.strip_suffix(".safetensors"));
    Ok(names.filter(|name| !READ_ELSEWHERE.contains(name)).map(str::to_owned).collect())
}

/// What tests said of their comparisons.
#[derive(Default)]
struct Comparisons {
    /// Networks, in the order of their names.
    columns: BTreeSet<String>,
    /// What was compared; per network the largest difference, and the largest allowed.
    rows: BTreeMap<String, BTreeMap<String, (f32, f32)>>,
    /// References read.
    read: BTreeSet<String>,
}

impl Comparisons {
    fn in_what_was_printed(text: &str) -> Self {
        let mut found = Self::default();
        for line in text.lines() {
            // A test's name may stand before it.
            if let Some((_, path)) = line.split_once("golden\t") {
                let name = path.rsplit('/').next().unwrap_or(path);
                found.read.insert(name.trim_end_matches(".safetensors").to_owned());
            }
            let Some((_, line)) = line.split_once("parity\t") else { continue };
            let [test, what, difference, allowed] = line.split('\t').collect::<Vec<_>>()[..] else {
                continue;
            };
            let (Ok(difference), Ok(allowed)) = (difference.parse(), allowed.parse::<f32>()) else {
                continue;
            };
            let network = network_of(test);
            found.columns.insert(network.to_owned());
            let row = found.rows.entry(what.to_owned()).or_default();
            let (largest, bound) = row.entry(network.to_owned()).or_insert((0.0, allowed));
            *largest = largest.max(difference);
            *bound = bound.max(allowed);
        }
        found
    }

    fn table(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|name| name.replace('_', " ")).collect();
        let mut text = format!("| | {} | allowed |\n|---|", names.join(" | "));
        text += &format!("{}---:|\n", "---:|".repeat(names.len()));
        for (what, row) in &self.rows {
            let cell = |column: &String| match row.get(column) {
                Some((difference, _)) => format!("{difference:.0e}"),
                None => String::new(),
            };
            let cells: Vec<String> = self.columns.iter().map(cell).collect();
            let allowed = row.values().fold(0.0, |most: f32, (_, allowed)| most.max(*allowed));
            text += &format!("| {what} | {} | {allowed:.0e} |\n", cells.join(" | "));
        }
        text
    }
}

/// The network of a test: its module, or what its claim ends on.
fn network_of(test: &str) -> &str {
    let module = test.rsplit_once("::").map(|(network, _)| network);
    let suffix = || test.rsplit_once("_on_").map(|(_, network)| network);
    module.or_else(suffix).unwrap_or("the network")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
running 2 tests
golden\t/a/b/resnet18-fem.safetensors
test a::x ... parity\ta::x\tfem layer4.raw\t2e-6\t1e-3
parity\tb_c::x\tfem layer4.raw\t4e-6\t1e-3
parity\ta::y\tfem layer4.raw\t3e-6\t1e-3
parity\ta::y\tfem layer3.raw\t0e0\t1e-3
";

    #[test]
    fn the_largest_difference_of_each_network_stands_in_the_table() {
        let found = Comparisons::in_what_was_printed(PRINTED);
        assert_eq!(found.read.iter().collect::<Vec<_>>(), ["resnet18-fem"]);
        assert_eq!(
            found.table(),
            "| | a | b c | allowed |\n|---|---:|---:|---:|\n\
             | fem layer3.raw | 0e0 |  | 1e-3 |\n| fem layer4.raw | 3e-6 | 4e-6 | 1e-3 |\n"
        );
    }

    #[test]
    fn a_test_s_network_is_its_module_or_the_end_of_its_claim() {
        assert_eq!(network_of("resnet50_in_the_engine::x"), "resnet50_in_the_engine");
        assert_eq!(network_of("score_cam_matches_on_resnet18"), "resnet18");
        assert_eq!(network_of("it_matches"), "the network");
    }

    #[test]
    fn there_are_references() {
        assert!(references().expect("a folder").contains("resnet50-fem"));
    }
}
