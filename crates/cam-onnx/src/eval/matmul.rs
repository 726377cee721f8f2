//! Products of matrices.

use crate::array::{Array, Data};

use super::arithmetic::arithmetic;
use super::call::Call;
use super::data::mixed;
use super::index::{Walk, broadcast, count, most};
use super::movement::transpose;
use super::{Outcome, Single};

/// The most multiplications of one product: some ten seconds. Two small constants can ask for years.
const LONGEST: u64 = 1 << 34;

/// And for each number that a value may have.
const PER_NUMBER: u64 = 64;

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "MatMul" => |call| matmul(call.input(0)?, call.input(1)?),
        "Gemm" => gemm,
        _ => return None,
    })
}

/// As NumPy's: axes in front of the last two broadcast, and a vector is a row on the left and a column on the right.
fn matmul(a: &Array, b: &Array) -> Outcome<Array> {
    let misfit = || format!("{:?} and {:?} cannot be multiplied", a.dims, b.dims);
    let (a_front, rows, inner) = match a.dims[..] {
        [] => return Err(misfit()),
        [inner] => (&[][..], None, inner),
        [ref front @ .., rows, inner] => (front, Some(rows), inner),
    };
    let (b_front, height, columns) = match b.dims[..] {
        [] => return Err(misfit()),
        [height] => (&[][..], height, None),
        [ref front @ .., height, columns] => (front, height, Some(columns)),
    };
    if height != inner {
        return Err(misfit());
    }
    let mut dims = broadcast(&[a_front, b_front])?;
    let matrices = Walk::spread(a_front, &dims)?.zip(Walk::spread(b_front, &dims)?);
    dims.extend(rows.into_iter().chain(columns));
    let work = (count(&dims)? as u64).saturating_mul(inner as u64);
    // A small file multiplies little.
    let longest = LONGEST.min((most() as u64).saturating_mul(PER_NUMBER));
    if work > longest {
        return Err(format!(
            "a product of {work} multiplications is refused: the most is {longest}"
        ));
    }
    let sides = (rows.unwrap_or(1), inner, columns.unwrap_or(1));
    let data = match (&a.data, &b.data) {
        (Data::F32(left), Data::F32(right)) => {
            let add = |sum: f64, a: f32, b: f32| Some(sum + f64::from(a) * f64::from(b));
            let sums = products(left, right, matrices, sides, add)?;
            Data::F32(sums.into_iter().map(|sum| sum as f32).collect())
        }
        (Data::F32(_), _) | (_, Data::F32(_)) => return Err(mixed(&a.data, &b.data)),
        (left, right) => {
            let add = |sum: i64, a: i64, b: i64| sum.checked_add(a.checked_mul(b)?);
            Data::I64(products(&left.ints()?, &right.ints()?, matrices, sides, add)?)
        }
    };
    Ok(Array { dims, data })
}

/// A product for each pair of matrices, named by their number.
fn products<T: Copy, S: Copy + Default>(
    a: &[T],
    b: &[T],
    matrices: impl Iterator<Item = (usize, usize)>,
    (rows, inner, columns): (usize, usize, usize),
    add: impl Fn(S, T, T) -> Option<S>,
) -> Outcome<Vec<S>> {
    let mut all = Vec::new();
    for (left, right) in matrices {
        let (a, b) = (&a[left * rows * inner..], &b[right * inner * columns..]);
        for row in 0..rows {
            let start = all.len();
            all.resize(start + columns, S::default());
            for i in 0..inner {
                let factor = a[row * inner + i];
                let others = &b[i * columns..(i + 1) * columns];
                for (sum, &other) in all[start..].iter_mut().zip(others) {
                    *sum = add(*sum, factor, other).ok_or("the product leaves 64 bits")?;
                }
            }
        }
    }
    Ok(all)
}

/// α·A·B + β·C.
fn gemm(call: &Call<'_>) -> Outcome<Array> {
    let turned = |position, name| {
        let array = call.input(position)?;
        match (call.node().flag(name, false), array.dims.len()) {
            (_, rank) if rank != 2 => Err(format!("a matrix is needed, not {:?}", array.dims)),
            (true, _) => transpose(array, &[1, 0]),
            (false, _) => Ok(array.clone()),
        }
    };
    let product = scaled(
        &matmul(&turned(0, "transA")?, &turned(1, "transB")?)?,
        call.node().float_or("alpha", 1.0),
    )?;
    let Some(bias) = call.optional(2) else { return Ok(product) };
    let bias = scaled(bias, call.node().float_or("beta", 1.0))?;
    let sum = arithmetic(&product, &bias, |a, b| a + b, i64::checked_add)?;
    match sum.dims == product.dims {
        true => Ok(sum),
        false => Err(format!("{:?} does not broadcast to {:?}", bias.dims, product.dims)),
    }
}

fn scaled(array: &Array, factor: f32) -> Outcome<Array> {
    let data = match &array.data {
        data if factor == 1.0 => data.clone(),
        data => Data::F32(data.floats()?.iter().map(|&value| value * factor).collect()),
    };
    Ok(Array { dims: array.dims.clone(), data })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, int, ints, one, run, shaped};

    #[test]
    fn vectors_are_rows_and_columns() {
        let (matrix, vector) = (shaped(&[2, 3], &[1, 2, 3, 4, 5, 6]), ints(&[1, 0, -1]));
        assert_eq!(one("MatMul", 13, &[], &[&matrix, &vector]), ints(&[-2, -2]));
        assert_eq!(one("MatMul", 13, &[], &[&vector, &vector]), shaped(&[], &[2]));
        assert!(run("MatMul", 13, &[], &[&vector, &matrix]).is_err());
    }

    #[test]
    fn front_axes_broadcast() {
        let (a, b) = (shaped(&[2, 1, 1, 2], &[1, 2, 3, 4]), shaped(&[2, 2, 1], &[1, 1, 1, 2]));
        assert_eq!(one("MatMul", 13, &[], &[&a, &b]), shaped(&[2, 2, 1, 1], &[3, 5, 7, 11]));
    }

    #[test]
    fn gemm_turns_scales_and_adds() {
        let (a, b) =
            (floats(&[2, 1], &[1.0, 2.0]), floats(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let settings = [
            ("transA", int(1)),
            ("transB", int(1)),
            ("alpha", crate::proto::Attribute::Float(0.5)),
        ];
        let made = one("Gemm", 13, &settings, &[&a, &b, &floats(&[3], &[1.0, 1.0, 1.0])]);
        assert_eq!(made, floats(&[1, 3], &[3.5, 6.5, 9.5]));
    }

    #[test]
    fn a_product_of_years_is_refused() {
        let line = floats(&[1 << 14, 1 << 10], &vec![0.0; 1 << 24]);
        let turned = floats(&[1 << 10, 1 << 14], &vec![0.0; 1 << 24]);
        assert!(run("MatMul", 13, &[], &[&line, &turned]).is_err());
    }
}
