//! What every patch wrote to a transformer's embedding.

use burn::tensor::{Tensor, TensorData};

use crate::gradient_route::Routes as _;
use crate::{Capture, Error, Kept};

/// Numbers that are computed together on the way: 64 MB.
const AT_ONCE: usize = 1 << 24;

/// Embeddings of images as sums: what each patch wrote to it through the last blocks' attentions, and the rest.
///
/// e = Σ_p c_p + rest, c_p = R(Σ_l Σ_h Σ_q A^{l,h}_{qp} v^{l,h}_p W^{l,h}), R being what reads the embedding off the stream
/// with its divisors held: [`TokenContributions`](crate::methods::TokenContributions) before anything is asked.
#[derive(Debug, Clone)]
pub struct TokenParts {
    /// c, `[n, P, d]`.
    pub patches: Tensor<3>,
    /// Rows and columns of patches.
    pub grid: [usize; 2],
    /// e, `[n, d]`.
    pub embeddings: Tensor<2>,
}

impl TokenParts {
    /// Of each image of a capture, through so many of the last blocks.
    ///
    /// # Errors
    /// [`Error::NoAttention`], and [`Error::NotPerPosition`] where an attention pools the tokens, behind which nothing is linear.
    pub fn of(capture: &Capture<'_>, blocks: usize) -> Result<Self, Error> {
        let network = match (capture.network.transformer(), capture.network.attention_pooling()) {
            (Some(network), _) => network,
            (None, Some(_)) => {
                return Err(Error::NotPerPosition {
                    reason: "what follows the attention that pools its tokens is not linear",
                });
            }
            (None, None) => return Err(Error::NoAttention),
        };
        let run = capture.tokens(Kept::as_read(blocks)).ok_or(Error::NoAttention)?;
        let [images, tokens, channels] = run.start.dims();
        let readout = network.readout();
        let readout = readout.frozen(run.end.of(readout.reads(tokens)));
        let embeddings = capture.embeddings();
        let [_, width] = embeddings.dims();
        let at_once = (AT_ONCE / (images * tokens * channels)).clamp(1, width);
        let parts = (0..width).step_by(at_once).map(|first| {
            let axes = axes(first, at_once.min(width - first), width);
            let axes = Tensor::<3>::from_data(axes, &embeddings.device());
            let probe = readout.pull_back(axes.repeat_dim(0, images));
            let taken = run.last(blocks).iter().map(|block| block.attention.by_token(&probe));
            let taken = taken.reduce(|sum, more| sum + more).ok_or(Error::NoAttention)?;
            Ok(taken.narrow(2, run.layout.before, run.layout.patches()))
        });
        let patches = Tensor::cat(parts.collect::<Result<Vec<_>, Error>>()?, 1).swap_dims(1, 2);
        Ok(Self { patches, grid: run.layout.grid, embeddings })
    }

    /// Maps whose mean over positions is what the patches wrote, for embeddings of length one: P·c/‖e‖, `[n, d, h, w]`.
    /// Their numbers are about as large as those of a unit vector, however many patches there are.
    pub fn to_maps(&self) -> Tensor<4> {
        let [n, patches, width] = self.patches.dims();
        let [height, columns] = self.grid;
        let lengths = self.embeddings.clone().square().sum_dim(1).sqrt().unsqueeze_dim(2);
        let maps = self.patches.clone().mul_scalar(patches as f32) / lengths;
        maps.swap_dims(1, 2).reshape([n, width, height, columns])
    }

    /// The same [from maps](Self::to_maps), and embeddings at length one, `[n, d]`.
    pub fn of_maps(maps: Tensor<4>, embeddings: Tensor<2>) -> Self {
        let [n, width, height, columns] = maps.dims();
        let patches = maps.reshape([n, width, height * columns]).swap_dims(1, 2);
        let patches = patches.div_scalar((height * columns) as f32);
        Self { patches, grid: [height, columns], embeddings }
    }
}

/// Some of the axes of an embedding, `[1, count, width]`.
fn axes(first: usize, count: usize, width: usize) -> TensorData {
    let mut numbers = vec![0.0_f32; count * width];
    (0..count).for_each(|row| numbers[row * width + first + row] = 1.0);
    TensorData::new(numbers, [1, count, width])
}
