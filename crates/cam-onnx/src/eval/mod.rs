//! Operations on constants, computed on the host while a file is loaded.
//!
//! With the size of the picture fixed, all arithmetic on shapes is constant, and so are masks, position tables and
//! weights that the exporter left in pieces. Integers are exact: what does not fit i64 is an error, for a shape that
//! wraps is a wrong network. Functions such as `Exp` are computed in f64 and rounded once, so that every machine folds
//! a file to the same bits; other numbers are f32, sums f64.
//!
//! A file is not trusted. A value of more than 2^28 numbers, or of more than [`with_most`] says, is refused before it is
//! made, whichever node asks for it.

mod arithmetic;
mod call;
mod cast;
#[cfg(test)]
mod check;
mod compare;
mod data;
mod einsum;
mod elementwise;
mod gather;
#[cfg(test)]
mod hostile;
mod index;
mod join;
mod made;
mod matmul;
mod movement;
mod normalize;
mod pad;
mod quantize;
mod reduce;
pub(crate) mod resize;
mod running;
mod scatter;
mod select;
mod shape;
mod slice;
mod softmax;
#[cfg(test)]
mod suite;

use thiserror::Error;

use crate::array::Array;
use crate::proto::{Node, Tensor};

use call::Call;
pub(crate) use index::with_most;

/// A node, and what it takes to understand it.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    /// Its operation and settings; the number of its outputs decides how `Split` splits.
    pub node: &'a Node,
    /// Version of the operator set that the node belongs to.
    pub opset: i64,
    /// Reads the numbers of a constant that is a setting.
    pub read: &'a dyn Fn(&Tensor) -> Result<Array, String>,
}

/// Why a node is not computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub(crate) enum EvalError {
    /// An operation that is not computed on constants.
    #[error("{operation} of opset {opset} is not computed on constants")]
    Unsupported {
        /// `Conv`, with its domain unless that is ONNX's own.
        operation: String,
        /// Of its operator set.
        opset: i64,
    },

    /// Inputs or settings that the operation does not take.
    #[error("{operation}: {reason}")]
    Invalid {
        /// `Reshape`.
        operation: String,
        /// What is wrong, with the values.
        reason: String,
    },
}

/// A result, or the reason why there is none; [`evaluate`] adds the operation.
type Outcome<T> = Result<T, String>;

/// Computes one value.
type Single = fn(&Call<'_>) -> Outcome<Array>;

/// Computes several values.
type Several = fn(&Call<'_>) -> Outcome<Vec<Array>>;

/// What a node gives whose inputs are all constant; `None` is an optional input that is left out.
///
/// In the order of the node's outputs. Outputs that ONNX calls optional may be more than the node names.
///
/// # Errors
/// An operation that is not among those computed here, or inputs that it does not take.
pub(crate) fn evaluate(
    operation: &Operation<'_>,
    inputs: &[Option<&Array>],
) -> Result<Vec<Array>, EvalError> {
    let node = operation.node;
    let invalid = |reason| EvalError::Invalid { operation: node.op_type.clone(), reason };
    let call = Call::new(operation, inputs).map_err(invalid)?;
    let own = matches!(node.domain.as_str(), "" | "ai.onnx");
    let made = if let Some(single) = single(&node.op_type).filter(|_| own) {
        single(&call).map(|value| vec![value])
    } else if let Some(several) = several(&node.op_type).filter(|_| own) {
        several(&call)
    } else {
        let operation = match own {
            true => node.op_type.clone(),
            false => format!("{}.{}", node.domain, node.op_type),
        };
        return Err(EvalError::Unsupported { operation, opset: call.opset() });
    };
    made.and_then(|values| values.iter().try_for_each(index::whole).map(|()| values))
        .map_err(invalid)
}

/// Whether an operation of ONNX's own is computed on constants.
pub(crate) fn is_known(kind: &str) -> bool {
    single(kind).is_some() || several(kind).is_some()
}

/// Those that give one value.
fn single(kind: &str) -> Option<Single> {
    shape::find(kind)
        .or_else(|| made::find(kind))
        .or_else(|| movement::find(kind))
        .or_else(|| gather::find(kind))
        .or_else(|| scatter::find(kind))
        .or_else(|| select::find(kind))
        .or_else(|| cast::find(kind))
        .or_else(|| elementwise::find(kind))
        .or_else(|| arithmetic::find(kind))
        .or_else(|| compare::find(kind))
        .or_else(|| reduce::find(kind))
        .or_else(|| softmax::find(kind))
        .or_else(|| matmul::find(kind))
        .or_else(|| einsum::find(kind))
        .or_else(|| quantize::find(kind))
        .or_else(|| resize::find(kind))
}

/// Those that may give several.
fn several(kind: &str) -> Option<Several> {
    match kind {
        "Split" => Some(join::split),
        _ => normalize::find(kind),
    }
}
