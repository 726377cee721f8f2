//! ONNX's own tests of operations: each a small network, its inputs, and what it should give.
//!
//! They are `onnx/backend/test/data/node` of the Python package `onnx`, 100 MB, and not kept here. To run them:
//! `ONNX_NODE_TESTS=…/data/node cargo test -p cam-onnx node_tests -- --ignored --nocapture`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::array::{Array, Data};
use crate::proto::{ElementType, Tensor};
use crate::{Source, numbers, read};

use super::{EvalError, Operation, evaluate, several, single};

/// How a test ended, other than well.
enum Failure {
    /// It is not about what we claim, and why.
    Skipped(String),
    /// It is, and what we gave.
    Wrong(String),
}

use Failure::{Skipped, Wrong};

/// What we say of types that we do not compute with: f8, f4 and 4-bit integers, blocks of scales, quantised 16 bits.
const DECLINED: [&str; 3] = ["is not computed with", "for blocks", "is lost"];

#[test]
#[ignore = "needs the folder ONNX_NODE_TESTS"]
fn the_node_tests_of_onnx_agree() {
    let folder = std::env::var("ONNX_NODE_TESTS").expect("ONNX_NODE_TESTS");
    let folders = std::fs::read_dir(folder).expect("a folder");
    let mut folders: Vec<_> = folders.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    let (mut passed, mut skipped, mut wrong) = (0, BTreeMap::<_, Vec<String>>::new(), Vec::new());
    for folder in &folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match case(folder) {
            Ok(()) => passed += 1,
            Err(Skipped(why)) => skipped.entry(why).or_default().push(name),
            Err(Wrong(why)) => wrong.push(format!("{name}: {why}")),
        }
    }
    skipped
        .iter()
        .for_each(|(why, names)| println!("skipped {}: {why} ({})", names.len(), names[0]));
    let count = skipped.values().map(Vec::len).sum::<usize>();
    println!("{passed} agree, {} do not, {count} skipped", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs one network, node by node.
fn case(folder: &Path) -> Result<(), Failure> {
    let skipped = |error: &dyn std::fmt::Display| Skipped(error.to_string());
    let source = Source::open(&folder.join("model.onnx")).map_err(|error| skipped(&error))?;
    let model = read(&source).map_err(|error| skipped(&error))?;
    let graph = &model.graph;
    let known = |kind: &str| single(kind).is_some() || several(kind).is_some();
    if let Some(node) = graph.nodes.iter().find(|node| !known(&node.op_type)) {
        return Err(Skipped(format!("operation {}", node.op_type)));
    }
    let opset = model.opsets.iter().find(|(domain, _)| domain.is_empty());
    let opset = opset.map(|&(_, version)| version).ok_or(Skipped("another domain".into()))?;
    let data = folder.join("test_data_set_0");
    let mut values = HashMap::new();
    for (i, input) in graph.inputs.iter().enumerate() {
        let (_, array) = tensor(&data.join(format!("input_{i}.pb")))?;
        values.insert(input.name.clone(), array);
    }
    let load = |tensor: &Tensor| {
        numbers(tensor, &source, source.folder()).map_err(|error| error.to_string())
    };
    for initializer in &graph.initializers {
        values.insert(initializer.name.clone(), load(initializer).map_err(Skipped)?);
    }
    for node in &graph.nodes {
        let operation = Operation { node, opset, read: &load };
        let inputs: Vec<_> = node.inputs.iter().map(|name| values.get(name)).collect();
        let made = evaluate(&operation, &inputs).map_err(|error| match &error {
            EvalError::Invalid { reason, .. }
                if !DECLINED.iter().any(|why| reason.contains(why)) =>
            {
                Wrong(error.to_string())
            }
            _ => Skipped(error.to_string()),
        })?;
        if made.len() < node.outputs.len() {
            return Err(Wrong(format!("{} of {} values", made.len(), node.outputs.len())));
        }
        values.extend(node.outputs.iter().cloned().zip(made));
    }
    for (i, output) in graph.outputs.iter().enumerate() {
        let (element, expected) = tensor(&data.join(format!("output_{i}.pb")))?;
        same(&values[&output.name], &expected, element).map_err(Wrong)?;
    }
    Ok(())
}

/// A file that is one `TensorProto`: read as the only constant of a network.
fn tensor(path: &Path) -> Result<(ElementType, Array), Failure> {
    let bytes = std::fs::read(path).map_err(|error| Skipped(error.kind().to_string()))?;
    // `ModelProto.graph` around `GraphProto.initializer`.
    let source = Source::from(wrapped(7, &wrapped(5, &bytes)));
    let model = read(&source).map_err(|error| Skipped(error.to_string()))?;
    let tensor = &model.graph.initializers[0];
    let array = numbers(tensor, &source, None).map_err(|error| Skipped(error.to_string()))?;
    Ok((tensor.element, array))
}

/// A message as a field of another.
fn wrapped(field: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    let mut left = message.len();
    while left > 127 {
        bytes.push(left as u8 | 128);
        left >>= 7;
    }
    bytes.push(left as u8);
    bytes.extend_from_slice(message);
    bytes
}

/// Whether a value is what it should be: to the bit unless it is a fraction.
fn same(made: &Array, expected: &Array, element: ElementType) -> Result<(), String> {
    if made.dims != expected.dims {
        return Err(format!("{:?} instead of {:?}", made.dims, expected.dims));
    }
    // Steps of f16 and bf16 are far apart, and those who made the tests computed in them.
    let tolerance = match element {
        ElementType::F16 => 2e-3,
        ElementType::BF16 => 2e-2,
        _ => 1e-5,
    };
    let near = |a: f32, b: f32| {
        a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * b.abs().max(1.0)
    };
    let agree = match (&made.data, &expected.data) {
        (Data::F32(made), Data::F32(expected)) => {
            made.iter().zip(expected).all(|(&made, &expected)| near(made, expected))
        }
        (Data::Bool(made), Data::Bool(expected)) => made == expected,
        // Arithmetic widens bytes.
        (made, expected) => made.ints()? == expected.ints()?,
    };
    if agree { Ok(()) } else { Err(format!("{made:?} instead of {expected:?}")) }
}
