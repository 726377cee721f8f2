//! Where a network can be explained.

use pyo3::prelude::*;

/// A layer that a network can be explained at.
#[pyclass(frozen, get_all, module = "cam_explain")]
pub struct Layer {
    /// What it is called.
    pub name: String,
    /// What else it goes by.
    pub aliases: Vec<String>,
    /// Channels, rows and columns for images of the network's own size.
    pub shape: (usize, usize, usize),
    /// Pixels of the input per position, along one side.
    pub stride: usize,
}

#[pymethods]
impl Layer {
    fn __repr__(&self) -> String {
        let (channels, rows, columns) = self.shape;
        format!(
            "Layer({:?}, shape=({channels}, {rows}, {columns}), stride={})",
            self.name, self.stride
        )
    }

    fn __str__(&self) -> &str {
        &self.name
    }
}
