//! Values side by side, parts of them, borders around them.

use cam_graph::{Fill, Operation, broadcast};

use super::Lower;
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, axis, floats, integers, without};
use crate::import::known::{Dynamic, Known, shape_of};
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    Some(match operation {
        "Concat" => concat,
        "Slice" => slice,
        "Gather" => gather,
        "Pad" => pad,
        "Expand" => expand,
        "Tile" => tile,
        _ => return None,
    })
}

fn concat(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let mut parts = Vec::with_capacity(node.inputs.len());
    for index in 0..node.inputs.len() {
        parts.push(importer.dynamic(node, index)?);
    }
    let rank = parts.first().ok_or("it reads nothing")?.dims.len();
    let along = axis(node.int("axis").ok_or("the axis is missing")?, rank)?;
    // An empty part adds nothing.
    parts.retain(|part| part.dims.get(along) != Some(&0));
    if along > 0 && parts.iter().all(Dynamic::is_led) {
        let values: Vec<_> = parts.iter().map(|part| part.value).collect();
        let value = importer.push(&values, Operation::Concat { axis: along - 1 })?;
        return Ok(importer.led(value, true));
    }
    let mut values = Vec::with_capacity(parts.len());
    for part in &parts {
        values.push(importer.unfolded(part)?);
    }
    let value = importer.push(&values, Operation::Concat { axis: along })?;
    importer.folded(value)
}

fn slice(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let mut x = importer.dynamic(node, 0)?;
    let starts = importer.integers(node, 1, "starts")?.ok_or("the starts are missing")?;
    let ends = importer.integers(node, 2, "ends")?.ok_or("the ends are missing")?;
    let along = importer.integers(node, 3, "axes")?;
    let along = along.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = importer.integers(node, 4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), along.len(), steps.len()] != [starts.len(); 3] {
        return Err("starts, ends, axes and steps are of different lengths".into());
    }
    for (index, &name) in along.iter().enumerate() {
        let along = axis(name, x.dims.len())?;
        x = cut(importer, &x, along, [starts[index], ends[index], steps[index]])?;
    }
    Ok(x)
}

/// One axis of a slice. A row of indices is not listed: a side can be long.
fn cut(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    along: usize,
    [start, end, step]: [i64; 3],
) -> Outcome<Dynamic> {
    let side = x.dims[along];
    if step == 1 {
        let from_behind =
            |place: i64| if place < 0 { place.saturating_add(side as i64) } else { place };
        let [start, end] =
            [start, end].map(|place| from_behind(place).clamp(0, side as i64) as usize);
        let length = end.saturating_sub(start);
        if length == side {
            return Ok(x.clone());
        }
        return importer.along(x, &[along], |axes| Operation::Slice {
            axis: axes[0],
            start,
            length,
        });
    }
    importer
        .budget
        .indices(side / usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX).max(1))?;
    let indices = indices(side, start, end, step)?;
    taken(importer, x, along, indices)
}

/// What a slice takes of a side.
fn indices(side: usize, start: i64, end: i64, step: i64) -> Result<Vec<usize>, String> {
    let side = side as i64;
    let from_behind = |place: i64| if place < 0 { place.saturating_add(side) } else { place };
    let (start, end) = (from_behind(start), from_behind(end));
    match step {
        0 => Err("a slice of step 0 never ends".to_owned()),
        1.. => {
            let (start, end) = (start.clamp(0, side), end.clamp(0, side));
            Ok((start..end).step_by(step as usize).map(|i| i as usize).collect())
        }
        _ => {
            let (start, end) = (start.clamp(-1, side - 1), end.clamp(-1, side - 1));
            let step = step.unsigned_abs().min(usize::MAX as u64) as usize;
            Ok((end + 1..=start).rev().step_by(step).map(|i| i as usize).collect())
        }
    }
}

