//! Dense convolution: broadcast an input, multiply it with a row of weights.

use super::{KernelEpilogue, Pixels};
use crate::vector::Vector;

/// Pixels by a panel of `width` output channels.
///
/// # Safety
/// `sums` holds for `width` channels, and so does every source.
pub(crate) struct PanelTile {
    /// The convolution's input, and where a shortcut's projection is fused to it the shortcut's.
    pub(crate) sources: [Source; 2],
    /// How many of them there are.
    pub(crate) source_count: usize,
    /// Channels: a multiple of 16.
    pub(crate) width: usize,
    pub(crate) sums: KernelEpilogue,
    /// How far the prefetch of weights goes per row of weights.
    pub(crate) weights_ahead: usize,
    /// What the next tile reads, and how far its prefetch goes per row of weights.
    pub(crate) input_ahead: (*const f32, usize),
}

/// Inputs and their weights: one dimension of the reduction per tap and input channel.
///
/// # Safety
/// From `input`, at every pixel's offset and every tap's offset beyond that, `depth` floats may
/// be read; from `weights`, `taps · depth` rows of `width` floats.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) input: Pixels<*const f32>,
    pub(crate) taps: *const u32,
    pub(crate) tap_count: usize,
    pub(crate) depth: usize,
    pub(crate) weights: *const f32,
    /// Weights to bring near while these are at work.
    pub(crate) ahead: *const f32,
}

/// `ROWS` pixels from `row` on by `VECTORS` vectors of channels from `column` on. What comes next is asked for if
/// `ASKS`: of a tile that is computed in parts, one is enough.
///
/// # Safety
/// As [`PanelTile`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const ROWS: usize, const VECTORS: usize, const ASKS: bool>(
    tile: &PanelTile,
    row: usize,
    column: usize,
) {
    // SAFETY: all pointers stay within what the tile says it covers.
    unsafe {
        let mut sums = tile.sums.begin::<V, ROWS, VECTORS>(row, column);
        let mut input_ahead = tile.input_ahead.0;
        for source in &tile.sources[..tile.source_count] {
            let mut weights = source.weights.add(column);
            let mut ahead = source.ahead.wrapping_add(column);
            for tap in 0..source.tap_count {
                let origin = source.input.origin.add(*source.taps.add(tap) as usize);
                let mut pixels = [origin; ROWS];
                for (i, pixel) in pixels.iter_mut().enumerate() {
                    *pixel = origin.add(*source.input.offsets.add(row + i) as usize);
                }
                for k in 0..source.depth {
                    let mut factors = [V::splat(0.0); VECTORS];
                    for (v, factor) in factors.iter_mut().enumerate() {
                        *factor = V::load(weights.add(v * V::LANES));
                    }
                    if ASKS {
                        V::prefetch(ahead);
                        V::prefetch(input_ahead);
                        ahead = ahead.wrapping_add(tile.weights_ahead);
                        input_ahead = input_ahead.wrapping_add(tile.input_ahead.1);
                    }
                    for i in 0..ROWS {
                        let x = V::splat(*pixels[i].add(k));
                        for v in 0..VECTORS {
                            sums[i][v] = x.mul_add(factors[v], sums[i][v]);
                        }
                    }
                    weights = weights.add(tile.width);
                }
            }
        }
        tile.sums.finish(row, column, sums);
    }
}

impl KernelEpilogue {
    /// Bias and start.
    ///
    /// # Safety
    /// As [`KernelEpilogue`] says, and the vector's instructions must exist.
    #[inline(always)]
    pub(super) unsafe fn begin<V: Vector, const ROWS: usize, const VECTORS: usize>(
        &self,
        row: usize,
        column: usize,
    ) -> [[V; VECTORS]; ROWS] {
        // SAFETY: all pointers stay within what `self` says it covers.
        unsafe {
            let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
            for v in 0..VECTORS {
                let bias = V::load(self.bias.add(column + v * V::LANES));
                for sum in &mut sums {
                    sum[v] = bias;
                }
            }
            if !self.start.origin.is_null() {
                for (i, sums) in sums.iter_mut().enumerate() {
                    let start =
                        self.start.origin.add(*self.start.offsets.add(row + i) as usize + column);
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = V::load(start.add(v * V::LANES)).add(*sum);
                    }
                }
            }
            sums
        }
    }

    /// Adds the residual, clamps and writes.
    ///
    /// # Safety
    /// As [`KernelEpilogue`] says, and the vector's instructions must exist.
    #[inline(always)]
    pub(super) unsafe fn finish<V: Vector, const ROWS: usize, const VECTORS: usize>(
        &self,
        row: usize,
        column: usize,
        sums: [[V; VECTORS]; ROWS],
    ) {
        // SAFETY: all pointers stay within what `self` says it covers.
        unsafe {
            let (low, high) = (V::splat(self.bounds.0), V::splat(self.bounds.1));
            for (i, sums) in sums.into_iter().enumerate() {
                let output =
                    self.output.origin.add(*self.output.offsets.add(row + i) as usize + column);
                for (v, mut sum) in sums.into_iter().enumerate() {
                    if !self.residual.origin.is_null() {
                        let offset = *self.residual.offsets.add(row + i) as usize;
                        let residual = self.residual.origin.add(offset + column + v * V::LANES);
                        sum = sum.add(V::load(residual));
                    }
                    sum.clamp(low, high).store(output.add(v * V::LANES));
                }
            }
        }
    }
}
