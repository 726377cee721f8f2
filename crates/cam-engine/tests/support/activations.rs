//! Activations by their definition, and their derivatives.

use std::f64::consts::{PI, TAU};

use cam_engine::Activation;

/// f(x) and f'(x), in a channel.
pub fn activate(activation: &Activation, x: f64, channel: usize) -> (f64, f64) {
    let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
    let swish = |x: f64, scaled: f64, rise: f64| {
        (x * sigma(scaled), sigma(scaled) * (1.0 + x * rise * sigma(-scaled)))
    };
    match *activation {
        _ if x.is_nan() => (x, x),
        Activation::Identity => (x, 1.0),
        Activation::Relu => clamp(x, 0.0, f64::INFINITY),
        Activation::Relu6 => clamp(x, 0.0, 6.0),
        Activation::Clip { low, high } => clamp(x, low.into(), high.into()),
        Activation::LeakyRelu { slope } => rectify(x, slope),
        Activation::PRelu { ref slope } => rectify(x, slope[channel]),
        Activation::Sigmoid => (sigma(x), sigma(x) * sigma(-x)),
        Activation::Swish { beta } => swish(x, f64::from(beta) * x, beta.into()),
        Activation::HardSwish => {
            let derivative = if x.abs() < 3.0 { x / 3.0 + 0.5 } else { f64::from(x > 0.0) };
            (x * (x / 6.0 + 0.5).clamp(0.0, 1.0), derivative)
        }
        Activation::HardSigmoid { slope, offset } => {
            let slope = f64::from(slope);
            let (value, passes) = clamp(slope * x + f64::from(offset), 0.0, 1.0);
            (value, slope * passes)
        }
        Activation::Tanh => (x.tanh(), x.cosh().powi(-2)),
        Activation::Gelu => (x * phi(x), phi(x) + x * density(x)),
        Activation::GeluTanh => {
            let scale = 2.0 * (2.0 / PI).sqrt();
            let rise = scale * (1.0 + 3.0 * 0.044715 * x * x);
            swish(x, scale * (x + 0.044715 * x.powi(3)), rise)
        }
    }
}

fn clamp(x: f64, low: f64, high: f64) -> (f64, f64) {
    (x.max(low).min(high), f64::from(low < x && x < high))
}

fn rectify(x: f64, slope: f32) -> (f64, f64) {
    let slope = if x > 0.0 { 1.0 } else { f64::from(slope) };
    (slope * x, slope)
}

fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / TAU.sqrt()
}

/// The normal distribution: its density's integral from where there is nothing (Simpson's rule).
fn phi(x: f64) -> f64 {
    let (tail, steps) = (-x.abs(), 400);
    let step = 14.0 / f64::from(steps);
    let weight = |i| if i == 0 || i == steps { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
    let sum: f64 = (0..=steps).map(|i| weight(i) * density(tail - f64::from(i) * step)).sum();
    let tail = sum * step / 3.0;
    if x > 0.0 { 1.0 - tail } else { tail }
}
