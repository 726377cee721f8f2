use burn::tensor::Tensor;

use crate::Error;
use crate::steps::{min_max, min_max_with_epsilon, ranges, relu, resize};

/// Which arithmetic turns raw maps into finished ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// relu, resize, min-max. No epsilon, so the result does not depend on the scale of the raw
    /// map; several layers are each brought to 0..=1, averaged, and brought to 0..=1 again.
    #[default]
    Standard,
    /// pytorch-grad-cam 1.5.7, step by step: per layer relu, min-max with an epsilon, resize;
    /// then relu, mean over the layers, and min-max with the epsilon once more.
    PytorchGradCam,
}

/// Maps ready to be shown.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Values in 0..=1, `[n, k, height, width]`.
    pub maps: Tensor<4>,
    /// For image i and question j, at `i * k + j`: the raw map has nothing positive to show or
    /// is constant, so that the finished map is all zeros and says nothing.
    pub degenerate: Vec<bool>,
}

/// From the raw maps of one or several layers to one finished map per image and question.
///
/// # Shapes
/// One `[n, k, h', w']` per layer (sizes may differ) to `[n, k, height, width]`.
///
/// # Errors
/// [`Error::NoLayer`] without maps, [`Error::MapCount`] where the layers disagree about n or k,
/// [`Error::NonFiniteMap`] where a raw map holds NaN or infinity.
pub fn finish(
    raw: &[Tensor<4>],
    size: [usize; 2],
    arithmetic: Arithmetic,
) -> Result<Finished, Error> {
    let first = raw.first().map(counts).ok_or(Error::NoLayer)?;
    if let Some(other) = raw.iter().map(counts).find(|&other| other != first) {
        return Err(Error::MapCount { first, other });
    }
    let positive: Vec<Tensor<4>> = raw.iter().map(|maps| relu(maps.clone())).collect();
    let spread = raw.iter().zip(&positive).map(|(raw, positive)| spreads(raw, positive));
    let spread = spread.collect::<Result<Vec<_>, _>>()?;
    // A mean over layers says something as soon as one of them does.
    let degenerate =
        (0..first[0] * first[1]).map(|map| spread.iter().all(|layer| layer[map] == 0.0)).collect();

    let layers = positive.into_iter().map(|maps| match arithmetic {
        Arithmetic::Standard => min_max(resize(maps, size)),
        Arithmetic::PytorchGradCam => relu(resize(min_max_with_epsilon(maps), size)),
    });
    let mean = mean(layers.collect());
    let maps = match arithmetic {
        Arithmetic::Standard => min_max(mean),
        Arithmetic::PytorchGradCam => min_max_with_epsilon(mean),
    };
    Ok(Finished { maps, degenerate })
}

fn counts(maps: &Tensor<4>) -> [usize; 2] {
    let [n, k, _, _] = maps.dims();
    [n, k]
}

/// The range of each positive map, `n * k` values, once the raw ones are known to be finite.
fn spreads(raw: &Tensor<4>, positive: &Tensor<4>) -> Result<Vec<f32>, Error> {
    if !raw.clone().is_finite().all().into_scalar::<bool>() {
        return Err(Error::NonFiniteMap);
    }
    let [n, k, _, _] = raw.dims();
    read(ranges(positive.clone()).reshape([n * k]))
}

fn mean(maps: Vec<Tensor<4>>) -> Tensor<4> {
    let count = maps.len() as f32;
    maps.into_iter().reduce(|sum, maps| sum + maps).expect("checked: there is a layer") / count
}

/// Reads a small result back from the device.
pub(crate) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    tensor.try_into_vec_as::<f32>().map_err(|error| Error::Device { reason: error.to_string() })
}
