use burn::tensor::Tensor;

/// ∂s/∂A for n images and k questions each.
///
/// Behind average pooling every position of a channel has the same gradient, so that one number
/// per channel is enough: a map then costs one matrix product, and k maps cost no further passes.
#[derive(Debug, Clone)]
pub enum Gradients {
    /// The same at every position of a channel: `[n, k, c]`.
    PerChannel(Tensor<3>),
    /// One value per position: `[n, k, c, h', w']`.
    PerPosition(Tensor<5>),
}

impl Gradients {
    /// The mean over positions, per channel: Grad-CAM's weights, `[n, k, c]`.
    pub fn channel_means(&self) -> Tensor<3> {
        match self {
            Self::PerChannel(gradients) => gradients.clone(),
            Self::PerPosition(gradients) => {
                let [n, k, c, h, w] = gradients.dims();
                gradients.clone().reshape([n, k, c, h * w]).mean_dim(3).reshape([n, k, c])
            }
        }
    }

    /// One value per position, for activations of `h' × w'`: `[n, k, c, h', w']`.
    pub fn per_position(&self, [height, width]: [usize; 2]) -> Tensor<5> {
        match self {
            Self::PerPosition(gradients) => gradients.clone(),
            Self::PerChannel(gradients) => {
                let [n, k, c] = gradients.dims();
                gradients.clone().reshape([n, k, c, 1, 1]).expand([n, k, c, height, width])
            }
        }
    }
}
