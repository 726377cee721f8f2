//! Learned positions at another grid than they were learned for.
//!
//! The libraries differ. transformers resizes bicubically, without a low-pass but for DINOv2 with registers, and so did
//! the authors of its networks; timm and `open_clip` always low-pass. PyTorch's two forms differ in Keys's coefficient
//! too: −3/4 without, −1/2 with. It shows in the third digit of the embedding.

/// How positions in between are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resampling {
    /// Of the 16 around.
    Bicubic,
    /// As many more as the grid shrinks: `antialias=True`.
    Antialiased,
}

/// Vectors `[h·w, width]` of one grid at another.
pub(super) fn resample(
    vectors: &[f32],
    width: usize,
    from: [usize; 2],
    to: [usize; 2],
    resampling: Resampling,
) -> Vec<f32> {
    if from == to {
        return vectors.to_vec();
    }
    let [rows, columns] = [0, 1].map(|axis| resampling.taps(from[axis], to[axis]));
    let wide: Vec<f64> = vectors.iter().map(|&number| number.into()).collect();
    // Along rows of the grid first, then along its columns.
    let across = weighted(&wide, [from[0], from[1], width], &columns);
    let both = weighted(&across, [1, from[0], to[1] * width], &rows);
    both.into_iter().map(|number| number as f32).collect()
}

/// The places that a number is made of, and their weights.
type Taps = Vec<(usize, f64)>;

/// `[outer, n, inner]` to `[outer, taps, inner]`.
fn weighted(numbers: &[f64], [outer, n, inner]: [usize; 3], taps: &[Taps]) -> Vec<f64> {
    let mut result = vec![0.0; outer * taps.len() * inner];
    let mut rows = result.chunks_exact_mut(inner);
    for block in numbers.chunks_exact(n * inner).take(outer) {
        for (taps, row) in taps.iter().zip(&mut rows) {
            for &(place, weight) in taps {
                let read = &block[place * inner..(place + 1) * inner];
                row.iter_mut().zip(read).for_each(|(sum, number)| *sum += weight * number);
            }
        }
    }
    result
}

impl Resampling {
    fn taps(self, from: usize, to: usize) -> Vec<Taps> {
        let scale = from as f64 / to as f64;
        (0..to).map(|index| self.taps_of((index as f64 + 0.5) * scale, scale, from)).collect()
    }

    /// Of one place, whose centre lies at `centre` in pixels of the old grid.
    fn taps_of(self, centre: f64, scale: f64, from: usize) -> Taps {
        let last = from as isize - 1;
        match self {
            Self::Bicubic => {
                let first = (centre - 0.5).floor();
                let tap = |offset: i32| {
                    let place = first + f64::from(offset);
                    let inside = (place as isize).clamp(0, last) as usize;
                    (inside, keys(centre - 0.5 - place, -0.75))
                };
                (-1..=2).map(tap).collect()
            }
            Self::Antialiased => {
                let wide = scale.max(1.0);
                let low = ((centre - 2.0 * wide + 0.5) as isize).max(0);
                let high = ((centre + 2.0 * wide + 0.5) as isize).min(from as isize);
                let weight = |place: isize| keys((place as f64 + 0.5 - centre) / wide, -0.5);
                let sum: f64 = (low..high).map(weight).sum();
                (low..high).map(|place| (place as usize, weight(place) / sum)).collect()
            }
        }
    }
}

/// Keys's cubic convolution kernel (IEEE Trans. ASSP 29, 1981).
fn keys(x: f64, a: f64) -> f64 {
    let x = x.abs();
    match x {
        _ if x < 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
        _ if x < 2.0 => ((x - 5.0) * x + 8.0) * x * a - 4.0 * a,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_positions_stay_what_they_are_at_every_size() {
        let vectors = [0.5, -2.0].repeat(35);
        for resampling in [Resampling::Bicubic, Resampling::Antialiased] {
            for to in [[5, 7], [1, 1], [3, 11], [16, 2]] {
                let found = resample(&vectors, 2, [5, 7], to, resampling);
                let expected = [0.5, -2.0].repeat(to[0] * to[1]);
                assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6));
                assert_eq!(found.len(), expected.len());
            }
        }
    }

    #[test]
    fn rows_and_columns_are_not_exchanged() {
        // One channel that counts rows: it keeps doing so, and does not depend on the column.
        let rows: Vec<f32> = (0..6).flat_map(|row| [row as f32; 4]).collect();
        let found = resample(&rows, 1, [6, 4], [12, 3], Resampling::Bicubic);
        for row in found.chunks(3) {
            assert!((row[0] - row[2]).abs() < 1e-6);
        }
        assert!(found.windows(4).all(|four| four[3] > four[0]));
    }
}
