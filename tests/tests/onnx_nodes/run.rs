//! A test of ONNX's, imported and run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Tensor, TensorData};
use cam_graph::Value;
use cam_models::{Dense, GraphExecutor, Precision};
use cam_onnx::array::{Array, Data};
use cam_onnx::proto::ElementType;
use cam_onnx::{Given, Part, import_values};

use crate::case::{Case, Named};
use crate::selection;

/// How a test ended.
pub enum Ended {
    Passed,
    /// With an error of the import.
    Refused(String),
    /// With other numbers, or a panic.
    Wrong(String),
}

/// Runs a test with the input at a place as the one that depends on the image, or with constants alone.
pub fn run(case: &Case, place: Option<usize>, device: &Device) -> Ended {
    let ended = catch_unwind(AssertUnwindSafe(|| imported(case, place, device)));
    // What the panic said is on standard error.
    ended.unwrap_or_else(|_| Ended::Wrong("a panic".to_owned()))
}

fn imported(case: &Case, place: Option<usize>, device: &Device) -> Ended {
    let given = place.map(|place| &case.inputs[place]);
    let name = given.map(|given| given.name.as_str());
    let others = case.inputs.iter().filter(|input| Some(input.name.as_str()) != name);
    let constants = others.map(|input| (input.name.clone(), input.array.clone())).collect();
    let input = given.map(|given| (given.name.as_str(), given.array.dims.as_slice()));
    let parts = match import_values(&case.model, &case.source, None, input, constants) {
        Ok(parts) => parts,
        Err(error) => return Ended::Refused(error.to_string()),
    };
    for (part, expected) in parts.into_iter().zip(&case.outputs) {
        if let Err(what) = same(&computed(part, given, device), expected, &case.name) {
            return Ended::Wrong(format!("{}: {what}", expected.name));
        }
    }
    Ended::Passed
}

/// The numbers of a value, in ONNX's shape.
fn computed(part: Part, input: Option<&Named>, device: &Device) -> Array {
    let (graph, parameters) = match part.given {
        Given::Constant(array) => return array,
        Given::Computed { graph, parameters } => (graph, parameters),
    };
    let numbers = values(&input.expect("what is computed depends on it").array.data);
    let shape = [&[1], graph.input.as_slice()].concat();
    let length = numbers.len();
    let numbers = Tensor::<1>::from_data(TensorData::new(numbers, [length]), device);
    let image = Dense::from_numbers(numbers, &shape).expect("the input has its own shape");
    let output = graph.output;
    let executor = GraphExecutor::new(graph, parameters, device, Precision::F32);
    let executor = executor.expect("the import gives every parameter");
    let found = executor.run(&[(Value::INPUT, image)], &[output]).remove(0);
    let data = found.numbers().into_data().try_to_vec::<f32>().expect("f32");
    Array { dims: part.dims, data: Data::F32(data) }
}

/// Whether a value is what it should be.
fn same(found: &Array, expected: &Named, name: &str) -> Result<(), String> {
    if found.dims != expected.array.dims {
        return Err(format!("{:?} instead of {:?}", found.dims, expected.array.dims));
    }
    let (found, wanted) = (values(&found.data), values(&expected.array.data));
    // Those who made the tests computed in the format of the output.
    let tolerance = match expected.element {
        ElementType::F16 => 2e-3,
        ElementType::BF16 => 2e-2,
        _ => selection::tolerance(name),
    };
    let near = |&(a, b): &(f32, f32)| {
        a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * b.abs().max(1.0)
    };
    let mut pairs = found.iter().copied().zip(wanted.iter().copied());
    match pairs.find(|pair| !near(pair)) {
        _ if found.len() != wanted.len() => Err(format!("{} numbers", found.len())),
        Some((found, wanted)) => Err(format!("{found} instead of {wanted}")),
        None => Ok(()),
    }
}

/// Numbers of any kind as f32.
fn values(data: &Data) -> Vec<f32> {
    match data {
        Data::F32(values) => values.clone(),
        Data::I64(values) => values.iter().map(|&value| value as f32).collect(),
        Data::I8(values) => values.iter().map(|&value| value.into()).collect(),
        Data::U8(values) => values.iter().map(|&value| value.into()).collect(),
        Data::Bool(values) => values.iter().map(|&value| f32::from(u8::from(value))).collect(),
    }
}
