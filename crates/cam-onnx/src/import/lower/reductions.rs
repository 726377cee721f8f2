//! Means, sums and extremes along axes.

use cam_graph::{Binary, Function, Operation, Reduction};

use super::Lower;
use super::elementwise::{combined, mapped};
use crate::import::importer::{Importer, Outcome, axes, without};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "GlobalAveragePool" => |importer, node| global(importer, node, Reduction::Mean),
        "GlobalMaxPool" => |importer, node| global(importer, node, Reduction::Maximum),
        "GlobalLpPool" => global_lp_pool,
        "ReduceLogSum" => |importer, node| {
            let sum = reduce(importer, node, Reduction::Sum)?;
            mapped(importer, &sum, Function::Log)
        },
        "ReduceLogSumExp" => log_sum_exp,
        "ReduceMean" => |importer, node| reduce(importer, node, Reduction::Mean),
        "ReduceSum" => |importer, node| reduce(importer, node, Reduction::Sum),
        "ReduceMax" => |importer, node| reduce(importer, node, Reduction::Maximum),
        "ReduceMin" => |importer, node| reduce(importer, node, Reduction::Minimum),
        "ReduceL2" => |importer, node| reduce(importer, node, Reduction::L2),
        "ReduceL1" => |importer, node| reduce(importer, node, Reduction::L1),
        "ReduceSumSquare" => |importer, node| reduce(importer, node, Reduction::SumSquare),
        "ReduceProd" => |importer, node| reduce(importer, node, Reduction::Product),
        _ => return None,
    })
}

fn global(importer: &mut Importer<'_>, node: &Node, reduction: Reduction) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let over: Vec<usize> = (2..x.dims.len()).collect();
    importer.along(&x, &over, |axes| Operation::Reduce { reduction, axes, keep: true })
}

/// (Σ|x|ᵖ)^(1/p).
fn global_lp_pool(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    match node.int_or("p", 2) {
        1 => global(importer, node, Reduction::L1),
        2 => global(importer, node, Reduction::L2),
        _ => Err(without("of another order than 1 or 2")),
    }
}

fn log_sum_exp(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    match over(importer, node, x.dims.len())? {
        Some(over) => {
            let keep = node.flag("keepdims", true);
            let (greatest, rest) = log_sum(importer, &x, &over, keep)?;
            let greatest = importer.reshaped(&greatest, &rest.dims)?;
            combined(importer, Binary::Add, &rest, &greatest)
        }
        None => Ok(x),
    }
}

/// ln Σeˣ in two parts: max x, and ln Σ e^(x − max x).
pub(super) fn log_sum(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    over: &[usize],
    keep: bool,
) -> Outcome<(Dynamic, Dynamic)> {
    let along = |importer: &mut Importer<'_>, x: &Dynamic, reduction, keep| {
        importer.along(x, over, |axes| Operation::Reduce { reduction, axes, keep })
    };
    let greatest = along(importer, x, Reduction::Maximum, true)?;
    let x = combined(importer, Binary::Subtract, x, &greatest)?;
    let x = mapped(importer, &x, Function::Exp)?;
    let sum = along(importer, &x, Reduction::Sum, keep)?;
    Ok((greatest, mapped(importer, &sum, Function::Log)?))
}

fn reduce(importer: &mut Importer<'_>, node: &Node, reduction: Reduction) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let Some(over) = over(importer, node, x.dims.len())? else { return Ok(x) };
    let keep = node.flag("keepdims", true);
    importer.along(&x, &over, |axes| Operation::Reduce { reduction, axes, keep })
}

/// The axes that are reduced; none where the value stays as it is.
fn over(importer: &mut Importer<'_>, node: &Node, rank: usize) -> Outcome<Option<Vec<usize>>> {
    let given = importer.integers(node, 1, "axes")?.filter(|axes| !axes.is_empty());
    Ok(match given {
        Some(list) => Some(axes(&list, rank)?),
        None if node.flag("noop_with_empty_axes", false) => None,
        None => Some((0..rank).collect()),
    })
}
