//! Functions of numbers that lie at the same pixel and channel.

use super::curves::*;
use crate::vector::Vector;

/// Pixels of up to three operands, of each of which `channels` floats are read.
///
/// # Safety
/// For each of `pixels` pixels, at its operand's distance from the one before, `channels` floats may
/// be read from every operand and written to `output`, which may be the same memory as any of them.
#[derive(Clone, Copy)]
pub(crate) struct PointwiseTile {
    pub(crate) function: Function,
    pub(crate) operands: [Operand; 3],
    pub(crate) output: *mut f32,
    /// Floats from one output pixel to the next.
    pub(crate) pixel: usize,
    pub(crate) pixels: usize,
    /// A multiple of 16.
    pub(crate) channels: usize,
}

/// Where an operand's first pixel lies, and how far the next; 0 where all pixels read the same.
#[derive(Clone, Copy)]
pub(crate) struct Operand {
    pub(crate) start: *const f32,
    pub(crate) pixel: usize,
}

/// What becomes of operands a, b and c.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Function {
    /// a + b.
    Add,
    /// a·b.
    Multiply,
    /// a·b + c.
    MultiplyAdd,
    /// f(a), where b is the channel's slope.
    Value(AnyCurve),
    /// a·f'(b), where c is the channel's slope; and zero where a is negative, if so asked.
    Derivative(AnyCurve, bool),
}

/// One of the activations that are more than bounds, or bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AnyCurve {
    Clamp(Clamp),
    Rectifier(Rectifier),
    Sigmoid(Sigmoid),
    Swish(Swish),
    HardSwish(HardSwish),
    HardSigmoid(HardSigmoid),
    Tanh(Tanh),
    Gelu(Gelu),
    GeluTanh(GeluTanh),
}

/// Calls a function with the curve itself, whose type says which it is.
macro_rules! with_curve {
    ($any:expr, $curve:ident => $call:expr) => {
        match $any {
            AnyCurve::Clamp($curve) => $call,
            AnyCurve::Rectifier($curve) => $call,
            AnyCurve::Sigmoid($curve) => $call,
            AnyCurve::Swish($curve) => $call,
            AnyCurve::HardSwish($curve) => $call,
            AnyCurve::HardSigmoid($curve) => $call,
            AnyCurve::Tanh($curve) => $call,
            AnyCurve::Gelu($curve) => $call,
            AnyCurve::GeluTanh($curve) => $call,
        }
    };
}

/// A function of three vectors.
///
/// # Safety
/// The vector's instructions must exist.
trait Apply: Copy {
    unsafe fn apply<V: Vector>(self, operands: [V; 3]) -> V;
}

#[derive(Clone, Copy)]
struct Add;

#[derive(Clone, Copy)]
struct Multiply;

#[derive(Clone, Copy)]
struct MultiplyAdd;

#[derive(Clone, Copy)]
struct Value<C>(C);

#[derive(Clone, Copy)]
struct Derivative<C>(C, bool);

impl Apply for Add {
    #[inline(always)]
    unsafe fn apply<V: Vector>(self, [a, b, _]: [V; 3]) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { a.add(b) }
    }
}

impl Apply for Multiply {
    #[inline(always)]
    unsafe fn apply<V: Vector>(self, [a, b, _]: [V; 3]) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { a.mul(b) }
    }
}

impl Apply for MultiplyAdd {
    #[inline(always)]
    unsafe fn apply<V: Vector>(self, [a, b, c]: [V; 3]) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { a.mul_add(b, c) }
    }
}

impl<C: Curve> Apply for Value<C> {
    #[inline(always)]
    unsafe fn apply<V: Vector>(self, [x, slope, _]: [V; 3]) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { self.0.value(x, slope) }
    }
}

impl<C: Curve> Apply for Derivative<C> {
    #[inline(always)]
    unsafe fn apply<V: Vector>(self, [gradient, saved, slope]: [V; 3]) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let gradient = if self.1 { gradient.max(V::splat(0.0)) } else { gradient };
            gradient.mul(self.0.derivative(saved, slope))
        }
    }
}

/// Writes what the function gives.
///
/// # Safety
/// As [`PointwiseTile`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn pointwise<V: Vector>(tile: &PointwiseTile) {
    // SAFETY: the caller's promise.
    unsafe {
        match tile.function {
            Function::Add => each::<V, _>(tile, Add),
            Function::Multiply => each::<V, _>(tile, Multiply),
            Function::MultiplyAdd => each::<V, _>(tile, MultiplyAdd),
            Function::Value(any) => with_curve!(any, curve => each::<V, _>(tile, Value(curve))),
            Function::Derivative(any, guided) => {
                with_curve!(any, curve => each::<V, _>(tile, Derivative(curve, guided)))
            }
        }
    }
}

