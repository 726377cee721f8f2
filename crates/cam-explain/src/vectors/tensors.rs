use std::path::Path;

use cam_models::Checkpoint;

use super::vector_file::{Found, number};
use crate::error::{Error, failed};

/// A tensor `[d]` or `[1, d]` by its name, or a row of the only tensor `[n, d]`.
pub fn read(path: &Path, row: Option<&str>) -> Result<Found, Error> {
    let checkpoint = Checkpoint::open(path).map_err(Error::from)?;
    let tensors: Vec<_> = checkpoint.tensors().collect();
    if let Some(&(name, tensor)) = tensors.iter().find(|(name, _)| Some(*name) == row) {
        return match *tensor.shape() {
            [_] | [1, _] => Ok(Found { name: Some(name.to_owned()), values: values(tensor)? }),
            ref shape => Err(failed!("the shape of {name} is {shape:?}, and not [d] or [1, d]")),
        };
    }
    let &[(name, tensor)] = tensors.as_slice() else {
        let names: Vec<&str> = tensors.iter().map(|(name, _)| *name).take(MOST_NAMES).collect();
        let (count, names) = (tensors.len(), names.join(", "));
        return Err(failed!("holds {count} tensors ({names}): say which, as in FILE:NAME"));
    };
    let (count, width) = match *tensor.shape() {
        [width] => (1, width),
        [count, width] => (count, width),
        ref shape => {
            return Err(failed!("the shape of {name} is {shape:?}, and not [d] or [n, d]"));
        }
    };
    let first = number(row, count)? * width;
    let values = values(tensor)?;
    Ok(Found { name: None, values: values[first..first + width].to_vec() })
}

/// As many names of tensors as an error lists.
const MOST_NAMES: usize = 8;

fn values(tensor: &cam_models::checkpoint::StoredTensor) -> Result<Vec<f32>, Error> {
    tensor.values().map_err(Error::failed_by)
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::{Dtype, TensorView, serialize};

    use super::*;

    fn read_of(tensors: &[(&str, &[usize])], row: Option<&str>) -> Result<Vec<f32>, String> {
        let bytes = |shape: &[usize]| -> Vec<u8> {
            (0..shape.iter().product()).flat_map(|i: usize| (i as f32).to_le_bytes()).collect()
        };
        let data: Vec<_> =
            tensors.iter().map(|(name, shape)| (name, shape, bytes(shape))).collect();
        let views = data.iter().map(|(name, shape, bytes)| {
            (**name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).expect("it fits"))
        });
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("texts.safetensors");
        std::fs::write(&path, serialize(views, None).expect("a file")).expect("written");
        read(&path, row).map(|found| found.values).map_err(|error| error.reason())
    }

    #[test]
    fn a_tensor_is_taken_by_its_name_and_a_row_of_the_only_one_by_its_number() {
        assert_eq!(
            read_of(&[("car", &[2]), ("dog", &[1, 3])], Some("dog")),
            Ok(vec![0.0, 1.0, 2.0])
        );
        assert_eq!(read_of(&[("embeddings", &[3, 2])], Some("2")), Ok(vec![4.0, 5.0]));
        assert_eq!(read_of(&[("embeddings", &[2])], None), Ok(vec![0.0, 1.0]));
    }

    #[test]
    fn what_is_not_there_is_refused_in_words() {
        let two: [(&str, &[usize]); 2] = [("car", &[2]), ("dog", &[2])];
        let error = read_of(&two, Some("cat")).expect_err("refused");
        assert_eq!(error, "holds 2 tensors (car, dog): say which, as in FILE:NAME");
        let error = read_of(&[("car", &[2, 2, 2])], None).expect_err("refused");
        assert_eq!(error, "the shape of car is [2, 2, 2], and not [d] or [n, d]");
    }
}
