//! The native half of the Python package `cam_explain`: objects of Python around `cam_explain`'s.
//!
//! It computes nothing itself. Every computation releases the interpreter; what it gives are NumPy arrays that own their
//! memory. What is plain Python, as the layer for pytorch-grad-cam's names, is in `python/cam_explain`.

mod answers;
mod array;
mod capture;
mod command;
mod comparison;
mod concepts;
mod document;
mod error;
mod evaluation;
mod images;
mod index;
mod interrupt;
mod lanes;
mod layer;
mod load;
mod logging;
mod network;
mod options;
mod pickle;
mod process;
mod question;
mod target;
mod wanted;

/// The native module.
#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::answers::{Answers, Box_};
    #[pymodule_export]
    use crate::capture::Capture;
    #[pymodule_export]
    use crate::command::run_command;
    #[pymodule_export]
    use crate::comparison::Comparison;
    #[pymodule_export]
    use crate::concepts::{Concept, Concepts};
    #[pymodule_export]
    use crate::evaluation::evaluate;
    #[pymodule_export]
    use crate::index::Index;
    #[pymodule_export]
    use crate::layer::Layer;
    #[pymodule_export]
    use crate::load::{load, networks};
    #[pymodule_export]
    use crate::network::Network;

    #[pymodule_export]
    use crate::options::colormap_table;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("METHODS", crate::options::method_names())?;
        module.add("COLORMAPS", crate::options::colormap_names())
    }
}
