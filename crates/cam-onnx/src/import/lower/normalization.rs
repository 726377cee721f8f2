//! Batch, layer, group and instance norms, softmax.

use std::rc::Rc;

use cam_graph::{Binary, LayerNorm, Operation};

use super::Lower;
use super::elementwise::combined;
use super::scaling::{inverse_root, moments};
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, axis, floats, without};
use crate::import::known::{Dynamic, Known};
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "BatchNormalization" => batch_norm,
        "LayerNormalization" => layer_norm,
        "InstanceNormalization" => instance_norm,
        "GroupNormalization" => group_norm,
        "Softmax" | "LogSoftmax" => softmax,
        _ => return None,
    })
}

/// γ·(x − μ)/√(σ² + ε) + β with running statistics, as scale and shift in f64.
fn batch_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    if node.flag("training_mode", false) {
        return Err(without("in training mode"));
    }
    let x = importer.dynamic(node, 0)?;
    let epsilon = f64::from(node.float_or("epsilon", 1e-5));
    let part = |importer: &mut Importer<'_>, index| {
        importer.needed(node, index).map(|array| floats(&array))
    };
    let (gamma, beta) = (part(importer, 1)?, part(importer, 2)?);
    let (mean, variance) = (part(importer, 3)?, part(importer, 4)?);
    let channels = gamma.len();
    if [&beta, &mean, &variance].iter().any(|part| part.len() != channels) {
        return Err("its parameters have different lengths".into());
    }
    let scale: Vec<f64> = gamma
        .iter()
        .zip(&variance)
        .map(|(&gamma, &variance)| f64::from(gamma) / (f64::from(variance) + epsilon).sqrt())
        .collect();
    let shift = beta.iter().zip(mean.iter().zip(&scale));
    let shift =
        shift.map(|(&beta, (&mean, scale))| (f64::from(beta) - f64::from(mean) * scale) as f32);
    let shift = importer.parameter(&node.inputs[2], vector(shift.collect()))?;
    let scale = scale.iter().map(|&scale| scale as f32).collect();
    let scale = importer.parameter(&node.inputs[1], vector(scale))?;
    per_channel(importer, &x, scale, shift)
}

fn per_channel(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    scale: String,
    shift: String,
) -> Outcome<Dynamic> {
    importer.along(x, &[1], |axes| Operation::ScaleShift { axis: axes[0], scale, shift })
}

fn layer_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let first = axis(node.int_or("axis", -1), x.dims.len())?;
    let over: Vec<usize> = (first..x.dims.len()).collect();
    if node.outputs.iter().skip(1).any(|name| !name.is_empty()) {
        let (mean, (_, variance)) = moments(importer, &x, &over)?;
        let epsilon = node.float_or("epsilon", 1e-5);
        let inverse = inverse_root(importer, &variance, epsilon)?;
        importer.give(node, 1, Known::Dynamic(mean));
        importer.give(node, 2, Known::Dynamic(inverse));
    }
    let mut part = |index: usize| -> Outcome<Option<String>> {
        let array = importer.constant(node, index)?;
        array.map(|array| importer.parameter(&node.inputs[index], array)).transpose()
    };
    let (scale, shift) = (part(1)?, part(2)?);
    let epsilon = node.float_or("epsilon", 1e-5);
    importer
        .along(&x, &over, |axes| Operation::LayerNorm(LayerNorm { axes, epsilon, scale, shift }))
}

fn instance_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let &channels = x.dims.get(1).ok_or("it has no channels")?;
    grouped(importer, node, &x, channels)
}

fn group_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let groups = node.int("num_groups").and_then(|groups| usize::try_from(groups).ok());
    let groups = groups.filter(|&groups| groups > 0).ok_or("num_groups is missing")?;
    grouped(importer, node, &x, groups)
}

fn grouped(
    importer: &mut Importer<'_>,
    node: &Node,
    x: &Dynamic,
    groups: usize,
) -> Outcome<Dynamic> {
    let epsilon = node.float_or("epsilon", 1e-5);
    let [n, channels, rest @ ..] = x.dims.as_slice() else {
        return Err("it has no channels".into());
    };
    // Several images in one value are as many times the groups.
    let planes = importer.reshaped(x, &[&[1, n * channels], rest].concat())?;
    let all = groups.checked_mul(*n).ok_or("num_groups is out of range")?;
    let y = importer.like(&planes, Operation::GroupNorm { groups: all, epsilon })?;
    let y = importer.reshaped(&y, &x.dims)?;
    let channels = *channels;
    let mut parts = Vec::new();
    for index in [1, 2] {
        let part = floats(&*importer.needed(node, index)?);
        // Before operator set 21 a group norm has one number per group.
        let part = match part.len() {
            n if n == channels => part,
            n if n == groups => {
                importer.budget.work(channels)?;
                repeated(&part, channels / groups)
            }
            n => return Err(format!("{n} numbers do not fit {channels} channels").into()),
        };
        parts.push(importer.parameter(&node.inputs[index], vector(part))?);
    }
    let shift = parts.pop().unwrap_or_default();
    per_channel(importer, &y, parts.remove(0), shift)
}

fn repeated(part: &[f32], times: usize) -> Vec<f32> {
    part.iter().flat_map(|&number| std::iter::repeat_n(number, times)).collect()
}

/// Before operator set 13 everything behind the axis is one.
fn softmax(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let is_old = importer.opset(node) < 13;
    let rank = x.dims.len();
    let along = axis(node.int_or("axis", if is_old { 1 } else { -1 }), rank)?;
    let dims = x.dims.clone();
    let compute =
        |importer: &mut Importer<'_>, x: &Dynamic, along: usize| match node.op_type.as_str() {
            "LogSoftmax" => log_softmax(importer, x, along),
            _ => importer.along(x, &[along], |axes| Operation::Softmax { axis: axes[0] }),
        };
    let joined = is_old && dims[along + 1..].iter().any(|&side| side != 1);
    match joined {
        false => compute(importer, &x, along),
        true => {
            let product = |sides: &[usize]| sides.iter().product::<usize>();
            let flat = [product(&dims[..along]), product(&dims[along..])];
            let flat = importer.reshaped(&x, &flat)?;
            let y = compute(importer, &flat, 1)?;
            importer.reshaped(&y, &dims)
        }
    }
}

/// (x − max x) − ln Σ e^(x − max x), which is right where eˣ/Σeˣ would be too small to have a logarithm.
fn log_softmax(importer: &mut Importer<'_>, x: &Dynamic, along: usize) -> Outcome<Dynamic> {
    let (greatest, rest) = super::reductions::log_sum(importer, x, &[along], true)?;
    let x = combined(importer, Binary::Subtract, x, &greatest)?;
    combined(importer, Binary::Subtract, &x, &rest)
}

pub(super) fn vector(values: Vec<f32>) -> Rc<Array> {
    Rc::new(Array { dims: vec![values.len()], data: Data::F32(values) })
}
