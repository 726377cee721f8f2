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

/// The largest of so many floats, a multiple of sixteen, or a NaN where there is one.
///
/// # Safety
/// The floats may be read, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn largest<V: Vector>(from: *const f32, len: usize) -> f32 {
    // Several at once, since each waits for the one before; in which order is all the same.
    const CHAINS: usize = 4;
    // SAFETY: the caller's promise; what is left behind the last four vectors is read one by one.
    unsafe {
        let mut most = [V::splat(f32::NEG_INFINITY); CHAINS];
        let four = CHAINS * V::LANES;
        let whole = len / four * four;
        for i in (0..whole).step_by(four) {
            for (chain, most) in most.iter_mut().enumerate() {
                *most = most.max(V::load(from.add(i + chain * V::LANES)));
            }
        }
        for i in (whole..len).step_by(V::LANES) {
            most[0] = most[0].max(V::load(from.add(i)));
        }
        let most = most[0].max(most[1]).max(most[2].max(most[3]));
        let mut floats = [f32::NEG_INFINITY; LANES];
        most.store(floats.as_mut_ptr());
        let mut half = LANES / 2;
        while half > 0 {
            for i in 0..half {
                floats[i] = larger(floats[i], floats[i + half]);
            }
            half /= 2;
        }
        floats[0]
    }
}

/// The larger, or a NaN where there is one.
#[inline(always)]
pub(super) fn larger(x: f32, y: f32) -> f32 {
    if x > y || x.is_nan() { x } else { y }
}
