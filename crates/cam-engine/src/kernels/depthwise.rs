//! Depthwise convolution: every channel for itself.

use super::{KernelEpilogue, Pixels};
use crate::vector::Vector;

/// Pixels by all channels.
///
/// # Safety
/// `sums` holds for `channels` channels. From `input`, at every pixel's offset and every tap's
/// offset beyond that, `channels` floats may be read; from `weights`, `tap_count` rows of
/// `channels` floats.
pub(crate) struct DepthwiseTile {
    pub(crate) input: Pixels<*const f32>,
    pub(crate) taps: *const u32,
    pub(crate) tap_count: usize,
    pub(crate) weights: *const f32,
    /// A multiple of 16.
    pub(crate) channels: usize,
    pub(crate) sums: KernelEpilogue,
}

/// `ROWS` pixels from `row` on.
///
/// # Safety
/// As [`DepthwiseTile`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const ROWS: usize>(tile: &DepthwiseTile, row: usize) {
    let mut column = 0;
    // SAFETY: columns stay below the tile's channels.
    unsafe {
        while column + 2 * V::LANES <= tile.channels {
            columns::<V, ROWS, 2>(tile, row, column);
            column += 2 * V::LANES;
        }
        while column < tile.channels {
            columns::<V, ROWS, 1>(tile, row, column);
            column += V::LANES;
        }
    }
}

#[inline(always)]
unsafe fn columns<V: Vector, const ROWS: usize, const VECTORS: usize>(
    tile: &DepthwiseTile,
    row: usize,
    column: usize,
) {
    // SAFETY: all pointers stay within what the tile says it covers.
    unsafe {
        let mut sums = tile.sums.begin::<V, ROWS, VECTORS>(row, column);
        let origin = tile.input.origin.add(column);
        let mut pixels = [origin; ROWS];
        for (i, pixel) in pixels.iter_mut().enumerate() {
            *pixel = origin.add(*tile.input.offsets.add(row + i) as usize);
        }
        let mut weights = tile.weights.add(column);
        for tap in 0..tile.tap_count {
            let offset = *tile.taps.add(tap) as usize;
            let mut factors = [V::splat(0.0); VECTORS];
            for (v, factor) in factors.iter_mut().enumerate() {
                *factor = V::load(weights.add(v * V::LANES));
            }
            for (pixel, sums) in pixels.iter().zip(&mut sums) {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(pixel.add(offset + v * V::LANES)).mul_add(factors[v], *sum);
                }
            }
            weights = weights.add(tile.channels);
        }
        tile.sums.finish(row, column, sums);
    }
}
