use std::collections::BTreeMap;

use thiserror::Error;

use crate::{Convolution, LayerNorm, Linear, Operation, Window};

/// The sides of a value, for one image.
pub type Shape = Vec<usize>;

/// A step that cannot work on what it reads.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("step {step} ({name}) does not fit what it reads: {reason}")]
pub struct ShapeError {
    /// Which step.
    pub step: usize,
    /// Its name.
    pub name: String,
    /// What does not fit.
    pub reason: String,
}

type Parameters = BTreeMap<String, Shape>;

/// The most numbers of a value for one image, 256 GB of f32: products of its sides and sums over all values stay below
/// 2^64.
const LARGEST: u64 = 1 << 36;

/// The most axes. Networks have seven.
const DEEPEST: usize = 16;

/// Refuses a value that cannot be.
pub(crate) fn bounded(shape: &[usize]) -> Result<(), String> {
    if shape.len() > DEEPEST {
        return Err(format!("a value of {} axes is refused: the most is {DEEPEST}", shape.len()));
    }
    // Empty sides count as one, so that every product of some of the sides is small as well.
    let sides = shape.iter().try_fold(1_usize, |all, &side| all.checked_mul(side.max(1)));
    match sides.filter(|&sides| sides as u64 <= LARGEST) {
        Some(_) => Ok(()),
        None => Err(format!("a value of {shape:?} is refused: the most is {LARGEST} numbers")),
    }
}

impl Operation {
    /// The shape of what comes out.
    ///
    /// # Errors
    /// What does not fit, in words.
    pub fn shape(&self, inputs: &[&[usize]], parameters: &Parameters) -> Result<Shape, String> {
        let shape = self.made(inputs, parameters)?;
        bounded(&shape).map(|()| shape)
    }

    fn made(&self, inputs: &[&[usize]], parameters: &Parameters) -> Result<Shape, String> {
        let x = || inputs.first().copied().ok_or_else(|| "it reads nothing".to_owned());
        match self {
            Self::Constant { parameter } => Ok(of(parameters, parameter)?.to_vec()),
            Self::Convolution(convolution) => convolved(convolution, inputs, parameters),
            Self::Linear(linear) => linearly(linear, x()?, parameters),
            Self::ScaleShift { axis, scale, shift } => {
                let x = x()?;
                along(x, *axis, of(parameters, scale)?, false)?;
                along(x, *axis, of(parameters, shift)?, false)?;
                Ok(x.to_vec())
            }
            Self::BatchNorm(norm) => {
                for name in norm.parameters() {
                    along(x()?, 0, of(parameters, name)?, false)?;
                }
                Ok(x()?.to_vec())
            }
            Self::GeneralizedMean { exponent, .. } => match (x()?, of(parameters, exponent)?) {
                (&[channels, _, _], [1]) => Ok(vec![channels]),
                (x, exponent) => {
                    Err(format!("a mean over {x:?} with an exponent of shape {exponent:?}"))
                }
            },
            Self::PRelu { axis, slope } => {
                along(x()?, *axis, of(parameters, slope)?, true)?;
                Ok(x()?.to_vec())
            }
            Self::LayerNorm(norm) => normalised(norm, x()?, parameters),
            Self::GroupNorm { groups, .. } => match x()?.first() {
                Some(channels) if *groups > 0 && channels.is_multiple_of(*groups) => {
                    Ok(x()?.to_vec())
                }
                channels => Err(format!("{channels:?} channels are not {groups} groups")),
            },
            Self::L2Normalize { axis, .. } | Self::Softmax { axis } => {
                side(x()?, *axis)?;
                Ok(x()?.to_vec())
            }
            Self::MaxPool(window) | Self::AveragePool { window, .. } => pooled(window, x()?),
            Self::Reduce { axes, keep, .. } => reduced(x()?, axes, *keep),
            Self::Map(_) => Ok(x()?.to_vec()),
            Self::Combine(_) => match inputs {
                [a, b] => broadcast(a, b),
                _ => Err(format!("two values are combined, not {}", inputs.len())),
            },
            Self::Select => match inputs {
                [condition, a, b] => broadcast(condition, &broadcast(a, b)?),
                _ => Err(format!("one of two values is selected, not of {}", inputs.len())),
            },
            Self::MatMul => match inputs {
                [a, b] => multiplied(a, b),
                _ => Err(format!("two values are multiplied, not {}", inputs.len())),
            },
            Self::Transpose { order } => transposed(x()?, order),
            Self::Reshape { shape } => match numbers(x()?) == numbers(shape) {
                true => Ok(shape.clone()),
                false => Err(format!("{:?} holds other than {shape:?} numbers", x()?)),
            },
            Self::Expand { shape } => match broadcast(x()?, shape)? == *shape {
                true => Ok(shape.clone()),
                false => Err(format!("{:?} cannot be repeated to {shape:?}", x()?)),
            },
            Self::Concat { axis } => concatenated(inputs, *axis),
            Self::Slice { axis, start, length } => {
                let found = side(x()?, *axis)?;
                match start.checked_add(*length) {
                    Some(end) if end <= found => Ok(with(x()?, *axis, *length)),
                    _ => Err(format!("{length} from {start} on reach beyond {found}")),
                }
            }
            Self::Gather { axis, indices } => {
                let found = side(x()?, *axis)?;
                match indices.iter().find(|&&index| index >= found) {
                    None => Ok(with(x()?, *axis, indices.len())),
                    Some(index) => Err(format!("index {index} is not below {found}")),
                }
            }
            Self::Pad { before, behind, .. } => padded(x()?, before, behind),
            Self::Resize { scale, .. } => {
                let (front, [h, w]) = rows_and_columns(x()?)?;
                let size = [(h, scale[0]), (w, scale[1])].map(|(n, scale)| resized(n, scale));
                Ok([front, &size].concat())
            }
        }
    }
}

