//! From tensors on a device to numbers here.

use burn::tensor::Tensor;
use cam_core::Network as _;
use cam_models::{ConvNet, InputImage};
use cam_viz::Map;

use crate::classes::classifier;
use crate::error::{Context as _, Error, failed};

/// Reads a result from the device.
pub fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    let values = tensor.try_into_vec_as::<f32>();
    values.map_err(|error| failed!("the device failed while its result was read: {error}"))
}

/// The maps of the only image, `[1, k, h', w']`, read from the device.
pub fn maps(tensor: Tensor<4>) -> Result<Vec<Map>, Error> {
    let [_, _, height, width] = tensor.dims();
    let values = read(tensor)?;
    let maps = values.chunks(height * width).map(|values| Map::new(width, height, values.to_vec()));
    maps.collect::<Result<_, _>>().context("the network's maps have no positions")
}

/// Pixels as the network takes them, `[n, 3, h, w]`.
pub fn images(network: &ConvNet, pixels: &[InputImage]) -> Result<Tensor<4>, Error> {
    if let Some(first) = pixels.first() {
        let (width, height) = first.size();
        network.check_size([height, width]).map_err(|error| {
            Error::usage(format_args!(
                "the network does not take images of {width}×{height} pixels: {error}"
            ))
        })?;
    }
    network.inputs(pixels).context("images make a tensor")
}

/// The embeddings of pixels, one for each.
pub fn embeddings(network: &ConvNet, pixels: &[InputImage]) -> Result<Vec<Vec<f32>>, Error> {
    let embeddings = read(network.embed(images(network, pixels)?))?;
    Ok(embeddings.chunks(network.embedding_width()).map(<[f32]>::to_vec).collect())
}

/// The logits of pixels' classes, one list for each.
///
/// # Errors
/// Where the network has no classifier, or the device fails.
pub fn logits(network: &ConvNet, pixels: &[InputImage]) -> Result<Vec<Vec<f32>>, Error> {
    let classifier = classifier(network)?;
    let [classes, _] = classifier.weight.dims();
    let logits = read(classifier.forward(network.embed(images(network, pixels)?)))?;
    Ok(logits.chunks(classes).map(<[f32]>::to_vec).collect())
}
