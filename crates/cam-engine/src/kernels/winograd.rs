//! Winograd's minimal filtering for 3×3 kernels (Lavin and Gray, *Fast Algorithms for
//! Convolutional Neural Networks*, arXiv 1509.09308): M×M outputs from a patch of A×A inputs,
//! A = M + 2, with A² products per channel instead of 9·M².
//!
//! Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A. The products in the middle, summed over the input channels, are
//! one matrix product per position of the patch, which the panel kernel computes.

use crate::vector::Vector;

/// Channels of one patch, to be transformed.
///
/// # Safety
/// `A` by `A` pixels of `channels` floats, `row` and `pixel` floats apart, may be read from
/// `input`; as many may be written to each of the A² places `position` floats apart from
/// `output`.
pub(crate) struct Patch {
    pub(crate) input: *const f32,
    /// Floats from one row to the next.
    pub(crate) row: usize,
    /// Floats from one pixel to the next.
    pub(crate) pixel: usize,
    /// A multiple of 16.
    pub(crate) channels: usize,
    pub(crate) output: *mut f32,
    /// Floats from one position of the patch to the next.
    pub(crate) position: usize,
}

/// Channels of one patch's sums, to be transformed back.
///
/// # Safety
/// From `sums`, `width` floats may be read at each of the A² places `position` floats apart; from
/// `bias` `width` floats; from `residual`, where it is not null, and to `output` `width` floats of
/// `rows` by `columns` pixels, that many floats apart. The two may be the same pixels.
pub(crate) struct Unpatch {
    pub(crate) sums: *const f32,
    /// Floats from one position of the patch to the next.
    pub(crate) position: usize,
    /// A multiple of 16.
    pub(crate) width: usize,
    pub(crate) bias: *const f32,
    /// Where the residual's first pixel is, and how far its rows and pixels are apart.
    pub(crate) residual: (*const f32, usize, usize),
    pub(crate) bounds: (f32, f32),
    /// Where the first pixel goes, and how far rows and pixels are apart.
    pub(crate) output: (*mut f32, usize, usize),
    /// Rows of the output inside the image, at most M.
    pub(crate) rows: usize,
    /// The same of columns.
    pub(crate) columns: usize,
}

/// The transforms of one side of a patch.
///
/// # Safety
/// The vector's instructions must exist.
pub(crate) trait Transform<const A: usize, const M: usize> {
    /// Bᵀ d.
    unsafe fn input<V: Vector>(d: [V; A]) -> [V; A];
    /// Aᵀ m.
    unsafe fn output<V: Vector>(m: [V; A]) -> [V; M];
}

/// F(2, 3): points 0, 1, −1 and ∞.
pub(crate) struct F2;

/// F(4, 3): points 0, 1, −1, 2, −2 and ∞.
pub(crate) struct F4;

impl Transform<4, 2> for F2 {
    #[inline(always)]
    unsafe fn input<V: Vector>(d: [V; 4]) -> [V; 4] {
        // SAFETY: the caller has the instructions.
        unsafe { [d[0].sub(d[2]), d[1].add(d[2]), d[2].sub(d[1]), d[1].sub(d[3])] }
    }

    #[inline(always)]
    unsafe fn output<V: Vector>(m: [V; 4]) -> [V; 2] {
        // SAFETY: the caller has the instructions.
        unsafe { [m[0].add(m[1].add(m[2])), m[1].sub(m[2]).sub(m[3])] }
    }
}

impl Transform<6, 4> for F4 {
    #[inline(always)]
    unsafe fn input<V: Vector>(d: [V; 6]) -> [V; 6] {
        // SAFETY: the caller has the instructions.
        unsafe {
            let (two, four) = (V::splat(2.0), V::splat(4.0));
            let (minus_four, minus_five) = (V::splat(-4.0), V::splat(-5.0));
            let even = d[2].mul_add(minus_four, d[4]);
            let odd = d[1].mul_add(minus_four, d[3]);
            let even_far = d[4].sub(d[2]);
            let odd_far = d[3].sub(d[1]);
            [
                d[0].mul_add(four, d[2].mul_add(minus_five, d[4])),
                even.add(odd),
                even.sub(odd),
                odd_far.mul_add(two, even_far),
                odd_far.mul_add(V::splat(-2.0), even_far),
                d[1].mul_add(four, d[3].mul_add(minus_five, d[5])),
            ]
        }
    }

