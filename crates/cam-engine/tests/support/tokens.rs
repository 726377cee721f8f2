//! What transformers have between their linear layers, by its definition.

use cam_engine::{Attention, LayerNorm, Tokens};

use super::{Values, positions};

/// A norm over channels.
pub fn norm(norm: &LayerNorm, x: &Values) -> Values {
    let [_, channels, _, _] = x.shape;
    let of = |[n, _, y, z]: [usize; 4]| -> Vec<f64> {
        (0..channels).map(|c| x.at(n, c, y as isize, z as isize).unwrap()).collect()
    };
    let number = |at: [usize; 4]| {
        let own = of(at);
        let mean = own.iter().sum::<f64>() / channels as f64;
        let variance = own.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / channels as f64;
        let rest = (own[at[1]] - mean) / (variance + f64::from(norm.epsilon)).sqrt();
        rest * f64::from(norm.scale[at[1]]) + f64::from(norm.shift[at[1]])
    };
    Values { values: positions(x.shape).map(number).collect(), shape: x.shape }
}

/// softmax(scale · q·kᵀ)·v of every head.
pub fn attend(attention: &Attention, [q, k, v]: [&Values; 3]) -> Values {
    let Attention { heads, width, queries, keys, values, .. } = *attention;
    let [images, _, rows, columns] = q.shape;
    let (tokens, channels) = (rows * columns, heads * width);
    let mut found = vec![0.0; images * channels * tokens];
    let row =
        |x: &Values, [n, c]: [usize; 2], t: usize| x.values[(n * x.shape[1] + c) * tokens + t];
    for [n, head, query, _] in positions([images, heads, tokens, 1]) {
        let first = head * width;
        let score = |key: usize| -> f64 {
            let products = (0..width).map(|c| {
                row(q, [n, queries + first + c], query) * row(k, [n, keys.1 + first + c], key)
            });
            products.sum::<f64>() * f64::from(attention.scale)
        };
        let scores: Vec<f64> = (0..tokens).map(score).collect();
        let nan = scores.iter().any(|score| score.is_nan());
        let most =
            scores.iter().copied().fold(if nan { f64::NAN } else { f64::NEG_INFINITY }, f64::max);
        let weights: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
        let sum: f64 = if nan { f64::NAN } else { weights.iter().sum() };
        for c in 0..width {
            let taken = weights.iter().enumerate();
            let taken: f64 = taken.map(|(t, w)| w * row(v, [n, values.1 + first + c], t)).sum();
            found[(n * channels + first + c) * tokens + query] = taken / sum;
        }
    }
    Values { values: found, shape: [images, channels, rows, columns] }
}

/// Pixels in one column behind a prefix, and positions added.
pub fn column(tokens: &Tokens, x: &Values) -> Values {
    let [images, channels, rows, columns] = x.shape;
    let before = tokens.prefix.len() / channels;
    let shape = [images, channels, before + rows * columns, 1];
    let number = |[n, c, t, _]: [usize; 4]| {
        let own = match t.checked_sub(before) {
            None => f64::from(tokens.prefix[t * channels + c]),
            Some(pixel) => x.values[(n * channels + c) * rows * columns + pixel],
        };
        own + tokens.positions.get(t * channels + c).copied().map_or(0.0, f64::from)
    };
    Values { values: positions(shape).map(number).collect(), shape }
}
