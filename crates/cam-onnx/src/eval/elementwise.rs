//! Each number on its own.

use cam_fuse::erf;

use crate::array::{Array, Data};

use super::call::Call;
use super::cast::like;
use super::data::mixed;
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "Neg" => |call| number(call, |value| -value, i64::checked_neg),
        "Abs" => |call| number(call, f32::abs, i64::checked_abs),
        "Sign" => |call| number(call, sign, |value| Some(value.signum())),
        "Relu" => |call| number(call, |value| greater(value, 0.0), |value| Some(value.max(0))),
        "Ceil" => |call| float(call, f32::ceil),
        "Floor" => |call| float(call, f32::floor),
        "Round" => |call| float(call, f32::round_ties_even),
        "Sqrt" => |call| float(call, f32::sqrt),
        "Reciprocal" => |call| float(call, f32::recip),
        "Exp" => |call| function(call, f64::exp),
        "Log" => |call| function(call, f64::ln),
        "Sin" => |call| function(call, f64::sin),
        "Cos" => |call| function(call, f64::cos),
        "Tanh" => |call| function(call, f64::tanh),
        "Sigmoid" => |call| function(call, |value| 1.0 / (1.0 + (-value).exp())),
        "Erf" => |call| function(call, erf),
        "Clip" => clip,
        "Not" => |call| {
            let array = call.input(0)?;
            let data = array.data.bools()?.iter().map(|&value| !value).collect();
            Ok(Array { dims: array.dims.clone(), data: Data::Bool(data) })
        },
        "IsNaN" => |call| test(call, f32::is_nan),
        "IsInf" => |call| {
            let positive = call.node().flag("detect_positive", true);
            let negative = call.node().flag("detect_negative", true);
            let wanted = |value: f32| if value > 0.0 { positive } else { negative };
            test(call, |value| value.is_infinite() && wanted(value))
        },
        _ => return None,
    })
}

/// The greater, or NaN if either is.
pub(super) fn greater(a: f32, b: f32) -> f32 {
    if a.is_nan() || a > b { a } else { b }
}

/// The smaller, or NaN if either is.
pub(super) fn smaller(a: f32, b: f32) -> f32 {
    if a.is_nan() || a < b { a } else { b }
}

/// Zero has the sign zero.
fn sign(value: f32) -> f32 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

fn float(call: &Call<'_>, f: fn(f32) -> f32) -> Outcome<Array> {
    let data = call.floats(0)?.iter().map(|&value| f(value)).collect();
    Ok(Array { dims: call.input(0)?.dims.clone(), data: Data::F32(data) })
}

/// In f64, rounded once.
fn function(call: &Call<'_>, f: fn(f64) -> f64) -> Outcome<Array> {
    let data = call.floats(0)?.iter().map(|&value| f(value.into()) as f32).collect();
    Ok(Array { dims: call.input(0)?.dims.clone(), data: Data::F32(data) })
}

fn test(call: &Call<'_>, f: impl Fn(f32) -> bool) -> Outcome<Array> {
    let data = call.floats(0)?.iter().map(|&value| f(value)).collect();
    Ok(Array { dims: call.input(0)?.dims.clone(), data: Data::Bool(data) })
}

fn number(
    call: &Call<'_>,
    f: impl Fn(f32) -> f32,
    i: impl Fn(i64) -> Option<i64>,
) -> Outcome<Array> {
    let array = call.input(0)?;
    let data = match &array.data {
        Data::F32(values) => Data::F32(values.iter().map(|&value| f(value)).collect()),
        others => {
            let exact = |&value: &i64| i(value).ok_or(format!("{value} leaves 64 bits"));
            Data::I64(others.ints()?.iter().map(exact).collect::<Outcome<_>>()?)
        }
    };
    Ok(Array { dims: array.dims.clone(), data })
}

/// Between bounds, either of which may be missing; the upper one wins.
fn clip(call: &Call<'_>) -> Outcome<Array> {
    let own = &call.input(0)?.data;
    let bound = |position, name| match (call.one(position)?, call.node().float(name)) {
        (Some(bound), _) if bound.kind() != own.kind() => Err(mixed(own, bound)),
        (Some(bound), _) => Ok(Some(bound.clone())),
        (None, Some(bound)) => like(&Data::F32(vec![bound]), own).map(Some),
        (None, None) => Ok(None),
    };
    let (low, high) = (bound(1, "min")?, bound(2, "max")?);
    let first = |bound: &Option<Data>| bound.as_ref().map(|bound| bound.floats().map(|b| b[0]));
    if let Data::F32(_) = own {
        let (low, high) = (first(&low).transpose()?, first(&high).transpose()?);
        let raise = |value| low.map_or(value, |low| greater(value, low));
        let lower = |value| high.map_or(value, |high| smaller(value, high));
        return number(call, |value| lower(raise(value)), Some);
    }
    let first = |bound: Option<Data>| bound.map(|bound| bound.ints().map(|b| b[0])).transpose();
    let (low, high) = (first(low)?.unwrap_or(i64::MIN), first(high)?.unwrap_or(i64::MAX));
    number(call, |value| value, |value| Some(value.max(low).min(high)))
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, ints, one, run, shaped};
    use cam_fuse::erf;

    #[test]
    fn halves_are_rounded_to_even() {
        let value = floats(&[8], &[0.1, 0.5, 0.9, 1.2, 1.5, 2.5, -1.5, -2.5]);
        let expected = floats(&[8], &[0.0, 0.0, 1.0, 1.0, 2.0, 2.0, -2.0, -2.0]);
        assert_eq!(one("Round", 11, &[], &[&value]), expected);
    }

    /// Table 7.1 of Abramowitz and Stegun.
    #[test]
    fn erf_agrees_with_the_table() {
        for (x, expected) in
            [(0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (2.0, 0.995_322_265_0)]
        {
            assert!((erf(x) - expected).abs() < 1e-10, "{x}: {}", erf(x));
            assert_eq!(erf(-x), -erf(x));
        }
    }

    #[test]
    fn a_missing_bound_is_none_and_the_upper_one_wins() {
        let value = floats(&[3], &[-2.0, 0.0, 2.0]);
        let bound = |value| floats(&[], &[value]);
        let clipped = one("Clip", 12, &[], &[&value, &bound(-1.0)]);
        assert_eq!(clipped, floats(&[3], &[-1.0, 0.0, 2.0]));
        let clipped = one("Clip", 12, &[], &[&value, &bound(2.0), &bound(1.0)]);
        assert_eq!(clipped, floats(&[3], &[1.0, 1.0, 1.0]));
        let clipped =
            one("Clip", 12, &[], &[&ints(&[-5, 5]), &shaped(&[], &[-1]), &shaped(&[], &[1])]);
        assert_eq!(clipped, ints(&[-1, 1]));
    }

    #[test]
    fn the_negative_of_the_lowest_integer_is_refused() {
        assert!(run("Neg", 13, &[], &[&ints(&[i64::MIN])]).is_err());
    }
}
