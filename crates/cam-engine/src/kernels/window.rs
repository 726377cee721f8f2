//! The maximum over a window.

use crate::vector::Vector;

/// One output pixel and the input pixels it looks at, clipped to the image.
///
/// # Safety
/// `rows · columns` pixels of `channels` floats, `row` and `pixel` floats apart, may be read from
/// `input`; `channels` floats may be written to `output`.
pub(crate) struct Window {
    pub(crate) input: *const f32,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Floats from one row to the next.
    pub(crate) row: usize,
    /// Floats from one pixel to the next.
    pub(crate) pixel: usize,
    /// A multiple of 16.
    pub(crate) channels: usize,
    pub(crate) output: *mut f32,
}

/// Writes the maxima.
///
/// # Safety
/// As [`Window`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn maximum<V: Vector>(window: &Window) {
    let mut column = 0;
    while column < window.channels {
        // SAFETY: channels come in multiples of 16, and vectors divide 16.
        unsafe {
            let mut largest = [V::splat(f32::NEG_INFINITY); 16];
            let vectors = &mut largest[..16 / V::LANES];
            for y in 0..window.rows {
                for x in 0..window.columns {
                    let pixel = window.input.add(y * window.row + x * window.pixel + column);
                    for (v, largest) in vectors.iter_mut().enumerate() {
                        *largest = largest.max(V::load(pixel.add(v * V::LANES)));
                    }
                }
            }
            for (v, largest) in vectors.iter().enumerate() {
                largest.store(window.output.add(column + v * V::LANES));
            }
        }
        column += 16;
    }
}
