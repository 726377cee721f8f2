//! Keywords as the facade means them.

use std::str::FromStr;

use cam_core::methods::CATALOGUE;
use cam_explain::{Arithmetic, ClassScore, Colormap, ConceptScore, Reading, Size, Upsample};
use cam_models::Fit;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::array::array;
use crate::error::{raised, usage};

/// What all methods are called.
pub fn method_names() -> Vec<&'static str> {
    CATALOGUE.iter().map(|info| info.name).collect()
}

/// What all colour maps are called.
pub fn colormap_names() -> Vec<&'static str> {
    Colormap::ALL.iter().map(|map| map.name()).collect()
}

/// The colours of a map from 0 to 1, `[256, 3]` of uint8 in RGB.
#[pyfunction]
pub fn colormap_table<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let colormap = named::<Colormap>("colormap", name)?;
    let colors = (0..=255_u8).flat_map(|step| colormap.color(f32::from(step) / 255.0));
    Ok(array(py, colors.collect(), [256, 3]).into_any())
}

/// A keyword's value by its name.
pub fn named<T: FromStr<Err: std::fmt::Display>>(keyword: &str, text: &str) -> PyResult<T> {
    text.parse().map_err(|error| usage(format_args!("{keyword}={text:?}: {error}")))
}

/// One of a few values by its name.
fn one_of<T: Copy>(keyword: &str, text: &str, all: &[(&str, T)]) -> PyResult<T> {
    let found = all.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|(name, _)| format!("{name:?}")).collect();
        usage(format_args!("{keyword}={text:?}: it is one of {}", names.join(", ")))
    })
}

/// A size: one side of a square, width and height, `"native"` or `"224x320"`.
pub fn size(value: &Bound<'_, PyAny>) -> PyResult<Size> {
    if let Ok(text) = value.extract::<String>() {
        return text.parse().map_err(raised);
    }
    if let Ok(side) = value.extract::<usize>() {
        return side.to_string().parse().map_err(raised);
    }
    if let Ok((width, height)) = value.extract::<(usize, usize)>() {
        return format!("{width}x{height}").parse().map_err(raised);
    }
    Err(PyTypeError::new_err(
        "size: give one side of a square, (width, height), or \"native\" for each image's own",
    ))
}

/// Whose arithmetic is followed.
pub fn arithmetic(text: &str) -> PyResult<Arithmetic> {
    let all =
        [Arithmetic::Standard, Arithmetic::PytorchGradCam].map(|it| (arithmetic_name(it), it));
    one_of("arithmetic", text, &all)
}

/// What an arithmetic is called.
pub fn arithmetic_name(arithmetic: Arithmetic) -> &'static str {
    match arithmetic {
        Arithmetic::Standard => "standard",
        Arithmetic::PytorchGradCam => "pytorch-grad-cam",
    }
}

/// How maps come to the picture.
pub fn upsample(text: &str) -> PyResult<Upsample> {
    let all: Vec<_> = Upsample::ALL.iter().map(|&kind| (kind.name(), kind)).collect();
    one_of("upsample", text, &all)
}

/// What a score is of a concept, and what it is of a class.
pub fn scores(text: &str) -> PyResult<(ConceptScore, ClassScore)> {
    let (concept, class) = (ConceptScore::default(), ClassScore::default());
    let all = [
        ("cosine", (ConceptScore::Cosine, class)),
        ("dot", (ConceptScore::Dot, class)),
        ("neg-l2", (ConceptScore::NegativeDistance, class)),
        ("logit", (concept, ClassScore::Logit)),
        ("softmax", (concept, ClassScore::Softmax)),
        ("rest", (concept, ClassScore::Rest)),
        ("finer", (concept, ClassScore::Finer)),
    ];
    one_of("score", text, &all)
}

/// How images are read, where keywords say it otherwise than a network does.
pub fn reading(
    own: Reading,
    size: Option<&Bound<'_, PyAny>>,
    fit: Option<&str>,
) -> PyResult<Reading> {
    let size = size.map(self::size).transpose()?;
    let fit = fit.map(|fit| named::<Fit>("fit", fit)).transpose()?;
    Ok(Reading { size: size.unwrap_or(own.size), fit: fit.or(own.fit), ..own })
}