    #[inline(always)]
    unsafe fn output<V: Vector>(m: [V; 6]) -> [V; 4] {
        // SAFETY: the caller has the instructions.
        unsafe {
            let (sum, difference) = (m[1].add(m[2]), m[1].sub(m[2]));
            let (far_sum, far_difference) = (m[3].add(m[4]), m[3].sub(m[4]));
            [
                m[0].add(sum.add(far_sum)),
                far_difference.mul_add(V::splat(2.0), difference),
                far_sum.mul_add(V::splat(4.0), sum),
                m[5].add(far_difference.mul_add(V::splat(8.0), difference)),
            ]
        }
    }
}

/// Bᵀ d B of every channel.
///
/// # Safety
/// As [`Patch`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn transform<V, T, const A: usize, const M: usize>(patch: &Patch)
where
    V: Vector,
    T: Transform<A, M>,
{
    for channel in (0..patch.channels).step_by(V::LANES) {
        // SAFETY: all pointers stay within what the patch says it covers.
        unsafe {
            let input = patch.input.add(channel);
            let mut columns = [[V::splat(0.0); A]; A];
            for x in 0..A {
                let mut d = [V::splat(0.0); A];
                for (y, d) in d.iter_mut().enumerate() {
                    *d = V::load(input.add(y * patch.row + x * patch.pixel));
                }
                for (column, d) in columns.iter_mut().zip(T::input(d)) {
                    column[x] = d;
                }
            }
            let output = patch.output.add(channel);
            for (y, column) in columns.into_iter().enumerate() {
                for (x, d) in T::input(column).into_iter().enumerate() {
                    d.store(output.add((y * A + x) * patch.position));
                }
            }
        }
    }
}

/// Aᵀ m A of every channel, with bias, residual and activation.
///
/// # Safety
/// As [`Unpatch`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn restore<V, T, const A: usize, const M: usize>(unpatch: &Unpatch)
where
    V: Vector,
    T: Transform<A, M>,
{
    for channel in (0..unpatch.width).step_by(V::LANES) {
        // SAFETY: all pointers stay within what the patch says it covers.
        unsafe {
            let sums = unpatch.sums.add(channel);
            let mut columns = [[V::splat(0.0); A]; M];
            for x in 0..A {
                let mut m = [V::splat(0.0); A];
                for (y, m) in m.iter_mut().enumerate() {
                    *m = V::load(sums.add((y * A + x) * unpatch.position));
                }
                for (column, m) in columns.iter_mut().zip(T::output(m)) {
                    column[x] = m;
                }
            }
            let bias = V::load(unpatch.bias.add(channel));
            for (y, column) in columns.into_iter().enumerate() {
                if y >= unpatch.rows {
                    break;
                }
                let pixels = T::output(column);
                for (x, sum) in pixels.into_iter().enumerate() {
                    if x < unpatch.columns {
                        finish(unpatch, sum.add(bias), y, x, channel);
                    }
                }
            }
        }
    }
}

/// Adds the residual, clamps and writes.
///
/// # Safety
/// As [`Unpatch`] says, and the vector's instructions must exist.
#[inline(always)]
unsafe fn finish<V: Vector>(unpatch: &Unpatch, mut sum: V, y: usize, x: usize, channel: usize) {
    // SAFETY: the pixel is one of those that the patch says it covers.
    unsafe {
        let (residual, row, pixel) = unpatch.residual;
        if !residual.is_null() {
            sum = sum.add(V::load(residual.add(y * row + x * pixel + channel)));
        }
        let (output, row, pixel) = unpatch.output;
        let (low, high) = unpatch.bounds;
        let sum = sum.clamp(V::splat(low), V::splat(high));
        sum.store(output.add(y * row + x * pixel + channel));
    }
}
