//! Values joined along an axis, and taken apart.

use crate::array::Array;

use super::Outcome;
use super::call::Call;
use super::index::{count, lines, sides, within};
use super::slice::take;

pub(super) fn concat(call: &Call<'_>) -> Outcome<Array> {
    let arrays = call.all()?;
    let first = arrays[0];
    let axis = call.node().int("axis").ok_or("axis is missing")?;
    let axis = within(axis, first.dims.len(), "axis")?;
    let mut dims = first.dims.clone();
    dims[axis] = 0;
    let mut joined = first.data.pick(std::iter::empty());
    // Where each begins in what is joined, and how long its lines are.
    let mut parts = Vec::new();
    for array in arrays {
        let mut others = array.dims.clone();
        if let Some(side) = others.get_mut(axis) {
            *side = dims[axis];
        }
        if others != dims {
            return Err(format!(
                "{:?} and {:?} cannot be joined at axis {axis}",
                first.dims, array.dims
            ));
        }
        let (_, side, inner) = lines(&array.dims, axis);
        parts.push((joined.count(), side * inner));
        dims[axis] += side;
        count(&dims)?;
        joined = joined.followed_by(&array.data)?;
    }
    let outer: usize = dims[..axis].iter().product();
    let data = match outer {
        1 => joined,
        _ => joined.copy((0..outer).flat_map(|row| {
            parts.iter().map(move |&(start, line)| start + row * line..start + (row + 1) * line)
        })),
    };
    Ok(Array { dims, data })
}

/// Parts of given sizes, or as many equal ones as the node has outputs. The last is smaller where `num_outputs` says
/// how many and they do not come out even.
pub(super) fn split(call: &Call<'_>) -> Outcome<Vec<Array>> {
    let array = call.input(0)?;
    let axis = call.axis(0, array.dims.len())?;
    let side = array.dims[axis];
    let outputs = call.node().outputs.len();
    let sizes = match (call.ints(1, "split")?, call.node().int("num_outputs")) {
        (Some(sizes), _) => sides(&sizes)?,
        (None, Some(count)) if count != outputs as i64 => {
            return Err(format!("num_outputs is {count}, but the node has {outputs} outputs"));
        }
        (None, None) if side.checked_rem(outputs) != Some(0) => {
            return Err(format!("{side} cannot be split into {outputs} equal parts"));
        }
        (None, _) => {
            let most = side.div_ceil(outputs.max(1));
            (0..outputs).map(|i| most.min(side.saturating_sub(i * most))).collect()
        }
    };
    let total = sizes.iter().try_fold(0usize, |total, &size| total.checked_add(size));
    if sizes.len() != outputs || total != Some(side) {
        return Err(format!("{side} cannot be split into {sizes:?} for {outputs} outputs"));
    }
    let mut start = 0;
    let mut part = |size| {
        let from = start;
        start += size;
        take(array, axis, size, |i| from + i)
    };
    sizes.into_iter().map(&mut part).collect()
}

#[cfg(test)]
mod tests {
    use super::super::check::{int, ints, one, run, shaped};

    #[test]
    fn joined_parts_come_apart_again() {
        let (a, b) = (shaped(&[2, 1], &[1, 2]), shaped(&[2, 2], &[3, 4, 5, 6]));
        let joined = one("Concat", 13, &[("axis", int(1))], &[&a, &b]);
        assert_eq!(joined, shaped(&[2, 3], &[1, 3, 4, 2, 5, 6]));
        assert!(run("Concat", 13, &[("axis", int(0))], &[&a, &b]).is_err());
        // The node of a test has one output.
        assert!(run("Split", 13, &[("axis", int(1))], &[&joined, &ints(&[1, 2])]).is_err());
        assert_eq!(one("Split", 13, &[("axis", int(1))], &[&joined, &ints(&[3])]), joined);
    }
}