/// Some indices along an axis: all of them, a row of them, or any.
fn taken(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    along: usize,
    indices: Vec<usize>,
) -> Outcome<Dynamic> {
    if indices.iter().copied().eq(0..x.dims[along]) {
        return Ok(x.clone());
    }
    let (start, length) = (indices.first().copied().unwrap_or(0), indices.len());
    let is_row = indices.iter().copied().eq(start..start + length);
    importer.along(x, &[along], |axes| match is_row {
        true => Operation::Slice { axis: axes[0], start, length },
        false => Operation::Gather { axis: axes[0], indices },
    })
}

fn gather(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let indices = importer.needed(node, 1)?;
    let x = importer.dynamic(node, 0)?;
    let along = axis(node.int_or("axis", 0), x.dims.len())?;
    importer.budget.indices(indices.data.len())?;
    let list = integers(&indices)?
        .into_iter()
        .map(|index| axis(index, x.dims[along]))
        .collect::<Result<Vec<_>, _>>()?;
    let dims = [&x.dims[..along], &indices.dims, &x.dims[along + 1..]].concat();
    let some = taken(importer, &x, along, list)?;
    importer.reshaped(&some, &dims)
}

fn pad(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let mut x = importer.dynamic(node, 0)?;
    let rank = x.dims.len();
    let pads = importer.integers(node, 1, "pads")?.ok_or("the pads are missing")?;
    let along = match importer.constant(node, 3)? {
        Some(array) => integers(&array)?,
        None => (0..rank as i64).collect(),
    };
    if pads.len() != 2 * along.len() {
        return Err(
            format!("{} pads are not two for each of {} axes", pads.len(), along.len()).into()
        );
    }
    let number = match importer.constant(node, 2)? {
        Some(array) => floats(&array).first().copied().unwrap_or(0.0),
        None => node.float_or("value", 0.0),
    };
    let fill = match node.text("mode") {
        None | Some("constant") => Fill::Constant(number),
        Some("edge") => Fill::Edge,
        Some("reflect") => Fill::Reflect,
        Some(other) => return Err(without(format!("of mode {other:?}"))),
    };
    let (mut before, mut behind) = (vec![0; rank], vec![0; rank]);
    for (index, &name) in along.iter().enumerate() {
        let along = axis(name, rank)?;
        for (side, pad) in [(&mut before, pads[index]), (&mut behind, pads[index + pads.len() / 2])]
        {
            match usize::try_from(pad) {
                Ok(pad) if pad < 1 << 20 => side[along] = pad,
                Ok(pad) => return Err(format!("a border of {pad} is too wide").into()),
                Err(_) => return Err(without("by a negative border")),
            }
        }
    }
    if before.iter().chain(&behind).all(|&pad| pad == 0) {
        return Ok(x);
    }
    if x.is_led() && before[0] == 0 && behind[0] == 0 {
        let (before, behind) = (before[1..].to_vec(), behind[1..].to_vec());
        return importer.like(&x, Operation::Pad { before, behind, fill });
    }
    let unfolded = importer.unfolded(&x)?;
    let value = importer.push(&[unfolded], Operation::Pad { before, behind, fill })?;
    x = importer.folded(value)?;
    Ok(x)
}

fn expand(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let x = importer.dynamic(node, 0)?;
    let wanted = importer.integers(node, 1, "shape")?.ok_or("the shape is missing")?;
    let rank = wanted.len().max(x.dims.len());
    let side = |i: usize| (i + x.dims.len()).checked_sub(rank).map_or(1, |i| x.dims[i]);
    let asked = |i: usize| (i + wanted.len()).checked_sub(rank).map_or(1, |i| wanted[i]);
    let dims = (0..rank).map(|i| match (side(i), usize::try_from(asked(i)).unwrap_or(0)) {
        (1, asked) if asked > 0 => Ok(asked),
        (side, asked) if asked == 1 || asked == side => Ok(side),
        _ => Err(format!("{:?} cannot be repeated to {wanted:?}", x.dims)),
    });
    let dims = dims.collect::<Result<Vec<_>, _>>()?;
    expanded(importer, &x, &dims)
}

