use std::path::Path;

use cam_viz::npy_values;

use super::vector_file::{Found, number};
use crate::error::{Error, failed};

/// A row of an array `[n, d]`, or the array `[d]`.
pub fn read(path: &Path, row: Option<&str>) -> Result<Found, Error> {
    let bytes = std::fs::read(path)?;
    let (shape, values) = npy_values(&bytes).map_err(Error::failed_by)?;
    let (count, width) = match shape[..] {
        [width] => (1, width),
        [count, width] => (count, width),
        _ => return Err(failed!("its shape is {shape:?}, and not [d] or [n, d]")),
    };
    let first = number(row, count)? * width;
    Ok(Found { name: None, values: values[first..first + width].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(shape: &[usize], row: Option<&str>) -> Result<Vec<f32>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("v.npy");
        let values: Vec<f32> = (0..shape.iter().product()).map(|i: usize| i as f32).collect();
        let bytes = cam_viz::npy_bytes(shape, &values).expect("an array");
        std::fs::write(&path, bytes).expect("written");
        read(&path, row).map(|found| found.values).map_err(|error| error.reason())
    }

    #[test]
    fn a_row_is_taken_by_its_number() {
        assert_eq!(read_of(&[3], None), Ok(vec![0.0, 1.0, 2.0]));
        assert_eq!(read_of(&[1, 2], None), Ok(vec![0.0, 1.0]));
        assert_eq!(read_of(&[3, 2], Some("2")), Ok(vec![4.0, 5.0]));
    }

    #[test]
    fn what_is_not_there_is_refused_in_words() {
        let error = |shape: &[usize], row| read_of(shape, row).expect_err("refused");
        assert_eq!(error(&[3, 2], None), "holds 3 vectors: say which, as in FILE:0");
        let far = "has no row 3: it holds 3, numbered from 0";
        assert_eq!(error(&[3, 2], Some("3")), far);
        let named = "`cat` is no number, and its rows have no names";
        assert_eq!(error(&[3, 2], Some("cat")), named);
        assert_eq!(error(&[1, 2, 2], None), "its shape is [1, 2, 2], and not [d] or [n, d]");
        assert_eq!(error(&[0, 2], None), "holds 0 vectors: say which, as in FILE:0");
    }
}
