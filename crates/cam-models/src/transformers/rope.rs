//! Rotary positions (`RoPE`) of a grid of patches, as DINOv3 has them.

/// What queries and keys are multiplied by: x·cos + exchanged(x)·sin, where `exchanged` swaps the halves of a head.
pub(super) struct Tables {
    /// `[tokens, width of a head]`.
    pub cos: Vec<f32>,
    /// The same; the first half is negative, so that halves need only be swapped.
    pub sin: Vec<f32>,
}

/// The tables for a grid behind `prefix` tokens, which are not rotated.
///
/// The centre of patch i of n lies at 2·(i + ½)/n − 1. Frequency k of a head of d numbers turns by 2π·θ^(−4k/d) per unit;
/// the first quarter of a head turns with the row, the second with the column, and the others repeat them.
pub(super) fn tables(
    [rows, columns]: [usize; 2],
    prefix: usize,
    head: usize,
    theta: f64,
) -> Tables {
    let quarter = head / 4;
    let half = head / 2;
    let centre = |index: usize, n: usize| 2.0 * (index as f64 + 0.5) / n as f64 - 1.0;
    let mut tables = Tables { cos: vec![1.0; prefix * head], sin: vec![0.0; prefix * head] };
    for position in 0..rows * columns {
        let places = [centre(position / columns, rows), centre(position % columns, columns)];
        for index in 0..head {
            let frequency = (index % half) % quarter;
            let place = places[(index % half) / quarter];
            let turns = place * theta.powf(-4.0 * frequency as f64 / head as f64);
            let (sin, cos) = (std::f64::consts::TAU * turns).sin_cos();
            let sign = if index < half { -1.0 } else { 1.0 };
            tables.cos.push(cos as f32);
            tables.sin.push((sign * sin) as f32);
        }
    }
    tables
}

/// The halves of a head swapped.
pub(super) fn exchanged(head: usize) -> Vec<usize> {
    (head / 2..head).chain(0..head / 2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_vector_keeps_its_length_and_tokens_in_front_stay() {
        let head = 8;
        let Tables { cos, sin } = tables([3, 2], 2, head, 100.0);
        assert_eq!(cos.len(), 8 * head);
        let x: Vec<f32> = (0..head).map(|i| i as f32 - 2.5).collect();
        let length = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
        let order = exchanged(head);
        for token in 0..8 {
            let at = |table: &[f32], i: usize| table[token * head + i];
            let turned = (0..head).map(|i| x[i] * at(&cos, i) + x[order[i]] * at(&sin, i));
            let turned: Vec<f32> = turned.collect();
            assert!((length(&turned) - length(&x)).abs() < 1e-4);
            assert_eq!(turned == x, token < 2);
        }
    }
}
