//! What questions are about, from values of Python's.

use cam_explain::{Error, Model, Source};
use numpy::{PyUntypedArray, PyUntypedArrayMethods as _};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::concepts::Concept;
use crate::error::usage;
use crate::images::{self, contiguous, is_one};
use crate::layer::Layer;

/// Something to look for: a concept that is there, or an image that will make one.
pub enum Wanted {
    Ready(Box<cam_explain::Concept>),
    Image(Option<String>, Source),
}

/// Concepts, of which those of images are embedded now.
pub fn embedded(wanted: &[Wanted], model: &Model) -> Result<Vec<cam_explain::Concept>, Error> {
    let images = wanted.iter().filter_map(|wanted| match wanted {
        Wanted::Image(name, source) => Some((name.clone(), source.clone())),
        Wanted::Ready(_) => None,
    });
    let mut made = model.embed_named(&images.collect::<Vec<_>>())?.into_iter();
    let concepts = wanted.iter().map(|wanted| match wanted {
        Wanted::Ready(concept) => Ok((**concept).clone()),
        Wanted::Image(..) => {
            made.next().ok_or_else(|| Error::failed("an image was left without an embedding"))
        }
    });
    concepts.collect()
}

/// Concepts and images, in a dictionary with names, in a list, or one alone.
pub fn wanted(value: &Bound<'_, PyAny>) -> PyResult<Vec<Wanted>> {
    if let Ok(named) = value.cast::<PyDict>() {
        let named = named.iter().map(|(name, value)| one(&value, Some(name.extract()?)));
        return Ok(named.collect::<PyResult<Vec<_>>>()?.into_iter().flatten().collect());
    }
    if value.cast::<Concept>().is_ok() || is_one(value)? {
        return one(value, None);
    }
    let mut all = Vec::new();
    for item in value.try_iter()? {
        let item = item?;
        match item.cast::<PyTuple>() {
            Ok(pair) if pair.len() == 2 => {
                all.extend(one(&pair.get_item(1)?, Some(pair.get_item(0)?.extract()?))?);
            }
            _ => all.extend(one(&item, None)?),
        }
    }
    Ok(all)
}

fn one(value: &Bound<'_, PyAny>, name: Option<String>) -> PyResult<Vec<Wanted>> {
    if let Ok(concept) = value.cast::<Concept>() {
        let mut concept = concept.get().inner.clone();
        concept.name = name.unwrap_or(concept.name);
        return Ok(vec![Wanted::Ready(Box::new(concept))]);
    }
    if name.is_some() {
        let source = images::source(value, "concept")?;
        return Ok(vec![Wanted::Image(name, source)]);
    }
    let sources = images::sources(value)?.into_iter();
    Ok(sources.map(|source| Wanted::Image(None, source)).collect())
}

/// Vectors in a dictionary with names, `[k, d]`, `[d]`, or a list of `[d]`.
pub fn vectors(value: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Vec<f32>)>> {
    let mut all = Vec::new();
    if let Ok(named) = value.cast::<PyDict>() {
        for (name, value) in named {
            let name: String = name.extract()?;
            let [only] = <[Vec<f32>; 1]>::try_from(rows(&value)?).map_err(|rows| {
                usage(format_args!("`{name}` holds {} vectors: a name has one", rows.len()))
            })?;
            all.push((name, only));
        }
        return Ok(all);
    }
    let rows = rows(value)?.into_iter().enumerate();
    Ok(rows.map(|(number, row)| (format!("vector-{number}"), row)).collect())
}

/// The rows of whatever NumPy makes an array of.
pub fn rows(value: &Bound<'_, PyAny>) -> PyResult<Vec<Vec<f32>>> {
    let numpy = value.py().import("numpy")?;
    let array = numpy.call_method1("asarray", (value, "float32"))?;
    let array = array.cast_into::<PyUntypedArray>()?;
    let width = match *array.shape() {
        [width] | [_, width] if width > 0 => width,
        _ => {
            return Err(usage(format_args!(
                "vectors of shape {:?}: they are [d] or [k, d]",
                array.shape()
            )));
        }
    };
    Ok(contiguous::<f32>(&array)?.chunks(width).map(<[f32]>::to_vec).collect())
}

/// Classes by name or number, one or several.
pub fn classes(value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let class = |value: &Bound<'_, PyAny>| match value.cast::<PyString>() {
        Ok(name) => Ok(name.to_str()?.to_owned()),
        Err(_) => value.extract::<i64>().map(|number| number.to_string()),
    };
    if value.is_instance_of::<PyString>() || value.extract::<i64>().is_ok() {
        return Ok(vec![class(value)?]);
    }
    value.try_iter()?.map(|item| class(&item?)).collect()
}

/// A function of the embedding, and what it is called.
pub fn function(value: &Bound<'_, PyAny>) -> PyResult<(String, Py<PyAny>)> {
    if !value.is_callable() {
        return Err(PyTypeError::new_err(
            "it is a function of the embedding that gives its score and the score's gradient",
        ));
    }
    let name = value.getattr("__name__").and_then(|name| name.extract::<String>());
    Ok((name.unwrap_or_else(|_| "target".to_owned()), value.clone().unbind()))
}

/// Layers by name, or as `Network.layers` gives them; one or several.
pub fn layer_names(value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let name = |value: &Bound<'_, PyAny>| value.str()?.extract::<String>();
    if value.is_instance_of::<PyString>() || value.is_instance_of::<Layer>() {
        return Ok(vec![name(value)?]);
    }
    value.try_iter()?.map(|item| name(&item?)).collect()
}
