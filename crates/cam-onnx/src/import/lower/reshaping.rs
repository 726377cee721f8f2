//! The same numbers under other shapes, in another order, or some of them.

use cam_graph::Operation;

use super::Lower;
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, axes, axis, integers};
use crate::import::known::{Dynamic, Known};
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Reshape" => reshape,
        "Flatten" => flatten,
        "Squeeze" => squeeze,
        "Unsqueeze" => unsqueeze,
        "Transpose" => transpose,
        "DepthToSpace" => depth_to_space,
        "SpaceToDepth" => space_to_depth,
        _ => return None,
    })
}

fn reshape(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let wanted = importer.integers(node, 1, "shape")?.ok_or("the shape is missing")?;
    let keeps_zero = node.flag("allowzero", false);
    let dims = resolved(&x.dims, &wanted, keeps_zero)?;
    importer.reshaped(&x, &dims)
}

/// 0 copies a side, −1 takes what is left.
fn resolved(dims: &[usize], wanted: &[i64], keeps_zero: bool) -> Result<Vec<usize>, String> {
    let numbers: usize = dims.iter().product();
    let mut open = None;
    let mut result = Vec::with_capacity(wanted.len());
    for (index, &side) in wanted.iter().enumerate() {
        result.push(match side {
            -1 if open.is_none() => {
                open = Some(index);
                1
            }
            0 if !keeps_zero => *dims.get(index).ok_or("a 0 copies a side that is not there")?,
            side => usize::try_from(side).map_err(|_| format!("{wanted:?} is no shape"))?,
        });
    }
    let product =
        |sides: &[usize]| sides.iter().try_fold(1_usize, |all, &side| all.checked_mul(side));
    let rest = product(&result).ok_or("the shape is too large")?;
    if let Some(index) = open {
        result[index] = numbers.checked_div(rest).unwrap_or(0);
    }
    match product(&result) == Some(numbers) {
        true => Ok(result),
        false => Err(format!(
            "{dims:?} cannot become {wanted:?}: the file was made for another size or number of images"
        )),
    }
}

fn flatten(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let rank = x.dims.len();
    let at = match node.int_or("axis", 1) {
        at if at == rank as i64 => rank,
        at => axis(at, rank)?,
    };
    let (front, behind) = x.dims.split_at(at);
    let dims = [front.iter().product(), behind.iter().product()];
    importer.reshaped(&x, &dims)
}

fn squeeze(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let given = importer.integers(node, 1, "axes")?;
    let dropped = match given {
        Some(list) => axes(&list, x.dims.len())?,
        None => (0..x.dims.len()).filter(|&axis| x.dims[axis] == 1).collect(),
    };
    if let Some(axis) = dropped.iter().find(|&&axis| x.dims[axis] != 1) {
        return Err(format!("axis {axis} of {:?} is not of length 1", x.dims).into());
    }
    let left = x.dims.iter().enumerate().filter(|(axis, _)| !dropped.contains(axis));
    let dims: Vec<usize> = left.map(|(_, &side)| side).collect();
    importer.reshaped(&x, &dims)
}

fn unsqueeze(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let given = importer.integers(node, 1, "axes")?.ok_or("the axes are missing")?;
    let rank = x.dims.len() + given.len();
    let added = axes(&given, rank)?;
    let mut sides = x.dims.iter().copied();
    let dims = (0..rank).map(|axis| if added.contains(&axis) { Some(1) } else { sides.next() });
    let dims: Vec<usize> = dims.collect::<Option<_>>().ok_or("an axis is named twice")?;
    importer.reshaped(&x, &dims)
}

