//! Values made from little: constants, ranges, unit matrices, one-hot rows.

use crate::array::{Array, Data};
use crate::proto::ElementType;

use super::call::Call;
use super::cast::{cast, like};
use super::index::{count, most, sides, within};
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "Constant" => constant,
        "ConstantOfShape" => constant_of_shape,
        "Range" => range,
        "EyeLike" => eye_like,
        "OneHot" => one_hot,
        _ => return None,
    })
}

fn constant(call: &Call<'_>) -> Outcome<Array> {
    let node = call.node();
    if let Some(value) = call.tensor("value") {
        return value;
    }
    let (dims, data) = if let Some(value) = node.float("value_float") {
        (vec![], Data::F32(vec![value]))
    } else if let Some(values) = node.floats("value_floats") {
        (vec![values.len()], Data::F32(values.to_vec()))
    } else if let Some(value) = node.int("value_int") {
        (vec![], Data::I64(vec![value]))
    } else if let Some(values) = node.ints("value_ints") {
        (vec![values.len()], Data::I64(values.to_vec()))
    } else {
        return Err("a constant without numbers: texts and sparse values are not read".into());
    };
    Ok(Array { dims, data })
}

fn constant_of_shape(call: &Call<'_>) -> Outcome<Array> {
    let dims = sides(&call.needed_ints(0, "shape")?)?;
    let count = count(&dims)?;
    let value = call.tensor("value").transpose()?.map_or(Data::F32(vec![0.0]), |value| value.data);
    match value.count() {
        1 => Ok(Array { dims, data: value.pick(std::iter::repeat_n(0, count)) }),
        count => Err(format!("value should be one number, not {count}")),
    }
}

/// From start, in steps, up to but without the limit.
fn range(call: &Call<'_>) -> Outcome<Array> {
    let [start, limit, delta] = [0, 1, 2].map(|position| {
        let missing = || format!("input {position} is missing");
        call.one(position).and_then(|value| value.ok_or_else(missing))
    });
    let (start, limit, delta) = (start?, limit?, delta?);
    let long = |count| format!("a range of {count} numbers is refused: the most is {}", most());
    let data = if let (Data::F32(start), Data::F32(limit), Data::F32(delta)) = (start, limit, delta)
    {
        let (start, limit, delta) = (f64::from(start[0]), f64::from(limit[0]), f64::from(delta[0]));
        let count = ((limit - start) / delta).ceil();
        // Not a number where the step is zero and the limit the start.
        if count.is_nan() || count > most() as f64 {
            return Err(long(count.to_string()));
        }
        let count = count.max(0.0) as usize;
        Data::F32((0..count).map(|i| (start + i as f64 * delta) as f32).collect())
    } else {
        let [start, limit, delta] = [start, limit, delta].map(|value| value.ints());
        let (start, limit, delta) = (start?[0], limit?[0], delta?[0]);
        let (from, to, step) = (i128::from(start), i128::from(limit), i128::from(delta));
        if delta == 0 {
            return Err("a range in steps of 0 has no end".into());
        }
        // Rounded up, whichever way it goes.
        let count = ((to - from + step - step.signum()) / step).max(0);
        if count > most() as i128 {
            return Err(long(count.to_string()));
        }
        // Each lies between start and limit, so that none leaves 64 bits.
        Data::I64((0..count).map(|i| (from + i * step) as i64).collect())
    };
    Ok(Array { dims: vec![data.count()], data })
}

fn eye_like(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let [rows, columns] = array.dims[..] else {
        return Err(format!("a matrix is needed, not {:?}", array.dims));
    };
    let k = call.node().int_or("k", 0);
    let on = |row: usize, column: usize| column as i64 == (row as i64).saturating_add(k);
    let ones = (0..rows).flat_map(|row| (0..columns).map(move |column| on(row, column)));
    let ones = Data::Bool(ones.collect());
    let data = match call.node().int("dtype") {
        Some(to) => cast(&ones, ElementType(i32::try_from(to).unwrap_or(0)))?,
        None => like(&ones, &array.data)?,
    };
    Ok(Array { dims: array.dims.clone(), data })
}

/// Rows of `off` with one `on`; an index outside of the depth gives none.
fn one_hot(call: &Call<'_>) -> Outcome<Array> {
    let indices = call.input(0)?;
    let depth = like(call.one(1)?.ok_or("the depth is missing")?, &Data::I64(vec![]))?;
    let depth = sides(&depth.ints()?)?[0];
    let values = call.input(2)?;
    if values.data.count() != 2 {
        return Err(format!("values should be off and on, not {} values", values.data.count()));
    }
    let axis = within(call.node().int_or("axis", -1), indices.dims.len() + 1, "axis")?;
    let mut dims = indices.dims.clone();
    dims.insert(axis, depth);
    count(&dims)?;
    let inner: usize = indices.dims[axis..].iter().product();
    let hot = like(&indices.data, &Data::I64(vec![]))?;
    let hot: Vec<_> = hot.ints()?.iter().map(|&hot| within(hot, depth, "").ok()).collect();
    let on = |outer: usize, row: usize, i: usize| hot[outer * inner + i] == Some(row);
    let on = &on;
    let places = (0..hot.len().checked_div(inner).unwrap_or(0)).flat_map(|outer| {
        (0..depth).flat_map(move |row| (0..inner).map(move |i| usize::from(on(outer, row, i))))
    });
    Ok(Array { dims, data: values.data.pick(places) })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, int, ints, one, run, shaped};

    #[test]
    fn ranges_go_both_ways() {
        let scalar = |value| shaped(&[], &[value]);
        let range =
            |from, to, by| one("Range", 11, &[], &[&scalar(from), &scalar(to), &scalar(by)]);
        assert_eq!(range(1, 5, 2), ints(&[1, 3]));
        assert_eq!(range(10, 6, -3), ints(&[10, 7]));
        assert_eq!(range(3, 3, -1), ints(&[]));
        assert_eq!(range(i64::MIN, i64::MAX, i64::MAX), ints(&[i64::MIN, -1, i64::MAX - 1]));
    }

    #[test]
    fn bombs_are_refused() {
        let scalar = |value| shaped(&[], &[value]);
        assert!(run("Range", 11, &[], &[&scalar(0), &scalar(i64::MAX), &scalar(1)]).is_err());
        assert!(run("Range", 11, &[], &[&scalar(0), &scalar(1), &scalar(0)]).is_err());
        assert!(run("ConstantOfShape", 9, &[], &[&ints(&[1 << 20, 1 << 20])]).is_err());
        let f = |value| floats(&[], &[value]);
        assert!(run("Range", 11, &[], &[&f(0.0), &f(1.0), &f(0.0)]).is_err());
    }

    #[test]
    fn one_hot_counts_from_the_end_and_skips_what_is_outside() {
        let made = one(
            "OneHot",
            11,
            &[("axis", int(1))],
            &[&ints(&[0, -7, -8]), &ints(&[10]), &ints(&[1, 3])],
        );
        assert_eq!(made.dims, [3, 10]);
        let expected = [
            [3, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            [1, 1, 1, 3, 1, 1, 1, 1, 1, 1],
            [1, 1, 3, 1, 1, 1, 1, 1, 1, 1],
        ];
        assert_eq!(made, shaped(&[3, 10], &expected.concat()));
    }
}
