//! Smallest and largest values, and what is stretched by them.

/// pytorch-grad-cam 1.5.7 adds it to the divisor of its min-max step.
pub(crate) const EPSILON: f32 = 1e-7;

/// Values compared side by side, so that the compiler can use vectors.
const LANES: usize = 16;

/// The smallest and the largest value; NaNs are skipped, and nothing but NaN gives `(+inf, -inf)`.
pub(crate) fn range(values: &[f32]) -> (f32, f32) {
    let mut smallest = [f32::INFINITY; LANES];
    let mut largest = [f32::NEG_INFINITY; LANES];
    let mut widen = |values: &[f32]| {
        for ((smallest, largest), &value) in smallest.iter_mut().zip(&mut largest).zip(values) {
            *smallest = if value < *smallest { value } else { *smallest };
            *largest = if value > *largest { value } else { *largest };
        }
    };
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    chunks.for_each(&mut widen);
    widen(rest);
    let smallest = smallest.into_iter().fold(f32::INFINITY, f32::min);
    (smallest, largest.into_iter().fold(f32::NEG_INFINITY, f32::max))
}

/// (x − smallest) / (largest − smallest + epsilon); zeros where that would be 0 / 0.
pub(crate) fn stretch(values: &mut [f32], (smallest, largest): (f32, f32), epsilon: f32) {
    let range = largest - smallest + epsilon;
    let divisor = if range == 0.0 { 1.0 } else { range };
    values.iter_mut().for_each(|value| *value = (*value - smallest) / divisor);
}

/// max(x, 0), but NaN stays NaN, so that it cannot hide.
pub(crate) fn positive_part(value: f32) -> f32 {
    if value > 0.0 || value.is_nan() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_found_wherever_its_ends_lie() {
        for len in [1, 15, 16, 17, 40] {
            for at in 0..len {
                let mut values = vec![1.0; len];
                values[at] = -2.0;
                values[(at + 1) % len] = if len > 1 { 5.0 } else { -2.0 };
                assert_eq!(range(&values), (-2.0, values[(at + 1) % len]), "{at} of {len}");
            }
        }
        assert_eq!(range(&[f32::NAN, 1.0, 2.0]), (1.0, 2.0));
        assert_eq!(range(&[f32::NAN]), (f32::INFINITY, f32::NEG_INFINITY));
    }
}
