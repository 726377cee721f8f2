//! Images that another program prepared: NumPy's arrays `[3, h, w]` or `[n, 3, h, w]`, taken as they are.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use cam_models::InputValues;
use cam_viz::{npy_shape, npy_values};

use crate::error::{Error, failed};

/// The longest header of a `.npy` file that is looked for.
const MOST_HEADER: u64 = 64 << 10;

/// What stands in the remarks of such an image.
pub(crate) const REMARK: &str = "an array that is prepared already: taken as it is";

/// How many images a `.npy` file holds, by its header.
///
/// # Errors
/// Where it cannot be read, or is no array of images.
pub fn images_in(path: &Path) -> Result<usize, Error> {
    let count = || {
        let mut front = Vec::new();
        File::open(path)?.take(MOST_HEADER).read_to_end(&mut front)?;
        let [count, _, _] = sides(&npy_shape(&front).map_err(Error::failed_by)?)?;
        Ok(count)
    };
    count().map_err(|error: Error| error.of(path.display()))
}

/// One image of an array: the one of that number, or the only one.
pub(crate) fn read(bytes: &[u8], row: Option<usize>) -> Result<InputValues, Error> {
    let (shape, values) = npy_values(bytes).map_err(Error::failed_by)?;
    let [count, height, width] = sides(&shape)?;
    let row = match row {
        None if count == 1 => 0,
        None => return Err(failed!("holds {count} images: say which, as in FILE.npy:0")),
        Some(row) if row < count => row,
        Some(row) => return Err(failed!("has no image {row}: it holds {count}, numbered from 0")),
    };
    let length = 3 * height * width;
    let values = values[row * length..][..length].to_vec();
    check_finite(&values, (width, height))?;
    InputValues::new(width, height, values).ok_or_else(|| failed!("holds no values"))
}

/// That an image `[3, h, w]` of a width and height has numbers only.
pub(crate) fn check_finite(values: &[f32], (width, height): (usize, usize)) -> Result<(), Error> {
    let Some(at) = values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
    let (channel, pixel) = (at / (height * width), at % (height * width));
    Err(failed!(
        "the value at channel {channel}, row {}, column {} is {}: a network takes finite numbers",
        pixel / width,
        pixel % width,
        values[at]
    ))
}

/// Number, height and width of the images of an array.
fn sides(shape: &[usize]) -> Result<[usize; 3], Error> {
    match *shape {
        [3, height, width] if height > 0 && width > 0 => Ok([1, height, width]),
        [count, 3, height, width] if height > 0 && width > 0 => Ok([count, height, width]),
        [.., 3] => Err(failed!(
            "its shape is {shape:?}, with the channels last: write `numpy.moveaxis(a, -1, -3)`, [n, 3, h, w]"
        )),
        _ => Err(failed!("its shape is {shape:?}, and not [3, h, w] or [n, 3, h, w]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize]) -> Vec<u8> {
        let values: Vec<f32> = (0..shape.iter().product()).map(|i: usize| i as f32).collect();
        cam_viz::npy_bytes(shape, &values).expect("an array")
    }

    fn error(bytes: &[u8], row: Option<usize>) -> String {
        read(bytes, row).expect_err("refused").reason()
    }

    #[test]
    fn an_image_is_taken_by_its_number() {
        let one = read(&array(&[3, 1, 2]), None).expect("one image");
        assert_eq!((one.size(), one.values()), ((2, 1), &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0][..]));
        assert_eq!(read(&array(&[1, 3, 1, 2]), None).expect("one image"), one);
        let second = read(&array(&[2, 3, 1, 2]), Some(1)).expect("two images");
        assert_eq!(second.values()[0], 6.0);
    }

    #[test]
    fn what_is_no_image_is_refused_in_words() {
        let shape = "its shape is [4, 2, 2], and not [3, h, w] or [n, 3, h, w]";
        assert_eq!(error(&array(&[4, 2, 2]), None), shape);
        assert!(error(&array(&[2, 2, 3]), None).contains("channels last: write `numpy.moveaxis"));
        assert!(error(&array(&[3, 0, 2]), None).contains("[3, 0, 2], and not"));
        assert_eq!(
            error(&array(&[2, 3, 1, 1]), None),
            "holds 2 images: say which, as in FILE.npy:0"
        );
        let far = "has no image 2: it holds 2, numbered from 0";
        assert_eq!(error(&array(&[2, 3, 1, 1]), Some(2)), far);
        let bad =
            cam_viz::npy_bytes(&[3, 1, 2], &[0.0, 1.0, 2.0, f32::NAN, 4.0, 5.0]).expect("an array");
        let words =
            "the value at channel 1, row 0, column 1 is NaN: a network takes finite numbers";
        assert_eq!(error(&bad, None), words);
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 1, 1), }\n";
        let length = (header.len() as u16).to_le_bytes();
        let bytes = [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &[0; 3]].concat();
        assert!(error(&bytes, None).contains("of |u1, and not of f2, f4 or f8"));
    }
}
