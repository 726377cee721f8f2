//! Functions of every lane, by polynomials: good to about 1e-6 of what they give, without calls
//! and without branches. All round alike wherever multiply-adds are fused.

use crate::vector::Vector;

/// 1.5·2²³: a number added to it loses all but its whole part.
const WHOLE: f32 = 12_582_912.0;

/// ln 2 in two parts, so that n·ln 2 is exact enough for every n (Cody and Waite 1980).
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// (eʳ − 1 − r)/r² for |r| ≤ ln 2 / 2, the highest power first (Cephes, `expf`).
const EXP: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1];

/// (tanh x − x)/x³ in x² for |x| < 0.625, the highest power first (Cephes, `tanhf`).
const TANH: [f32; 5] =
    [-5.704_988_7e-3, 2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1];

/// exp(z²)·erfc(z)·(z + 2) in (z − 2)/(z + 2) for 0 ≤ z ≤ 9.4, the highest power first: fitted at
/// the Chebyshev nodes, to 8e-8 of the value.
const ERFC: [f32; 9] = [
    -4.629_051_5e-4,
    -7.587_505_4e-4,
    2.977_506e-3,
    6.440_449e-3,
    -2.148_183e-2,
    -3.643_589e-2,
    2.794_692_8e-1,
    -6.871_609e-1,
    1.021_582_7,
];

/// (2ʳ − 1)/r for |r| ≤ ½, the highest power first: fitted at the Chebyshev nodes, to 8e-8 of 2ʳ.
const EXP2: [f32; 6] =
    [1.546_649_9e-4, 1.339_858e-3, 9.618_039e-3, 5.550_333_5e-2, 2.402_265e-1, 6.931_472e-1];

/// (Φ(x) − ½)/x in 2·x²/5.3² − 1 for |x| ≤ 5.3, the highest power first: fitted at the Chebyshev
/// nodes.
const PHI: [f32; 15] = [
    2.485_006_4e-4,
    -7.399_228e-4,
    8.404_189e-4,
    -1.167_987_6e-3,
    3.005_450_6e-3,
    -5.769_377_6e-3,
    8.903_649e-3,
    -1.322_778_9e-2,
    1.890_370_2e-2,
    -2.528_76e-2,
    3.208_253e-2,
    -3.959_007e-2,
    4.926_401_4e-2,
    -6.651_847e-2,
    1.333_925_6e-1,
];

/// Where `PHI` ends.
const PHI_END: f32 = 5.3;

/// From where on x changes nothing any more in Φ(x): 1 above, and below nothing that x·Φ(x) would
/// show.
const FAR: f32 = 13.0;

/// Exponents beyond which eˣ is given as at these: it stays a normal number.
pub(super) const EXPONENTS: (f32, f32) = (-87.0, 87.0);

/// A polynomial, the highest power first.
#[inline(always)]
unsafe fn polynomial<V: Vector, const N: usize>(x: V, factors: &[f32; N]) -> V {
    // SAFETY: the caller has the instructions.
    unsafe {
        let mut sum = V::splat(factors[0]);
        for &factor in &factors[1..] {
            sum = sum.mul_add(x, V::splat(factor));
        }
        sum
    }
}

/// |x|.
#[inline(always)]
pub(super) unsafe fn abs<V: Vector>(x: V) -> V {
    // SAFETY: the caller has the instructions.
    unsafe { x.max(V::splat(0.0).sub(x)) }
}

/// eˣ.
#[inline(always)]
pub(super) unsafe fn exp<V: Vector>(x: V) -> V {
    // SAFETY: the caller has the instructions.
    unsafe {
        let x = x.clamp(V::splat(EXPONENTS.0), V::splat(EXPONENTS.1));
        let power = x.mul_add(V::splat(std::f32::consts::LOG2_E), V::splat(WHOLE));
        let n = power.sub(V::splat(WHOLE));
        let r = n.mul_add(V::splat(-LN_2[0]), x);
        let r = n.mul_add(V::splat(-LN_2[1]), r);
        let e = polynomial(r, &EXP).mul_add(r.mul(r), r).add(V::splat(1.0));
        e.mul(power.power_of_two())
    }
}

