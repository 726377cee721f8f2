//! Arrays for NumPy.

use std::io;

use npyz::WriterBuilder;

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
    /// The format's header could not be made.
    #[error("an array of shape {shape:?} cannot be written as .npy")]
    Format {
        /// The shape asked for.
        shape: Vec<usize>,
        /// What the encoder said.
        source: io::Error,
    },
}

/// The bytes of a `.npy` file, for `numpy.load`: little-endian f32, C order.
///
/// # Shapes
/// `values`: row-major, as many as the product of `shape`; an empty `shape` is a scalar. Any values,
/// NaN included.
///
/// # Errors
/// [`NpyError::WrongLength`] where shape and values disagree.
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
    encode(shape, values).map_err(|source| NpyError::Format { shape: shape.to_vec(), source })
}

fn encode(shape: &[usize], values: &[f32]) -> io::Result<Vec<u8>> {
    let sides: Vec<u64> = shape.iter().map(|&side| side as u64).collect();
    let dtype = "<f4".parse().map(npyz::DType::Plain).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new().dtype(dtype).shape(&sides);
    let mut writer = options.writer(&mut bytes).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()?;
    Ok(bytes)
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
    fn scalars_and_empty_arrays_are_arrays() {
        assert!(npy_bytes(&[], &[1.0]).is_ok());
        assert!(npy_bytes(&[0, 7], &[]).is_ok());
    }

    #[test]
    fn shape_and_values_must_agree() {
        assert!(matches!(npy_bytes(&[2, 2], &[0.0; 3]), Err(NpyError::WrongLength { .. })));
        assert!(npy_bytes(&[usize::MAX, 2], &[0.0; 2]).is_err());
    }
}
