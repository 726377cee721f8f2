//! Depthwise convolution: every channel for itself.
//!
//! Where output pixels lie side by side, each input is read once for all windows of a row that see it.

use super::{KernelEpilogue, Pixels};
use crate::vector::Vector;

/// Pixels by all channels.
///
/// # Safety
/// `sums` holds for `channels` channels. From `input`, at every pixel's offset and every tap's
/// offset beyond that, `channels` floats may be read; from `weights`, `tap_count` rows of
/// `channels` floats that lie `tap` floats apart.
pub(crate) struct DepthwiseTile {
    pub(crate) input: Pixels<*const f32>,
    pub(crate) taps: *const u32,
    pub(crate) tap_count: usize,
    pub(crate) weights: *const f32,
    /// Floats from one tap's weights to the next.
    pub(crate) tap: usize,
    /// A multiple of 16.
    pub(crate) channels: usize,
    pub(crate) sums: KernelEpilogue,
    /// How windows lie beside each other, where they do.
    pub(crate) beside: Option<Beside>,
}

/// Windows of one row, whose taps lie side by side.
#[derive(Clone, Copy)]
pub(crate) struct Beside {
    /// Floats from one input pixel to the next.
    pub(crate) pixel: usize,
    /// Taps of a window's row.
    pub(crate) columns: usize,
    /// Input pixels from one window to the next.
    pub(crate) stride: usize,
}

/// Windows that share what they read: maps are multiples of it as a rule.
pub(super) const BESIDE: usize = 7;

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

/// As many windows as share what they read, from `row` on: `COLUMNS` and `STRIDE` are those of the tile.
///
/// # Safety
/// As [`DepthwiseTile`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn beside<V: Vector, const COLUMNS: usize, const STRIDE: usize>(
    tile: &DepthwiseTile,
    pixel: usize,
    row: usize,
) {
    let mut column = 0;
    // SAFETY: columns stay below the tile's channels.
    unsafe {
        // All sums of a row of windows must find room in registers.
        while V::LANES == 16 && column + 2 * V::LANES <= tile.channels {
            share::<V, COLUMNS, STRIDE, 2>(tile, pixel, row, column);
            column += 2 * V::LANES;
        }
        while column < tile.channels {
            share::<V, COLUMNS, STRIDE, 1>(tile, pixel, row, column);
            column += V::LANES;
        }
    }
}

#[inline(always)]
unsafe fn share<V: Vector, const COLUMNS: usize, const STRIDE: usize, const VECTORS: usize>(
    tile: &DepthwiseTile,
    pixel: usize,
    row: usize,
    column: usize,
) {
    // SAFETY: all pointers stay within what the tile says it covers.
    unsafe {
        let mut sums = tile.sums.begin::<V, BESIDE, VECTORS>(row, column);
        let first = tile.input.origin.add(*tile.input.offsets.add(row) as usize + column);
        let mut weights = tile.weights.add(column);
        for taps in 0..tile.tap_count / COLUMNS {
            let input = first.add(*tile.taps.add(taps * COLUMNS) as usize);
            let mut factors = [[V::splat(0.0); VECTORS]; COLUMNS];
            for factors in &mut factors {
                for (v, factor) in factors.iter_mut().enumerate() {
                    *factor = V::load(weights.add(v * V::LANES));
                }
                weights = weights.add(tile.tap);
            }
            for at in 0..(BESIDE - 1) * STRIDE + COLUMNS {
                for v in 0..VECTORS {
                    let x = V::load(input.add(at * pixel + v * V::LANES));
                    for (window, sums) in sums.iter_mut().enumerate() {
                        if at >= window * STRIDE && at - window * STRIDE < COLUMNS {
                            sums[v] = x.mul_add(factors[at - window * STRIDE][v], sums[v]);
                        }
                    }
                }
            }
        }
        tile.sums.finish(row, column, sums);
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
            weights = weights.add(tile.tap);
        }
        tile.sums.finish(row, column, sums);
    }
}
