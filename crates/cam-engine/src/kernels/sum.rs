//! Sums of activations, number by number, where another activation says so.

use crate::vector::Vector;

/// Runs of floats that are added to each other.
///
/// # Safety
/// `len`, a multiple of 16, floats may be read from every source and from `mask`, where it is not
/// null, and written to `output`, which may be the same memory as any of them.
pub(crate) struct SumRow<'a> {
    /// What is added; nothing is zero.
    pub(crate) sources: &'a [*const f32],
    /// The sum is kept where this lies between the bounds, and is zero elsewhere.
    pub(crate) mask: *const f32,
    pub(crate) bounds: (f32, f32),
    /// Whether what is negative becomes zero.
    pub(crate) positive: bool,
    pub(crate) len: usize,
    pub(crate) output: *mut f32,
}

/// Writes the sums.
///
/// # Safety
/// As [`SumRow`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn sum<V: Vector>(row: &SumRow<'_>) {
    for i in (0..row.len).step_by(V::LANES) {
        // SAFETY: `i` lies below the length, a multiple of every vector's lanes.
        unsafe {
            let mut sum = V::splat(0.0);
            for source in row.sources {
                sum = sum.add(V::load(source.add(i)));
            }
            if !row.mask.is_null() {
                let (low, high) = (V::splat(row.bounds.0), V::splat(row.bounds.1));
                sum = sum.where_between(V::load(row.mask.add(i)), low, high);
            }
            if row.positive {
                sum = sum.max(V::splat(0.0));
            }
            sum.store(row.output.add(i));
        }
    }
}
