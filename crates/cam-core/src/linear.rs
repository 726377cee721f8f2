use burn::tensor::Tensor;

/// W·x + b: a step of a head's projection, or the classifier that follows an embedding.
#[derive(Debug, Clone)]
pub struct Linear {
    /// `[out, in]`, as PyTorch stores it.
    pub weight: Tensor<2>,
    /// `[out]`.
    pub bias: Option<Tensor<1>>,
}

impl Linear {
    /// `[n, in]` to `[n, out]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        burn::tensor::module::linear(x, self.weight.clone().transpose(), self.bias.clone())
    }
}
