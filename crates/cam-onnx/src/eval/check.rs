//! For tests: a node made on the spot.

use crate::array::{Array, Data};
use crate::proto::{Attribute, Node};

use super::{EvalError, Operation, evaluate};

/// Computes a node of this kind.
pub fn run(
    kind: &str,
    opset: i64,
    attributes: &[(&str, Attribute)],
    inputs: &[&Array],
) -> Result<Vec<Array>, EvalError> {
    let attributes = attributes.iter().map(|(name, value)| (name.to_string(), value.clone()));
    let node = Node {
        op_type: kind.into(),
        attributes: attributes.collect(),
        outputs: vec!["y".into()],
        ..Node::default()
    };
    let operation = Operation { node: &node, opset, read: &|_| Err("nothing to read".into()) };
    evaluate(&operation, &inputs.iter().map(|&input| Some(input)).collect::<Vec<_>>())
}

/// The only value that a node gives.
pub fn one(kind: &str, opset: i64, attributes: &[(&str, Attribute)], inputs: &[&Array]) -> Array {
    let mut made = run(kind, opset, attributes, inputs).unwrap();
    assert_eq!(made.len(), 1);
    made.remove(0)
}

pub fn int(value: i64) -> Attribute {
    Attribute::Int(value)
}

pub fn floats(dims: &[usize], values: &[f32]) -> Array {
    Array { dims: dims.to_vec(), data: Data::F32(values.to_vec()) }
}

/// A list of integers.
pub fn ints(values: &[i64]) -> Array {
    shaped(&[values.len()], values)
}

pub fn shaped(dims: &[usize], values: &[i64]) -> Array {
    Array { dims: dims.to_vec(), data: Data::I64(values.to_vec()) }
}

/// Equal but for the last digits, which those who printed the expected values left out.
pub fn assert_close(made: &Array, expected: &Array) {
    let (values, others) = (made.data.floats().unwrap(), expected.data.floats().unwrap());
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-6 * b.abs().max(1.0);
    let agree = made.dims == expected.dims && values.iter().zip(others).all(near);
    assert!(agree, "{made:?} instead of {expected:?}");
}
