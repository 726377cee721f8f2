use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use burn::tensor::{Tensor, activation};
use cam_graph::Function;

use super::Dense;
use super::around::Around;

/// A function of every number.
pub(super) fn apply(function: Function, x: Tensor<1>) -> Tensor<1> {
    match function {
        Function::Relu => activation::relu(x),
        Function::LeakyRelu { slope } => activation::leaky_relu(x, f64::from(slope)),
        Function::Elu { alpha } => elu(x, alpha),
        Function::Selu { alpha, gamma } => elu(x, alpha) * gamma,
        Function::Clip { low, high } => clip(x, low, high),
        Function::Gelu => gelu(x),
        Function::GeluTanh => gelu_tanh(x),
        Function::Swish { beta } => x.clone() * activation::sigmoid(x * beta),
        Function::HardSwish => x.clone() * hard_sigmoid(x, 1.0 / 6.0, 0.5),
        Function::HardSigmoid { slope, offset } => hard_sigmoid(x, slope, offset),
        Function::Sigmoid => activation::sigmoid(x),
        Function::Tanh => x.tanh(),
        Function::Softplus => activation::softplus(x, 1.0),
        Function::Softsign => x.clone() / (x.abs() + 1.0),
        Function::Mish => x.clone() * activation::softplus(x, 1.0).tanh(),
        Function::Erf => x.erf(),
        Function::Exp => x.exp(),
        Function::Log => x.log(),
        Function::Sqrt => x.sqrt(),
        Function::Reciprocal => x.recip(),
        Function::Abs => x.abs(),
        Function::Negate => x.neg(),
        Function::Power { exponent } => power(x, exponent),
        Function::Sin => x.sin(),
        Function::Cos => x.cos(),
        Function::Floor => x.floor(),
        Function::Ceil => x.ceil(),
        other => unimplemented!("burn's operations do not compute {other:?} yet"),
    }
}

/// x where positive, else slope · x, a slope for every index of an axis.
pub(super) fn prelu(axis: usize, slope: Tensor<1>, x: Dense) -> Dense {
    let (images, shape) = (x.images(), x.of_one().to_vec());
    let sides = Around::axis(x.shape(), axis).sides();
    Dense::of_images(activation::prelu(x.at(sides), slope), images, &shape)
}

/// burn's own lets the exponential of large numbers overflow, and its gradient with it.
fn elu(x: Tensor<1>, alpha: f32) -> Tensor<1> {
    let below = (x.clone().clamp_max(0.0).exp() - 1.0) * alpha;
    let is_below = x.clone().lower_elem(0.0);
    x.mask_where(is_below, below)
}

/// burn's clamp panics on some backends where the bounds are in the wrong order.
fn clip(x: Tensor<1>, low: f32, high: f32) -> Tensor<1> {
    match (low > f32::NEG_INFINITY, high < f32::INFINITY) {
        (true, true) if low <= high => x.clamp(low, high),
        (true, true) => x.clamp_min(low).clamp_max(high),
        (true, false) => x.clamp_min(low),
        (false, true) => x.clamp_max(high),
        (false, false) => x,
    }
}

/// On most backends the gradient of burn's own is that of the approximation.
fn gelu(x: Tensor<1>) -> Tensor<1> {
    if !x.is_autodiff() {
        return activation::gelu(x);
    }
    let distribution = (x.clone() * FRAC_1_SQRT_2).erf() + 1.0;
    x * distribution * 0.5
}

/// Multiplied out: some backends have no powers of negative numbers.
fn gelu_tanh(x: Tensor<1>) -> Tensor<1> {
    let cubic = (x.clone() * x.clone() * 0.044715 + 1.0) * x.clone();
    x * ((cubic * (FRAC_2_SQRT_PI * FRAC_1_SQRT_2)).tanh() + 1.0) * 0.5
}

fn hard_sigmoid(x: Tensor<1>, slope: f32, offset: f32) -> Tensor<1> {
    (x * slope + offset).clamp(0.0, 1.0)
}

fn power(x: Tensor<1>, exponent: f32) -> Tensor<1> {
    match exponent {
        0.5 => x.sqrt(),
        1.0 => x,
        2.0 => x.clone() * x,
        3.0 => x.clone() * x.clone() * x,
        _ => x.powf_scalar(exponent),
    }
}
