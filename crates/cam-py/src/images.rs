//! What Python calls an image, as the facade takes it.
//!
//! Pixels are copied once: whoever holds an array can write to it while the interpreter is released.

use std::ffi::OsString;
use std::path::PathBuf;

use cam_explain::Source;
use cam_models::InputValues;
use image::RgbImage;
use numpy::{
    PyArrayDescrMethods as _, PyArrayDyn, PyArrayMethods as _, PyUntypedArray,
    PyUntypedArrayMethods as _,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMapping, PyString};

use crate::error::usage;

/// What is said of what is no image.
const KINDS: &str = "an image is a path or URL, an image file's bytes or the open file, a PIL image, an array of pixels [h, w, 3] of \
                     uint8, or an array [3, h, w] of floats that is prepared already";

/// One image or several, in order. An array with a first axis for images is as many.
pub fn sources(value: &Bound<'_, PyAny>) -> PyResult<Vec<Source>> {
    if !is_one(value)? {
        let mut all = Vec::new();
        for (number, item) in value.try_iter().map_err(|_| unknown(value))?.enumerate() {
            all.extend(of_item(&item?, &format!("image-{number}"))?);
        }
        return Ok(all);
    }
    of_item(value, "image-0").map(|mut sources| {
        rename(&mut sources);
        sources
    })
}

/// The only image.
pub fn source(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Source> {
    let [only] = <[Source; 1]>::try_from(of_item(value, name)?).map_err(|sources| {
        usage(format_args!("one image is asked for, and the array holds {}", sources.len()))
    })?;
    Ok(only)
}

/// Whether it is an image, or an array of some, and no list of them.
pub fn is_one(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.hasattr("__fspath__")?
        || value.hasattr("read")?
        || value.hasattr("__array_interface__")?
        || value.hasattr("__array__")?
        || value.hasattr("__dlpack__")?)
}

/// Images of one array are told apart by their numbers.
fn rename(sources: &mut [Source]) {
    for (number, source) in sources.iter_mut().enumerate() {
        if let Source::Pixels { name, .. } | Source::Values { name, .. } = source {
            *name = format!("image-{number}");
        }
    }
}

fn of_item(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<Source>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(vec![Source::from(text.to_str()?)]);
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(vec![Source::from((name, bytes.as_bytes()))]);
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        return Ok(vec![Source::from((name, &bytes.to_vec()[..]))]);
    }
    if value.hasattr("__fspath__")? {
        return Ok(vec![Source::from(value.extract::<PathBuf>()?)]);
    }
    if value.hasattr("read")? {
        let bytes = value.call_method0("read")?;
        let bytes = bytes.cast::<PyBytes>().map_err(|_| {
            PyTypeError::new_err("the file was opened as text: open it with mode \"rb\"")
        })?;
        return Ok(vec![Source::from((name, bytes.as_bytes()))]);
    }
    if value.cast::<PyMapping>().is_ok() {
        return Err(PyTypeError::new_err(format!("a dictionary is no image: {KINDS}")));
    }
    if is_pillow(value)? {
        return of_pillow(value, name);
    }
    of_array(&as_array(value)?, name)
}