fn expanded(importer: &mut Importer<'_>, x: &Dynamic, dims: &[usize]) -> Outcome<Dynamic> {
    if x.dims == dims {
        return Ok(x.clone());
    }
    let shape = shape_of(dims).to_vec();
    let value = importer.push(&[x.value], Operation::Expand { shape })?;
    Ok(Dynamic { value, dims: dims.to_vec() })
}

/// Copies side by side.
fn tile(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    let mut x = importer.dynamic(node, 0)?;
    let times = importer.integers(node, 1, "repeats")?.ok_or("the repeats are missing")?;
    for (along, &times) in times.iter().enumerate().filter(|(_, times)| **times != 1) {
        let side = *x.dims.get(along).ok_or("there are too many repeats")?;
        let times = usize::try_from(times).ok().filter(|&times| times < 1 << 16);
        let times = times.ok_or("a number of repeats is out of range")?;
        importer.budget.indices(times.saturating_mul(side))?;
        let indices = (0..times).flat_map(|_| 0..side).collect();
        x = importer.along(&x, &[along], |axes| Operation::Gather { axis: axes[0], indices })?;
    }
    Ok(x)
}

/// One value or another, where a constant says which, or a guard against NaN.
pub(super) fn choose(importer: &mut Importer<'_>, node: &Node) -> Outcome<()> {
    if let Some(Known::IsNaN(guarded)) = importer.known(node, 0) {
        let guarded = *guarded;
        let otherwise = importer.dynamic(node, 2)?;
        if otherwise.value != guarded {
            return Err(without("on NaN of another value"));
        }
        importer.give(node, 0, Known::Dynamic(otherwise));
        return Ok(());
    }
    if let Some(Known::Dynamic(condition)) = importer.known(node, 0) {
        let condition = condition.clone();
        let (first, second) = (importer.dynamic(node, 1)?, importer.dynamic(node, 2)?);
        let chosen = super::compare::selected(importer, [&condition, &first, &second])?;
        importer.give(node, 0, Known::Dynamic(chosen));
        return Ok(());
    }
    let condition = importer.needed(node, 0)?;
    let Data::Bool(flags) = &condition.data else {
        return Err("the condition is not of truth values".into());
    };
    let (first, second) = (importer.dynamic(node, 1)?, importer.dynamic(node, 2)?);
    let dims = [&condition.dims, &first.dims, &second.dims]
        .into_iter()
        .try_fold(Vec::new(), |dims, other| broadcast(&dims, other))?;
    // Where all agree there is nothing to choose.
    for (flag, chosen) in [(true, &first), (false, &second)] {
        if flags.iter().all(|&found| found == flag) {
            let chosen = expanded(importer, chosen, &dims)?;
            importer.give(node, 0, Known::Dynamic(chosen));
            return Ok(());
        }
    }
    // mask·a + (1 − mask)·b is right where neither is infinite.
    let infinite = |importer: &Importer<'_>, index: usize| match importer.known(node, index) {
        Some(Known::Constant(array)) => floats(array).iter().any(|value| !value.is_finite()),
        _ => false,
    };
    if infinite(importer, 1) || infinite(importer, 2) {
        return Err(without("with an infinite branch"));
    }
    let mask = |keep: bool| {
        let values = flags.iter().map(|&flag| f32::from(u8::from(flag == keep))).collect();
        Array { dims: condition.dims.clone(), data: Data::F32(values) }
    };
    let mut sum: Option<Dynamic> = None;
    for (keep, side, value) in [(true, "where", &first), (false, "elsewhere", &second)] {
        let mask =
            importer.constant_step(&format!("{}/{side}", node.outputs[0]), mask(keep).into())?;
        let part =
            super::elementwise::combined(importer, cam_graph::Binary::Multiply, &mask, value)?;
        sum = Some(match sum {
            None => part,
            Some(sum) => {
                super::elementwise::combined(importer, cam_graph::Binary::Add, &sum, &part)?
            }
        });
    }
    if let Some(sum) = sum {
        importer.give(node, 0, Known::Dynamic(sum));
    }
    Ok(())
}
