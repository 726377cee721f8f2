//! The attention behind which no other follows: a transformer's last block's, or the one that pools all tokens.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::attention;
use crate::gradient_route::vector_jacobian_product;
use crate::{
    AttentionPooling, AttentionRun, BlockRun, Error, Kept, PoolingRun, Probe, TokenLayout,
    TokenRun, Transformer, View,
};

/// It, and what its network makes of what it gives.
///
/// y = what is behind it: of a block the stream x + Σ_heads A·v·W + b of all N tokens, or of the attention that pools the one vector
/// z = Σ_heads A·v·W + b.
pub(super) enum LastAttention<'a> {
    /// Of the last block.
    Block(&'a dyn Transformer, Arc<TokenRun>),
    /// Of a probe that takes from all tokens.
    Pooling(&'a dyn AttentionPooling, Arc<PoolingRun>),
}

impl<'a> LastAttention<'a> {
    /// Of a view's network.
    ///
    /// # Errors
    /// [`Error::NoAttention`].
    pub(super) fn of(view: &View<'a>, kept: Kept) -> Result<Self, Error> {
        if let Some((network, run)) = view.attention_pooling() {
            return Ok(Self::Pooling(network, run));
        }
        let (network, run) = view.tokens(kept)?;
        last(&run)?;
        Ok(Self::Block(network, run))
    }

    /// A, v, W and b.
    pub(super) fn attention(&self) -> Result<&AttentionRun, Error> {
        Ok(match self {
            Self::Block(_, run) => &last(run)?.attention,
            Self::Pooling(_, run) => &run.attention,
        })
    }

    /// q and k.
    ///
    /// # Errors
    /// [`Error::NoQueries`] where A is not a softmax of their product alone.
    pub(super) fn queries_and_keys(&self) -> Result<[Tensor<4>; 2], Error> {
        let found = match self {
            Self::Block(_, run) => &last(run)?.queries_and_keys,
            Self::Pooling(_, run) => &run.queries_and_keys,
        };
        found.clone().ok_or(Error::NoQueries)
    }

    /// Which tokens it takes from.
    pub(super) fn layout(&self) -> &TokenLayout {
        match self {
            Self::Block(_, run) => &run.layout,
            Self::Pooling(_, run) => &run.layout,
        }
    }

    /// The rows of A that make the embedding, the first and how many.
    pub(super) fn reads(&self) -> (usize, usize) {
        match self {
            Self::Block(network, run) => network.readout().reads(run.start.dims()[1]),
            Self::Pooling(..) => (0, 1),
        }
    }

    /// y if the heads gave something else, `[n, H, rows, d]` to `[n, rows, D]`.
    pub(super) fn behind(&self, heads: Tensor<4>) -> Result<Tensor<3>, Error> {
        let written = self.attention()?.written(heads);
        Ok(match self {
            Self::Block(_, run) => last(run)?.before.clone() + written,
            Self::Pooling(..) => written,
        })
    }

    /// What is read of every token, `[n, N, D]`: of a block the stream behind it, of an attention that pools what it would
    /// give if it took that token alone.
    pub(super) fn final_tokens(&self) -> Result<Tensor<3>, Error> {
        Ok(match self {
            Self::Block(_, run) => run.end.of((0, run.start.dims()[1])),
            Self::Pooling(_, run) => run.attention.written(run.attention.values.clone()),
        })
    }

    /// The embedding that each token would have if it were all that is read, or of an attention that pools if that gave
    /// it: `[n, rows, D]` to `[n, rows, d]`.
    ///
    /// # Errors
    /// [`Error::NoTokenEmbedding`].
    pub(super) fn per_token(&self, tokens: Tensor<3>) -> Result<Tensor<3>, Error> {
        match self {
            Self::Block(network, _) => {
                network.readout().per_token(tokens).ok_or(Error::NoTokenEmbedding)
            }
            Self::Pooling(network, _) => {
                let [n, rows, channels] = tokens.dims();
                let embeddings = network.behind(tokens.reshape([n * rows, channels]));
                let [_, width] = embeddings.dims();
                Ok(embeddings.reshape([n, rows, width]))
            }
        }
    }

    /// The embedding of another y, `[n, rows, D]` to `[n, d]`. Works under autodiff.
    pub(super) fn embedding(&self, y: Tensor<3>) -> Result<Tensor<2>, Error> {
        Ok(match self {
            Self::Block(network, run) => {
                network.readout().forward(attention::behind(*network, last(run)?, y))
            }
            Self::Pooling(network, _) => network.behind(y.squeeze_dim(1)),
        })
    }

    /// ∂s/∂y, where s depends on it, for one question's vector at the embedding, `[n, d]`.
    pub(super) fn gradient(&self, vectors: Tensor<2>) -> Result<Probe, Error> {
        match self {
            Self::Block(network, run) => attention::read_behind(*network, last(run)?, vectors),
            Self::Pooling(_, run) => {
                self.gradient_at(&run.pooled.clone().unsqueeze_dim(1), vectors)
            }
        }
    }

    /// The same at another y, `[n, rows, D]`.
    pub(super) fn gradient_at(&self, y: &Tensor<3>, vectors: Tensor<2>) -> Result<Probe, Error> {
        let gradient = match self {
            Self::Block(network, run) => {
                let block = last(run)?;
                vector_jacobian_product(y, vectors, |y| {
                    network.readout().forward(attention::behind(*network, block, y))
                })
            }
            Self::Pooling(network, _) => {
                vector_jacobian_product(y, vectors, |y| network.behind(y.squeeze_dim(1)))
            }
        };
        Ok(Probe { start: 0, vectors: gradient?.unsqueeze_dim(1) })
    }
}

fn last(run: &TokenRun) -> Result<&BlockRun, Error> {
    run.blocks.last().ok_or(Error::NoAttention)
}
