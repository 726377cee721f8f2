//! Shared by the methods that mask the image with its channels: Score-CAM, SS-CAM, IS-CAM.

use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Int, Tensor, TensorData};

use crate::read;
use crate::steps::min_max;
use crate::{Error, Steps, View};

/// The weights `[n, k, c]` of all images' channels, by the scores of the images masked with them.
///
/// `scores` gets the number of an image, its pixels `[1, 3, h, w]` and some channels' masks
/// `[m, 1, h, w]`, values in 0..=1, and gives a score for each, `[m, k]`. Channels that are not used get no
/// weight.
pub(super) fn channel_weights(
    view: &View<'_>,
    top_channels: Option<usize>,
    mut scores: impl FnMut(usize, &Tensor<4>, Tensor<4>) -> Result<Tensor<2>, Error>,
    weights: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Result<Tensor<3>, Error> {
    let [n, c, _, _] = view.activations().dims();
    let channels = top_channels.map_or(c, |count| count.clamp(1, c));
    let mut steps = view.steps(n * channels)?;
    let weights = (0..n).map(|image| {
        let scores = |pixels: &Tensor<4>, masks| scores(image, pixels, masks);
        image_weights(view, image, channels, scores, &weights, &mut steps)
    });
    Ok(Tensor::cat(weights.collect::<Result<_, Error>>()?, 0))
}

/// Those of one image, `[1, k, c]`.
fn image_weights(
    view: &View<'_>,
    image: usize,
    count: usize,
    mut scores: impl FnMut(&Tensor<4>, Tensor<4>) -> Result<Tensor<2>, Error>,
    weights: impl Fn(Tensor<2>) -> Tensor<2>,
    steps: &mut Steps<'_>,
) -> Result<Tensor<3>, Error> {
    let pixels = view.images().clone().narrow(0, image, 1);
    let [_, _, height, width] = pixels.dims();
    let activations = view.activations().clone().narrow(0, image, 1);
    let [_, c, _, _] = activations.dims();
    let channels = widest(&activations, count)?;
    let device = pixels.device();
    let mut scored = Vec::new();
    for some in channels.chunks(view.images_at_once()) {
        let masks = activations.clone().select(1, indices(some, &activations));
        let masks = upsampled(masks, [height, width]);
        scored.push(scores(&pixels, min_max(masks).swap_dims(0, 1))?);
        steps.advance(some.len())?;
    }
    let weights = weights(Tensor::cat(scored, 0));
    let [_, k] = weights.dims();
    let all = Tensor::<2>::zeros([c, k], &device);
    let chosen = indices(&channels, &activations);
    let all = all.select_assign(0, chosen, weights, burn::tensor::IndexingUpdateOp::Add);
    Ok(all.transpose().unsqueeze_dim(0))
}

/// The `count` channels with the widest range of activations, in order of number.
fn widest(activations: &Tensor<4>, count: usize) -> Result<Vec<usize>, Error> {
    let [_, c, h, w] = activations.dims();
    let mut channels: Vec<usize> = (0..c).collect();
    if count < c {
        let flat = activations.clone().reshape([c, h * w]);
        let ranges = read(flat.clone().max_dim(1) - flat.min_dim(1))?;
        channels.sort_by(|&a, &b| ranges[b].total_cmp(&ranges[a]));
        channels.truncate(count);
        channels.sort_unstable();
    }
    Ok(channels)
}

fn indices(channels: &[usize], beside: &Tensor<4>) -> Tensor<1, Int> {
    let values: Vec<i32> = channels.iter().map(|&channel| channel as i32).collect();
    Tensor::from_data(TensorData::new(values, [channels.len()]), &beside.device())
}

/// Bilinear with corners on corners, as PyTorch's `UpsamplingBilinear2d`.
fn upsampled(maps: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let options = InterpolateOptions::new(InterpolateMode::Bilinear)
        .with_align_corners(true)
        .with_output_size(size);
    interpolate(maps, options)
}

/// Softmax over channels of scores `[c, k]` that were brought to mean 0 and deviation 1; zeros
/// where no channel's score differs from another's.
pub(super) fn standard_softmax(scores: Tensor<2>) -> Tensor<2> {
    let centred = scores.clone() - scores.mean_dim(0);
    let deviation = centred.clone().square().mean_dim(0).sqrt();
    let none = deviation.clone().equal_scalar(0.0);
    let standard = centred / deviation.mask_fill(none.clone(), 1.0);
    let weights = burn::tensor::activation::softmax(standard, 0);
    weights.clone().mask_fill(none.expand(weights.dims()), 0.0)
}
