//! Two values compared number by number, and truth values combined.

use std::cmp::Ordering;

use crate::array::{Array, Data};

use super::arithmetic::pairs;
use super::call::Call;
use super::data::mixed;
use super::index::broadcast;
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "And" => |call| logic(call, |a, b| a & b),
        "Or" => |call| logic(call, |a, b| a | b),
        "Xor" => |call| logic(call, |a, b| a ^ b),
        "Equal" => |call| compare(call, Ordering::is_eq),
        "Less" => |call| compare(call, Ordering::is_lt),
        "LessOrEqual" => |call| compare(call, Ordering::is_le),
        "Greater" => |call| compare(call, Ordering::is_gt),
        "GreaterOrEqual" => |call| compare(call, Ordering::is_ge),
        _ => return None,
    })
}

fn logic(call: &Call<'_>, f: fn(bool, bool) -> bool) -> Outcome<Array> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let dims = broadcast(&[&a.dims, &b.dims])?;
    let (left, right) = (a.data.bools()?, b.data.bools()?);
    let pairs = pairs((left, &a.dims), (right, &b.dims), &dims)?;
    Ok(Array { data: Data::Bool(pairs.map(|(a, b)| f(a, b)).collect()), dims })
}

/// NaN stands in no order to anything.
fn compare(call: &Call<'_>, holds: fn(Ordering) -> bool) -> Outcome<Array> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let dims = broadcast(&[&a.dims, &b.dims])?;
    let data = match (&a.data, &b.data) {
        (Data::F32(left), Data::F32(right)) => {
            let pairs = pairs((left, &a.dims), (right, &b.dims), &dims)?;
            pairs.map(|(a, b)| a.partial_cmp(&b).is_some_and(holds)).collect()
        }
        (Data::Bool(left), Data::Bool(right)) => {
            let pairs = pairs((left, &a.dims), (right, &b.dims), &dims)?;
            pairs.map(|(a, b)| holds(a.cmp(&b))).collect()
        }
        (left, right) => {
            let (left, right) = match (left.ints(), right.ints()) {
                (Ok(left), Ok(right)) => (left, right),
                _ => return Err(mixed(left, right)),
            };
            let pairs = pairs((&left[..], &a.dims), (&right[..], &b.dims), &dims)?;
            pairs.map(|(a, b)| holds(a.cmp(&b))).collect()
        }
    };
    Ok(Array { dims, data: Data::Bool(data) })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, one};

    #[test]
    fn not_a_number_is_in_no_order() {
        let (a, b) = (floats(&[3], &[f32::NAN, 1.0, 2.0]), floats(&[3], &[f32::NAN, 1.0, 1.0]));
        for (kind, expected) in [
            ("Equal", [false, true, false]),
            ("LessOrEqual", [false, true, false]),
            ("Greater", [false, false, true]),
        ] {
            assert_eq!(one(kind, 16, &[], &[&a, &b]).data.bools(), Ok(&expected[..]), "{kind}");
        }
    }
}
