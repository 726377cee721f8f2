//! The middle of a value, or a border around it.

use cam_graph::{Fill, Operation};

use super::Lower;
use crate::import::importer::{Importer, Outcome, axis, integers};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    (operation == "CenterCropPad").then_some(center_crop_pad as Lower)
}

/// An odd number lies behind.
fn center_crop_pad(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let mut x = importer.dynamic(node, 0)?;
    let wanted = integers(&*importer.needed(node, 1)?)?;
    let all: Vec<i64> = (0..x.dims.len() as i64).collect();
    let along = node.ints("axes").unwrap_or(&all).to_vec();
    if along.len() != wanted.len() {
        return Err(format!("{wanted:?} are not as many sides as axes").into());
    }
    for (name, wanted) in along.into_iter().zip(wanted) {
        let along = axis(name, x.dims.len())?;
        let wanted = usize::try_from(wanted).ok().filter(|side| (1..1 << 20).contains(side));
        let length = wanted.ok_or("a side is out of range")?;
        let side = x.dims[along];
        if length < side {
            let start = (side - length) / 2;
            x = importer.along(&x, &[along], |axes| Operation::Slice {
                axis: axes[0],
                start,
                length,
            })?;
        } else if length > side {
            let rank = x.dims.len() - usize::from(x.is_led() && along > 0);
            let total = length - side;
            x = importer.along(&x, &[along], |axes| {
                let (mut before, mut behind) = (vec![0; rank], vec![0; rank]);
                (before[axes[0]], behind[axes[0]]) = (total / 2, total - total / 2);
                Operation::Pad { before, behind, fill: Fill::Constant(0.0) }
            })?;
        }
    }
    Ok(x)
}
