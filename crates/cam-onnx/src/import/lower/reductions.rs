//! Means, sums and extremes along axes.

use cam_graph::{Operation, Reduction};

use super::Lower;
use crate::import::importer::{Importer, Outcome, axes};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "GlobalAveragePool" => |importer, node| global(importer, node, Reduction::Mean),
        "GlobalMaxPool" => |importer, node| global(importer, node, Reduction::Maximum),
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

fn reduce(importer: &mut Importer<'_>, node: &Node, reduction: Reduction) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let rank = x.dims.len();
    let given = importer.integers(node, 1, "axes")?.filter(|axes| !axes.is_empty());
    let over = match given {
        Some(list) => axes(&list, rank)?,
        None if node.flag("noop_with_empty_axes", false) => return Ok(x),
        None => (0..rank).collect(),
    };
    let keep = node.flag("keepdims", true);
    importer.along(&x, &over, |axes| Operation::Reduce { reduction, axes, keep })
}
