//! Sums of everything up to a place.

use crate::array::{Array, Data};

use super::Outcome;
use super::call::Call;
use super::index::{lines, within};

/// What was summed up so far along an axis.
pub(super) fn sum(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let axis = within(call.one_int(1)?.ok_or("the axis is missing")?, array.dims.len(), "axis")?;
    let data = match &array.data {
        Data::F32(values) => {
            let sums = sums(call, values, &array.dims, axis, |sum: f64, value: f32| {
                Some(sum + f64::from(value))
            });
            Data::F32(sums?.into_iter().map(|sum| sum as f32).collect())
        }
        others => Data::I64(sums(call, &others.ints()?, &array.dims, axis, i64::checked_add)?),
    };
    Ok(Array { dims: array.dims.clone(), data })
}

fn sums<T: Copy, S: Copy + Default>(
    call: &Call<'_>,
    values: &[T],
    dims: &[usize],
    axis: usize,
    add: impl Fn(S, T) -> Option<S>,
) -> Outcome<Vec<S>> {
    let (exclusive, reverse) =
        (call.node().flag("exclusive", false), call.node().flag("reverse", false));
    let (outer, side, inner) = lines(dims, axis);
    let mut sums = vec![S::default(); values.len()];
    for line in 0..outer * inner {
        let mut sum = S::default();
        for i in 0..side {
            let i = if reverse { side - 1 - i } else { i };
            let place = (line / inner * side + i) * inner + line % inner;
            let before = sum;
            sum = add(sum, values[place]).ok_or("the sum leaves 64 bits")?;
            sums[place] = if exclusive { before } else { sum };
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, int, ints, one, run, shaped};

    #[test]
    fn running_sums_go_either_way_with_or_without_the_own() {
        let value = floats(&[5], &[1.0, 2.0, 3.0, 4.0, 5.0]);
        let settings = [("exclusive", int(1)), ("reverse", int(1))];
        let sums = one("CumSum", 14, &settings, &[&value, &shaped(&[], &[0])]);
        assert_eq!(sums, floats(&[5], &[14.0, 12.0, 9.0, 5.0, 0.0]));
        assert!(run("CumSum", 14, &[], &[&ints(&[i64::MAX, 1]), &ints(&[0])]).is_err());
    }
}