/// How many numbers a shape holds.
pub(crate) fn numbers(shape: &[usize]) -> usize {
    shape.iter().fold(1, |product: usize, side| product.saturating_mul(*side))
}

fn of<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a [usize], String> {
    parameters.get(name).map(Vec::as_slice).ok_or_else(|| format!("there is no parameter {name:?}"))
}

fn side(x: &[usize], axis: usize) -> Result<usize, String> {
    x.get(axis).copied().ok_or_else(|| format!("{x:?} has no axis {axis}"))
}

fn with(x: &[usize], axis: usize, length: usize) -> Shape {
    let mut shape = x.to_vec();
    shape[axis] = length;
    shape
}

/// A parameter with a number for each index of an axis.
fn along(x: &[usize], axis: usize, found: &[usize], one_is_enough: bool) -> Result<(), String> {
    let expected = side(x, axis)?;
    match numbers(found) {
        n if n == expected || (one_is_enough && n == 1) => Ok(()),
        n => Err(format!("{n} numbers do not fit axis {axis} of {x:?}")),
    }
}

fn rows_and_columns(x: &[usize]) -> Result<(&[usize], [usize; 2]), String> {
    match x {
        [front @ .., h, w] => Ok((front, [*h, *w])),
        _ => Err(format!("{x:?} has no rows and columns")),
    }
}

/// ⌊n·scale⌋, whatever the last digits of a scale of 7/61 were rounded to in f32.
fn resized(n: usize, scale: f64) -> usize {
    (n as f64 * scale * (1.0 + 1e-6)).floor() as usize
}

fn pooled(window: &Window, x: &[usize]) -> Result<Shape, String> {
    let (front, size) = rows_and_columns(x)?;
    let outputs = window.outputs(size).filter(|outputs| outputs.iter().all(|&n| n > 0));
    let outputs = outputs.ok_or_else(|| {
        format!("windows of {:?} do not fit on {size:?}: use larger images", window.reach())
    })?;
    Ok([front, &outputs].concat())
}

fn convolved(
    convolution: &Convolution,
    inputs: &[&[usize]],
    parameters: &Parameters,
) -> Result<Shape, String> {
    let [x, residual @ ..] = inputs else { return Err("it reads nothing".to_owned()) };
    let weight = of(parameters, &convolution.weight)?;
    let (&[outputs, per_group, ..], [front @ .., channels, h, w]) = (weight, *x) else {
        return Err(format!("weights {weight:?} do not fit {x:?}"));
    };
    let groups = convolution.groups;
    if weight.len() != 4 || per_group.checked_mul(groups) != Some(*channels) {
        return Err(format!("{groups} groups of weights {weight:?} do not fit {x:?}"));
    }
    if groups == 0 || !outputs.is_multiple_of(groups) {
        return Err(format!("{outputs} channels are not {groups} groups"));
    }
    let size = pooled(&convolution.window(weight), &[*h, *w])?;
    let shape = [front, &[outputs], &size].concat();
    if let Some(bias) = &convolution.bias {
        along(&shape, front.len(), of(parameters, bias)?, false)?;
    }
    match residual {
        [] => Ok(shape),
        [residual] if *residual == shape => Ok(shape),
        _ => Err(format!("what is added is {residual:?} and not {shape:?}")),
    }
}

