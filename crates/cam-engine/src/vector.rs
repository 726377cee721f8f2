//! What a kernel needs of a vector of floats.
//!
//! Kernels are written once, over this trait, and compiled once per instruction set: inlined into
//! functions that enable it (see `x86`).

/// A vector of floats in registers.
///
/// # Safety
/// Every method may be called only where the vector's instructions exist, and wants its pointers
/// to be valid for what it says it reads or writes; none needs alignment.
pub(crate) trait Vector: Copy {
    /// Floats in it.
    const LANES: usize;

    /// The same number everywhere.
    unsafe fn splat(x: f32) -> Self;
    /// Reads `LANES` floats.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes `LANES` floats.
    unsafe fn store(self, to: *mut f32);
    /// self + other.
    unsafe fn add(self, other: Self) -> Self;
    /// self − other.
    unsafe fn sub(self, other: Self) -> Self;
    /// self · factor + addend, rounded once where the instructions can.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// min(max(self, low), high); a NaN stays.
    unsafe fn clamp(self, low: Self, high: Self) -> Self;
    /// The larger one, or a NaN where either is.
    unsafe fn max(self, other: Self) -> Self;
    /// Lane l gets `from[lanes[l] + shift]`, where all those lie within `LANES` floats from
    /// `from`, which are read.
    unsafe fn permuted(from: *const f32, lanes: *const i32, shift: i32) -> Self;
    /// Lane l gets `from[lanes[l] + shift]`.
    unsafe fn gathered(from: *const f32, lanes: *const i32, shift: i32) -> Self;
    /// Asks for a cache line to be brought to the second-level cache. Any address will do.
    fn prefetch(address: *const f32);
}

/// Four floats that the compiler keeps in whatever vector registers the target has.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(crate) struct Portable([f32; 4]);

/// Fused where the target can; a call into a software routine would be a hundred times slower.
#[inline(always)]
fn mul_add(x: f32, factor: f32, addend: f32) -> f32 {
    if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
        x.mul_add(factor, addend)
    } else {
        x * factor + addend
    }
}

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let ([a, b, c, d], [i, j, k, l]) = (self.0, other.0);
        Self([f(a, i), f(b, j), f(c, k), f(d, l)])
    }
}

impl Vector for Portable {
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller says that four floats may be read.
        Self(unsafe { from.cast::<[f32; 4]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller says that four floats may be written.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |x, y| x + y)
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |x, y| x - y)
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        let ([a, b, c, d], [i, j, k, l], [p, q, r, s]) = (self.0, factor.0, addend.0);
        Self([mul_add(a, i, p), mul_add(b, j, q), mul_add(c, k, r), mul_add(d, l, s)])
    }

    #[inline(always)]
    unsafe fn clamp(self, low: Self, high: Self) -> Self {
        let raised = self.zip(low, |x, low| if low > x { low } else { x });
        raised.zip(high, |x, high| if high < x { high } else { x })
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |x, y| if x > y || x.is_nan() { x } else { y })
    }

    #[inline(always)]
    unsafe fn permuted(from: *const f32, lanes: *const i32, shift: i32) -> Self {
        // SAFETY: the caller's promise for `permuted` is stronger.
        unsafe { Self::gathered(from, lanes, shift) }
    }

    #[inline(always)]
    unsafe fn gathered(from: *const f32, lanes: *const i32, shift: i32) -> Self {
        // SAFETY: the caller says that `LANES` indices may be read, and what they point to.
        let lane = |l| unsafe { *from.offset((*lanes.add(l) + shift) as isize) };
        Self([lane(0), lane(1), lane(2), lane(3)])
    }

    #[inline(always)]
    fn prefetch(_: *const f32) {}
}
