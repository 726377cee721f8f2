mod host;
#[cfg_attr(not(feature = "threads"), path = "no_threads.rs")]
mod parts;
mod refine;

use burn::tensor::Tensor;

pub use host::{HostMaps, finish_on_host};
pub use refine::refine_on_host;

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

/// How the finished maps of several layers become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fusion {
    /// Their mean: [`finish`] and [`finish_on_host`].
    #[default]
    Mean,
    /// Their product, what every layer shows: [`refine_on_host`].
    Product,
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
/// [`Error::NoLayer`] without maps, [`Error::EmptySize`] for a size of zero, [`Error::MapCount`]
/// where the layers disagree about n or k, [`Error::NonFiniteMap`] where a raw map holds NaN or
/// infinity.
pub fn finish(
    raw: &[Tensor<4>],
    size: [usize; 2],
    arithmetic: Arithmetic,
) -> Result<Finished, Error> {
    let [n, k] = check(raw, size)?;
    let mut positive = Vec::with_capacity(raw.len());
    // A mean over layers says something as soon as one of them does.
    let mut degenerate = vec![true; n * k];
    for maps in raw {
        let (maps, spreads) = positive_part(maps)?;
        degenerate.iter_mut().zip(spreads).for_each(|(flag, spread)| *flag &= spread == 0.0);
        positive.push(maps);
    }

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

/// n and k of all layers, once the layers agree about them and there is something to compute.
fn check(raw: &[Tensor<4>], size: [usize; 2]) -> Result<[usize; 2], Error> {
    let first = raw.first().map(counts).ok_or(Error::NoLayer)?;
    if let Some(other) = raw.iter().map(counts).find(|&other| other != first) {
        return Err(Error::MapCount { first, other });
    }
    if size.contains(&0) {
        return Err(Error::EmptySize { size });
    }
    Ok(first)
}

fn counts(maps: &Tensor<4>) -> [usize; 2] {
    let [n, k, _, _] = maps.dims();
    [n, k]
}

/// What speaks for the target, once the map is known to be finite, and how far each map's values
/// spread, `n * k` of them. A constant part becomes zeros here, before a resize gives it ripples of
/// rounding that min-max would stretch to a picture.
fn positive_part(raw: &Tensor<4>) -> Result<(Tensor<4>, Vec<f32>), Error> {
    if !all_finite(raw)? {
        return Err(Error::NonFiniteMap);
    }
    let [n, k, _, _] = raw.dims();
    let positive = relu(raw.clone());
    let spreads = ranges(positive.clone());
    let constant = spreads.clone().equal_scalar(0.0).reshape([n, k, 1, 1]);
    let constant = constant.expand(positive.dims());
    Ok((positive.mask_fill(constant, 0.0), read(spreads)?))
}

fn mean(maps: Vec<Tensor<4>>) -> Tensor<4> {
    let count = maps.len() as f32;
    maps.into_iter().reduce(|sum, maps| sum + maps).expect("checked: there is a layer") / count
}

/// Whether nothing is NaN or infinite.
pub(crate) fn all_finite<const D: usize>(tensor: &Tensor<D>) -> Result<bool, Error> {
    let all = tensor.clone().is_finite().all();
    all.try_into_scalar::<bool>().map_err(|error| Error::Device { reason: error.to_string() })
}

/// Reads a result back from its device, row-major.
///
/// # Errors
/// [`Error::Device`] with what the backend said.
pub fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    tensor.try_into_vec_as::<f32>().map_err(|error| Error::Device { reason: error.to_string() })
}
