//! Batch, layer, group and instance norms, softmax.

use std::rc::Rc;

use cam_graph::{LayerNorm, Operation};

use super::Lower;
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, axis, floats, without};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "BatchNormalization" => batch_norm,
        "LayerNormalization" => layer_norm,
        "InstanceNormalization" => instance_norm,
        "GroupNormalization" => group_norm,
        "LpNormalization" => lp_norm,
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
    if node.outputs.iter().skip(1).any(|name| !name.is_empty()) {
        return Err(without("that gives its statistics"));
    }
    let first = axis(node.int_or("axis", -1), x.dims.len())?;
    let over: Vec<usize> = (first..x.dims.len()).collect();
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
    if !x.is_led() {
        return Err(without("across images"));
    }
    let epsilon = node.float_or("epsilon", 1e-5);
    let y = importer.like(x, Operation::GroupNorm { groups, epsilon })?;
    let channels = x.dims[1];
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

fn lp_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    if node.int_or("p", 2) != 2 {
        return Err(without("of another order than 2"));
    }
    let x = importer.dynamic(node, 0)?;
    let along = axis(node.int_or("axis", -1), x.dims.len())?;
    // ONNX has no ε: a vector of zeros stays one.
    let epsilon = f32::MIN_POSITIVE;
    importer.along(&x, &[along], |axes| Operation::L2Normalize { axis: axes[0], epsilon })
}

/// Before operator set 13 everything behind the axis is one.
fn softmax(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let is_old = importer.opset(node) < 13;
    let rank = x.dims.len();
    let along = axis(node.int_or("axis", if is_old { 1 } else { -1 }), rank)?;
    let dims = x.dims.clone();
    let joined = is_old && dims[along + 1..].iter().any(|&side| side != 1);
    let mut y = match joined {
        false => importer.along(&x, &[along], |axes| Operation::Softmax { axis: axes[0] })?,
        true => {
            let product = |sides: &[usize]| sides.iter().product::<usize>();
            let flat = [product(&dims[..along]), product(&dims[along..])];
            let flat = importer.reshaped(&x, &flat)?;
            let y = importer.along(&flat, &[1], |axes| Operation::Softmax { axis: axes[0] })?;
            importer.reshaped(&y, &dims)?
        }
    };
    if node.op_type == "LogSoftmax" {
        y = importer.like(&y, Operation::Map(cam_graph::Function::Log))?;
    }
    Ok(y)
}

pub(super) fn vector(values: Vec<f32>) -> Rc<Array> {
    Rc::new(Array { dims: vec![values.len()], data: Data::F32(values) })
}
