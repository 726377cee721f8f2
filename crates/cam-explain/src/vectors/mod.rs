//! Vectors in files that other systems read and write: Parquet and NumPy.

mod array;
mod rows;
mod table;
mod vector_file;

pub use table::{Kind, Table, Value};
pub use vector_file::VectorFile;
