//! Scores that become weights, a query per lane: nothing is summed across lanes.

use super::functions::exp_of_nothing_above_zero as exp;
use crate::vector::Vector;

/// Scores of some keys for some queries, and what is known of the keys before.
///
/// # Safety
/// `queries` floats may be read from and written to `largest`, `sums` and `factors`, and as many of each of
/// `keys` rows of `scores`, `row` floats apart.
pub(crate) struct SoftmaxTile {
    /// `[key][query]`.
    pub(crate) scores: *mut f32,
    pub(crate) row: usize,
    pub(crate) keys: usize,
    /// A multiple of 16.
    pub(crate) queries: usize,
    /// Of every query the largest score so far.
    pub(crate) largest: *mut f32,
    /// The sum of its weights, in units of that of the largest score.
    pub(crate) sums: *mut f32,
    /// What brings all that was summed up before into these units; nothing is there for the first keys.
    pub(crate) factors: *mut f32,
    /// Whether there are no keys before.
    pub(crate) is_first: bool,
}

/// exp(score − largest) in the place of every score (Milakov and Gimelshein 2018).
///
/// # Safety
/// As [`SoftmaxTile`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn softmax<V: Vector>(tile: &SoftmaxTile) {
    // Several at once, since each waits for the one before.
    const CHAINS: usize = 4;
    let whole = tile.keys / CHAINS * CHAINS;
    for query in (0..tile.queries).step_by(V::LANES) {
        // SAFETY: keys and queries stay below the tile's.
        unsafe {
            let scores = tile.scores.add(query);
            let largest = tile.largest.add(query);
            let before = match tile.is_first {
                true => V::splat(f32::NEG_INFINITY),
                false => V::load(largest),
            };
            // A score that is no number is passed over here, and spoils the sum of weights.
            let mut most = [before; CHAINS];
            for key in (0..whole).step_by(CHAINS) {
                for (chain, most) in most.iter_mut().enumerate() {
                    *most = most.raised_to(V::load(scores.add((key + chain) * tile.row)));
                }
            }
            for key in whole..tile.keys {
                most[0] = most[0].raised_to(V::load(scores.add(key * tile.row)));
            }
            let most = most[0].raised_to(most[1]).raised_to(most[2].raised_to(most[3]));
            most.store(largest);
            let sums = tile.sums.add(query);
            let mut sum = V::splat(0.0);
            if !tile.is_first {
                let factor = exp(before.sub(most));
                factor.store(tile.factors.add(query));
                sum = V::load(sums).mul(factor);
            }
            // Sums of fewer weights round less.
            let mut chains = [V::splat(0.0); CHAINS];
            for key in (0..whole).step_by(CHAINS) {
                for (chain, sum) in chains.iter_mut().enumerate() {
                    *sum = sum.add(weigh(scores.add((key + chain) * tile.row), most));
                }
            }
            for key in whole..tile.keys {
                chains[0] = chains[0].add(weigh(scores.add(key * tile.row), most));
            }
            let [a, b, c, d] = chains;
            sum.add(a.add(b).add(c.add(d))).store(sums);
        }
    }
}

/// Puts the weights in the place of their scores.
///
/// # Safety
/// A vector may be read from and written to the scores, and its instructions must exist.
#[inline(always)]
unsafe fn weigh<V: Vector>(scores: *mut f32, largest: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let weights = exp(V::load(scores).sub(largest));
        weights.store(scores);
        weights
    }
}

/// `len` numbers, a multiple of 16, divided by another.
///
/// # Safety
/// They may be read and written, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn divide<V: Vector>(numbers: *mut f32, len: usize, by: f32) {
    for i in (0..len).step_by(V::LANES) {
        // SAFETY: the caller's promise.
        unsafe { V::load(numbers.add(i)).div(V::splat(by)).store(numbers.add(i)) }
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

    fn run(is_first: bool, keys: usize, softmax: unsafe fn(&SoftmaxTile)) -> [Vec<f32>; 4] {
        let mut found =
            [numbers(keys * 32, 1.0), numbers(32, 2.0), numbers(32, 3.0), numbers(32, 4.0)];
        let [scores, largest, sums, factors] = found.each_mut().map(|part| part.as_mut_ptr());
        let tile =
            SoftmaxTile { scores, row: 32, keys, queries: 32, largest, sums, factors, is_first };
        // SAFETY: all are as long as the tile says, and the caller has the instructions.
        unsafe { softmax(&tile) };
        found
    }

    #[test]
    fn weights_have_the_bits_of_the_scalar_twin() {
        for (keys, is_first) in [(1, true), (7, false), (256, true), (258, false)] {
            let bits = |found: [Vec<f32>; 4]| {
                found.map(|part| part.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
            };
            let expected = bits(run(is_first, keys, softmax::<Fused>));
            let sets = [crate::InstructionSet::Avx512, crate::InstructionSet::Avx2];
            let sets = sets.into_iter().filter(|set| set.is_available()).map(Kernels::of);
            sets.for_each(|kernels| {
                assert!(bits(run(is_first, keys, kernels.softmax)) == expected)
            });
        }
    }

    #[test]
    fn weights_are_the_exponentials_of_distances_to_the_largest() {
        let (scores, keys) = (numbers(256 * 32, 1.0), 256);
        let [weights, largest, sums, _] = run(true, keys, softmax::<Fused>);
        for query in 0..32 {
            let column = |numbers: &[f32]| -> Vec<f64> {
                numbers.iter().skip(query).step_by(32).map(|&x| f64::from(x)).collect()
            };
            let scores = column(&scores);
            let most = scores.iter().copied().fold(f64::MIN, f64::max);
            assert_eq!(f64::from(largest[query]), most);
            let expected: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
            let differences = column(&weights).into_iter().zip(&expected);
            assert!(differences.clone().all(|(found, e)| (found - e).abs() < 1e-6 * e), "{query}");
            let sum: f64 = expected.iter().sum();
            assert!((f64::from(sums[query]) - sum).abs() < 1e-6 * sum);
        }
    }
}
