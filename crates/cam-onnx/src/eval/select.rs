//! Choices by value: where a condition holds, where the largest is, where there is something at all.

use crate::array::{Array, Data};

use super::call::Call;
use super::index::{Walk, broadcast, lines, strides};
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "Where" => choose,
        "ArgMax" => |call| extreme(call, |value, best| value > best),
        "ArgMin" => |call| extreme(call, |value, best| value < best),
        "NonZero" => non_zero,
        _ => return None,
    })
}

fn choose(call: &Call<'_>) -> Outcome<Array> {
    let (condition, yes, no) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let dims = broadcast(&[&condition.dims, &yes.dims, &no.dims])?;
    let conditions = condition.data.bools()?;
    let behind = yes.data.count();
    let walk = |array: &Array| Walk::spread(&array.dims, &dims);
    let places = walk(condition)?
        .zip(walk(yes)?)
        .zip(walk(no)?)
        .map(|((condition, yes), no)| if conditions[condition] { yes } else { behind + no });
    let data = yes.data.clone().followed_by(&no.data)?.pick(places);
    Ok(Array { dims, data })
}

/// Where along an axis the extreme is: the first one, or the last if `select_last_index` is set.
fn extreme(call: &Call<'_>, beats: fn(f64, f64) -> bool) -> Outcome<Array> {
    let array = call.input(0)?;
    let axis = call.axis(0, array.dims.len())?;
    let last = call.node().flag("select_last_index", false);
    let (outer, side, inner) = lines(&array.dims, axis);
    if side == 0 {
        return Err(format!("axis {axis} of {:?} is empty", array.dims));
    }
    // Above 2^53, integers are not told apart.
    let values: Vec<_> = match &array.data {
        Data::F32(values) => values.iter().map(|&value| value.into()).collect(),
        other => other.ints()?.iter().map(|&value| value as f64).collect(),
    };
    let best = |line: usize| {
        let value = |i: usize| values[(line / inner * side + i) * inner + line % inner];
        let better =
            |i: usize, best: usize| beats(value(i), value(best)) || last && value(i) == value(best);
        (1..side).fold(0, |best, i| if better(i, best) { i } else { best }) as i64
    };
    let data = Data::I64((0..outer * inner).map(best).collect());
    let mut dims = array.dims.clone();
    match call.node().flag("keepdims", true) {
        true => dims[axis] = 1,
        false => drop(dims.remove(axis)),
    }
    Ok(Array { dims, data })
}

/// A column of indices for each number that is not zero.
fn non_zero(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let found: Vec<usize> = match &array.data {
        Data::F32(values) => places(values.iter().map(|&value| value != 0.0)),
        Data::Bool(values) => places(values.iter().copied()),
        other => places(other.ints()?.iter().map(|&value| value != 0)),
    };
    let axes = strides(&array.dims).into_iter().zip(&array.dims);
    let found = &found;
    let data =
        axes.flat_map(|(stride, side)| found.iter().map(move |at| (at / stride % side) as i64));
    Ok(Array { dims: vec![array.dims.len(), found.len()], data: Data::I64(data.collect()) })
}

fn places(set: impl Iterator<Item = bool>) -> Vec<usize> {
    set.enumerate().filter_map(|(place, set)| set.then_some(place)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, int, one, shaped};
    use crate::array::{Array, Data};

    #[test]
    fn a_condition_chooses_number_by_number() {
        let condition = Array { dims: vec![2, 2], data: Data::Bool(vec![true, false, true, true]) };
        let (yes, no) = (shaped(&[2, 2], &[1, 2, 3, 4]), shaped(&[], &[9]));
        assert_eq!(one("Where", 16, &[], &[&condition, &yes, &no]), shaped(&[2, 2], &[1, 9, 3, 4]));
    }

    #[test]
    fn the_first_or_the_last_of_equals_is_the_largest() {
        let value = floats(&[2, 2], &[2.0, 2.0, 3.0, 10.0]);
        let first = one("ArgMax", 13, &[("axis", int(1))], &[&value]);
        assert_eq!(first, shaped(&[2, 1], &[0, 1]));
        let last = [("axis", int(1)), ("keepdims", int(0)), ("select_last_index", int(1))];
        assert_eq!(one("ArgMax", 13, &last, &[&value]), shaped(&[2], &[1, 1]));
    }

    #[test]
    fn what_is_not_zero_is_listed_by_axis() {
        let made = one("NonZero", 13, &[], &[&shaped(&[2, 2], &[1, 0, 1, 1])]);
        assert_eq!(made, shaped(&[2, 3], &[0, 1, 1, 0, 0, 1]));
    }
}
