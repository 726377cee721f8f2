//! A reader of ONNX files.
//!
//! [`read`] gives what the file says as a [`proto::Model`]: nodes, names, settings, and for each constant its type and
//! the place of its numbers. [`numbers`](fn@numbers) reads one constant. So a file of gigabytes is looked through
//! without its weights being read.
//!
//! Files come from anywhere. Every length is compared with what is there before memory is asked for, nesting and
//! memory have limits, and a constant that lies in another file is read only from the model's own folder. An
//! [`Error`] says what is wrong, where, and what to do.

pub mod array;
pub mod proto;

mod attributes;
mod einsum;
mod error;
mod eval;
mod import;
mod numbers;
mod read;
mod source;
mod wire;

pub use error::{Broken, Error, ExternalFault, Looks, TensorFault};
pub use import::{
    Classifier, Given, ImportError, Input, Network, Output, Part, Role, Unsupported, Wish, import,
    import_values,
};
pub use numbers::numbers;
pub use read::read;
pub use source::Source;
