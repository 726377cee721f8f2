//! Products of matrices.

use std::rc::Rc;

use cam_graph::{Binary, Linear, Operation};

use super::Lower;
use super::elementwise::combined;
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, floats, without};
use crate::import::known::{Dynamic, Known};
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Gemm" | "FusedGemm" => gemm,
        "MatMul" => matmul,
        "FusedMatMul" => fused_matmul,
        _ => return None,
    })
}

/// α·A·B + β·C.
fn gemm(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let mut a = importer.dynamic(node, 0)?;
    if node.flag("transA", false) {
        a = importer.along(&a, &[0, 1], |_| Operation::Transpose { order: vec![1, 0] })?;
    }
    let (alpha, beta) = (node.float_or("alpha", 1.0), node.float_or("beta", 1.0));
    if !is_constant(importer, node, 1) {
        return Err(without("of two values that depend on the image"));
    }
    let b = importer.needed(node, 1)?;
    if b.dims.len() != 2 {
        return Err(format!("weights of {:?} are no matrix", b.dims).into());
    }
    let weight = match node.flag("transB", false) {
        true => scaled(&b, alpha),
        false => scaled(&Rc::new(transposed(&b)?), alpha),
    };
    let weight = importer.parameter(&node.inputs[1], weight)?;
    let is_row = |c: &Array| c.data.len() == c.dims.last().copied().unwrap_or(0);
    let c = match is_constant(importer, node, 2) {
        true => importer.constant(node, 2)?,
        false => None,
    };
    let outputs = importer.graph.parameters[&weight][0];
    let bias = match c.filter(|c| is_row(c) && c.data.len() == outputs) {
        Some(c) => {
            let flat = Array { dims: vec![outputs], data: c.data.clone() };
            Some(importer.parameter(&node.inputs[2], scaled(&Rc::new(flat), beta))?)
        }
        None => None,
    };
    let has_bias = bias.is_some();
    let mut y = importer.like(&a, Operation::Linear(Linear { weight, bias }))?;
    if !has_bias && importer.known(node, 2).is_some() {
        let mut c = importer.dynamic(node, 2)?;
        if beta != 1.0 {
            let beta = importer.number("beta", beta)?;
            c = combined(importer, Binary::Multiply, &c, &beta)?;
        }
        y = combined(importer, Binary::Add, &y, &c)?;
    }
    Ok(y)
}

fn matmul(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    if is_constant(importer, node, 1) {
        let b = importer.needed(node, 1)?;
        if b.dims.len() == 2 {
            let a = importer.dynamic(node, 0)?;
            let weight = importer.parameter(&node.inputs[1], transposed(&b)?.into())?;
            let linear = Operation::Linear(Linear { weight, bias: None });
            return importer.like(&a, linear);
        }
    }
    let (a, b) = (importer.dynamic(node, 0)?, importer.dynamic(node, 1)?);
    multiplied(importer, &a, &b)
}

/// The product over the last two axes.
pub(super) fn multiplied(
    importer: &mut Importer<'_>,
    a: &Dynamic,
    b: &Dynamic,
) -> Outcome<Dynamic> {
    if a.dims.len() < 2 || b.dims.len() < 2 {
        return Err(without("of a vector"));
    }
    // Where the images' axis is one of the matrix, or only one side has it, all axes are spelt out.
    let fits = a.dims.len() == b.dims.len() && a.dims.len() > 2 && a.is_led() == b.is_led();
    if fits {
        let value = importer.push(&[a.value, b.value], Operation::MatMul)?;
        return Ok(importer.led(value, a.is_led()));
    }
    let (left, right) = (importer.unfolded(a)?, importer.unfolded(b)?);
    let value = importer.push(&[left, right], Operation::MatMul)?;
    importer.folded(value)
}

fn fused_matmul(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    if node.flag("transBatchA", false) || node.flag("transBatchB", false) {
        return Err(without("with batches transposed"));
    }
    let mut sides = Vec::new();
    for (index, flag) in [(0, "transA"), (1, "transB")] {
        let side = importer.dynamic(node, index)?;
        sides.push(match node.flag(flag, false) {
            true => swapped(importer, &side)?,
            false => side,
        });
    }
    let product = multiplied(importer, &sides[0], &sides[1])?;
    let alpha = node.float_or("alpha", 1.0);
    if alpha == 1.0 {
        return Ok(product);
    }
    let alpha = importer.number("alpha", alpha)?;
    combined(importer, Binary::Multiply, &product, &alpha)
}

/// The last two axes exchanged.
pub(super) fn swapped(importer: &mut Importer<'_>, x: &Dynamic) -> Outcome<Dynamic> {
    let rank = x.dims.len();
    if rank < 2 {
        return Err(without("of a vector"));
    }
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(rank - 2, rank - 1);
    super::reshaping::reordered(importer, x, &order)
}

fn is_constant(importer: &Importer<'_>, node: &Node, index: usize) -> bool {
    matches!(importer.known(node, index), Some(Known::Constant(_) | Known::Stored(_)))
}

fn transposed(b: &Array) -> Result<Array, String> {
    let &[rows, columns] = b.dims.as_slice() else {
        return Err(format!("weights of {:?} are no matrix", b.dims));
    };
    let values = floats(b);
    let mut turned = Vec::with_capacity(values.len());
    for column in 0..columns {
        turned.extend((0..rows).map(|row| values[row * columns + column]));
    }
    Ok(Array { dims: vec![columns, rows], data: Data::F32(turned) })
}

fn scaled(array: &Rc<Array>, factor: f32) -> Rc<Array> {
    if factor == 1.0 {
        return Rc::clone(array);
    }
    let values = floats(array).into_iter().map(|value| value * factor).collect();
    Rc::new(Array { dims: array.dims.clone(), data: Data::F32(values) })
}
