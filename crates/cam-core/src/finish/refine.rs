use burn::tensor::Tensor;

use super::host::{HostMaps, finish_on_host};
use super::{Arithmetic, check};
use crate::Error;

/// Refine-CAM: the product of the layers' finished maps, stretched to 0..=1 again, where
/// [`finish_on_host`] takes their mean. What is left is what every layer shows: as coarse as the
/// last one where it is zero, as fine as the first where it is not.
///
/// pytorch-grad-cam's `RefineCAM`; its second stretching of each layer is the first one's.
///
/// # Shapes
/// One `[n, k, h', w']` per layer (sizes may differ) to `n · k` maps of `size`.
///
/// # Errors
/// As for [`finish`](super::finish).
pub fn refine_on_host(
    raw: &[Tensor<4>],
    size: [usize; 2],
    arithmetic: Arithmetic,
) -> Result<HostMaps, Error> {
    check(raw, size)?;
    let layers =
        raw.iter().map(|maps| finish_on_host(std::slice::from_ref(maps), size, arithmetic));
    let mut layers = layers.collect::<Result<Vec<_>, _>>()?.into_iter();
    let mut product = layers.next().ok_or(Error::NoLayer)?;
    for layer in layers {
        for (map, factor) in product.maps.iter_mut().zip(&layer.maps) {
            map.iter_mut().zip(factor).for_each(|(value, factor)| *value *= factor);
        }
    }
    for (map, is_degenerate) in product.maps.iter_mut().zip(&mut product.degenerate) {
        let largest = map.iter().copied().fold(0.0, f32::max);
        let least = map.iter().copied().fold(f32::INFINITY, f32::min);
        *is_degenerate = largest == least;
        let range = if *is_degenerate { 1.0 } else { largest - least };
        map.iter_mut().for_each(|value| *value = (*value - least) / range);
    }
    Ok(product)
}