fn linearly(linear: &Linear, x: &[usize], parameters: &Parameters) -> Result<Shape, String> {
    let weight = of(parameters, &linear.weight)?;
    let ([front @ .., width], &[outputs, inputs]) = (x, weight) else {
        return Err(format!("weights {weight:?} do not fit {x:?}"));
    };
    if *width != inputs {
        return Err(format!("weights {weight:?} do not fit {x:?}"));
    }
    let shape = [front, &[outputs]].concat();
    if let Some(bias) = &linear.bias {
        along(&shape, front.len(), of(parameters, bias)?, false)?;
    }
    Ok(shape)
}

fn normalised(norm: &LayerNorm, x: &[usize], parameters: &Parameters) -> Result<Shape, String> {
    let sides = norm.axes.iter().map(|&axis| side(x, axis)).collect::<Result<Vec<_>, _>>()?;
    for name in norm.scale.iter().chain(&norm.shift) {
        let found = of(parameters, name)?;
        if numbers(found) != numbers(&sides) {
            return Err(format!("{name:?} is {found:?} and not {sides:?}"));
        }
    }
    Ok(x.to_vec())
}

fn reduced(x: &[usize], axes: &[usize], keep: bool) -> Result<Shape, String> {
    axes.iter().try_for_each(|&axis| side(x, axis).map(drop))?;
    let sides = x.iter().enumerate();
    Ok(match keep {
        true => sides.map(|(i, &n)| if axes.contains(&i) { 1 } else { n }).collect(),
        false => sides.filter(|(i, _)| !axes.contains(i)).map(|(_, &n)| n).collect(),
    })
}

/// The shape that two values are repeated to, the last axes aligned.
///
/// # Errors
/// Where sides differ and neither is 1, in words.
pub fn broadcast(a: &[usize], b: &[usize]) -> Result<Shape, String> {
    let rank = a.len().max(b.len());
    let side = |x: &[usize], i: usize| (i + x.len()).checked_sub(rank).map_or(1, |i| x[i]);
    let sides = (0..rank).map(|i| match (side(a, i), side(b, i)) {
        (a, b) if a == b || b == 1 => Ok(a),
        (1, b) => Ok(b),
        _ => Err(format!("{a:?} does not fit {b:?}")),
    });
    sides.collect()
}

fn multiplied(a: &[usize], b: &[usize]) -> Result<Shape, String> {
    let ((front_a, [m, k]), (front_b, [l, n])) = (rows_and_columns(a)?, rows_and_columns(b)?);
    if k != l {
        return Err(format!("matrices {a:?} and {b:?} cannot be multiplied"));
    }
    Ok([broadcast(front_a, front_b)?, vec![m, n]].concat())
}

fn transposed(x: &[usize], order: &[usize]) -> Result<Shape, String> {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..x.len()) {
        return Err(format!("{order:?} is no order of the axes of {x:?}"));
    }
    Ok(order.iter().map(|&axis| x[axis]).collect())
}

fn concatenated(inputs: &[&[usize]], axis: usize) -> Result<Shape, String> {
    let [first, others @ ..] = inputs else { return Err("it reads nothing".to_owned()) };
    let mut length = side(first, axis)?;
    for other in others {
        let more = side(other, axis)?;
        if with(other, axis, 0) != with(first, axis, 0) {
            return Err(format!("{other:?} does not fit behind {first:?} along axis {axis}"));
        }
        length = length.saturating_add(more);
    }
    Ok(with(first, axis, length))
}

fn padded(x: &[usize], before: &[usize], behind: &[usize]) -> Result<Shape, String> {
    if before.len() != x.len() || behind.len() != x.len() {
        return Err(format!("{before:?} and {behind:?} are no borders of {x:?}"));
    }
    let sides = x.iter().zip(before.iter().zip(behind));
    sides
        .map(|(n, (a, b))| n.checked_add(*a)?.checked_add(*b))
        .collect::<Option<_>>()
        .ok_or_else(|| "the border is too wide".to_owned())
}
