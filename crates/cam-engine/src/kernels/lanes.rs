//! Sums over channels, which round alike whatever a vector's width: always by sixteen partial sums.

use crate::vector::Vector;

/// Partial sums, in as many vectors as hold sixteen floats.
pub(super) const LANES: usize = 16;

/// Vectors that there can be of sixteen floats.
pub(super) const VECTORS: usize = 16;

/// How many vectors sixteen floats are.
#[inline(always)]
pub(super) const fn vectors<V: Vector>() -> usize {
    LANES / V::LANES
}

/// The sixteen floats.
///
/// # Safety
/// The vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn floats<V: Vector>(vectors_of_sums: &[V; VECTORS]) -> [f32; LANES] {
    let mut floats = [0.0; LANES];
    for (v, sum) in vectors_of_sums.iter().enumerate().take(vectors::<V>()) {
        // SAFETY: the caller has the instructions; so many vectors have room.
        unsafe { sum.store(floats.as_mut_ptr().add(v * V::LANES)) }
    }
    floats
}

/// Their sum: halves are added to each other.
#[inline(always)]
pub(super) fn total(mut sums: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    sums[0]
}
