//! Attention that the file names as one operation.

use std::rc::Rc;

use cam_graph::{Binary, Function, LayerNorm, Operation};

use super::Lower;
use super::elementwise::{combined, mapped};
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
    let is_plain = (4..=6).all(|index| importer.known(node, index).is_none())
        && node.outputs.iter().skip(1).all(String::is_empty);
    if !is_plain {
        return Err(without("that keeps keys and values, or gives its scores"));
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
    if kv_heads == 0 || !q_heads.is_multiple_of(kv_heads) {
        return Err(format!("{kv_heads} heads of keys do not fit {q_heads} of queries").into());
    }
    let mut parts = Vec::new();
    for (part, heads) in [(&q, q_heads), (&k, kv_heads), (&v, kv_heads)] {
        let part = if joins { by_heads(importer, part, heads)? } else { part.clone() };
        parts.push(shared(importer, part, q_heads / heads)?);
    }
    let scale = node.float("scale").unwrap_or_else(|| {
        let width = parts[0].dims.last().copied().unwrap_or(1);
        1.0 / (width as f32).sqrt()
    });
    let mut biases = Vec::new();
    if importer.known(node, 3).is_some() {
        biases.push(mask(importer, node)?);
    }
    if node.flag("is_causal", false) {
        let [tokens, keys] = [&parts[0], &parts[1]].map(|part| part.dims[2]);
        let row = |token| (0..keys).map(move |key| token < key);
        let hidden = hiding((0..tokens).flat_map(row));
        let array = Array { dims: vec![tokens, keys], data: hidden };
        biases.push(importer.constant_step("causal", array.into())?);
    }
    let y = attended(importer, &parts, scale, (&biases, node.float_or("softcap", 0.0)))?;
    if joins { joined(importer, &y) } else { Ok(y) }
}

/// What is added to the scores; where it is truth values, the false ones are hidden.
fn mask(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    if let Some(Known::Constant(_) | Known::Stored(_)) = importer.known(node, 3) {
        let mask = importer.needed(node, 3)?;
        if let Data::Bool(seen) = &mask.data {
            let data = hiding(seen.iter().map(|seen| !seen));
            let array = Array { dims: mask.dims.clone(), data };
            return importer.constant_step(&node.inputs[3], array.into());
        }
    }
    importer.dynamic(node, 3)
}

/// −∞ where something is hidden.
fn hiding(hidden: impl Iterator<Item = bool>) -> Data {
    Data::F32(hidden.map(|hidden| if hidden { f32::NEG_INFINITY } else { 0.0 }).collect())
}

/// Every head several times in a row: as many queries share its keys (Ainslie et al. 2023).
fn shared(importer: &mut Importer<'_>, x: Dynamic, times: usize) -> Outcome<Dynamic> {
    if times == 1 {
        return Ok(x);
    }
    let heads = *x.dims.get(1).ok_or("it has no heads")?;
    let indices = (0..heads).flat_map(|head| std::iter::repeat_n(head, times)).collect();
    importer.along(&x, &[1], |axes| Operation::Gather { axis: axes[0], indices })
}

/// softmax(scale·Q·Kᵀ + biases)·V over the last two axes, the scores being bounded by a hyperbolic tangent where a cap
/// is given.
fn attended(
    importer: &mut Importer<'_>,
    parts: &[Dynamic],
    scale: f32,
    (biases, cap): (&[Dynamic], f32),
) -> Outcome<Dynamic> {
    let [q, k, v] = parts else { return Err("queries, keys and values are three".into()) };
    let k = swapped(importer, k)?;
    let scores = multiplied(importer, q, &k)?;
    let scale = importer.number("scale", scale)?;
    let mut scores = combined(importer, Binary::Multiply, &scores, &scale)?;
    for bias in biases {
        scores = combined(importer, Binary::Add, &scores, bias)?;
    }
    if cap != 0.0 {
        let cap = importer.number("softcap", cap)?;
        let share = combined(importer, Binary::Divide, &scores, &cap)?;
        let share = mapped(importer, &share, Function::Tanh)?;
        scores = combined(importer, Binary::Multiply, &share, &cap)?;
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
    let y = attended(importer, &parts, scale, (&[], 0.0))?;
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
