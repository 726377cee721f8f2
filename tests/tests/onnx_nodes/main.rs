//! ONNX's own tests of operations, imported with an input that depends on the image, and run with burn's operations.
//!
//! They are `onnx/backend/test/data/node` of the Python package `onnx`, 100 MB, and not kept here: `cargo xtask onnx`
//! fetches them and names the folder by `CAM_ONNX_NODES`. What depends on constants alone is tested in cam-onnx.

mod case;
mod run;
mod selection;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use cam_tests::backend;
use case::Case;
use run::{Ended, run};
use selection::REFUSED;

/// What became of an operation's tests.
#[derive(Default)]
struct Row {
    /// Tests that agree with the first input of floating-point numbers as the one that depends on the image.
    passed: usize,
    /// Tests without such an input, which agree.
    constant: usize,
    /// Further runs that agree, with another input as that one, and those refused then.
    others: [usize; 2],
    /// Tests refused, by the line that says why.
    refused: BTreeMap<usize, usize>,
    /// What else happened.
    wrong: Vec<String>,
}

#[test]
#[ignore = "needs a folder of ONNX's tests"]
fn every_node_test_of_onnx_agrees_or_is_refused_for_a_reason() {
    let folder = std::env::var_os("CAM_ONNX_NODES").expect("CAM_ONNX_NODES names the folder");
    let device = backend::device();
    let mut rows = BTreeMap::<String, Row>::new();
    for folder in folders(Path::new(&folder)) {
        let operation = operation(&folder);
        let refusal = selection::refusal(&operation, &name(&folder));
        rows.entry(operation).or_default().add(&folder, refusal, &device);
    }
    print(&rows);
    let used: BTreeSet<usize> = rows.values().flat_map(|row| row.refused.keys().copied()).collect();
    let mut wrong: Vec<String> = rows.into_values().flat_map(|row| row.wrong).collect();
    let unused = (0..REFUSED.len()).filter(|line| !used.contains(line));
    wrong.extend(unused.map(|line| format!("nothing is refused by {:?}", REFUSED[line])));
    assert!(wrong.is_empty(), "{} tests fail:\n{}", wrong.len(), wrong.join("\n"));
}

impl Row {
    /// Runs a test.
    fn add(&mut self, folder: &Path, refusal: Option<usize>, device: &Device) {
        let name = name(folder);
        let case = Case::read(folder);
        let first = case.as_ref().ok().and_then(|case| case.float_inputs().next());
        let ended = match &case {
            Ok(case) => run(case, first, device),
            Err(error) => Ended::Refused(error.to_string()),
        };
        match (ended, refusal) {
            (Ended::Passed, None) if first.is_none() => self.constant += 1,
            (Ended::Passed, None) => self.passed += 1,
            (Ended::Refused(_), Some(line)) => *self.refused.entry(line).or_default() += 1,
            (Ended::Refused(why), None) => self.wrong.push(format!("{name}: refused: {why}")),
            (Ended::Passed, Some(line)) => {
                let (.., reason) = REFUSED[line];
                self.wrong.push(format!("{name}: agrees, and need not be refused: {reason}"));
            }
            (Ended::Wrong(what), _) => self.wrong.push(format!("{name}: {what}")),
        }
        let Ok(case) = case else { return };
        for place in case.float_inputs().skip(1) {
            match run(&case, Some(place), device) {
                Ended::Passed => self.others[0] += 1,
                Ended::Refused(_) => self.others[1] += 1,
                Ended::Wrong(what) => {
                    self.wrong.push(format!("{name}, input {place} from the image: {what}"));
                }
            }
        }
    }
}

/// The tests, by name.
fn folders(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    entries.map(|entry| entry.expect("the folder can be read").path()).collect()
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The operation of a test; that of a test that spells one out in others is the one spelt out.
fn operation(folder: &Path) -> String {
    let name = name(folder);
    let whole = name.split("_expanded").next().unwrap_or(&name);
    let path = folder.with_file_name(whole).join("model.onnx");
    let read = cam_onnx::Source::open(&path).and_then(|source| cam_onnx::read(&source));
    let first = read.ok().and_then(|model| Some(model.graph.nodes.first()?.op_type.clone()));
    let operation = first.unwrap_or_else(|| whole.to_owned());
    if whole == name { operation } else { format!("{operation} (expanded)") }
}

/// A line for every operation, and the sums.
fn print(rows: &BTreeMap<String, Row>) {
    let mut sums = [0; 5];
    for (operation, row) in rows {
        let refused = row.refused.values().sum::<usize>();
        let counts = [row.passed, row.constant, refused, row.others[0], row.others[1]];
        let reasons: Vec<String> = row
            .refused
            .iter()
            .map(|(&line, count)| format!("{count} {}: {}", REFUSED[line].1, REFUSED[line].2))
            .collect();
        let cells = counts.map(|count| count.to_string()).join("\t");
        println!("node\t{operation}\t{cells}\t{}", reasons.join("; "));
        sums = std::array::from_fn(|i| sums[i] + counts[i]);
    }
    let [passed, constant, refused, others, others_refused] = sums;
    println!(
        "{} operations: {passed} tests agree, {constant} of constants agree, {refused} are refused for a reason; \
         with another input from the image {others} agree, {others_refused} are refused",
        rows.len()
    );
}
