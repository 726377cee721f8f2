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
    /// self · other.
    unsafe fn mul(self, other: Self) -> Self;
    /// self / other.
    unsafe fn div(self, other: Self) -> Self;
    /// self · factor + addend, rounded once where the instructions can.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// min(max(self, low), high); a NaN stays.
    unsafe fn clamp(self, low: Self, high: Self) -> Self;
    /// The larger one, or a NaN where either is.
    unsafe fn max(self, other: Self) -> Self;
    /// `other` where that is larger, else itself: a NaN stays, and another one changes nothing.
    unsafe fn raised_to(self, other: Self) -> Self;
    /// Itself where low < x < high, and zero elsewhere, also where x is a NaN.
    unsafe fn where_between(self, x: Self, low: Self, high: Self) -> Self;
    /// `yes` where self > other, else `no`, also where either is a NaN.
    unsafe fn where_above(self, other: Self, yes: Self, no: Self) -> Self;
    /// 2ⁿ of a number that is n + 1.5·2²³, for whole n from −126 to 127.
    unsafe fn power_of_two(self) -> Self;
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

/// The low bits of n + 1.5·2²³ are n: they become the exponent.
#[inline(always)]
fn power_of_two(x: f32) -> f32 {
    f32::from_bits((x.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))
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
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |x, y| x * y)
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.zip(other, |x, y| x / y)
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
    unsafe fn raised_to(self, other: Self) -> Self {
        self.zip(other, |x, y| if y > x { y } else { x })
    }

    #[inline(always)]
    unsafe fn where_between(self, x: Self, low: Self, high: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            let is_between = low.0[lane] < x.0[lane] && x.0[lane] < high.0[lane];
            if is_between { self.0[lane] } else { 0.0 }
        }))
    }

    #[inline(always)]
    unsafe fn where_above(self, other: Self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            if self.0[lane] > other.0[lane] { yes.0[lane] } else { no.0[lane] }
        }))
    }

    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        Self(self.0.map(power_of_two))
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

/// One number, with multiply-adds that round once: what a lane of AVX-512 and AVX2 does.
#[cfg(test)]
#[derive(Clone, Copy)]
pub(crate) struct Fused(f32);

#[cfg(test)]
impl Vector for Fused {
    const LANES: usize = 1;

