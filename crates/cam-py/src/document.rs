//! The facade's documents as dictionaries of Python.

use pyo3::prelude::*;
use serde::Serialize;

use crate::error::Error;

/// What would be written as JSON, as Python reads JSON.
pub fn dictionary<'py>(py: Python<'py>, document: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(document);
    let text = text.map_err(|error| Error::new_err(error.to_string()))?;
    py.import("json")?.call_method1("loads", (text,))
}
