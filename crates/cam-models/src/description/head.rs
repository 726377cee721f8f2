//! What makes one vector, the embedding, of the last activations.

use super::BatchNorm;

/// How the positions of the last activations become one vector.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum PoolingStep {
    /// Their mean.
    #[default]
    Average,
    /// Their generalised mean (Radenović et al., arXiv 1711.02512), whose exponent is a number of
    /// the file.
    GeneralizedMean {
        /// Name of the exponent in the file.
        key: String,
        /// Activations below it count as it.
        epsilon: f32,
    },
}

/// A step between the pooling and the embedding.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum HeadStep {
    /// W·x + b.
    Linear {
        /// Name in the file, without `.weight` and `.bias`.
        key: String,
        /// Width in.
        inputs: usize,
        /// Width out.
        outputs: usize,
        /// Whether there is a b.
        has_bias: bool,
    },
    /// Batch normalisation with running statistics.
    BatchNorm {
        /// Its name in the file, and what is added to the variance.
        norm: BatchNorm,
        /// Width in and out.
        width: usize,
        /// Whether there are scale and shift.
        is_affine: bool,
    },
    /// x / max(‖x‖, ε).
    L2Normalize {
        /// Shorter vectors are divided by it.
        epsilon: f32,
    },
}

impl HeadStep {
    /// Width of what it gives for a vector of that width.
    pub fn width_behind(&self, width: usize) -> usize {
        match self {
            Self::Linear { outputs, .. } => *outputs,
            Self::BatchNorm { .. } | Self::L2Normalize { .. } => width,
        }
    }
}
