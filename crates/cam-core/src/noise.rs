use burn::tensor::{Tensor, TensorData};
use cam_random::Random;

use crate::Error;
use crate::read;

/// The tensor with Gaussian noise whose deviation is a share of the tensor's range.
pub(crate) fn noisy(
    tensor: &Tensor<4>,
    share: f32,
    random: &mut Random,
) -> Result<Tensor<4>, Error> {
    let values = read(tensor.clone())?;
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let deviation = share * (most - least);
    let noisy: Vec<f32> = values.iter().map(|v| v + deviation * random.normal()).collect();
    Ok(Tensor::from_data(TensorData::new(noisy, tensor.dims()), &tensor.device()))
}
