//! Products of two activations, rows by a panel of columns: what attention is made of.

use crate::vector::Vector;

/// sums = left·right, or that added to factors times what is there.
///
/// # Safety
/// For every row, `depth` floats may be read from `left`, the rows `left_row` floats apart and a row's own
/// `left_step`, and `columns` read from and written to `sums`, `sums_row` apart; from `right`, `depth` rows
/// of `columns`, `right_row` apart; from `factors`, if it is not null, one float for each row.
pub(crate) struct Product {
    pub(crate) left: *const f32,
    pub(crate) left_row: usize,
    pub(crate) left_step: usize,
    pub(crate) right: *const f32,
    pub(crate) right_row: usize,
    pub(crate) depth: usize,
    /// A multiple of 16.
    pub(crate) columns: usize,
    pub(crate) sums: *mut f32,
    pub(crate) sums_row: usize,
    /// Per row, what is there is multiplied with this before the product is added; or null, and it is not
    /// looked at.
    pub(crate) factors: *const f32,
}

/// `ROWS` rows from `row` on by `WIDE` vectors of columns from `column` on; in `left` the rows lie side by
/// side if `BESIDE`.
///
/// # Safety
/// As [`Product`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn product<
    V: Vector,
    const ROWS: usize,
    const WIDE: usize,
    const BESIDE: bool,
>(
    product: &Product,
    row: usize,
    column: usize,
) {
    // SAFETY: rows, columns and depth stay within what the product says it covers.
    unsafe {
        let to = product.sums.add(row * product.sums_row + column);
        let mut sums = [[V::splat(0.0); WIDE]; ROWS];
        if !product.factors.is_null() {
            for (i, sums) in sums.iter_mut().enumerate() {
                let factor = V::splat(*product.factors.add(row + i));
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(to.add(i * product.sums_row + v * V::LANES)).mul(factor);
                }
            }
        }
        let (left_row, left_step) = match BESIDE {
            true => (1, product.left_step),
            false => (product.left_row, 1),
        };
        let mut left = product.left.add(row * left_row);
        let mut right = product.right.add(column);
        for _ in 0..product.depth {
            let mut factors = [V::splat(0.0); WIDE];
            for (v, factor) in factors.iter_mut().enumerate() {
                *factor = V::load(right.add(v * V::LANES));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(*left.add(i * left_row));
                for (sum, factor) in sums.iter_mut().zip(factors) {
                    *sum = x.mul_add(factor, *sum);
                }
            }
            left = left.add(left_step);
            right = right.add(product.right_row);
        }
        // By reference, since arrays that are iterated over by value leave their registers.
        for (i, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                sum.store(to.add(i * product.sums_row + v * V::LANES));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Kernels;
    use crate::vector::Fused;

    fn numbers(len: usize, seed: f32) -> Vec<f32> {
        (0..len).map(|i| 5.0 * (i as f32 * 0.7 + seed).sin()).collect()
    }

    /// The scalar twin of a product, one row and one column at a time.
    unsafe fn twin(rows: usize, tile: &Product) {
        for row in 0..rows {
            for column in 0..tile.columns {
                // SAFETY: the caller's promise.
                unsafe {
                    match tile.left_row {
                        1 => product::<Fused, 1, 1, true>(tile, row, column),
                        _ => product::<Fused, 1, 1, false>(tile, row, column),
                    }
                }
            }
        }
    }

    #[test]
    fn products_have_the_bits_of_the_scalar_twin() {
        let (rows, depth) = (17, 9);
        let (left, right) = (numbers(rows * depth, 1.0), numbers(32 * depth, 2.0));
        let factors = numbers(rows, 4.0);
        for (columns, adds) in [(32, false), (16, true)] {
            for (left_row, left_step) in [(depth, 1), (1, rows)] {
                let run = |kernel: unsafe fn(usize, &Product)| {
                    let mut sums = numbers(rows * columns, 3.0);
                    let tile = Product {
                        left: left.as_ptr(),
                        left_row,
                        left_step,
                        right: right.as_ptr(),
                        right_row: columns,
                        depth,
                        columns,
                        sums: sums.as_mut_ptr(),
                        sums_row: columns,
                        factors: if adds { factors.as_ptr() } else { std::ptr::null() },
                    };
                    // SAFETY: all are as long as the tile says, and the caller has the instructions.
                    unsafe { kernel(rows, &tile) };
                    sums.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
                };
                let expected = run(twin);
                let sets = [crate::InstructionSet::Avx512, crate::InstructionSet::Avx2];
                let sets = sets.into_iter().filter(|set| set.is_available());
                assert!(sets.map(Kernels::of).all(|kernels| run(kernels.product) == expected));
            }
        }
    }
}
