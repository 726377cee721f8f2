//! How another process loads the same network.

use cam_explain::{Model, Size};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::options;

/// The keywords of `load` that give the same model.
pub fn keywords<'py>(py: Python<'py>, model: &Model) -> PyResult<Bound<'py, PyDict>> {
    let options = model.options();
    let reading = model.reading();
    let keywords = PyDict::new(py);
    keywords.set_item("what", options.weights.as_ref())?;
    keywords.set_item("name", options.name.as_ref())?;
    keywords.set_item("threads", options.threads)?;
    keywords.set_item("device", options.device.as_ref())?;
    keywords.set_item("exact", options.exact)?;
    keywords.set_item("preprocessing", options.preprocessing.as_ref())?;
    keywords.set_item("embedding", options.embedding.as_ref())?;
    keywords.set_item("prefix", options.prefix.as_ref())?;
    keywords.set_item("allow_partial", options.allow_partial)?;
    keywords.set_item("strict", reading.decoding.strict)?;
    keywords.set_item("stretch", reading.decoding.stretch)?;
    match reading.size {
        Size::Model => {}
        Size::Native => keywords.set_item("size", "native")?,
        Size::Fixed(width, height) => keywords.set_item("size", (width, height))?,
    }
    keywords.set_item("fit", reading.fit.map(|fit| fit.name()))?;
    keywords.set_item("arithmetic", options::arithmetic_name(model.arithmetic()))?;
    keywords.set_item("upsample", model.upsample().name())?;
    Ok(keywords)
}
