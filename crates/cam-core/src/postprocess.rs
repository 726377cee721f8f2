//! From raw maps on a device to finished ones on the processor.
//!
//! Whoever is going to draw, write or count a finished map needs it on the processor anyway, so the raw
//! one, which is hundreds of times smaller, is what leaves the device.

use burn::tensor::Tensor;
use cam_map::{Arithmetic, Fusion, Map, RawMaps, Upsampling};

use crate::{Error, read};

/// Maps ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedMaps {
    /// `n · k` maps with values in 0..=1: image i's question j at `i * k + j`.
    pub maps: Vec<Map>,
    /// Which of them say nothing: the raw map has nothing positive or is constant, and the finished
    /// map is all zeros.
    pub degenerate: Vec<bool>,
}

/// From the raw maps of one or several layers to one finished map per image and question, the mean
/// over the layers.
///
/// # Shapes
/// One `[n, k, h', w']` per layer (sizes may differ) to `n · k` maps of `[height, width]`.
///
/// # Errors
/// [`Error::NoLayer`] without maps, [`Error::EmptySize`] for a size of zero, [`Error::MapCount`]
/// where the layers disagree about n or k, [`Error::NonFiniteMap`] where a raw map contains NaN or
/// infinity, [`Error::Device`].
pub fn postprocess(
    raw: &[Tensor<4>],
    size: [usize; 2],
    arithmetic: Arithmetic,
) -> Result<FinishedMaps, Error> {
    postprocess_fused(raw, size, arithmetic, Fusion::Mean, &Upsampling::Bilinear)
}

/// As [`postprocess`], which is bilinear, with the layers fused as a [`Method`](crate::Method) asks for it, and upsampled
/// in any way.
///
/// # Errors
/// As for [`postprocess`].
pub fn postprocess_fused(
    raw: &[Tensor<4>],
    [height, width]: [usize; 2],
    arithmetic: Arithmetic,
    fusion: Fusion,
    upsampling: &Upsampling,
) -> Result<FinishedMaps, Error> {
    check(raw, [height, width])?;
    let layers = raw.iter().map(|maps| {
        let [_, _, height, width] = maps.dims();
        Ok(RawMaps::new(width, height, read(maps.clone())?)?)
    });
    let layers = layers.collect::<Result<Vec<_>, Error>>()?;
    let finished = cam_map::postprocess(&layers, width, height, arithmetic, fusion, upsampling)?;
    let (maps, degenerate) =
        finished.into_iter().map(|finished| (finished.map, finished.is_degenerate)).unzip();
    Ok(FinishedMaps { maps, degenerate })
}

fn check(raw: &[Tensor<4>], size: [usize; 2]) -> Result<(), Error> {
    let first = raw.first().map(counts).ok_or(Error::NoLayer)?;
    if let Some(other) = raw.iter().map(counts).find(|&other| other != first) {
        return Err(Error::MapCount { first, other });
    }
    if size.contains(&0) {
        return Err(Error::EmptySize { size });
    }
    Ok(())
}

fn counts(maps: &Tensor<4>) -> [usize; 2] {
    let [n, k, _, _] = maps.dims();
    [n, k]
}
