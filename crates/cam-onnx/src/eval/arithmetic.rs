//! Two values number by number, with NumPy's broadcasting.

use crate::array::{Array, Data};

use super::call::Call;
use super::data::mixed;
use super::elementwise::{greater, smaller};
use super::index::{Walk, broadcast};
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "Add" => |call| binary(call, |a, b| a + b, i64::checked_add),
        "Sub" => |call| binary(call, |a, b| a - b, i64::checked_sub),
        "Mul" => |call| binary(call, |a, b| a * b, i64::checked_mul),
        "Div" => |call| binary(call, |a, b| a / b, i64::checked_div),
        "Mod" => |call| match call.node().flag("fmod", false) {
            true => binary(call, |a, b| a % b, i64::checked_rem),
            // The sign of the divisor.
            false => binary(call, modulo, |a, b| {
                let rest = a.checked_rem(b)?;
                Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
            }),
        },
        "Pow" => pow,
        "Max" => |call| fold(call, greater, |a, b| Some(a.max(b))),
        "Min" => |call| fold(call, smaller, |a, b| Some(a.min(b))),
        "Sum" => |call| fold(call, |a, b| a + b, i64::checked_add),
        _ => return None,
    })
}

/// Numbers of `a` beside those of `b`, where both are read with the sides `dims`.
pub(super) fn pairs<A: Copy, B: Copy>(
    (a, a_dims): (&[A], &[usize]),
    (b, b_dims): (&[B], &[usize]),
    dims: &[usize],
) -> Outcome<impl Iterator<Item = (A, B)>> {
    let places = Walk::spread(a_dims, dims)?.zip(Walk::spread(b_dims, dims)?);
    Ok(places.map(|(left, right)| (a[left], b[right])))
}

/// Both f32, or both integers.
pub(super) fn arithmetic(
    a: &Array,
    b: &Array,
    float: impl Fn(f32, f32) -> f32,
    int: impl Fn(i64, i64) -> Option<i64>,
) -> Outcome<Array> {
    let dims = broadcast(&[&a.dims, &b.dims])?;
    let data = match (&a.data, &b.data) {
        (Data::F32(left), Data::F32(right)) => {
            let pairs = pairs((left, &a.dims), (right, &b.dims), &dims)?;
            Data::F32(pairs.map(|(a, b)| float(a, b)).collect())
        }
        (Data::F32(_), _) | (_, Data::F32(_)) => return Err(mixed(&a.data, &b.data)),
        (left, right) => {
            let (left, right) = (left.ints()?, right.ints()?);
            let exact = |(a, b)| {
                let why = || format!("{a} and {b}: divided by 0, or the result leaves 64 bits");
                int(a, b).ok_or_else(why)
            };
            let pairs = pairs((&left[..], &a.dims), (&right[..], &b.dims), &dims)?;
            Data::I64(pairs.map(exact).collect::<Outcome<_>>()?)
        }
    };
    Ok(Array { dims, data })
}

fn binary(
    call: &Call<'_>,
    float: fn(f32, f32) -> f32,
    int: fn(i64, i64) -> Option<i64>,
) -> Outcome<Array> {
    arithmetic(call.input(0)?, call.input(1)?, float, int)
}

fn fold(
    call: &Call<'_>,
    float: fn(f32, f32) -> f32,
    int: fn(i64, i64) -> Option<i64>,
) -> Outcome<Array> {
    let all = call.all()?;
    all[1..].iter().try_fold(all[0].clone(), |sum, array| arithmetic(&sum, array, float, int))
}

fn modulo(a: f32, b: f32) -> f32 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
}