fn unknown(value: &Bound<'_, PyAny>) -> PyErr {
    let kind = value.get_type().fully_qualified_name();
    let kind = kind.map_or_else(|_| "this".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{kind} is no image: {KINDS}"))
}

/// Any image of Pillow's, whatever its class.
fn is_pillow(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(value.hasattr("mode")? && value.hasattr("getexif")? && value.hasattr("save")?)
}

/// Pillow's pixels as they are. What is not RGB is decoded from a PNG, as the same image in a file would be.
fn of_pillow(image: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<Source>> {
    if image.getattr("mode")?.extract::<String>()? == "RGB" {
        return of_array(&as_array(image)?, name);
    }
    let py = image.py();
    let file = py.import("io")?.call_method0("BytesIO")?;
    image.call_method1("save", (&file, "PNG"))?;
    let bytes = file.call_method0("getvalue")?;
    Ok(vec![Source::from((name, bytes.cast::<PyBytes>()?.as_bytes()))])
}

/// Whatever NumPy makes an array of; tensors that lie elsewhere come by DLPack.
fn as_array<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    if let Ok(array) = value.cast::<PyUntypedArray>() {
        return Ok(array.clone());
    }
    let numpy = value.py().import("numpy")?;
    let has_array = value.hasattr("__array__")? || value.hasattr("__array_interface__")?;
    let array = match (has_array, value.hasattr("__dlpack__")?) {
        (true, _) => numpy.call_method1("asarray", (value,))?,
        (false, true) => numpy.call_method1("from_dlpack", (value,))?,
        (false, false) => return Err(unknown(value)),
    };
    Ok(array.cast_into::<PyUntypedArray>()?)
}

fn of_array(array: &Bound<'_, PyUntypedArray>, name: &str) -> PyResult<Vec<Source>> {
    let (shape, kind) = (array.shape().to_vec(), array.dtype());
    match (kind.kind(), kind.itemsize()) {
        (b'u', 1) => pixels(array, &shape, name),
        (b'f', _) => values(array, &shape, name),
        _ => Err(usage(format_args!(
            "an array of {kind}: pixels are uint8 [h, w, 3], and images that are prepared already floats [3, h, w]"
        ))),
    }
}

/// Pixels `[h, w, 3]` or `[n, h, w, 3]`.
fn pixels(array: &Bound<'_, PyUntypedArray>, shape: &[usize], name: &str) -> PyResult<Vec<Source>> {
    let (count, height, width) = match *shape {
        [height, width, 3] => (1, height, width),
        [count, height, width, 3] => (count, height, width),
        [3, _, _] | [_, 3, _, _] => {
            return Err(usage(format_args!(
                "pixels of shape {shape:?} have the channels first: write `numpy.moveaxis(a, -3, -1)`, [h, w, 3]"
            )));
        }
        [_, _] => {
            return Err(usage(format_args!(
                "pixels of shape {shape:?} are grey: write `numpy.stack([a] * 3, -1)`, [h, w, 3]"
            )));
        }
        [.., 4] => {
            return Err(usage(format_args!(
                "pixels of shape {shape:?} are transparent: lay them over a background, [h, w, 3]"
            )));
        }
        _ => {
            return Err(usage(format_args!(
                "pixels of shape {shape:?} are none of an image: they are [h, w, 3] or [n, h, w, 3]"
            )));
        }
    };
    check_sides(shape, (width, height))?;
    let all: Vec<u8> = contiguous(array)?;
    let (w, h) = (width as u32, height as u32);
    let images = all.chunks(height * width * 3).take(count).map(|image| {
        RgbImage::from_raw(w, h, image.to_vec()).expect("three values for each pixel")
    });
    Ok(images.map(|image| Source::from((name, image))).collect())
}

/// Images that were prepared already, `[3, h, w]` or `[n, 3, h, w]`.
fn values(array: &Bound<'_, PyUntypedArray>, shape: &[usize], name: &str) -> PyResult<Vec<Source>> {
    let (height, width) = match *shape {
        [3, height, width] | [_, 3, height, width] => (height, width),
        [_, _, 3] | [_, _, _, 3] => {
            return Err(usage(format_args!(
                "an array of floats of shape {shape:?}: floats are images that are prepared already, [3, h, w], and pixels \
                 are uint8: write `(a * 255).round().astype(\"uint8\")` for pixels in 0 to 1"
            )));
        }
        _ => {
            return Err(usage(format_args!(
                "an array of floats of shape {shape:?}: images that are prepared already are [3, h, w] or [n, 3, h, w]"
            )));
        }
    };
    check_sides(shape, (width, height))?;
    let array = array.call_method1("astype", ("float32",))?;
    let all: Vec<f32> = contiguous(array.cast::<PyUntypedArray>()?)?;
    let images = all.chunks(3 * height * width).map(|image| {
        InputValues::new(width, height, image.to_vec()).expect("three values for each pixel")
    });
    Ok(images.map(|image| Source::from((name, image))).collect())
}

fn check_sides(shape: &[usize], (width, height): (usize, usize)) -> PyResult<()> {
    let fits = |side: usize| side > 0 && u32::try_from(side).is_ok();
    match fits(width) && fits(height) {
        true => Ok(()),
        false => Err(usage(format_args!("an array of shape {shape:?} holds no pixels"))),
    }
}

/// Values row by row, whatever the order they are kept in.
pub fn contiguous<T: numpy::Element + Copy>(array: &Bound<'_, PyUntypedArray>) -> PyResult<Vec<T>> {
    let numpy = array.py().import("numpy")?;
    let array = numpy.call_method1("ascontiguousarray", (array,))?;
    let array = array.cast_into::<PyArrayDyn<T>>()?;
    let array = array.try_readonly().map_err(usage)?;
    Ok(array.as_slice().map_err(usage)?.to_vec())
}

/// A path that Python gives.
pub fn path(value: &Bound<'_, PyAny>) -> PyResult<OsString> {
    Ok(value.extract::<PathBuf>()?.into_os_string())
}