#[inline(always)]
unsafe fn each<V: Vector, F: Apply>(tile: &PointwiseTile, function: F) {
    for pixel in 0..tile.pixels {
        for channel in (0..tile.channels).step_by(V::LANES) {
            // SAFETY: pixels and channels lie within the tile; channels come in multiples of 16,
            // which vectors divide.
            unsafe {
                let mut operands = [V::splat(0.0); 3];
                for (vector, operand) in operands.iter_mut().zip(&tile.operands) {
                    *vector = V::load(operand.start.add(pixel * operand.pixel + channel));
                }
                let result = function.apply(operands);
                result.store(tile.output.add(pixel * tile.pixel + channel));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::Fused;

    const CURVES: [AnyCurve; 11] = [
        AnyCurve::Clamp(Clamp(-1.0, 2.0)),
        AnyCurve::Rectifier(Rectifier),
        AnyCurve::Sigmoid(Sigmoid),
        AnyCurve::Swish(Swish(1.0)),
        AnyCurve::Swish(Swish(1.702)),
        AnyCurve::HardSwish(HardSwish),
        AnyCurve::HardSigmoid(HardSigmoid(0.2, 0.5)),
        AnyCurve::Tanh(Tanh),
        AnyCurve::Gelu(Gelu),
        AnyCurve::GeluTanh(GeluTanh),
        AnyCurve::Swish(Swish(-0.5)),
    ];

    const SLOPE: f32 = 0.25;

    /// Small numbers, large ones, and the ends of the line.
    fn inputs() -> Vec<f32> {
        let mut inputs: Vec<f32> = (-1200..1200).map(|i| i as f32 / 100.0).collect();
        inputs.extend([1e-30, -1e-30, 1e-4, -1e-4, 90.0, -90.0, 1e30, -1e30, f32::MAX, f32::MIN]);
        inputs.extend([f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 0.0, -0.0, -3.0]);
        inputs.resize(inputs.len().next_multiple_of(16), 0.5);
        inputs
    }

    fn run(
        kernel: unsafe fn(&PointwiseTile),
        function: Function,
        operands: [&[f32]; 3],
    ) -> Vec<f32> {
        let mut output = vec![0.0; operands[0].len()];
        let tile = PointwiseTile {
            function,
            operands: operands.map(|values| Operand { start: values.as_ptr(), pixel: 16 }),
            output: output.as_mut_ptr(),
            pixel: 16,
            pixels: output.len() / 16,
            channels: 16,
        };
        // SAFETY: the operands are as long as the output, a multiple of 16 floats, and the caller
        // has the instructions.
        unsafe { kernel(&tile) };
        output
    }

    /// f(x) and f'(x) by their definition.
    fn expected(curve: AnyCurve, x: f64) -> (f64, f64) {
        let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
        match curve {
            AnyCurve::Clamp(Clamp(low, high)) => {
                let (low, high) = (f64::from(low), f64::from(high));
                (x.clamp(low, high), f64::from(u8::from(low < x && x < high)))
            }
            AnyCurve::Rectifier(_) => {
                let slope = if x > 0.0 { 1.0 } else { f64::from(SLOPE) };
                (slope * x, slope)
            }
            AnyCurve::Sigmoid(_) => (sigma(x), sigma(x) * sigma(-x)),
            AnyCurve::Swish(Swish(beta)) => {
                let scaled = f64::from(beta) * x;
                (x * sigma(scaled), sigma(scaled) * (1.0 + scaled * sigma(-scaled)))
            }
            AnyCurve::HardSwish(_) => {
                let derivative = if x < -3.0 {
                    0.0
                } else if x > 3.0 {
                    1.0
                } else {
                    x / 3.0 + 0.5
                };
                (x * (x / 6.0 + 0.5).clamp(0.0, 1.0), derivative)
            }
            AnyCurve::HardSigmoid(HardSigmoid(slope, offset)) => {
                let line = f64::from(slope) * x + f64::from(offset);
                let inside = 0.0 < line && line < 1.0;
                (line.clamp(0.0, 1.0), if inside { f64::from(slope) } else { 0.0 })
            }
            AnyCurve::Tanh(_) => (x.tanh(), x.cosh().powi(-2)),
            AnyCurve::Gelu(_) => {
                let density = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
                (x * phi(x), phi(x) + x * density)
            }
            AnyCurve::GeluTanh(_) => {
                let root = (2.0 / std::f64::consts::PI).sqrt();
                let scaled = 2.0 * root * (x + 0.044715 * x.powi(3));
                let rise = 2.0 * root * (1.0 + 3.0 * 0.044715 * x * x);
                (x * sigma(scaled), sigma(scaled) * (1.0 + x * rise * sigma(-scaled)))
            }
        }
    }

    /// The normal distribution: its density's integral from where there is nothing (Simpson's rule).
    fn phi(x: f64) -> f64 {
        let density = |t: f64| (-t * t / 2.0).exp() / std::f64::consts::TAU.sqrt();
        let (tail, steps) = (-x.abs(), 4000);
        let step = 14.0 / f64::from(steps);
        let sum: f64 = (0..=steps)
            .map(|i| {
                let weight = if i == 0 || i == steps { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
                weight * density(tail - f64::from(i) * step)
            })
            .sum();
        let tail = sum * step / 3.0;
        if x > 0.0 { 1.0 - tail } else { tail }
    }

    /// Rounding of a few operations in f32.
    const TOLERANCE: f64 = 2e-6;

    #[test]
    fn curves_agree_with_their_definition_to_the_last_digits_of_small_results_too() {
        let slopes = vec![SLOPE; inputs().len()];
        for instructions in crate::InstructionSet::ALL.into_iter().filter(|set| set.is_available())
        {
            let kernel = crate::kernels::Kernels::of(instructions).pointwise;
            for curve in CURVES {
                let found = run(kernel, Function::Value(curve), [&inputs(), &slopes, &slopes]);
                for (&x, found) in inputs().iter().zip(found) {
                    let (found, expected) = (f64::from(found), expected(curve, f64::from(x)).0);
                    // An exponent that was rounded itself passes that on, times its size.
                    let exponent = match curve {
                        AnyCurve::GeluTanh(_) => f64::from(x.abs()).powi(3) / 100.0,
                        _ => 0.0,
                    };
                    let tolerance = TOLERANCE * (1.0 + exponent);
                    let nearly = (found - expected).abs() <= tolerance * expected.abs() + 1e-30;
                    let far = !(expected.is_finite() && x.is_finite());
                    // A sum that cancels has its rounding in units of what was added.
                    let in_units_of_x = match curve {
                        AnyCurve::HardSwish(_) | AnyCurve::HardSigmoid(_) => TOLERANCE,
                        AnyCurve::Gelu(_) => 3e-7,
                        _ => 0.0,
                    };
                    let cancels =
                        (found - expected).abs() < in_units_of_x * f64::from(x.abs().max(0.1));
                    assert!(
                        nearly || cancels || far,
                        "{curve:?}({x}): {found} instead of {expected}"
                    );
                    assert_eq!(found.is_nan(), x.is_nan(), "{curve:?}({x}) = {found}");
                }
            }
        }
    }

    #[test]
    fn derivatives_agree_with_their_definition() {
        let inputs: Vec<f32> =
            inputs().into_iter().map(|x| if x.is_finite() { x } else { 1.0 }).collect();
        let (ones, slopes) = (vec![1.0; inputs.len()], vec![SLOPE; inputs.len()]);
        for instructions in crate::InstructionSet::ALL.into_iter().filter(|set| set.is_available())
        {
            let kernel = crate::kernels::Kernels::of(instructions).pointwise;
            for curve in CURVES {
                let by_output = !matches!(
                    curve,
                    AnyCurve::Swish(_)
                        | AnyCurve::HardSwish(_)
                        | AnyCurve::Gelu(_)
                        | AnyCurve::GeluTanh(_)
                );
                let saved = match by_output {
                    true => run(kernel, Function::Value(curve), [&inputs, &slopes, &slopes]),
                    false => inputs.clone(),
                };
                let found =
                    run(kernel, Function::Derivative(curve, false), [&ones, &saved, &slopes]);
                for (&x, found) in inputs.iter().zip(found) {
                    let expected = expected(curve, f64::from(x)).1;
                    let expected =
                        if expected.is_nan() { f64::from(u8::from(x > 0.0)) } else { expected };
                    let error = (f64::from(found) - expected).abs();
                    let is_edge = [-3.0, -2.5, -1.0, 2.0, 2.5, 3.0].contains(&x);
                    assert!(
                        error < TOLERANCE || is_edge,
                        "{curve:?}'({x}): {found}, not {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_guided_gradient_loses_its_negative_part() {
        let (gradient, saved) = ([-2.0_f32, 3.0].repeat(8), [0.5_f32; 16]);
        let sigmoid = AnyCurve::Sigmoid(Sigmoid);
        let kernel = crate::kernels::Kernels::of(crate::InstructionSet::Portable).pointwise;
        let found = run(kernel, Function::Derivative(sigmoid, true), [&gradient, &saved, &saved]);
        assert_eq!(found, [0.0, 0.75].repeat(8));
    }

    /// The scalar twin: the same steps, one number at a time.
    #[test]
    fn vectors_give_the_bits_of_the_scalar_twin() {
        let slopes = vec![SLOPE; inputs().len()];
        for curve in CURVES {
            for function in [Function::Value(curve), Function::Derivative(curve, false)] {
                let operands: [&[f32]; 3] = [&inputs(), &inputs(), &slopes];
                let expected = run(pointwise::<Fused>, function, operands);
                for instructions in [crate::InstructionSet::Avx512, crate::InstructionSet::Avx2] {
                    if !instructions.is_available() {
                        continue;
                    }
                    let kernel = crate::kernels::Kernels::of(instructions).pointwise;
                    let found = run(kernel, function, operands);
                    for ((found, expected), x) in found.iter().zip(&expected).zip(inputs()) {
                        let same = found.to_bits() == expected.to_bits()
                            || found.is_nan() && expected.is_nan();
                        assert!(same, "{instructions}, {function:?}, {x}: {found} not {expected}");
                    }
                }
            }
        }
    }
}
