//! Arrays for NumPy, and from it.
//!
//! The header is written and read here: it is one line, and the packages that write it bring along a parser of
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
    /// Not NumPy's format, or cut off.
    #[error("it is no NumPy array, or a part of one: {reason}")]
    Malformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// An array that is not read here.
    #[error(
        "it is a NumPy array of {what}, and not of f2, f4 or f8 in C order: write `numpy.ascontiguousarray(a, numpy.float32)`"
    )]
    Unsupported {
        /// What it is of.
        what: String,
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

/// The shape and the values of a `.npy` file of floats: f2, f4 or f8, little-endian, C order.
///
/// # Errors
/// [`NpyError::Malformed`] where the bytes are no such file or cut off, [`NpyError::Unsupported`] for other numbers
/// and orders.
///
/// # Examples
/// ```
/// let bytes = cam_viz::npy_bytes(&[2, 3], &[1.5; 6])?;
/// assert_eq!(cam_viz::npy_values(&bytes)?, (vec![2, 3], vec![1.5; 6]));
/// # Ok::<(), cam_viz::NpyError>(())
/// ```
pub fn npy_values(bytes: &[u8]) -> Result<(Vec<usize>, Vec<f32>), NpyError> {
    let malformed = |reason| NpyError::Malformed { reason };
    let Header { descr, is_fortran, shape, data } = read(bytes)?;
    let unsupported = |what: &str| NpyError::Unsupported { what: what.to_owned() };
    if is_fortran && shape.len() > 1 {
        return Err(unsupported("numbers in Fortran order"));
    }
    let values: Vec<f32> = match descr {
        Some("<f2") => numbers(data, |bytes| half::f16::from_le_bytes(bytes).to_f32()),
        Some("<f4") => numbers(data, f32::from_le_bytes),
        Some("<f8") => numbers(data, |bytes| f64::from_le_bytes(bytes) as f32),
        other => return Err(unsupported(other.unwrap_or("records"))),
    }
    .ok_or_else(|| malformed("its last number is cut off"))?;
    let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
    if count != Some(values.len()) {
        return Err(malformed("it does not hold as many numbers as its shape says"));
    }
    Ok((shape, values))
}

/// The shape of a `.npy` file of any numbers, from its first bytes; 64 KiB hold every header that is read here.
///
/// # Errors
/// [`NpyError::Malformed`] where the bytes do not begin such a file.
pub fn npy_shape(bytes: &[u8]) -> Result<Vec<usize>, NpyError> {
    Ok(read(bytes)?.shape)
}

/// Whether bytes begin as a `.npy` file does.
pub fn is_npy(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC[..6])
}

/// What stands in front of the numbers, and they.
struct Header<'a> {
    descr: Option<&'a str>,
    is_fortran: bool,
    shape: Vec<usize>,
    data: &'a [u8],
}

fn read(bytes: &[u8]) -> Result<Header<'_>, NpyError> {
    let malformed = |reason| NpyError::Malformed { reason };
    let (text, data) = split(bytes).ok_or_else(|| malformed("its header is missing"))?;
    let text = str::from_utf8(text).map_err(|_| malformed("its header is no text"))?;
    let entry = |name: &str| {
        let at = text.split_once(&format!("'{name}':"))?.1;
        Some(at.trim_start())
    };
    let descr = entry("descr").and_then(|at| at.strip_prefix('\'')?.split('\'').next());
    let shape = entry("shape").and_then(shape).ok_or_else(|| malformed("its shape is missing"))?;
    let is_fortran = entry("fortran_order").is_none_or(|order| !order.starts_with("False"));
    Ok(Header { descr, is_fortran, shape, data })
}

/// The header's text, and the numbers behind it. Versions differ in how long its length is.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(&MAGIC[..6])?;
    let (&[major, _], rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (u32::from(u16::from_le_bytes(*length)), rest)
        }
        _ => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            (u32::from_le_bytes(*length), rest)
        }
    };
    rest.split_at_checked(length as usize)
}

/// A tuple of numbers.
fn shape(text: &str) -> Option<Vec<usize>> {
    let sides = text.strip_prefix('(')?.split_once(')')?.0.split(',').map(str::trim);
    sides.filter(|side| !side.is_empty()).map(|side| side.parse().ok()).collect()
}

fn numbers<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f32) -> Option<Vec<f32>> {
    let (numbers, rest) = data.as_chunks::<N>();
    rest.is_empty().then(|| numbers.iter().map(|&bytes| number(bytes)).collect())
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
    fn what_is_written_is_read() {
        for shape in [&[][..], &[3], &[0, 7], &[2, 3, 4]] {
            let values: Vec<f32> = (0..shape.iter().product()).map(|i: usize| i as f32).collect();
            let bytes = npy_bytes(shape, &values).unwrap();
            assert_eq!(npy_values(&bytes).unwrap(), (shape.to_vec(), values));
        }
    }

    /// A file of version 2 with another type's name, and numbers as bytes.
    fn other(descr: &str, order: &str, data: &[u8]) -> Vec<u8> {
        let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': (1, 2), }}\n");
        let length = (text.len() as u32).to_le_bytes();
        [b"\x93NUMPY\x02\x00", length.as_slice(), text.as_bytes(), data].concat()
    }

    #[test]
    fn other_floats_are_read_and_other_arrays_refused() {
        let doubles = [1.5_f64, -2.0].map(f64::to_le_bytes).concat();
        assert_eq!(npy_values(&other("<f8", "False", &doubles)).unwrap().1, [1.5, -2.0]);
        let halves = [0x3e00_u16, 0xc000].map(u16::to_le_bytes).concat();
        assert_eq!(npy_values(&other("<f2", "False", &halves)).unwrap().1, [1.5, -2.0]);
        for bad in [other("<i8", "False", &doubles), other("<f8", "True", &doubles)] {
            assert!(matches!(npy_values(&bad), Err(NpyError::Unsupported { .. })));
        }
    }

    #[test]
    fn any_part_of_a_file_is_refused() {
        let bytes = npy_bytes(&[2, 3], &[1.0; 6]).unwrap();
        for end in 0..bytes.len() {
            let error = npy_values(&bytes[..end]).unwrap_err();
            assert!(matches!(error, NpyError::Malformed { .. }), "{end}: {error}");
        }
        assert!(npy_values(&[&bytes[..], &[0; 4]].concat()).is_err());
    }

    #[test]
    fn shape_and_values_must_agree() {
        assert!(matches!(npy_bytes(&[2, 2], &[0.0; 3]), Err(NpyError::WrongLength { .. })));
        assert!(npy_bytes(&[usize::MAX, 2], &[0.0; 2]).is_err());
        let error = npy_bytes(&[1; 65], &[0.0]).unwrap_err();
        assert!(matches!(error, NpyError::TooManySides { sides: 65 }));
    }
}
