//! Powers of two, in operations of which a processor does several at a time.

use std::f64::consts::LN_2;

/// Added and taken away, it rounds a number of the magnitudes here to the nearest integer, which then stands in the
/// lowest bits of the sum.
const ROUND: f32 = 12_582_912.0;

/// Bits behind the exponent of an f32, and what its exponent is counted from.
const FRACTION: u32 = 23;
const BIAS: u32 = 127;

/// The series of 2^r, up to the term of r^6: within 2e-7 for |r| ≤ 1/2.
const SERIES: [f32; 6] = [
    LN_2 as f32,
    (LN_2 * LN_2 / 2.0) as f32,
    (LN_2 * LN_2 * LN_2 / 6.0) as f32,
    (LN_2 * LN_2 * LN_2 * LN_2 / 24.0) as f32,
    (LN_2 * LN_2 * LN_2 * LN_2 * LN_2 / 120.0) as f32,
    (LN_2 * LN_2 * LN_2 * LN_2 * LN_2 * LN_2 / 720.0) as f32,
];

/// 2^x for x in −126..=0, within 3e-7 of it: 2^k · 2^r with an integer k and |r| ≤ 1/2.
///
/// Plain sums and products of f32, so that loops of it become vectors, with the same bits on every machine.
pub fn power_of_two(x: f32) -> f32 {
    let whole = x + ROUND;
    let r = x - (whole - ROUND);
    let [a, b, c, d, e, f] = SERIES;
    let series = 1.0 + r * (a + r * (b + r * (c + r * (d + r * (e + r * f)))));
    series * f32::from_bits((whole.to_bits() << FRACTION).wrapping_add(BIAS << FRACTION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_power_of_two() {
        for step in 0..=1_260_000 {
            let x = -(step as f32) / 1e4;
            let (found, exact) = (f64::from(power_of_two(x)), f64::from(x).exp2());
            assert!((found / exact - 1.0).abs() < 3e-7, "{x}: {found} instead of {exact}");
        }
        assert_eq!((power_of_two(0.0), power_of_two(-126.0)), (1.0, f32::MIN_POSITIVE));
    }
}
