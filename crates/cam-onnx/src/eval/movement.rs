//! Numbers moved as they are: transposed, repeated, joined, cut, padded.

use crate::array::{Array, Data};

use super::call::Call;
use super::cast::like;
use super::index::{Walk, broadcast, sides, strides};
use super::slice::take;
use super::{Outcome, Single, join, pad, slice};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "Transpose" => |call| {
            let array = call.input(0)?;
            let reversed: Vec<_> = (0..array.dims.len() as i64).rev().collect();
            transpose(
                array,
                &call.axes(call.node().ints("perm").unwrap_or(&reversed), array.dims.len())?,
            )
        },
        "Expand" => expand,
        "Tile" => tile,
        "Slice" => slice::slice,
        "Concat" => join::concat,
        "Pad" => pad::pad,
        "Trilu" => trilu,
        _ => return None,
    })
}

/// The axes in another order.
pub(super) fn transpose(array: &Array, order: &[usize]) -> Outcome<Array> {
    if order.len() != array.dims.len() {
        return Err(format!("{order:?} is no order of the axes of {:?}", array.dims));
    }
    let own = strides(&array.dims);
    let dims: Vec<_> = order.iter().map(|&axis| array.dims[axis]).collect();
    let walk = Walk::new(&dims, order.iter().map(|&axis| own[axis]).collect());
    Ok(Array { data: array.data.pick(walk), dims })
}

fn expand(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let dims = broadcast(&[&array.dims, &sides(&call.needed_ints(1, "shape")?)?])?;
    Ok(Array { data: array.data.pick(Walk::spread(&array.dims, &dims)?), dims })
}

fn tile(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let repeats = sides(&call.needed_ints(1, "repeats")?)?;
    if repeats.len() != array.dims.len() {
        return Err(format!("{:?} cannot be repeated {repeats:?} times", array.dims));
    }
    repeats.iter().enumerate().try_fold(array.clone(), |array, (axis, &times)| {
        let side = array.dims[axis];
        let length = side.checked_mul(times).ok_or("too many repetitions")?;
        take(&array, axis, length, |i| i % side)
    })
}

/// The upper or lower triangle of matrices, and zeros.
fn trilu(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let [.., rows, columns] = array.dims[..] else {
        return Err(format!("matrices are needed, not {:?}", array.dims));
    };
    let (upper, k) = (call.node().flag("upper", true), call.one_int(1)?.unwrap_or(0));
    let total = array.data.count();
    let zero = like(&Data::Bool(vec![false]), &array.data)?;
    let places = (0..total).map(|place| {
        let (row, column) = (place / columns % rows, place % columns);
        let off = (column as i64 - row as i64).saturating_sub(k);
        let kept = if upper { off >= 0 } else { off <= 0 };
        if kept { place } else { total }
    });
    let data = array.data.clone().followed_by(&zero)?.pick(places);
    Ok(Array { dims: array.dims.clone(), data })
}

#[cfg(test)]
mod tests {
    use super::super::check::{int, ints, one, run, shaped};

    #[test]
    fn a_transposed_and_a_tiled_matrix() {
        let value = shaped(&[2, 3], &[1, 2, 3, 4, 5, 6]);
        assert_eq!(one("Transpose", 13, &[], &[&value]), shaped(&[3, 2], &[1, 4, 2, 5, 3, 6]));
        let tiled = one("Tile", 13, &[], &[&shaped(&[2, 2], &[0, 1, 2, 3]), &ints(&[2, 2])]);
        let expected = [0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3];
        assert_eq!(tiled, shaped(&[4, 4], &expected));
        assert!(run("Tile", 13, &[], &[&value, &ints(&[1 << 40, 1 << 40])]).is_err());
        assert!(run("Expand", 13, &[], &[&value, &ints(&[1 << 30, 2, 3])]).is_err());
    }

    #[test]
    fn the_diagonal_belongs_to_both_triangles() {
        let value = shaped(&[2, 2], &[1, 2, 3, 4]);
        assert_eq!(one("Trilu", 14, &[], &[&value]), shaped(&[2, 2], &[1, 2, 0, 4]));
        let lower = [("upper", int(0))];
        assert_eq!(one("Trilu", 14, &lower, &[&value]), shaped(&[2, 2], &[1, 0, 3, 4]));
    }
}