/// Of the kind of the base; fractions of an integer's power are cut off.
fn pow(call: &Call<'_>) -> Outcome<Array> {
    let (base, exponent) = (call.input(0)?, call.input(1)?);
    let dims = broadcast(&[&base.dims, &exponent.dims])?;
    let real = |array: &Array| match &array.data {
        Data::F32(values) => Ok(values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>()),
        others => others.ints().map(|ints| ints.iter().map(|&int| int as f64).collect()),
    };
    let (left, right) = (real(base)?, real(exponent)?);
    let powers = pairs((&left[..], &base.dims), (&right[..], &exponent.dims), &dims)?;
    let powers = powers.map(|(base, exponent)| (base.powf(exponent), base, exponent));
    let data = match (&base.data, &exponent.data) {
        (Data::F32(_), _) => Data::F32(powers.map(|(power, ..)| power as f32).collect()),
        (_, Data::F32(_)) => {
            // What an f64 holds exactly.
            let exact = |power: f64| power.abs() < 9e15;
            let cut = powers.map(|(power, base, exponent)| match exact(power) {
                true => Ok(power as i64),
                false => Err(format!("{base} to the power of {exponent} is no exact integer")),
            });
            Data::I64(cut.collect::<Outcome<_>>()?)
        }
        _ => {
            let power = |base: i64, exponent| base.checked_pow(u32::try_from(exponent).ok()?);
            return arithmetic(base, exponent, f32::powf, power);
        }
    };
    Ok(Array { dims, data })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, int, ints, one, run, shaped};

    #[test]
    fn integers_are_divided_towards_zero() {
        let (a, b) = (ints(&[-3, 3, -3, 3, 7]), ints(&[2, -2, -2, 2, 4]));
        assert_eq!(one("Div", 14, &[], &[&a, &b]), ints(&[-1, -1, 1, 1, 1]));
        assert!(run("Div", 14, &[], &[&a, &shaped(&[], &[0])]).is_err());
        assert!(run("Div", 14, &[], &[&ints(&[i64::MIN]), &ints(&[-1])]).is_err());
    }

    #[test]
    fn the_rest_has_the_sign_of_the_divisor_or_of_the_dividend() {
        let (a, b) = (ints(&[-4, 7, 5, 4, -7, 8]), ints(&[2, -3, 8, -2, 3, 5]));
        assert_eq!(one("Mod", 13, &[], &[&a, &b]), ints(&[0, -2, 5, 0, 2, 3]));
        assert_eq!(one("Mod", 13, &[("fmod", int(1))], &[&a, &b]), ints(&[0, 1, 5, 0, -1, 3]));
    }

    #[test]
    fn sides_that_are_one_are_repeated() {
        let (a, b) = (shaped(&[2, 1], &[1, 2]), ints(&[10, 20]));
        assert_eq!(one("Add", 14, &[], &[&a, &b]), shaped(&[2, 2], &[11, 21, 12, 22]));
        assert!(run("Add", 14, &[], &[&ints(&[i64::MAX]), &ints(&[1])]).is_err());
        assert!(run("Add", 14, &[], &[&a, &floats(&[], &[1.0])]).is_err());
    }

    #[test]
    fn a_power_is_of_the_kind_of_its_base() {
        let (whole, real) = (ints(&[1, 2, 3]), floats(&[3], &[4.0, 5.0, 6.0]));
        assert_eq!(one("Pow", 15, &[], &[&whole, &real]), ints(&[1, 32, 729]));
        let powers = one("Pow", 15, &[], &[&floats(&[3], &[1.0, 2.0, 3.0]), &ints(&[4, 5, 6])]);
        assert_eq!(powers, floats(&[3], &[1.0, 32.0, 729.0]));
        assert!(run("Pow", 15, &[], &[&ints(&[2]), &ints(&[-1])]).is_err());
    }

    #[test]
    fn not_a_number_spreads() {
        let (a, b) = (floats(&[2], &[f32::NAN, 1.0]), floats(&[2], &[1.0, f32::NAN]));
        let most = one("Max", 13, &[], &[&a, &b]);
        assert!(most.data.floats().unwrap().iter().all(|value| value.is_nan()));
    }
}
