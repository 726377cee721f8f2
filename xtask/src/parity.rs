//! `cargo xtask parity`: how far the maps are from the references, as a table in the book.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::cargo::{cargo, output, root};
use crate::git::files;

/// Write the table of distances from the references
///
/// Runs the tests that compare with pytorch-grad-cam's numbers, and writes the largest difference of each comparison
/// into docs/src/parity.md. Fails where a test does, and where no test reads a file of references.
#[derive(Args)]
pub struct Arguments;

/// The tests that compare, and the title of their table.
const TESTS: [(&str, &str); 3] = [
    ("parity_methods", "Methods"),
    ("parity_resnet", "Networks, targets and layers"),
    ("parity_lite", "The embedded network, whose weights are rounded to f16"),
];

/// References that need no table of their own: pixels are compared byte by byte, and these weights
/// are fetched by `cargo xtask pretrained`.
const READ_ELSEWHERE: [&str; 5] = [
    "pixels",
    "preprocessing",
    "upsampling",
    "efficientnet-lite1-forward",
    "efficientnet-lite2-forward",
];

const PAGE: &str = "docs/src/parity.md";

/// What the page has around the tables.
const MARKS: [&str; 2] = ["<!-- begin: written by cargo xtask parity -->\n", "<!-- end -->"];

pub fn run(_: &Arguments) -> Result<()> {
    let mut tables = String::new();
    let mut read = BTreeSet::new();
    for (test, title) in TESTS {
        // With the workspace's features, as for the tests: burn is not built again.
        let mut command = cargo(["test", "--release", "--workspace", "--test", test]);
        let found = Comparisons::printed(&output(command.args(["--", "--nocapture"]))?);
        ensure!(!found.rows.is_empty(), "{test} compared nothing");
        tables += &format!("\n## {title}\n\n{}", found.table());
        read.extend(found.read);
    }
    let unread: Vec<String> =
        references()?.into_iter().filter(|name| !read.contains(name)).collect();
    ensure!(unread.is_empty(), "no test reads {}", unread.join(", "));
    let page = fs::read_to_string(root().join(PAGE)).context(PAGE)?;
    fs::write(root().join(PAGE), between_marks(&page, &tables)?).context(PAGE)?;
    println!("{PAGE}");
    Ok(())
}

/// Replaces what stood between the marks.
fn between_marks(page: &str, text: &str) -> Result<String> {
    let [begin, end] = MARKS;
    let (before, rest) = page.split_once(begin).context("the page has no place for tables")?;
    let (_, after) = rest.split_once(end).context("the place for tables has no end")?;
    Ok(format!("{before}{begin}{text}\n{end}{after}"))
}

/// The names of the files of references that a test of ours must read.
fn references() -> Result<BTreeSet<String>> {
    let files = files("tests/golden/*.safetensors")?;
    let names = files.iter().map(|path| name_of(path).to_owned());
    Ok(names.filter(|name| !READ_ELSEWHERE.contains(&name.as_str())).collect())
}

/// Of a file of references.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".safetensors")
}

/// What tests print of their comparisons.
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
    fn printed(text: &str) -> Self {
        let mut found = Self::default();
        for line in text.lines() {
            // A test's name may stand before it.
            if let Some((_, path)) = line.split_once("golden\t") {
                found.read.insert(name_of(path).to_owned());
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
        let found = Comparisons::printed(PRINTED);
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
    fn tables_replace_what_stood_between_the_marks() {
        let page = |text| format!("before\n{}{text}\n{}\nafter\n", MARKS[0], MARKS[1]);
        assert_eq!(between_marks(&page("old"), "new\n").expect("it has marks"), page("new\n"));
        assert!(between_marks("no marks", "new").is_err());
    }

    #[test]
    fn there_are_references() {
        assert!(references().expect("a folder").contains("resnet50-fem"));
    }
}
