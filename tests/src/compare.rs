//! Comparing with references, and the tolerances with their reasons.

use burn::tensor::Tensor;
use cam_core::Map;

use crate::golden::Reference;

/// Raw maps in f32: the concept's cosine is 0.998 in the goldens, so that ĉ − s·ê cancels three
/// digits. As a fraction of the reference's largest absolute value.
pub const RAW_MAP: f32 = 1e-3;

/// Activations, embeddings and logits in f32, whose sums run in another order than the
/// reference's. As a fraction of the reference's largest absolute value.
pub const ACTIVATION: f32 = 1e-4;

/// Gradients of activations in f32 whose sums run in another order, as a distance relative to the
/// reference's length.
pub const GRADIENT: f64 = 1e-5;

/// The same where activations differ by more than that, as by Winograd's algorithm: a value within
/// rounding of an activation's bound lets its gradient through in one way and not in the other.
/// One such value at an early layer of the tests moves the whole by 1e-2.
pub const GRADIENT_WITH_FLIPS: f64 = 3e-2;

/// Pixel-level floats: a few roundings. As a fraction of the reference's largest absolute value.
pub const PIXEL: f32 = 1e-5;

/// Finished maps in 0..=1, which inherit the raw map's error.
pub const FINISHED_MAP: f32 = 2e-3;

/// The values of a tensor.
pub fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.try_to_vec_as::<f32>().expect("the device gives its result")
}

/// The values of maps, one map after the other.
pub fn joined(maps: &[Map]) -> Vec<f32> {
    maps.iter().flat_map(|map| map.values().iter().copied()).collect()
}

/// Largest absolute value.
pub fn magnitude(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

/// Largest absolute difference, NaN counting as infinite.
pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "the lengths differ");
    a.iter().zip(b).fold(0.0, |largest, (a, b)| {
        let difference = (a - b).abs();
        if difference.is_nan() { f32::INFINITY } else { largest.max(difference) }
    })
}

/// ‖found − expected‖ / ‖expected‖, in f64.
pub fn relative_distance(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len(), "the lengths differ");
    let length = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let expected = || expected.iter().map(|&x| f64::from(x));
    let mut differences = found.iter().zip(expected()).map(|(&x, y)| f64::from(x) - y);
    length(&mut differences) / length(&mut expected())
}

/// Asserts that values equal others to a fraction of the others' largest absolute value.
#[track_caller]
pub fn assert_near(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    let scale = magnitude(expected).max(f32::MIN_POSITIVE);
    let difference = largest_difference(found, expected) / scale;
    assert!(
        difference <= tolerance,
        "{what}: differs by {difference:e} of the largest value {scale:e}, allowed are {tolerance:e}"
    );
}

/// Asserts that a tensor equals a reference in number of values and value.
#[track_caller]
pub fn assert_matches<const D: usize>(
    what: &str,
    found: &Tensor<D>,
    expected: &Reference,
    tolerance: f32,
) {
    assert_reaches(what, &values(found), &expected.values, tolerance);
}

/// [`assert_near`] to a reference, whose outcome belongs into the table of parity.
#[track_caller]
pub fn assert_reaches(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    let scale = magnitude(expected).max(f32::MIN_POSITIVE);
    record_parity(what, largest_difference(found, expected) / scale, tolerance);
    assert_near(what, found, expected, tolerance);
}

/// A line that `cargo xtask parity` looks for in what tests print: the test, what was compared, the
/// difference as a fraction of the reference's largest absolute value, the one allowed.
pub fn record_parity(what: &str, difference: f32, tolerance: f32) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("main");
    println!("parity\t{test}\t{what}\t{difference:e}\t{tolerance:e}");
}

/// Cosine of two vectors, in f64.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
