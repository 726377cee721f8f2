//! ONNX's operations as steps of a graph.

mod attention;
mod branch;
mod compare;
mod crop;
mod cumulative;
mod einsum;
mod elementwise;
mod linear;
mod movement;
mod normalization;
mod reductions;
mod reshaping;
mod resize;
mod rotary;
mod scaling;
mod transposed;
mod windows;

use super::importer::{Importer, Outcome, Refusal};
use super::known::{Dynamic, Known};
use crate::eval;
use crate::proto::Node;

/// What one kind of node becomes.
type Lower = for<'m> fn(&mut Importer<'m>, &Node) -> Outcome<Dynamic>;

/// Imports a node whose inputs are known.
pub(crate) fn lower(importer: &mut Importer<'_>, node: &Node) {
    importer.begin(node);
    let inputs = || node.inputs.iter().filter(|name| !name.is_empty());
    // What lacks because of something else is reported there.
    if inputs().any(|name| matches!(importer.values.get(name), Some(Known::Missing))) {
        return give_missing(importer, node);
    }
    let outcome = match node.op_type.as_str() {
        "If" => branch::taken(importer, node),
        _ if is_constant(importer, node) => evaluated(importer, node),
        _ => imported(importer, node),
    };
    if let Err(Refusal::TooMuch(reason)) = outcome {
        importer.refused = Some(reason);
    } else if let Err(refusal) = outcome {
        let name = if node.name.is_empty() { node.outputs.first() } else { Some(&node.name) };
        let reason = match refusal {
            Refusal::Unsupported(reason) | Refusal::Invalid(reason) | Refusal::TooMuch(reason) => {
                reason
            }
        };
        let operation = match (node.domain.as_str(), reason.is_empty()) {
            ("", true) => node.op_type.clone(),
            ("", false) => format!("{} {reason}", node.op_type),
            (domain, _) => format!("{domain}.{} {reason}", node.op_type),
        };
        importer.unsupported.add(operation.trim_end(), name.map_or("", String::as_str));
        give_missing(importer, node);
    }
}

fn give_missing(importer: &mut Importer<'_>, node: &Node) {
    for index in 0..node.outputs.len() {
        importer.give(node, index, Known::Missing);
    }
}

/// Whether a node depends on constants alone. The shape of a value is one.
fn is_constant(importer: &Importer<'_>, node: &Node) -> bool {
    let named = node.inputs.iter().filter(|name| !name.is_empty());
    named
        .map(|name| importer.values.get(name))
        .all(|known| matches!(known, Some(Known::Constant(_) | Known::Stored(_))))
}

fn evaluated(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    // The same constant under another name: it need not be read.
    if node.op_type == "Identity"
        && let Some(known) = importer.known(node, 0)
    {
        let known = known.clone();
        importer.give(node, 0, known);
        return Ok(());
    }
    let inputs = (0..node.inputs.len())
        .map(|index| importer.constant(node, index))
        .collect::<Outcome<Vec<_>>>()?;
    let inputs: Vec<_> = inputs.iter().map(Option::as_deref).collect();
    let opset = importer.opset(node);
    let read = |tensor: &crate::proto::Tensor| importer.peek(tensor);
    let operation = eval::Operation { node, opset, read: &read };
    // What it reads is there already, whatever its size.
    let read = inputs.iter().flatten().map(|array| array.data.len()).max().unwrap_or(0);
    let read = node.tensor("value").map_or(read, |value| read.max(sides(value)));
    let most = read.saturating_add(importer.budget.left());
    let outputs = eval::with_most(most, || eval::evaluate(&operation, &inputs));
    let outputs = outputs.map_err(|error| match error {
        eval::EvalError::Unsupported { .. } => Refusal::Unsupported("of constants".to_owned()),
        invalid => Refusal::Invalid(invalid.to_string()),
    })?;
    if let (Some(value), Some(output)) = (node.tensor("value"), outputs.first()) {
        importer.budget.external(value, output.data.len())?;
    }
    if let ("MatMul" | "Gemm", Some(a), Some(output)) =
        (node.op_type.as_str(), inputs.first().copied().flatten(), outputs.first())
    {
        let inner = a.dims.iter().copied().max().unwrap_or(0);
        importer.budget.products((output.data.len() as u64).saturating_mul(inner as u64))?;
    }
    importer.budget.work(outputs.iter().map(|output| output.data.len()).sum())?;
    for (index, output) in outputs.into_iter().enumerate() {
        importer.give(node, index, Known::Constant(output.into()));
    }
    Ok(())
}

/// How many numbers a constant says it has.
fn sides(tensor: &crate::proto::Tensor) -> usize {
    tensor.dims.iter().fold(1, |all: usize, &side| all.saturating_mul(side))
}

fn imported(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    if special(importer, node)? {
        return Ok(());
    }
    let lower =
        table(&node.domain, &node.op_type).ok_or_else(|| Refusal::Unsupported(String::new()))?;
    let dynamic = lower(importer, node)?;
    importer.give(node, 0, Known::Dynamic(dynamic));
    Ok(())
}

/// Operations that give several values, or none that must be computed.
fn special(importer: &mut Importer<'_>, node: &Node) -> Outcome<bool> {
    match node.op_type.as_str() {
        "Dropout" => elementwise::dropout(importer, node)?,
        "Split" => reshaping::split(importer, node)?,
        "Shape" | "Size" => reshaping::shape(importer, node)?,
        "IsNaN" => {
            let x = importer.dynamic(node, 0)?;
            importer.give(node, 0, Known::IsNaN(x.value));
        }
        "Where" => movement::choose(importer, node)?,
        "MultiHeadAttention" | "SkipLayerNormalization" if node.domain == "com.microsoft" => {
            attention::fused(importer, node)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Whether an operation can be imported, whatever its settings.
pub(crate) fn is_known(domain: &str, operation: &str) -> bool {
    const SPECIAL: [&str; 6] = ["Dropout", "Split", "Shape", "Size", "IsNaN", "Where"];
    SPECIAL.contains(&operation)
        || matches!(operation, "If" | "Constant" | "MultiHeadAttention" | "SkipLayerNormalization")
        || table(domain, operation).is_some()
}

fn table(domain: &str, operation: &str) -> Option<Lower> {
    if !matches!(domain, "" | "ai.onnx" | "com.microsoft") {
        return None;
    }
    elementwise::table(operation)
        .or_else(|| compare::table(operation))
        .or_else(|| windows::table(operation))
        .or_else(|| transposed::table(operation))
        .or_else(|| scaling::table(operation))
        .or_else(|| crop::table(operation))
        .or_else(|| cumulative::table(operation))
        .or_else(|| einsum::table(operation))
        .or_else(|| rotary::table(operation))
        .or_else(|| linear::table(operation))
        .or_else(|| normalization::table(operation))
        .or_else(|| reductions::table(operation))
        .or_else(|| reshaping::table(operation))
        .or_else(|| movement::table(operation))
        .or_else(|| resize::table(operation))
        .or_else(|| attention::table(operation))
}
