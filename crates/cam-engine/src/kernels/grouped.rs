//! Grouped convolution: every lane takes its input from its own group.

use super::{KernelEpilogue, Pixels};
use crate::layout::CHANNELS;
use crate::vector::Vector;

/// Pixels by one vector of output channels that belong to several groups.
///
/// # Safety
/// `sums` holds for a vector of channels. From `input`, at every pixel's offset and every tap's
/// offset beyond that, the floats at `lanes[l] + k` may be read for `k` below `depth`, and a
/// whole vector where the lanes are `adjacent`; from `weights`, `taps · depth` rows of 16 floats
/// less what lies in front of the vector.
pub(crate) struct GroupedTile {
    pub(crate) input: Pixels<*const f32>,
    pub(crate) taps: *const u32,
    pub(crate) tap_count: usize,
    /// Input channels of a group.
    pub(crate) depth: usize,
    /// Each lane's first input channel.
    pub(crate) lanes: *const i32,
    /// Whether all that the lanes read lies within one vector.
    pub(crate) adjacent: bool,
    pub(crate) weights: *const f32,
    pub(crate) sums: KernelEpilogue,
}

/// `ROWS` pixels from `row` on.
///
/// # Safety
/// As [`GroupedTile`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const ROWS: usize, const ADJACENT: bool>(
    tile: &GroupedTile,
    row: usize,
) {
    // SAFETY: all pointers stay within what the tile says it covers.
    unsafe {
        let mut sums = tile.sums.begin::<V, ROWS, 1>(row, 0);
        let mut weights = tile.weights;
        for tap in 0..tile.tap_count {
            let origin = tile.input.origin.add(*tile.taps.add(tap) as usize);
            let mut pixels = [origin; ROWS];
            for (i, pixel) in pixels.iter_mut().enumerate() {
                *pixel = origin.add(*tile.input.offsets.add(row + i) as usize);
            }
            for k in 0..tile.depth as i32 {
                let factor = V::load(weights);
                for i in 0..ROWS {
                    let x = if ADJACENT {
                        V::permuted(pixels[i], tile.lanes, k)
                    } else {
                        V::gathered(pixels[i], tile.lanes, k)
                    };
                    sums[i][0] = x.mul_add(factor, sums[i][0]);
                }
                weights = weights.add(CHANNELS);
            }
        }
        tile.sums.finish(row, 0, sums);
    }
}
