//! Numbers that go to NumPy without being copied.

use cam_viz::Map;
use image::RgbImage;
use numpy::{IntoPyArray as _, PyArray, PyArray1, PyArrayMethods as _};
use pyo3::prelude::*;

/// An array that owns the values from now on.
///
/// # Panics
/// Where the shape is not that of the values.
pub fn array<'py, T: numpy::Element, const D: usize>(
    py: Python<'py>,
    values: Vec<T>,
    shape: [usize; D],
) -> Bound<'py, PyArray<T, numpy::ndarray::Dim<[usize; D]>>>
where
    numpy::ndarray::Dim<[usize; D]>: numpy::ndarray::Dimension,
    [usize; D]: numpy::ndarray::IntoDimension<Dim = numpy::ndarray::Dim<[usize; D]>>,
{
    let flat: Bound<'py, PyArray1<T>> = values.into_pyarray(py);
    flat.reshape(shape).expect("as many values as the shape has")
}

/// Maps side by side: `[n, k, h, w]` where all are of one size, else a list of `[k, h, w]`, one for each image.
pub fn of_images<'py>(py: Python<'py>, images: &[Vec<&Map>]) -> PyResult<Bound<'py, PyAny>> {
    let size = |maps: &[&Map]| maps.first().map_or((0, 0), |map| (map.width(), map.height()));
    let values =
        |maps: &[&Map]| maps.iter().flat_map(|map| map.values()).copied().collect::<Vec<f32>>();
    let first = images.first().map_or((0, 0), |maps| size(maps));
    let asked = images.first().map_or(0, Vec::len);
    if images.iter().all(|maps| size(maps) == first && maps.len() == asked) {
        let all: Vec<f32> = images.iter().flat_map(|maps| values(maps)).collect();
        return Ok(array(py, all, [images.len(), asked, first.1, first.0]).into_any());
    }
    let each = images.iter().map(|maps| {
        let (width, height) = size(maps);
        array(py, values(maps), [maps.len(), height, width])
    });
    Ok(each.collect::<Vec<_>>().into_pyobject(py)?.into_any())
}

/// A picture as `[h, w, 3]`, 8 bits a channel.
pub fn picture<'py>(py: Python<'py>, picture: RgbImage) -> Bound<'py, PyAny> {
    let (width, height) = picture.dimensions();
    array(py, picture.into_raw(), [height as usize, width as usize, 3]).into_any()
}