fn transpose(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let rank = x.dims.len();
    let order = match node.ints("perm") {
        Some(order) => order.iter().map(|&i| axis(i, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).rev().collect::<Vec<_>>(),
    };
    reordered(importer, &x, &order)
}

/// Axes in another order.
pub(super) fn reordered(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    order: &[usize],
) -> Outcome<Dynamic> {
    if order.iter().copied().eq(0..x.dims.len()) {
        return Ok(x.clone());
    }
    let is_named = |axis| order.contains(&axis);
    if order.len() != x.dims.len() || !(0..x.dims.len()).all(is_named) {
        return Err(format!("{order:?} is no order of {} axes", x.dims.len()).into());
    }
    if x.is_led() && order.first() == Some(&0) {
        let order = order[1..].iter().map(|axis| axis - 1).collect();
        return importer.like(x, Operation::Transpose { order });
    }
    let unfolded = importer.unfolded(x)?;
    let value = importer.push(&[unfolded], Operation::Transpose { order: order.to_vec() })?;
    importer.folded(value)
}

/// Channels become pixels (Shi et al. 2016).
fn depth_to_space(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let block = block(node)?;
    let &[n, c, h, w] = x.dims.as_slice() else {
        return Err("it is not [n, c, h, w]".into());
    };
    let less = c / (block * block);
    let is_crd = node.text("mode") == Some("CRD");
    let (split, order) = match is_crd {
        true => ([n, less, block, block, h, w], [0, 1, 4, 2, 5, 3]),
        false => ([n, block, block, less, h, w], [0, 3, 4, 1, 5, 2]),
    };
    rearranged(importer, &x, &split, &order, &[n, less, h * block, w * block])
}

/// Pixels become channels.
fn space_to_depth(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let block = block(node)?;
    let &[n, c, h, w] = x.dims.as_slice() else {
        return Err("it is not [n, c, h, w]".into());
    };
    let (rows, columns) = (h / block, w / block);
    let split = [n, c, rows, block, columns, block];
    let end = [n, c * block * block, rows, columns];
    rearranged(importer, &x, &split, &[0, 3, 5, 1, 2, 4], &end)
}

fn rearranged(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    split: &[usize],
    order: &[usize],
    end: &[usize],
) -> Outcome<Dynamic> {
    let x = importer.reshaped(x, split)?;
    let x = reordered(importer, &x, order)?;
    importer.reshaped(&x, end)
}

fn block(node: &Node) -> Result<usize, String> {
    let block = node.int("blocksize").and_then(|block| usize::try_from(block).ok());
    block
        .filter(|&block| (1..1 << 10).contains(&block))
        .ok_or_else(|| "blocksize is missing".to_owned())
}

/// The sides of a value are known, whatever it holds.
pub(super) fn shape(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    let dims = match importer.known(node, 0) {
        Some(Known::Dynamic(x)) => x.dims.clone(),
        _ => return Err("its input is missing".into()),
    };
    let sides: Vec<i64> = dims.iter().map(|&side| side as i64).collect();
    let array = match node.op_type.as_str() {
        "Size" => Array { dims: Vec::new(), data: Data::I64(vec![sides.iter().product()]) },
        _ => {
            let bound = |name: &str, usual: i64| {
                let place = node.int_or(name, usual);
                let counted = if place < 0 { place + sides.len() as i64 } else { place };
                counted.clamp(0, sides.len() as i64) as usize
            };
            let (start, end) = (bound("start", 0), bound("end", sides.len() as i64));
            let some = sides.get(start..end).unwrap_or_default().to_vec();
            Array { dims: vec![some.len()], data: Data::I64(some) }
        }
    };
    importer.give(node, 0, Known::Constant(array.into()));
    Ok(())
}

/// Parts one behind another along an axis.
pub(super) fn split(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    let x = importer.dynamic(node, 0)?;
    let along = axis(node.int_or("axis", 0), x.dims.len())?;
    let side = x.dims[along];
    let given = match importer.constant(node, 1)? {
        Some(array) => Some(integers(&array)?),
        None => node.ints("split").map(<[i64]>::to_vec),
    };
    let parts: Vec<usize> = match given {
        Some(list) => list
            .iter()
            .map(|&part| usize::try_from(part).map_err(|_| format!("{list:?} are no parts")))
            .collect::<Result<_, _>>()?,
        None => {
            let count = node.outputs.len();
            if node.int("num_outputs").is_some_and(|asked| asked != count as i64) {
                return Err("num_outputs is not the number of its outputs".into());
            }
            let part = side.div_ceil(count.max(1));
            (0..count).map(|i| part.min(side.saturating_sub(i.saturating_mul(part)))).collect()
        }
    };
    let sum = parts.iter().try_fold(0_usize, |sum, &part| sum.checked_add(part));
    if sum != Some(side) || parts.len() < node.outputs.len() {
        return Err(format!("parts of {parts:?} do not make up {side}").into());
    }
    let mut start = 0;
    for (index, length) in parts.into_iter().enumerate().take(node.outputs.len()) {
        let part = importer.along(&x, &[along], |axes| Operation::Slice {
            axis: axes[0],
            start,
            length,
        })?;
        importer.give(node, index, Known::Dynamic(part));
        start += length;
    }
    Ok(())
}
