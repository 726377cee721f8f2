//! What is known of a value while a file is imported.

use std::rc::Rc;

use cam_graph::Value;

use crate::array::Array;
use crate::proto;

/// What is known of a value.
#[derive(Debug, Clone)]
pub(crate) enum Known<'m> {
    /// A constant whose numbers nobody has read yet.
    Stored(&'m proto::Tensor),
    /// A constant.
    Constant(Rc<Array>),
    /// What depends on the image.
    Dynamic(Dynamic),
    /// Where a value is not a number. Exporters write it behind a softmax, where none can be.
    IsNaN(Value),
    /// What a step would give that cannot be imported: already reported.
    Missing,
}

/// A value that depends on the image, as ONNX sees it for one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dynamic {
    /// In the graph.
    pub value: Value,
    /// Its sides, the axis of images included.
    pub dims: Vec<usize>,
}

impl Dynamic {
    /// Whether the first axis is the images', which the graph leaves out.
    pub(crate) fn is_led(&self) -> bool {
        self.dims.first() == Some(&1)
    }
}

/// The shape in the graph of a value with these sides: without a first axis of length 1.
pub(crate) fn shape_of(dims: &[usize]) -> &[usize] {
    match dims {
        [1, rest @ ..] => rest,
        _ => dims,
    }
}
