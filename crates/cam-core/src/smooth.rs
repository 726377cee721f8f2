use burn::tensor::Tensor;

use crate::Error;

/// Brightness factors of the augmentations, applied to the normalised images.
const FACTORS: [f32; 3] = [0.9, 1.0, 1.1];

/// The mean of the maps over six augmented copies of the images: as they are and mirrored, each
/// at 0.9, 1 and 1.1 times its normalised values. Maps of mirrored copies are mirrored back.
///
/// This is pytorch-grad-cam's `aug_smooth`. The mean is not stretched again, so that its largest
/// value is below 1 where the copies disagree.
///
/// # Shapes
/// `maps` takes images `[n, 3, h, w]` and returns finished maps `[n, k, h, w]`.
///
/// # Errors
/// What `maps` returns.
pub fn smooth_over_augmentations(
    images: &Tensor<4>,
    mut maps: impl FnMut(Tensor<4>) -> Result<Tensor<4>, Error>,
) -> Result<Tensor<4>, Error> {
    let mut collected = Vec::with_capacity(2 * FACTORS.len());
    for mirrored in [false, true] {
        for factor in FACTORS {
            let copy = mirror_if(mirrored, images.clone()).mul_scalar(factor);
            collected.push(mirror_if(mirrored, maps(copy)?));
        }
    }
    let count = collected.len() as f32;
    let sum = collected.into_iter().reduce(|sum, maps| sum + maps);
    Ok(sum.expect("six copies were explained") / count)
}

fn mirror_if(mirrored: bool, images: Tensor<4>) -> Tensor<4> {
    if mirrored { images.flip([3]) } else { images }
}
