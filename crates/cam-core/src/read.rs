use burn::tensor::Tensor;

use crate::Error;

/// Reads a result back from its device, row-major.
///
/// # Errors
/// [`Error::Device`] with what the backend reported.
pub fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    tensor.try_into_vec_as::<f32>().map_err(|error| Error::Device { reason: error.to_string() })
}

/// Whether nothing is NaN or infinite.
pub(crate) fn all_finite<const D: usize>(tensor: &Tensor<D>) -> Result<bool, Error> {
    let all = tensor.clone().is_finite().all();
    all.try_into_scalar::<bool>().map_err(|error| Error::Device { reason: error.to_string() })
}
