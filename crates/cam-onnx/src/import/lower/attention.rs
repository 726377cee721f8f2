//! Attention that the file names as one operation.

use std::rc::Rc;

use cam_graph::{Binary, LayerNorm, Operation};

use super::Lower;
use super::elementwise::combined;
use super::linear::{multiplied, swapped};
use super::reshaping::reordered;
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, without};
use crate::import::known::{Dynamic, Known};
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Attention" => attention,
        _ => return None,
    })
}

/// ONNX's own, of operator set 23: q, k and v of `[n, heads, tokens, d]` or `[n, tokens, heads·d]`.
fn attention(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    if !matches!(node.domain.as_str(), "" | "ai.onnx") {
        return Err(without("with weights of its own"));
    }
    let is_plain = !node.flag("is_causal", false)
        && node.float_or("softcap", 0.0) == 0.0
        && (4..=5).all(|index| importer.known(node, index).is_none())
        && node.outputs.iter().skip(1).all(String::is_empty);
    if !is_plain {
        return Err(without("that is causal, capped or cached"));
    }
    let heads = |name: &str| node.int(name).and_then(|heads| usize::try_from(heads).ok());
    let (q, k, v) =
        (importer.dynamic(node, 0)?, importer.dynamic(node, 1)?, importer.dynamic(node, 2)?);
    let joins = q.dims.len() == 3;
    let (q_heads, kv_heads) = match joins {
        true => (heads("q_num_heads"), heads("kv_num_heads")),
        false => (q.dims.get(1).copied(), k.dims.get(1).copied()),
    };
    let (Some(q_heads), Some(kv_heads)) = (q_heads, kv_heads) else {
        return Err("the number of heads is missing".into());
    };
    if q_heads != kv_heads {
        return Err(without("with fewer heads of keys than of queries"));
    }
    let mut parts = Vec::new();
    for part in [&q, &k, &v] {
        parts.push(if joins { by_heads(importer, part, q_heads)? } else { part.clone() });
    }
    let scale = node.float("scale").unwrap_or_else(|| {
        let width = parts[0].dims.last().copied().unwrap_or(1);
        1.0 / (width as f32).sqrt()
    });
    let bias = match importer.known(node, 3) {
        Some(_) => Some(importer.dynamic(node, 3)?),
        None => None,
    };
    let y = attended(importer, &parts, scale, bias.as_ref())?;
    if joins { joined(importer, &y) } else { Ok(y) }
}

/// softmax(scale·Q·Kᵀ + bias)·V over the last two axes.
fn attended(
    importer: &mut Importer<'_>,
    parts: &[Dynamic],
    scale: f32,
    bias: Option<&Dynamic>,
) -> Outcome<Dynamic> {
    let [q, k, v] = parts else { return Err("queries, keys and values are three".into()) };
    let k = swapped(importer, k)?;
    let scores = multiplied(importer, q, &k)?;
    let scale = Array { dims: Vec::new(), data: Data::F32(vec![scale]) };
    let scale = importer.constant_step("scale", scale.into())?;
    let mut scores = combined(importer, Binary::Multiply, &scores, &scale)?;
    if let Some(bias) = bias {
        scores = combined(importer, Binary::Add, &scores, bias)?;
    }
    let last = scores.dims.len() - 1;
    let weights = importer.along(&scores, &[last], |axes| Operation::Softmax { axis: axes[0] })?;
    multiplied(importer, &weights, v)
}

/// `[n, tokens, heads·d]` to `[n, heads, tokens, d]`.
fn by_heads(importer: &mut Importer<'_>, x: &Dynamic, heads: usize) -> Outcome<Dynamic> {
    let &[n, tokens, width] = x.dims.as_slice() else {
        return Err(format!("{:?} is not [n, tokens, width]", x.dims).into());
    };
    if heads == 0 || !width.is_multiple_of(heads) {
        return Err(format!("{width} channels are not {heads} heads").into());
    }
    let x = importer.reshaped(x, &[n, tokens, heads, width / heads])?;
    reordered(importer, &x, &[0, 2, 1, 3])
}

/// `[n, heads, tokens, d]` to `[n, tokens, heads·d]`.
fn joined(importer: &mut Importer<'_>, x: &Dynamic) -> Outcome<Dynamic> {
    let &[n, heads, tokens, width] = x.dims.as_slice() else {
        return Err(format!("{:?} is not [n, heads, tokens, d]", x.dims).into());
    };
    let x = reordered(importer, x, &[0, 2, 1, 3])?;
    importer.reshaped(&x, &[n, tokens, heads * width])
}

/// What ONNX Runtime's optimiser writes.
pub(super) fn fused(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    if node.op_type == "SkipLayerNormalization" {
        return skip_layer_norm(importer, node);
    }
    if (3..node.inputs.len()).any(|index| importer.known(node, index).is_some()) {
        return Err(without("with bias, masks or caches"));
    }
    let heads = node.int("num_heads").and_then(|heads| usize::try_from(heads).ok());
    let heads = heads.ok_or("the number of heads is missing")?;
    let mut parts = Vec::new();
    for index in 0..3 {
        let part = importer.dynamic(node, index)?;
        parts.push(by_heads(importer, &part, heads)?);
    }
    let width = parts[0].dims[3] as f32;
    let scale = node.float("scale").filter(|&scale| scale != 0.0).unwrap_or(1.0 / width.sqrt());
    let y = attended(importer, &parts, scale, None)?;
    let y = joined(importer, &y)?;
    importer.give(node, 0, Known::Dynamic(y));
    Ok(())
}

/// A residual's sum, which goes on as the fourth output, and its layer norm.
fn skip_layer_norm(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    let (x, skip) = (importer.dynamic(node, 0)?, importer.dynamic(node, 1)?);
    let mut sum = combined(importer, Binary::Add, &x, &skip)?;
    if importer.known(node, 4).is_some() {
        let bias = importer.dynamic(node, 4)?;
        sum = combined(importer, Binary::Add, &sum, &bias)?;
    }
    importer.give(node, 3, Known::Dynamic(sum.clone()));
    let mut part = |index: usize| -> Outcome<Option<String>> {
        let array: Option<Rc<Array>> = importer.constant(node, index)?;
        array.map(|array| importer.parameter(&node.inputs[index], array)).transpose()
    };
    let (scale, shift) = (part(2)?, part(3)?);
    let epsilon = node.float_or("epsilon", 1e-12);
    let last = sum.dims.len().checked_sub(1).ok_or("it has no axes")?;
    let norm = |axes| Operation::LayerNorm(LayerNorm { axes, epsilon, scale, shift });
    let y = importer.along(&sum, &[last], norm)?;
    importer.give(node, 0, Known::Dynamic(y));
    Ok(())
}
