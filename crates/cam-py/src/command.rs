//! The command `cam`, which the package brings along.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs `cam` with these arguments, the program's name first, and gives its exit code. Once in a process.
#[pyfunction]
pub fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| cam_cli::run(arguments))
}