/// eˣ for x ≤ 0, in fewer steps.
#[inline(always)]
pub(super) unsafe fn exp_of_nothing_above_zero<V: Vector>(x: V) -> V {
    // SAFETY: the caller has the instructions.
    unsafe {
        let (x, log2_e) = (x.raised_to(V::splat(EXPONENTS.0)), V::splat(std::f32::consts::LOG2_E));
        let power = x.mul_add(log2_e, V::splat(WHOLE));
        let r = x.mul_add(log2_e, V::splat(WHOLE).sub(power));
        polynomial(r, &EXP2).mul_add(r, V::splat(1.0)).mul(power.power_of_two())
    }
}

/// x·Φ(x), to 3e-7 of the larger of |x| and 1/10, as ½·x·(1 + erf(x/√2)) in f32 is.
#[inline(always)]
pub(super) unsafe fn gelu<V: Vector>(x: V) -> V {
    // SAFETY: the caller has the instructions.
    unsafe {
        let (zero, one, end) = (V::splat(0.0), V::splat(1.0), V::splat(PHI_END));
        let near = x.clamp(zero.sub(end), end);
        let at = near.mul(near).mul_add(V::splat(2.0 / (PHI_END * PHI_END)), zero.sub(one));
        let whole = polynomial(at, &PHI).mul_add(near, V::splat(0.5)).clamp(zero, one);
        zero.sub(end).where_above(x, zero, x.mul(whole))
    }
}

/// 1/(1 + e⁻ˣ).
#[inline(always)]
pub(super) unsafe fn sigmoid<V: Vector>(x: V) -> V {
    // SAFETY: the caller has the instructions.
    unsafe {
        let one = V::splat(1.0);
        one.div(one.add(exp(V::splat(0.0).sub(x))))
    }
}

/// The hyperbolic tangent: by a polynomial near zero, where 1 − 2/(e²ˣ + 1) would cancel.
#[inline(always)]
pub(super) unsafe fn tanh<V: Vector>(x: V) -> V {
    // SAFETY: the caller has the instructions.
    unsafe {
        let (zero, one, two) = (V::splat(0.0), V::splat(1.0), V::splat(2.0));
        let square = x.mul(x);
        let near = polynomial(square, &TANH).mul_add(square.mul(x), x);
        let size = abs(x);
        let far = one.sub(two.div(exp(size.add(size)).add(one)));
        let far = zero.where_above(x, zero.sub(far), far);
        V::splat(0.625).where_above(size, near, far)
    }
}

/// Φ(x) and φ(x): the normal distribution and its density. The tail is computed as such, so that
/// it has as many digits as the middle.
#[inline(always)]
pub(super) unsafe fn normal<V: Vector>(x: V) -> (V, V) {
    // SAFETY: the caller has the instructions.
    unsafe {
        let (one, two) = (V::splat(1.0), V::splat(2.0));
        let x = x.clamp(V::splat(-FAR), V::splat(FAR));
        // e^(−x²/2), with what x² loses by rounding.
        let square = x.mul(x);
        let rest = x.mul_add(x, V::splat(0.0).sub(square));
        let minus_half = V::splat(-0.5);
        let bell = exp(square.mul(minus_half)).mul(rest.mul_add(minus_half, one));
        let z = abs(x).mul(V::splat(std::f32::consts::FRAC_1_SQRT_2));
        let scale = one.div(z.add(two));
        let erfc = polynomial(z.sub(two).mul(scale), &ERFC).mul(scale).mul(bell);
        let tail = erfc.mul(V::splat(0.5));
        let whole = x.where_above(V::splat(0.0), one.sub(tail), tail);
        (whole, bell.mul(V::splat(0.398_942_3)))
    }
}

/// Whether x is so far below zero that x·Φ(x) is nothing: `nothing` there, else `value`.
#[inline(always)]
pub(super) unsafe fn unless_far_below<V: Vector>(x: V, nothing: V, value: V) -> V {
    // SAFETY: the caller has the instructions.
    unsafe { V::splat(-FAR).where_above(x, nothing, value) }
}
