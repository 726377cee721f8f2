use std::path::PathBuf;

use crate::proto::ElementType;

/// What is wrong with a constant.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorFault {
    /// Numbers of a kind that is not read.
    #[error("it holds {element}, which is not read; export the network in f32 or f16")]
    Element {
        /// The kind.
        element: ElementType,
    },
    /// A side below zero or over the machine's reach.
    #[error("a side of {side} is not possible; export the network again")]
    Side {
        /// The side.
        side: i64,
    },
    /// Sides whose product is over the machine's reach.
    #[error("sides {dims:?} have more numbers than a machine can hold; export the network again")]
    Sides {
        /// The sides.
        dims: Vec<usize>,
    },
    /// Bytes that do not go with the sides.
    #[error(
        "{found} bytes are there, and sides {dims:?} of {element} need {needed}; fetch or export the file again"
    )]
    Bytes {
        /// The sides.
        dims: Vec<usize>,
        /// The kind of numbers.
        element: ElementType,
        /// How many bytes they need.
        needed: u64,
        /// How many there are.
        found: u64,
    },
    /// A list that does not go with the sides.
    #[error(
        "{found} numbers are listed, and sides {dims:?} need {needed}; fetch or export the file again"
    )]
    Count {
        /// The sides.
        dims: Vec<usize>,
        /// How many they need.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Two places for the same numbers.
    #[error("its numbers are given twice, in {one} and in {other}; export the network again")]
    Twice {
        /// A field of `TensorProto`.
        one: &'static str,
        /// Another.
        other: &'static str,
    },
    /// A list of another kind of numbers.
    #[error(
        "its numbers are listed in {list}, where {element} does not lie; export the network again"
    )]
    List {
        /// The kind of numbers.
        element: ElementType,
        /// The field of `TensorProto`.
        list: &'static str,
    },
    /// A number that its kind cannot hold.
    #[error("number {index} is {value}, which {element} cannot hold; export the network again")]
    Value {
        /// Which.
        index: usize,
        /// The number.
        value: i64,
        /// The kind of numbers.
        element: ElementType,
    },
    /// An integer beyond i64.
    #[error("number {index} is {value}, and integers up to {} are read", i64::MAX)]
    Integer {
        /// Which.
        index: usize,
        /// The number.
        value: u64,
    },
    /// More than this machine has.
    #[error("its {bytes} bytes do not fit into memory")]
    Memory {
        /// How many bytes.
        bytes: u64,
    },
}

/// What is wrong with a file beside the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExternalFault {
    /// The model says nothing of where.
    #[error("the model does not name it; export the network again")]
    Unnamed,
    /// A start or length that is no number.
    #[error("its {key} is `{value}`, not a number of bytes; export the network again")]
    Entry {
        /// `offset` or `length`.
        key: &'static str,
        /// What stands there.
        value: String,
    },
    /// A path that begins elsewhere or climbs.
    #[error(
        "only a file in the model's folder or below is read, and this name leads elsewhere; put the file beside the \
         model and export it again with a plain name"
    )]
    Path,
    /// A link that leads elsewhere.
    #[error("it is a link to `{}`, outside the model's folder; put the file itself beside the model", to.display())]
    Link {
        /// Where it leads.
        to: PathBuf,
    },
    /// The model came without a folder.
    #[error("a model in memory has no folder to look in; read it from its file")]
    NoFolder,
    /// It is not there.
    #[error(
        "it is missing from `{}`. It has to lie beside the model: PyTorch's exporter writes both, and both belong \
         together (or export with external_data=False)",
        folder.display()
    )]
    Missing {
        /// The model's folder.
        folder: PathBuf,
    },
    /// A folder, a pipe, a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// It is shorter than it must be.
    #[error(
        "it has {len} bytes, and {needed} are needed from byte {offset} on; fetch it again, or export the network again"
    )]
    Short {
        /// How long it is.
        len: u64,
        /// Where the constant starts.
        offset: u64,
        /// How many bytes the constant has.
        needed: u64,
    },
}
