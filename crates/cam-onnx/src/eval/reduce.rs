//! Numbers summed up along axes.

use crate::array::{Array, Data};

use super::call::Call;
use super::index::{Walk, count};
use super::{Outcome, Single, running};

/// How the numbers along some axes become one.
struct Reduction {
    /// Of no numbers at all.
    start: f64,
    /// With one more, in f64.
    add: fn(f64, f64) -> f64,
    /// With one more, exactly.
    exact: fn(i64, i64) -> Option<i64>,
    /// Of no integers at all.
    exact_start: Option<i64>,
    /// From what was summed up and how many there were.
    end: fn(f64, f64) -> f64,
    /// Integers have a mean, cut off, but no norm.
    exact_end: Option<fn(i64, i64) -> Option<i64>>,
    /// That one number alone is itself.
    plain: bool,
}

const SUM: Reduction = Reduction {
    start: 0.0,
    add: |sum, value| sum + value,
    exact: i64::checked_add,
    exact_start: Some(0),
    end: |sum, _| sum,
    exact_end: Some(|sum, _| Some(sum)),
    plain: true,
};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "ReduceSum" => |call| reduce(call, &SUM),
        "ReduceMean" => |call| {
            let exact_end = Some(i64::checked_div as fn(i64, i64) -> Option<i64>);
            reduce(call, &Reduction { end: |sum, count| sum / count, exact_end, ..SUM })
        },
        "ReduceProd" => |call| {
            let add = |product, value| product * value;
            let exact = i64::checked_mul;
            reduce(call, &Reduction { start: 1.0, add, exact, exact_start: Some(1), ..SUM })
        },
        "ReduceMax" => |call| {
            let add =
                |most: f64, value: f64| if value > most || value.is_nan() { value } else { most };
            let exact = |most: i64, value| Some(most.max(value));
            let start = f64::NEG_INFINITY;
            reduce(call, &Reduction { start, add, exact, exact_start: None, ..SUM })
        },
        "ReduceMin" => |call| {
            let add = |least: f64, value: f64| {
                if value < least || value.is_nan() { value } else { least }
            };
            let exact = |least: i64, value| Some(least.min(value));
            reduce(call, &Reduction { start: f64::INFINITY, add, exact, exact_start: None, ..SUM })
        },
        "ReduceL1" => |call| {
            let exact = |sum: i64, value: i64| sum.checked_add(value.checked_abs()?);
            reduce(
                call,
                &Reduction { add: |sum, value| sum + value.abs(), exact, plain: false, ..SUM },
            )
        },
        "ReduceSumSquare" => |call| reduce(call, &SQUARES),
        "ReduceL2" => |call| {
            let end = |sum: f64, _| sum.sqrt();
            reduce(call, &Reduction { end, exact_end: None, ..SQUARES })
        },
        "CumSum" => running::sum,
        _ => return None,
    })
}

const SQUARES: Reduction = Reduction {
    add: |sum, value| sum + value * value,
    exact: |sum, value| sum.checked_add(value.checked_mul(value)?),
    plain: false,
    ..SUM
};

fn reduce(call: &Call<'_>, how: &Reduction) -> Outcome<Array> {
    let array = call.input(0)?;
    let rank = array.dims.len();
    let axes = match call.ints(1, "axes")?.filter(|axes| !axes.is_empty()) {
        Some(axes) => call.axes(&axes, rank)?,
        None if call.node().flag("noop_with_empty_axes", false) => match how.plain {
            true => return Ok(array.clone()),
            false => return Err("noop_with_empty_axes is read in two ways: name the axes".into()),
        },
        None => (0..rank).collect(),
    };
    let mut dims = array.dims.clone();
    axes.iter().for_each(|&axis| dims[axis] = 1);
    let data = along(array, &dims, how)?;
    if !call.node().flag("keepdims", true) {
        let kept = (0..rank).filter(|axis| !axes.contains(axis));
        dims = kept.map(|axis| dims[axis]).collect();
    }
    Ok(Array { dims, data })
}

/// Down to the sides `dims`: broadcasting, read backwards.
fn along(array: &Array, dims: &[usize], how: &Reduction) -> Outcome<Data> {
    let walk = Walk::spread(dims, &array.dims)?;
    let made = count(dims)?;
    let each = array.data.count().checked_div(made).unwrap_or(0);
    if let Data::F32(values) = &array.data {
        let mut sums = vec![how.start; made];
        for (place, &value) in walk.zip(values) {
            sums[place] = (how.add)(sums[place], value.into());
        }
        let ends = sums.into_iter().map(|sum| (how.end)(sum, each as f64) as f32);
        return Ok(Data::F32(ends.collect()));
    }
    let (values, truths) = match &array.data {
        // The greatest of truth values is whether any is true, and ONNX knows no sum of them.
        Data::Bool(values) if how.exact_start.is_none() => {
            (values.iter().map(|&value| value.into()).collect(), true)
        }
        others => (others.ints()?, false),
    };
    let end = how.exact_end.ok_or("integers have no such norm")?;
    let mut sums = vec![how.exact_start; made];
    for (place, &value) in walk.zip(values.iter()) {
        let sum = sums[place].map_or(Some(value), |sum| (how.exact)(sum, value));
        sums[place] = Some(sum.ok_or("the result leaves 64 bits")?);
    }
    let end = |sum: Option<i64>| sum.and_then(|sum| end(sum, each as i64));
    let ends = sums.into_iter().map(|sum| end(sum).ok_or("no numbers at all"));
    let ends = ends.collect::<Result<Vec<_>, _>>()?;
    Ok(match truths {
        true => Data::Bool(ends.into_iter().map(|end| end != 0).collect()),
        false => Data::I64(ends),
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::{assert_close, floats, int, ints, one, run};
    use crate::proto::Attribute;

    fn cube() -> crate::array::Array {
        let values: Vec<_> = (1..=12u8).map(f32::from).collect();
        floats(&[3, 2, 2], &values)
    }

    #[test]
    fn axes_are_a_setting_or_an_input() {
        let (axes, drop) = (("axes", Attribute::Ints(vec![-2])), ("keepdims", int(0)));
        let old = one("ReduceMean", 13, &[axes, drop.clone()], &[&cube()]);
        assert_eq!(old, one("ReduceMean", 18, &[drop], &[&cube(), &ints(&[1])]));
        assert_eq!(old, floats(&[3, 2], &[2.0, 3.0, 6.0, 7.0, 10.0, 11.0]));
    }

    #[test]
    fn without_axes_all_are_summed_up_or_none() {
        assert_eq!(one("ReduceSum", 13, &[], &[&cube()]), floats(&[1, 1, 1], &[78.0]));
        let noop = [("noop_with_empty_axes", int(1))];
        assert_eq!(one("ReduceSum", 13, &noop, &[&cube(), &ints(&[])]), cube());
        assert!(run("ReduceL2", 18, &noop, &[&cube()]).is_err());
    }

    #[test]
    fn a_norm_is_the_root_of_squares() {
        let norms = one("ReduceL2", 18, &[("keepdims", int(0))], &[&cube(), &ints(&[2])]);
        let expected = [2.236_068, 5.0, 7.810_25, 10.630_146, 13.453_624, 16.278_821];
        assert_close(&norms, &floats(&[3, 2], &expected));
    }
}
