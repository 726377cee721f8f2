use burn::tensor::Tensor;

/// Some tokens of a stream, in a row.
#[derive(Debug, Clone)]
pub struct StreamRows {
    /// The first of them.
    pub first: usize,
    /// Their vectors, `[n, count, D]`.
    pub vectors: Tensor<3>,
}

impl StreamRows {
    /// The vectors of tokens that are there, the first and how many, `[n, length, D]`.
    pub fn of(&self, (start, length): (usize, usize)) -> Tensor<3> {
        let first = start.checked_sub(self.first).expect("these tokens were kept");
        self.vectors.clone().narrow(1, first, length)
    }
}
