//! Sums along an axis up to every place of it.

use cam_graph::{Linear, Operation};

use super::Lower;
use super::reshaping::reordered;
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, axis};
use crate::import::known::Dynamic;
use crate::proto::Node;

/// The longest axis: the matrix has the square of it.
const LONGEST: usize = 4096;

pub(super) fn table(operation: &str) -> Option<Lower> {
    (operation == "CumSum").then_some(cumulative_sum as Lower)
}

/// A product with a triangle of ones.
fn cumulative_sum(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let named = importer.integers(node, 1, "axis")?.and_then(|list| list.first().copied());
    let along = axis(named.ok_or("the axis is missing")?, x.dims.len())?;
    let side = x.dims[along];
    if side > LONGEST {
        return Err(format!("an axis of {side} is too long: {LONGEST} at most").into());
    }
    let (excludes, reverses) = (node.flag("exclusive", false), node.flag("reverse", false));
    let counts = |to: usize, from: usize| match reverses {
        false => from < to || from == to && !excludes,
        true => from > to || from == to && !excludes,
    };
    let row = |to| (0..side).map(move |from| f32::from(u8::from(counts(to, from))));
    let data = Data::F32((0..side).flat_map(row).collect());
    let name = format!("{}.ones", node.outputs[0]);
    let weight = importer.parameter(&name, Array { dims: vec![side, side], data }.into())?;
    along_axis(importer, &x, along, weight)
}

/// A product with a matrix of `[out, in]` along an axis.
pub(super) fn along_axis(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    along: usize,
    weight: String,
) -> Outcome<Dynamic> {
    let last = x.dims.len() - 1;
    let mut order: Vec<usize> = (0..=last).collect();
    order.swap(along, last);
    let turned = reordered(importer, x, &order)?;
    let linear = Operation::Linear(Linear { weight, bias: None });
    let made = importer.like(&turned, linear)?;
    reordered(importer, &made, &order)
}
