//! Networks by name or file, from keywords to the facade's options.

use std::env;
use std::ffi::OsString;

use cam_explain::{Cancel, Decoding, Environment, Error, Model, ModelOptions, Reading, Size};
use cam_models::{architectures, published};
use pyo3::prelude::*;

use crate::error::{raised, usage};
use crate::images;
use crate::interrupt::released;
use crate::network::Network;
use crate::options;

/// What all networks that can be loaded by name are called, and whether their weights are published.
#[pyfunction]
pub fn networks() -> Vec<(String, bool)> {
    let named = published().iter().map(|published| (published.name.to_owned(), true));
    let known = architectures().map(|name| (name.to_owned(), false));
    let mut all: Vec<_> = named.chain(known).collect();
    all.sort();
    all.dedup_by(|second, first| first.0 == second.0);
    all
}

/// Loads a network.
///
/// `what` is a name, a weight file (.onnx, .safetensors, .pth), a folder, a URL or `hf:owner/name`; without it the network
/// that is part of the package, EfficientNet-Lite0. `size` is one side of a square, `(width, height)` or `"native"` for
/// each image's own. `threads` are all that the process may use unless given, or `CAM_THREADS` or `OMP_NUM_THREADS` say
/// otherwise.
#[pyfunction]
#[pyo3(signature = (what=None, *, name=None, size=None, fit=None, threads=None, device=None, exact=false, preprocessing=None, embedding=None, prefix=None, allow_partial=false, strict=false, stretch=false, arithmetic="standard", upsample=None, max_pixels=0, memory=0))]
#[expect(clippy::too_many_arguments, reason = "each is a keyword")]
pub fn load(
    py: Python<'_>,
    what: Option<&Bound<'_, PyAny>>,
    name: Option<String>,
    size: Option<&Bound<'_, PyAny>>,
    fit: Option<&str>,
    threads: Option<usize>,
    device: Option<String>,
    exact: bool,
    preprocessing: Option<&Bound<'_, PyAny>>,
    embedding: Option<String>,
    prefix: Option<String>,
    allow_partial: bool,
    strict: bool,
    stretch: bool,
    arithmetic: &str,
    upsample: Option<&str>,
    max_pixels: u64,
    memory: u64,
) -> PyResult<Network> {
    crate::logging::begin();
    let decoding = Decoding { strict, stretch };
    let reading = Reading { decoding, ..Reading::default() };
    let reading = options::reading(reading, size, fit)?;
    let arithmetic = options::arithmetic(arithmetic)?;
    let upsample = upsample.map(options::upsample).transpose()?;
    let what = what.map(images::path).transpose()?;
    let fixed = match reading.size {
        Size::Fixed(width, height) => Some((width, height)),
        Size::Model | Size::Native => None,
    };
    let options = ModelOptions {
        prefix,
        allow_partial,
        device,
        threads: threads.map_or_else(usual_threads, Ok)?,
        exact,
        preprocessing: preprocessing.map(images::path).transpose()?,
        embedding,
        size: fixed,
        ..named_by(what, name).map_err(raised)?
    };
    let cancel = Cancel::default();
    let environment = Environment::new(memory, max_pixels).cancelled_by(cancel.clone());
    let model = released(py, &cancel, || {
        let model = Model::load(&options, &environment)?;
        let model = model.following(arithmetic).with_images(reading);
        Ok(upsample.map_or_else(|| model.clone(), |upsample| model.clone().upsampled(upsample)))
    })?;
    Ok(Network::new(model))
}

/// What is asked for: a network by its name, or a file whose network may be named beside it.
fn named_by(what: Option<OsString>, name: Option<String>) -> Result<ModelOptions, Error> {
    match (what, name) {
        (Some(what), None) => ModelOptions::of(what),
        (weights, name) => Ok(ModelOptions { weights, name, ..ModelOptions::default() }),
    }
}

/// How many threads the environment asks for; 0 for all that this process may use.
fn usual_threads() -> PyResult<usize> {
    for variable in ["CAM_THREADS", "OMP_NUM_THREADS"] {
        let value = env::var(variable).unwrap_or_default();
        // OpenMP's may be a list, of which the first counts.
        let first = value.split(',').next().unwrap_or_default().trim();
        if !first.is_empty() {
            return first
                .parse()
                .map_err(|_| usage(format_args!("{variable}={value}: it is a number of threads")));
        }
    }
    Ok(0)
}
