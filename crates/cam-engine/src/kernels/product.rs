//! Products of two activations, rows by a panel of columns: what attention is made of.

use super::functions::exp;
use super::lanes::{LANES, VECTORS, floats, larger, largest, total, vectors};
use crate::vector::Vector;

/// sums = left·right, or added to what is there.
///
/// # Safety
/// For every row, `depth` floats may be read from `left`, `left_row` floats apart, and `columns` read from
/// and written to `sums`, `sums_row` apart; from `right`, `depth` rows of `columns`, `right_row` apart.
pub(crate) struct Product {
    pub(crate) left: *const f32,
    pub(crate) left_row: usize,
    pub(crate) right: *const f32,
    pub(crate) right_row: usize,
    pub(crate) depth: usize,
    /// A multiple of 16.
    pub(crate) columns: usize,
    pub(crate) sums: *mut f32,
    pub(crate) sums_row: usize,
    /// Whether the product is added to what is there.
    pub(crate) adds: bool,
}

/// `ROWS` rows from `row` on by `WIDE` vectors of columns from `column` on.
///
/// # Safety
/// As [`Product`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn product<V: Vector, const ROWS: usize, const WIDE: usize>(
    product: &Product,
    row: usize,
    column: usize,
) {
    // SAFETY: rows, columns and depth stay within what the product says it covers.
    unsafe {
        let to = product.sums.add(row * product.sums_row + column);
        let mut sums = [[V::splat(0.0); WIDE]; ROWS];
        if product.adds {
            for (i, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(to.add(i * product.sums_row + v * V::LANES));
                }
            }
        }
        let left = product.left.add(row * product.left_row);
        let mut right = product.right.add(column);
        for k in 0..product.depth {
            let mut factors = [V::splat(0.0); WIDE];
            for (v, factor) in factors.iter_mut().enumerate() {
                *factor = V::load(right.add(v * V::LANES));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(*left.add(i * product.left_row + k));
                for (sum, factor) in sums.iter_mut().zip(factors) {
                    *sum = x.mul_add(factor, *sum);
                }
            }
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

/// A row of scores that become weights, and what was summed up with the weights before them.
///
/// # Safety
/// `count`, rounded up to a multiple of 16, floats may be read from and written to `scores`, `width` to
/// `sums`, and both of `state`.
pub(crate) struct SoftmaxRow {
    pub(crate) scores: *mut f32,
    pub(crate) count: usize,
    /// The largest score so far, and the sum of the weights in its units.
    pub(crate) state: *mut [f32; 2],
    pub(crate) sums: *mut f32,
    /// A multiple of 16.
    pub(crate) width: usize,
    /// Whether there is nothing before.
    pub(crate) is_first: bool,
}

/// exp(score − largest) in the place of every score; what was summed up before is brought into the units
/// of the new largest one (Milakov and Gimelshein 2018).
///
/// # Safety
/// As [`SoftmaxRow`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn softmax<V: Vector>(row: &SoftmaxRow) {
    let padded = row.count.next_multiple_of(LANES);
    // SAFETY: the caller's promise; vectors go to the padded end at most.
    unsafe {
        // What is no score weighs nothing: e⁻⁸⁷ beside the 1 of the largest.
        for i in row.count..padded {
            *row.scores.add(i) = f32::NEG_INFINITY;
        }
        let [before, weights] = *row.state;
        let found = largest::<V>(row.scores, padded);
        let most = if row.is_first { found } else { larger(before, found) };
        let largest = V::splat(most);
        let mut sums = [V::splat(0.0); VECTORS];
        for i in (0..padded).step_by(LANES) {
            for (v, sum) in sums.iter_mut().enumerate().take(vectors::<V>()) {
                let score = row.scores.add(i + v * V::LANES);
                let weight = exp(V::load(score).sub(largest));
                weight.store(score);
                *sum = sum.add(weight);
            }
        }
        let mut sum = total(floats(&sums));
        if !row.is_first {
            let factor = exp(V::splat(before - most));
            for i in (0..row.width).step_by(V::LANES) {
                let sums = row.sums.add(i);
                V::load(sums).mul(factor).store(sums);
            }
            sum += weights * floats(&[factor; VECTORS])[0];
        }
        *row.state = [most, sum];
    }
}

/// The sums of a row, divided by the sum of the weights.
///
/// # Safety
/// As [`SoftmaxRow`] says of its sums and state, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn divide<V: Vector>(row: &SoftmaxRow) {
    // SAFETY: the caller's promise.
    unsafe {
        let weights = V::splat((*row.state)[1]);
        for i in (0..row.width).step_by(V::LANES) {
            let sums = row.sums.add(i);
            V::load(sums).div(weights).store(sums);
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

    fn bits(numbers: &[f32]) -> Vec<u32> {
        numbers.iter().map(|x| x.to_bits()).collect()
    }

    fn fused() -> impl Iterator<Item = &'static Kernels> {
        let sets = [crate::InstructionSet::Avx512, crate::InstructionSet::Avx2].into_iter();
        sets.filter(|set| set.is_available()).map(Kernels::of)
    }

    /// The scalar twin of a product, one row and one column at a time.
    unsafe fn twin(rows: usize, tile: &Product) {
        for row in 0..rows {
            for column in 0..tile.columns {
                // SAFETY: the caller's promise.
                unsafe { product::<Fused, 1, 1>(tile, row, column) }
            }
        }
    }

    #[test]
    fn products_have_the_bits_of_the_scalar_twin() {
        let (rows, depth) = (17, 9);
        let (left, right) = (numbers(rows * depth, 1.0), numbers(32 * depth, 2.0));
        for (columns, adds) in [(32, false), (16, true)] {
            let run = |kernel: unsafe fn(usize, &Product)| {
                let mut sums = numbers(rows * columns, 3.0);
                let tile = Product {
                    left: left.as_ptr(),
                    left_row: depth,
                    right: right.as_ptr(),
                    right_row: columns,
                    depth,
                    columns,
                    sums: sums.as_mut_ptr(),
                    sums_row: columns,
                    adds,
                };
                // SAFETY: all are as long as the tile says, and the caller has the instructions.
                unsafe { kernel(rows, &tile) };
                bits(&sums)
            };
            let expected = run(twin);
            assert!(fused().all(|kernels| run(kernels.product) == expected));
        }
    }

    #[test]
    fn weights_have_the_bits_of_the_scalar_twin() {
        for (count, is_first) in [(1, true), (40, false), (256, false)] {
            let run = |softmax: unsafe fn(&SoftmaxRow), divide: unsafe fn(&SoftmaxRow)| {
                let mut scores = numbers(256, 1.0);
                let (mut sums, mut state) = (numbers(48, 2.0), [3.0, 7.0]);
                let row = SoftmaxRow {
                    scores: scores.as_mut_ptr(),
                    count,
                    state: &raw mut state,
                    sums: sums.as_mut_ptr(),
                    width: 48,
                    is_first,
                };
                // SAFETY: all are as long as the row says, and the caller has the instructions.
                unsafe {
                    softmax(&row);
                    divide(&row);
                }
                [bits(&scores), bits(&sums), bits(&state)]
            };
            let expected = run(softmax::<Fused>, divide::<Fused>);
            assert!(fused().all(|kernels| run(kernels.softmax, kernels.divide) == expected));
        }
    }
}
