//! A constant's numbers, wherever the file keeps them.

mod element;
mod external;
mod listed;
mod raw;

use std::path::Path;

use crate::array::Array;
use crate::error::{Error, TensorFault};
use crate::proto::{Payload, Tensor};
use crate::source::Source;

/// Reads a constant's numbers.
///
/// f16, bf16 and f64 become f32, and integers of other widths i64; i8, u8 and truth values stay. Bytes are
/// little-endian. Constants in other files are looked for in `folder`, which is the model's
/// ([`Source::folder`]), and nowhere else: a link that leads out of it is refused, unless the model's own name is a link
/// and the file lies with the real model, as in Hugging Face's cache.
///
/// # Errors
/// [`Error::Tensor`] where the numbers do not go with the sides, or are of a kind that is not read, [`Error::External`]
/// for files beside the model, and [`Error::Io`]. Nothing is allocated before the bytes are known to be there.
pub fn numbers(tensor: &Tensor, source: &Source, folder: Option<&Path>) -> Result<Array, Error> {
    let fault = |what| Error::Tensor { tensor: tensor.name.clone(), what };
    let element = tensor.element;
    let size = element.size().ok_or_else(|| fault(TensorFault::Element { element }))?;
    let dims = &tensor.dims;
    let (count, needed) =
        counted(dims, size).ok_or_else(|| fault(TensorFault::Sides { dims: dims.clone() }))?;
    let enough = |found| match found == needed {
        true => Ok(()),
        false => Err(fault(TensorFault::Bytes { dims: dims.clone(), element, needed, found })),
    };
    let listed = |found| match found == count {
        true => Ok(()),
        false => Err(fault(TensorFault::Count { dims: dims.clone(), needed: count, found })),
    };
    let data = match &tensor.payload {
        Payload::Empty => {
            enough(0)?;
            raw::data(tensor, source, 0, 0)?
        }
        Payload::Inside(range) => {
            enough(range.end.saturating_sub(range.start))?;
            raw::data(tensor, source, range.start, count)?
        }
        Payload::External { location, offset, length } => {
            length.map_or(Ok(()), enough)?;
            let file = external::File { tensor: &tensor.name, location };
            let beside = file.open(source, folder)?;
            file.check_length(beside.len(), *offset, needed)?;
            raw::data(tensor, &beside, *offset, count)?
        }
        Payload::Floats(list) => {
            listed(list.len())?;
            listed::floats(list, element).map_err(fault)?
        }
        Payload::Doubles(list) => {
            listed(list.len())?;
            listed::doubles(list, element).map_err(fault)?
        }
        Payload::Ints(list) => {
            listed(list.len())?;
            listed::ints(list, element).map_err(fault)?
        }
    };
    Ok(Array { dims: dims.clone(), data })
}

/// How many numbers there are, and in how many bytes.
fn counted(dims: &[usize], size: u64) -> Option<(usize, u64)> {
    // A side of zero makes all of them nothing, however large the others are.
    if dims.contains(&0) {
        return Some((0, 0));
    }
    let count = dims.iter().try_fold(1usize, |count, &side| count.checked_mul(side))?;
    Some((count, u64::try_from(count).ok()?.checked_mul(size)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_multiplied_with_care() {
        assert_eq!(counted(&[], 4), Some((1, 4)));
        assert_eq!(counted(&[2, 3], 4), Some((6, 24)));
        assert_eq!(counted(&[usize::MAX, 0, usize::MAX], 8), Some((0, 0)));
        assert_eq!(counted(&[usize::MAX, 2], 1), None);
        assert_eq!(counted(&[usize::MAX], 2), None);
        assert_eq!(counted(&[1 << 16; 4], 1), None);
    }
}
