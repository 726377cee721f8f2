//! Rows of a value: of attention weights or of a stream of tokens.

use burn::tensor::Tensor;

use super::Dense;

/// Those of some tokens, of matrices `[…, tokens, columns]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) tokens: usize,
    pub(crate) columns: usize,
    pub(crate) start: usize,
    pub(crate) length: usize,
}

impl Rows {
    /// The rows `[n, matrices, length, columns]` of a value, in memory of their own.
    pub(crate) fn of(&self, value: &Dense) -> Dense {
        let Self { tokens, columns, start, length } = *self;
        let n = value.images();
        let matrices = value.shape()[1..].iter().product::<usize>() / tokens / columns;
        let all = value.clone().numbers().reshape([n * matrices, tokens, columns]);
        let rows = all.narrow(1, start, length).reshape([n * matrices * length * columns]);
        Dense::from_numbers(rows, &[n, matrices, length, columns]).expect("rows keep their size")
    }

    /// A value of that shape, `[n, …]`, with these rows and zeros elsewhere.
    pub(crate) fn among_zeros(&self, rows: Dense, shape: &[usize]) -> Dense {
        let Self { tokens, columns, start, length } = *self;
        let (numbers, device) = (shape.iter().product::<usize>(), rows.device());
        let matrices = numbers / tokens / columns;
        let zeros = |count| Tensor::zeros([matrices, count, columns], &device);
        let rows = rows.numbers().reshape([matrices, length, columns]);
        let all = Tensor::<3>::cat(vec![zeros(start), rows, zeros(tokens - start - length)], 1);
        Dense::from_numbers(all.reshape([numbers]), shape).expect("rows are those of the value")
    }
}
