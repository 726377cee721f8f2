//! Layer norm of one pixel.

use super::lanes::{LANES, VECTORS, floats, total, vectors};
use crate::vector::Vector;

/// A pixel and the numbers of its channels.
///
/// # Safety
/// `channels`, rounded up to a multiple of 16, floats may be read from `input`, `scale` and `shift` and
/// written to `output`.
pub(crate) struct NormTile {
    pub(crate) input: *const f32,
    pub(crate) scale: *const f32,
    pub(crate) shift: *const f32,
    pub(crate) output: *mut f32,
    pub(crate) channels: usize,
    pub(crate) epsilon: f32,
}

/// 1 for as many lanes as count, behind which there are zeros: what starts `LANES - n` floats in has n.
static COUNTED: [f32; 2 * LANES] = {
    let mut counted = [0.0; 2 * LANES];
    let mut i = 0;
    while i < LANES {
        counted[i] = 1.0;
        i += 1;
    }
    counted
};

/// (x − mean)/√(variance + ε)·scale + shift: the mean first, then the squares of what it leaves, which
/// keeps the digits of channels that lie close together.
///
/// # Safety
/// As [`NormTile`] says, and the vector's instructions must exist.
#[inline(always)]
pub(super) unsafe fn norm<V: Vector>(tile: &NormTile) {
    let count = tile.channels as f32;
    // SAFETY: the caller's promise.
    unsafe {
        let sum = each::<V>(tile, |x, sum| x.add(sum));
        let mean = V::splat(sum / count);
        let squares = each::<V>(tile, |x, sum| {
            let rest = x.sub(mean);
            rest.mul_add(rest, sum)
        });
        let variance = f64::from(squares / count);
        let factor = V::splat((variance + f64::from(tile.epsilon)).sqrt().recip() as f32);
        for i in (0..tile.channels).step_by(V::LANES) {
            let x = V::load(tile.input.add(i)).sub(mean).mul(factor);
            let y = x.mul_add(V::load(tile.scale.add(i)), V::load(tile.shift.add(i)));
            y.store(tile.output.add(i));
        }
    }
}

/// What becomes of sixteen partial sums with every channel, added up.
///
/// # Safety
/// As for [`norm`].
#[inline(always)]
unsafe fn each<V: Vector>(tile: &NormTile, add: impl Fn(V, V) -> V) -> f32 {
    let whole = tile.channels / LANES * LANES;
    // SAFETY: channels come in whole vectors, the last of which may go into their padding; what lies there
    // does not count.
    unsafe {
        let mut sums = [V::splat(0.0); VECTORS];
        for i in (0..whole).step_by(LANES) {
            for (v, sum) in sums.iter_mut().enumerate().take(vectors::<V>()) {
                *sum = add(V::load(tile.input.add(i + v * V::LANES)), *sum);
            }
        }
        if whole < tile.channels {
            let counted = COUNTED.as_ptr().add(LANES - (tile.channels - whole));
            for (v, sum) in sums.iter_mut().enumerate().take(vectors::<V>()) {
                let x = V::load(tile.input.add(whole + v * V::LANES));
                let counts = V::load(counted.add(v * V::LANES));
                *sum = counts.where_above(V::splat(0.0), add(x, *sum), *sum);
            }
        }
        total(floats(&sums))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::Fused;

    /// The scalar twin: the same steps, one number at a time.
    #[test]
    fn vectors_give_the_bits_of_the_scalar_twin() {
        for channels in [1_usize, 15, 16, 20, 100, 384] {
            let numbers = |seed: f32| -> Vec<f32> {
                let number = |i: usize| (i as f32 * 0.7 + seed).sin();
                (0..channels.next_multiple_of(LANES)).map(number).collect()
            };
            let given = [numbers(1.0), numbers(2.0), numbers(3.0)];
            let run = |kernel: unsafe fn(&NormTile)| {
                let mut output = vec![0.0; channels.next_multiple_of(LANES)];
                let [input, scale, shift] = given.each_ref().map(|numbers| numbers.as_ptr());
                let output_start = output.as_mut_ptr();
                let tile =
                    NormTile { input, scale, shift, output: output_start, channels, epsilon: 1e-5 };
                // SAFETY: all are padded to whole vectors, and the caller has the instructions.
                unsafe { kernel(&tile) };
                output[..channels].iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            };
            let expected = run(norm::<Fused>);
            for instructions in [crate::InstructionSet::Avx512, crate::InstructionSet::Avx2] {
                if instructions.is_available() {
                    let found = run(crate::kernels::Kernels::of(instructions).norm);
                    assert_eq!(found, expected, "{instructions}, {channels} channels");
                }
            }
        }
    }
}
