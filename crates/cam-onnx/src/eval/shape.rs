//! Operations on sides alone: the numbers stay as they are.

use crate::array::{Array, Data};

use super::call::Call;
use super::index::{count, within};
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "Identity" => |call| call.input(0).cloned(),
        "Shape" => shape,
        "Size" => |call| {
            let count = call.input(0)?.data.count() as i64;
            Ok(Array { dims: vec![], data: Data::I64(vec![count]) })
        },
        "Reshape" => reshape,
        "Flatten" => flatten,
        "Squeeze" => squeeze,
        "Unsqueeze" => unsqueeze,
        _ => return None,
    })
}

/// The sides, or those from `start` to `end`.
fn shape(call: &Call<'_>) -> Outcome<Array> {
    let dims = &call.input(0)?.dims;
    let rank = dims.len() as i64;
    let place = |name, default| {
        let place = call.node().int_or(name, default);
        (if place < 0 { place.saturating_add(rank) } else { place }).clamp(0, rank) as usize
    };
    let range = place("start", 0)..place("end", rank);
    let sides: Vec<_> = dims.get(range).unwrap_or(&[]).iter().map(|&side| side as i64).collect();
    Ok(Array { dims: vec![sides.len()], data: Data::I64(sides) })
}

/// Zeros copy the old side unless `allowzero` is set; one side may be -1: what is left.
fn reshape(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let asked = call.needed_ints(1, "shape")?;
    let literal = call.node().flag("allowzero", false);
    let misfit = || format!("{:?} cannot be reshaped to {asked:?}", array.dims);
    let mut free = None;
    let mut dims = Vec::new();
    for (axis, &side) in asked.iter().enumerate() {
        dims.push(match side {
            0 if !literal => *array.dims.get(axis).ok_or_else(misfit)?,
            -1 if free.is_none() => {
                free = Some(axis);
                1
            }
            side => usize::try_from(side).map_err(|_| misfit())?,
        });
    }
    let total = array.data.count();
    let known = count(&dims)?;
    if let Some(axis) = free {
        dims[axis] = total.checked_div(known).ok_or_else(misfit)?;
    }
    if count(&dims)? != total {
        return Err(misfit());
    }
    Ok(Array { dims, data: array.data.clone() })
}

/// To two axes: those in front of `axis`, and the others.
fn flatten(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    // An axis behind the last is allowed, and leaves one column.
    let rank = array.dims.len();
    let axis = match call.node().int_or("axis", 1) {
        axis if axis == rank as i64 => rank,
        axis => within(axis, rank, "axis")?,
    };
    let (front, back) = array.dims.split_at(axis);
    let dims = vec![front.iter().product(), back.iter().product()];
    Ok(Array { dims, data: array.data.clone() })
}

fn squeeze(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let dims = &array.dims;
    let axes = match call.ints(1, "axes")? {
        Some(axes) => call.axes(&axes, dims.len())?,
        None => (0..dims.len()).filter(|&axis| dims[axis] == 1).collect(),
    };
    if let Some(axis) = axes.iter().find(|&&axis| dims[axis] != 1) {
        return Err(format!("axis {axis} of {dims:?} is not 1"));
    }
    let kept = (0..dims.len()).filter(|axis| !axes.contains(axis)).map(|axis| dims[axis]);
    Ok(Array { dims: kept.collect(), data: array.data.clone() })
}

fn unsqueeze(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let axes = call.needed_ints(1, "axes")?;
    // Checked before the search for repetitions, whose time grows with the square.
    let rank = array.dims.len() + axes.len();
    count(&vec![1; rank])?;
    let axes = call.axes(&axes, rank)?;
    let mut old = array.dims.iter();
    let side = |axis| if axes.contains(&axis) { Some(1) } else { old.next().copied() };
    Ok(Array { dims: (0..rank).filter_map(side).collect(), data: array.data.clone() })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, ints, run};
    use crate::proto::Attribute;

    #[test]
    fn reshape_copies_zeros_and_fills_what_is_left() {
        let value = floats(&[2, 3, 4], &[0.0; 24]);
        let dims = |shape: &[i64]| {
            run("Reshape", 14, &[], &[&value, &ints(shape)]).map(|a| a[0].dims.clone())
        };
        assert_eq!(dims(&[2, 0, 1, -1]), Ok(vec![2, 3, 1, 4]));
        assert_eq!(dims(&[2, -1, 2]), Ok(vec![2, 6, 2]));
        assert!(dims(&[5, -1]).is_err());
        assert!(dims(&[-1, -1]).is_err());
        assert!(dims(&[i64::MAX, 0, -1]).is_err());
    }

    #[test]
    fn allowzero_means_an_empty_side() {
        let value = floats(&[0, 3, 4], &[]);
        let allow = [("allowzero", Attribute::Int(1))];
        let made = run("Reshape", 14, &allow, &[&value, &ints(&[3, 4, 0])]).unwrap();
        assert_eq!(made[0].dims, [3, 4, 0]);
    }

    #[test]
    fn shape_takes_a_part_of_the_sides() {
        let value = floats(&[3, 4, 5], &[0.0; 60]);
        let part = [("start", Attribute::Int(-1)), ("end", Attribute::Int(10))];
        assert_eq!(run("Shape", 15, &part, &[&value]).unwrap(), [ints(&[5])]);
    }

    #[test]
    fn axes_are_a_setting_before_opset_13_and_an_input_since() {
        let value = floats(&[1, 3, 1], &[0.0; 3]);
        let old = run("Squeeze", 11, &[("axes", Attribute::Ints(vec![0]))], &[&value]).unwrap();
        let new = run("Squeeze", 13, &[], &[&value, &ints(&[0])]).unwrap();
        assert_eq!(old, new);
        assert_eq!(new[0].dims, [3, 1]);
        let back = run("Unsqueeze", 13, &[], &[&new[0], &ints(&[-1, 0])]).unwrap();
        assert_eq!(back[0].dims, [1, 3, 1, 1]);
    }
}
