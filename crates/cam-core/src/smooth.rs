use burn::tensor::Tensor;
use cam_map::Map;

use crate::{Error, FinishedMaps};

/// Brightness factors of the augmentations, applied to the normalised images.
const FACTORS: [f32; 3] = [0.9, 1.0, 1.1];

/// The mean of the maps over six augmented copies of the images: as they are and mirrored, each
/// at 0.9, 1 and 1.1 times its normalised values. Maps of mirrored copies are mirrored back.
///
/// This is pytorch-grad-cam's `aug_smooth`. The mean is not stretched again, so that its largest
/// value is below 1 where the copies disagree. A map is degenerate where it is so of every copy.
///
/// # Shapes
/// `maps` takes images `[n, 3, h, w]` and whether they are mirrored, and returns their finished maps, as many and as
/// large of every copy.
///
/// # Errors
/// What `maps` returns, and [`Error::Map`] where the maps of two copies differ in size.
pub fn smooth_over_augmentations(
    images: &Tensor<4>,
    mut maps: impl FnMut(Tensor<4>, bool) -> Result<FinishedMaps, Error>,
) -> Result<FinishedMaps, Error> {
    let mut sums: Vec<(usize, usize, Vec<f32>)> = Vec::new();
    let mut degenerate = Vec::new();
    for mirrored in [false, true] {
        for factor in FACTORS {
            let copy = if mirrored { images.clone().flip([3]) } else { images.clone() };
            let found = maps(copy.mul_scalar(factor), mirrored)?;
            let found_maps = found.maps.iter().map(|map| match mirrored {
                true => map.mirrored(),
                false => map.clone(),
            });
            if sums.is_empty() {
                sums =
                    found_maps.map(|map| (map.width(), map.height(), map.into_values())).collect();
                degenerate = found.degenerate;
                continue;
            }
            for ((_, _, sum), map) in sums.iter_mut().zip(found_maps) {
                sum.iter_mut().zip(map.values()).for_each(|(sum, value)| *sum += value);
            }
            degenerate.iter_mut().zip(found.degenerate).for_each(|(all, flag)| *all &= flag);
        }
    }
    let copies = (2 * FACTORS.len()) as f32;
    let means = sums.into_iter().map(|(width, height, sum)| {
        Ok(Map::new(width, height, sum.into_iter().map(|value| value / copies).collect())?)
    });
    Ok(FinishedMaps { maps: means.collect::<Result<_, Error>>()?, degenerate })
}
