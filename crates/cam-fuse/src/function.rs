//! Spelt-out functions of one number, recognised by what they give.
//!
//! Exporters write GELU in a dozen ways: the half before or behind, a quotient or a product, a power or two products.
//! They all give the same numbers. So a chain of elementwise steps that depends on one value is tried on numbers, and
//! goes by the name of the function that gives the same.

use std::collections::BTreeSet;

use cam_graph::{Binary, Function, Operation, Value};

use super::Work;
use crate::erf;

/// Steps that a function may be spelt out in.
const STEPS: usize = 16;

/// Steps in a row, each of which reads the one before alone: a softplus or a hard sigmoid takes four.
const ROW: usize = 5;

/// What may be recognised.
const CANDIDATES: [Function; 9] = [
    Function::Gelu,
    Function::GeluTanh,
    Function::Swish { beta: 1.0 },
    Function::Swish { beta: 1.702 },
    Function::HardSwish,
    Function::Mish,
    Function::HardSigmoid { slope: 1.0 / 6.0, offset: 0.5 },
    Function::Softplus,
    Function::Relu,
];

/// f32 constants in a chain are off by some 1e-7 of their value; GELU and its approximation differ by 5e-4.
const SAME: f64 = 2e-6;

/// Turns the last step of every spelt-out function into that function.
pub(super) fn recognise(work: &mut Work<'_>) {
    for value in work.values() {
        if let Some((root, function)) = found(work, value) {
            work.replace(value, &[root], Operation::Map(function));
        }
    }
}

/// The value that a chain depends on, and the function that it is.
fn found(work: &Work<'_>, value: Value) -> Option<(Value, Function)> {
    let mut inner = BTreeSet::from([value]);
    let mut frontier: BTreeSet<Value> = reads(work, value)?;
    let mut is_row = true;
    while inner.len() <= STEPS {
        is_row &= frontier.len() == 1;
        if is_row && inner.len() > ROW {
            return None;
        }
        // The latest value cannot depend on one that is not opened yet.
        let latest = frontier.last().copied()?;
        if frontier.len() == 1
            && inner.len() > 1
            && work.shape(latest) == work.shape(value)
            && let Some(function) = named(work, &inner, latest)
        {
            return Some((latest, function));
        }
        if work.shape(latest) != work.shape(value) {
            return None;
        }
        frontier.remove(&latest);
        frontier.extend(reads(work, latest)?);
        inner.insert(latest);
    }
    None
}

/// What an elementwise step reads beside numbers; none where it is no such step.
fn reads(work: &Work<'_>, value: Value) -> Option<BTreeSet<Value>> {
    match work.operation(value)? {
        Operation::Map(_) | Operation::Combine(_) => {
            let inputs = work.inputs(value).iter().copied();
            Some(inputs.filter(|&input| work.scalar(input).is_none()).collect())
        }
        _ => None,
    }
}

/// The function that steps are which depend on one value alone. Most are none: they are given up at the first number
/// that fits no candidate.
fn named(work: &Work<'_>, inner: &BTreeSet<Value>, root: Value) -> Option<Function> {
    // At ±1 most of them differ from each other.
    let points = [8, -8].into_iter().chain(-64..=64).map(|i| f64::from(i) * 0.125 + 0.01);
    let mut candidates = CANDIDATES.to_vec();
    for x in points {
        // Beyond f64 anything would be the same.
        let y = evaluated(work, inner, root, x).filter(|y| y.is_finite())?;
        candidates.retain(|&function| (apply(function, x) - y).abs() <= SAME * (1.0 + y.abs()));
        if candidates.is_empty() {
            return None;
        }
    }
    candidates.first().copied()
}

/// What the last of some steps gives where the root is x.
///
/// One after the other, so that a value that is read often is computed once.
fn evaluated(work: &Work<'_>, inner: &BTreeSet<Value>, root: Value, x: f64) -> Option<f64> {
    let mut known: Vec<(Value, f64)> = vec![(root, x)];
    for &value in inner {
        let input = |index: usize| {
            let value = *work.inputs(value).get(index)?;
            match known.iter().find(|(known, _)| *known == value) {
                Some((_, number)) => Some(*number),
                None => work.scalar(value).map(f64::from),
            }
        };
        let number = match work.operation(value)? {
            Operation::Map(function) => apply(*function, input(0)?),
            Operation::Combine(binary) => {
                let (a, b) = (input(0)?, input(1)?);
                match binary {
                    Binary::Add => a + b,
                    Binary::Subtract => a - b,
                    Binary::Multiply => a * b,
                    Binary::Divide => a / b,
                    Binary::Power => a.powf(b),
                    Binary::Maximum => a.max(b),
                    Binary::Minimum => a.min(b),
                    Binary::Less => f64::from(u8::from(a < b)),
                    _ => return None,
                }
            }
            _ => return None,
        };
        known.push((value, number));
    }
    known.last().map(|(_, number)| *number)
}

/// A function in f64.
fn apply(function: Function, x: f64) -> f64 {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    match function {
        Function::Relu => x.max(0.0),
        Function::LeakyRelu { slope } => {
            if x > 0.0 {
                x
            } else {
                f64::from(slope) * x
            }
        }
        Function::Elu { alpha } => {
            if x > 0.0 {
                x
            } else {
                f64::from(alpha) * x.exp_m1()
            }
        }
        Function::Selu { alpha, gamma } => {
            let below = f64::from(alpha) * x.exp_m1();
            f64::from(gamma) * if x > 0.0 { x } else { below }
        }
        Function::Clip { low, high } => x.max(low.into()).min(high.into()),
        Function::Gelu => 0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2)),
        Function::GeluTanh => {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }
        Function::Swish { beta } => x * sigmoid(f64::from(beta) * x),
        Function::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Function::HardSigmoid { slope, offset } => {
            (f64::from(slope) * x + f64::from(offset)).clamp(0.0, 1.0)
        }
        Function::Sigmoid => sigmoid(x),
        Function::Tanh => x.tanh(),
        Function::Softplus => softplus(x),
        Function::Softsign => x / (1.0 + x.abs()),
        Function::Mish => x * softplus(x).tanh(),
        Function::Erf => erf(x),
        Function::Exp => x.exp(),
        Function::Log => x.ln(),
        Function::Sqrt => x.sqrt(),
        Function::Reciprocal => x.recip(),
        Function::Abs => x.abs(),
        Function::Negate => -x,
        Function::Power { exponent } => x.powf(exponent.into()),
        Function::Sin => x.sin(),
        Function::Cos => x.cos(),
        Function::Floor => x.floor(),
        Function::Ceil => x.ceil(),
        _ => f64::NAN,
    }
}
