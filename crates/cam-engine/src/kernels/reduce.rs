//! Sums over windows.

use crate::vector::Vector;

/// One output pixel and the pixels that are summed for it, of one operand or of the products of two.
///
/// # Safety
/// `rows · columns` pixels of `channels` floats, `row` and `pixel` floats apart, may be read from every
/// operand that is not null; `channels` floats may be read from and written to `output`.
pub(crate) struct ReduceTile {
    pub(crate) operands: [Area; 2],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// A multiple of 16.
    pub(crate) channels: usize,
    /// What the sum is multiplied with.
    pub(crate) factor: f32,
    /// Whether the result is added to what is there.
    pub(crate) adds: bool,
    pub(crate) output: *mut f32,
}

/// Pixels in rows.
#[derive(Clone, Copy)]
pub(crate) struct Area {
    pub(crate) start: *const f32,
    /// Floats from one row to the next.
    pub(crate) row: usize,
    /// Floats from one pixel to the next.
    pub(crate) pixel: usize,
}

impl Area {
    pub(crate) const NONE: Self = Self { start: std::ptr::null(), row: 0, pixel: 0 };
}

/// Writes the sums: each row's first, and then those of the rows, which rounds less than one after the
/// other would.
///
/// # Safety
/// As [`ReduceTile`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn reduce<V: Vector>(tile: &ReduceTile) {
    // SAFETY: the caller's promise.
    unsafe {
        match tile.operands[1].start.is_null() {
            true => sums::<V, false>(tile),
            false => sums::<V, true>(tile),
        }
    }
}

#[inline(always)]
unsafe fn sums<V: Vector, const PRODUCTS: bool>(tile: &ReduceTile) {
    let [first, second] = tile.operands;
    for channel in (0..tile.channels).step_by(V::LANES) {
        // SAFETY: rows, columns and channels stay below the tile's.
        unsafe {
            let mut sum = V::splat(0.0);
            for y in 0..tile.rows {
                let mut row = V::splat(0.0);
                for x in 0..tile.columns {
                    let at = |area: Area| {
                        V::load(area.start.add(y * area.row + x * area.pixel + channel))
                    };
                    row = if PRODUCTS {
                        at(first).mul_add(at(second), row)
                    } else {
                        row.add(at(first))
                    };
                }
                sum = sum.add(row);
            }
            let output = tile.output.add(channel);
            let start = if tile.adds { V::load(output) } else { V::splat(0.0) };
            sum.mul_add(V::splat(tile.factor), start).store(output);
        }
    }
}
