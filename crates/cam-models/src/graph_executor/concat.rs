use burn::tensor::Tensor;

use super::Dense;
use super::around::Around;
use super::broadcast::for_images;

/// Values one behind another along an axis; what all images share is repeated for each.
pub(super) fn concat(axis: usize, inputs: Vec<Dense>, shape: &[usize]) -> Dense {
    let images = inputs.iter().map(Dense::images).max().unwrap_or(1);
    let parts = inputs.into_iter().map(|x| {
        let x = for_images(x, images);
        let sides = Around::axis(x.shape(), axis).sides();
        x.at(sides)
    });
    Dense::of_images(Tensor::<3>::cat(parts.collect(), 1), images, shape)
}
