//! Arrays for NumPy.
//!
//! The header is written here: it is one line, and the packages that write it bring along a parser of
//! Python's literals, with a package of assembly below it that breaks builds for other machines.

/// What the format begins with: its magic, version 1.0.
const MAGIC: &[u8; 8] = b"\x93NUMPY\x01\x00";

/// The numbers behind the header start at a multiple of this.
const ALIGNMENT: usize = 64;

/// The most sides that NumPy allows; the length of a header with so many fits its two bytes.
const MOST_SIDES: usize = 64;

/// Why an array could not be written as `.npy`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NpyError {
    /// The number of values is not the product of the shape.
    #[error("an array of shape {shape:?} does not have {values} values")]
    WrongLength {
        /// The shape asked for.
        shape: Vec<usize>,
        /// The number of values given.
        values: usize,
    },
    /// More sides than NumPy knows.
    #[error(
        "an array of {sides} sides cannot be written as .npy: NumPy reads at most {MOST_SIDES}"
    )]
    TooManySides {
        /// How many sides were asked for.
        sides: usize,
    },
}

/// The bytes of a `.npy` file, for `numpy.load`: little-endian f32, C order.
///
/// # Shapes
/// `values`: row-major, as many as the product of `shape`; an empty `shape` is a scalar. Any values,
/// NaN included.
///
/// # Errors
/// [`NpyError::WrongLength`] where shape and values disagree, [`NpyError::TooManySides`] for more than 64.
///
/// # Examples
/// ```
/// let bytes = cam_viz::npy_bytes(&[2, 3], &[0.0; 6])?;
/// assert!(bytes.starts_with(b"\x93NUMPY"));
/// # Ok::<(), cam_viz::NpyError>(())
/// ```
pub fn npy_bytes(shape: &[usize], values: &[f32]) -> Result<Vec<u8>, NpyError> {
    let len = shape.iter().try_fold(1usize, |len, &side| len.checked_mul(side));
    if len != Some(values.len()) {
        return Err(NpyError::WrongLength { shape: shape.to_vec(), values: values.len() });
    }
    if shape.len() > MOST_SIDES {
        return Err(NpyError::TooManySides { sides: shape.len() });
    }
    let mut bytes = header(shape);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    Ok(bytes)
}

/// Magic, length, and a Python dictionary that is padded with spaces and ends with a line.
///
/// Source: NumPy's documentation of the format, `numpy.lib.format`.
fn header(shape: &[usize]) -> Vec<u8> {
    // A tuple of one needs its comma, and one of none must not have it.
    let sides: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let sides = if shape.len() == 1 { sides.trim_end() } else { sides.trim_end_matches(", ") };
    let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sides}), }}");
    let before = MAGIC.len() + size_of::<u16>();
    let end = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', end - 1 - before - text.len()));
    text.push('\n');
    [MAGIC, (text.len() as u16).to_le_bytes().as_slice(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_reads_back_with_its_shape_and_values() {
        let values: Vec<f32> = (0..24).map(|i| i as f32 - 3.5).collect();
        let bytes = npy_bytes(&[2, 3, 4], &values).unwrap();
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(file.shape(), [2, 3, 4]);
        assert_eq!(file.order(), npyz::Order::C);
        assert_eq!(file.into_vec::<f32>().unwrap(), values);
    }

    #[test]
    fn the_header_is_the_one_that_numpy_writes() {
        let headers: [(&[usize], &str); 3] = [(&[], "()"), (&[3], "(3,)"), (&[0, 7], "(0, 7)")];
        for (shape, tuple) in headers {
            let bytes = npy_bytes(shape, &vec![1.5; shape.iter().product()]).unwrap();
            let line = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple}, }}");
            assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
            assert_eq!(bytes[10..128], *format!("{line:<117}\n").as_bytes());
        }
    }

    #[test]
    fn any_shape_reads_back_and_its_numbers_are_aligned() {
        for sides in 0..=MOST_SIDES {
            let shape = vec![1; sides];
            let bytes = npy_bytes(&shape, &[f32::NAN]).unwrap();
            assert_eq!((bytes.len() - 4) % ALIGNMENT, 0, "{sides}");
            let file = npyz::NpyFile::new(&bytes[..]).unwrap();
            assert_eq!(file.shape().len(), sides);
            assert!(file.into_vec::<f32>().unwrap()[0].is_nan());
        }
    }

    #[test]
    fn shape_and_values_must_agree() {
        assert!(matches!(npy_bytes(&[2, 2], &[0.0; 3]), Err(NpyError::WrongLength { .. })));
        assert!(npy_bytes(&[usize::MAX, 2], &[0.0; 2]).is_err());
        let error = npy_bytes(&[1; 65], &[0.0]).unwrap_err();
        assert!(matches!(error, NpyError::TooManySides { sides: 65 }));
    }
}
