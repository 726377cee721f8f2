//! Vectors in files that other systems read and write: Parquet, NumPy and safetensors.

mod array;
mod rows;
mod table;
mod tensors;
mod vector_file;

pub use table::{Kind, Table, Value};
pub use vector_file::VectorFile;