    unsafe fn splat(x: f32) -> Self {
        Self(x)
    }

    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller says that a float may be read.
        Self(unsafe { *from })
    }

    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller says that a float may be written.
        unsafe { *to = self.0 }
    }

    unsafe fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    unsafe fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    unsafe fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }

    unsafe fn div(self, other: Self) -> Self {
        Self(self.0 / other.0)
    }

    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(self.0.mul_add(factor.0, addend.0))
    }

    unsafe fn clamp(self, low: Self, high: Self) -> Self {
        let raised = if low.0 > self.0 { low.0 } else { self.0 };
        Self(if high.0 < raised { high.0 } else { raised })
    }

    unsafe fn max(self, other: Self) -> Self {
        if self.0 > other.0 || self.0.is_nan() { self } else { other }
    }

    unsafe fn raised_to(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }

    unsafe fn where_between(self, x: Self, low: Self, high: Self) -> Self {
        Self(if low.0 < x.0 && x.0 < high.0 { self.0 } else { 0.0 })
    }

    unsafe fn where_above(self, other: Self, yes: Self, no: Self) -> Self {
        if self.0 > other.0 { yes } else { no }
    }

    unsafe fn power_of_two(self) -> Self {
        Self(power_of_two(self.0))
    }

    unsafe fn permuted(from: *const f32, lanes: *const i32, shift: i32) -> Self {
        // SAFETY: the caller's promise for `permuted` is stronger.
        unsafe { Self::gathered(from, lanes, shift) }
    }

    unsafe fn gathered(from: *const f32, lanes: *const i32, shift: i32) -> Self {
        // SAFETY: the caller says that an index may be read, and what it points to.
        Self(unsafe { *from.offset((*lanes + shift) as isize) })
    }

    fn prefetch(_: *const f32) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [f32; 8] =
        [0.0, -0.0, 1.5, -2.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 7.0];

    /// All pairs of numbers, each at some lane.
    fn pairs() -> (Vec<f32>, Vec<f32>) {
        NUMBERS.iter().flat_map(|&x| NUMBERS.iter().map(move |&y| (x, y))).unzip()
    }

    /// What a vector's operation gives, lane by lane.
    ///
    /// # Safety
    /// The vector's instructions must exist.
    unsafe fn map<V: Vector>(operation: impl Fn(V, V) -> V) -> Vec<f32> {
        let (x, y) = pairs();
        let mut results = vec![0.0; x.len()];
        for i in (0..x.len()).step_by(V::LANES) {
            // SAFETY: there are 64 pairs, a multiple of every vector's lanes.
            unsafe {
                let result = operation(V::load(x[i..].as_ptr()), V::load(y[i..].as_ptr()));
                result.store(results[i..].as_mut_ptr());
            }
        }
        results
    }

    fn assert_same(found: &[f32], scalar: impl Fn(f32, f32) -> f32) {
        let (x, y) = pairs();
        for ((&found, &x), &y) in found.iter().zip(&x).zip(&y) {
            let expected = scalar(x, y);
            let same = found == expected || found.is_nan() && expected.is_nan();
            assert!(same, "{found} instead of {expected} for {x} and {y}");
        }
    }

    /// # Safety
    /// The vector's instructions must exist.
    unsafe fn assert_agrees_with_scalars<V: Vector>() {
        // SAFETY: the caller has the instructions, and all indices lie within the array.
        unsafe {
            assert_same(&map::<V>(|x, y| x.add(y)), |x, y| x + y);
            assert_same(&map::<V>(|x, y| x.sub(y)), |x, y| x - y);
            assert_same(&map::<V>(|x, y| x.mul_add(y, V::splat(0.5))), |x, y| x * y + 0.5);
            let nan = |x: f32, y: f32| x.is_nan() || y.is_nan();
            assert_same(
                &map::<V>(|x, y| x.max(y)),
                |x, y| if nan(x, y) { f32::NAN } else { x.max(y) },
            );
            let clamp = |x: f32| if x.is_nan() { x } else { x.clamp(0.0, 6.0) };
            assert_same(&map::<V>(|x, _| x.clamp(V::splat(0.0), V::splat(6.0))), |x, _| clamp(x));
            let between = map::<V>(|x, y| x.where_between(y, V::splat(0.0), V::splat(7.0)));
            assert_same(&between, |x, y| if 0.0 < y && y < 7.0 { x } else { 0.0 });
            assert_same(&map::<V>(|x, y| x.mul(y)), |x, y| x * y);
            assert_same(&map::<V>(|x, y| x.div(y)), |x, y| x / y);
            let above = map::<V>(|x, y| x.where_above(y, V::splat(1.0), V::splat(2.0)));
            assert_same(&above, |x, y| if x > y { 1.0 } else { 2.0 });
            for n in [-126.0, -1.0, 0.0, 5.0, 127.0_f32] {
                let power = map::<V>(|_, _| V::splat(n + 12_582_912.0).power_of_two());
                assert_same(&power, |_, _| n.exp2());
            }
            let numbers: Vec<f32> = (0..40).map(|i| i as f32).collect();
            let lanes: [i32; 16] = std::array::from_fn(|lane| (V::LANES - 2 - lane / 2 % 2) as i32);
            let mut results = [[0.0; 16]; 2];
            V::permuted(numbers.as_ptr(), lanes.as_ptr(), 1).store(results[0].as_mut_ptr());
            V::gathered(numbers.as_ptr(), lanes.as_ptr(), 20).store(results[1].as_mut_ptr());
            for lane in 0..V::LANES {
                assert_eq!(results[0][lane], numbers[lanes[lane] as usize + 1]);
                assert_eq!(results[1][lane], numbers[lanes[lane] as usize + 20]);
            }
        }
    }

    #[test]
    fn portable_vectors_agree_with_scalars() {
        // SAFETY: they need no instructions.
        unsafe { assert_agrees_with_scalars::<Portable>() }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn avx_vectors_agree_with_scalars() {
        if crate::InstructionSet::Avx2.is_available() {
            // SAFETY: the instructions are there.
            unsafe { assert_agrees_with_scalars::<std::arch::x86_64::__m256>() }
        }
        if crate::InstructionSet::Avx512.is_available() {
            // SAFETY: the instructions are there.
            unsafe { assert_agrees_with_scalars::<std::arch::x86_64::__m512>() }
        }
    }
}
