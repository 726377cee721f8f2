//! What an ONNX file says, as it says it: the messages of `onnx.proto` that a network is made of.
//!
//! Numbers are not in here. A tensor knows where its numbers lie, so that a file of gigabytes is looked through
//! without its weights being read.

use std::ops::Range;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// Version of the file format.
    pub ir_version: i64,
    /// Who wrote it, with its version (`pytorch 2.9.0`).
    pub producer: String,
    /// Operator sets: domain (`""` is ONNX's own) and version.
    pub opsets: Vec<(String, i64)>,
    /// The network.
    pub graph: Graph,
    /// Operations that the file defines itself.
    pub functions: Vec<Function>,
    /// Free notes, as key and value.
    pub metadata: Vec<(String, String)>,
}

/// Nodes and what they read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// Its name.
    pub name: String,
    /// Operations, in an order in which they can be computed as a rule.
    pub nodes: Vec<Node>,
    /// Constants.
    pub initializers: Vec<Tensor>,
    /// What is given; old files list the initializers here as well.
    pub inputs: Vec<ValueInfo>,
    /// What it gives.
    pub outputs: Vec<ValueInfo>,
    /// What is known of values in between.
    pub values: Vec<ValueInfo>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// Its name, often a path (`/layer4/layer4.2/relu/Relu`); may be empty.
    pub name: String,
    /// `Conv`.
    pub op_type: String,
    /// The operator set; `""` is ONNX's own.
    pub domain: String,
    /// Which of several functions of that name.
    pub overload: String,
    /// Names of values; `""` is an optional one that is left out.
    pub inputs: Vec<String>,
    /// Names of values.
    pub outputs: Vec<String>,
    /// Settings by name.
    pub attributes: Vec<(String, Attribute)>,
    /// Free notes, as key and value; PyTorch's exporter keeps module names here.
    pub metadata: Vec<(String, String)>,
}

/// A setting of a node.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Attribute {
    /// A number.
    Float(f32),
    /// An integer.
    Int(i64),
    /// Bytes, mostly text.
    String(Vec<u8>),
    /// A constant.
    Tensor(Tensor),
    /// A branch or a loop's body.
    Graph(Box<Graph>),
    /// Numbers.
    Floats(Vec<f32>),
    /// Integers.
    Ints(Vec<i64>),
    /// Texts.
    Strings(Vec<Vec<u8>>),
    /// In a function's body: the caller's attribute of that name.
    Reference(String),
    /// A kind that no network of ours needs.
    Other,
}

/// A constant's type, and where its numbers lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its sides; none for a single number.
    pub dims: Vec<usize>,
    /// Of what.
    pub element: ElementType,
    /// Where its numbers lie.
    pub payload: Payload,
}

/// Where a constant's numbers lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Payload {
    /// Nowhere: there are none.
    #[default]
    Empty,
    /// Little-endian bytes in the file itself.
    Inside(Range<u64>),
    /// In a file beside it.
    External {
        /// The other file, relative to the folder of this one.
        location: String,
        /// Where the bytes start.
        offset: u64,
        /// How many; to the end of the file unless given.
        length: Option<u64>,
    },
    /// Listed one by one, as numbers.
    Floats(Vec<f32>),
    /// Listed one by one, as numbers.
    Doubles(Vec<f64>),
    /// Listed one by one: integers, truth values, and the bits of f16 and bf16.
    Ints(Vec<i64>),
}

/// What a tensor is made of, by the numbers of `TensorProto.DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ElementType(pub i32);

impl ElementType {
    /// f32.
    pub const F32: Self = Self(1);
    /// u8.
    pub const U8: Self = Self(2);
    /// i8.
    pub const I8: Self = Self(3);
    /// u16.
    pub const U16: Self = Self(4);
    /// i16.
    pub const I16: Self = Self(5);
    /// i32.
    pub const I32: Self = Self(6);
    /// i64.
    pub const I64: Self = Self(7);
    /// Truth values.
    pub const BOOL: Self = Self(9);
    /// f16.
    pub const F16: Self = Self(10);
    /// f64.
    pub const F64: Self = Self(11);
    /// u32.
    pub const U32: Self = Self(12);
    /// u64.
    pub const U64: Self = Self(13);
    /// bf16.
    pub const BF16: Self = Self(16);
}

/// A value's type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ValueInfo {
    /// Its name.
    pub name: String,
    /// Of what.
    pub element: ElementType,
    /// Its sides, where the file says how many there are.
    pub dims: Option<Vec<Dim>>,
}

/// A side of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dim {
    /// Fixed.
    Fixed(usize),
    /// Free, by this name.
    Free(String),
}

/// An operation that the file defines itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its operator set.
    pub domain: String,
    /// Which of several of that name.
    pub overload: String,
    /// Names of values.
    pub inputs: Vec<String>,
    /// Names of values.
    pub outputs: Vec<String>,
    /// Names of attributes that the caller gives.
    pub attributes: Vec<String>,
    /// Attributes with their defaults.
    pub defaults: Vec<(String, Attribute)>,
    /// Its body.
    pub nodes: Vec<Node>,
    /// Operator sets of its body.
    pub opsets: Vec<(String, i64)>,
}
