use crate::{Error, Gradients, Linear, normalize};
use burn::tensor::{Int, Tensor};

/// How the positions of a feature map become one vector.
#[derive(Debug, Clone)]
pub enum Pooling {
    /// The mean over positions.
    Average,
    /// Generalised mean, (mean max(A, ε)^p)^(1/p) (Radenović et al., *Fine-tuning CNN Image
    /// Retrieval with No Human Annotation*, arXiv 1711.02512, equation 3).
    GeneralizedMean {
        /// The exponent, positive and finite: 1 is the mean, and the maximum is the limit of large
        /// ones.
        exponent: f32,
        /// Smaller activations are replaced by it; positive, because negative numbers have no power.
        epsilon: f32,
    },
    /// Σ_p w_{cp}·A_{cp} of each channel: a depthwise convolution over all positions (Chen et al., *MobileFaceNets*, arXiv
    /// 1804.07573).
    Weighted {
        /// w, `[c, h'·w']`.
        weight: Box<Tensor<2>>,
    },
    /// The largest activation of each channel.
    Max,
    /// All positions side by side, channel after channel.
    Flatten,
}

/// A step between pooling and embedding.
#[derive(Debug, Clone)]
pub enum ProjectionStep {
    /// W·x + b.
    Linear(Linear),
    /// scale ⊙ x + shift: batch normalisation at inference.
    Affine {
        /// `[d]`.
        scale: Tensor<1>,
        /// `[d]`.
        shift: Tensor<1>,
    },
    /// x / max(‖x‖, ε).
    L2Normalize {
        /// Vectors shorter than this are divided by it.
        epsilon: f32,
    },
}

/// What kind of head follows a layer, as far as it decides which methods give one map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadKind {
    /// Average pooling and nothing else.
    Average,
    /// Average pooling and further steps.
    ProjectedAverage,
    /// Another pooling, or more of the network.
    Other,
}

/// Turns the last activations into the embedding; differentiable in closed form.
#[derive(Debug, Clone)]
pub struct Head {
    pooling: Pooling,
    projection: Vec<ProjectionStep>,
}

impl Head {
    /// A head that pools and then takes each step in turn.
    pub fn new(pooling: Pooling, projection: Vec<ProjectionStep>) -> Self {
        Self { pooling, projection }
    }

    /// How the positions become one vector.
    pub fn pooling(&self) -> &Pooling {
        &self.pooling
    }

    /// What kind of head this is.
    pub fn kind(&self) -> HeadKind {
        match (&self.pooling, self.projection.as_slice()) {
            (Pooling::Average, []) => HeadKind::Average,
            (Pooling::Average, _) => HeadKind::ProjectedAverage,
            _ => HeadKind::Other,
        }
    }

    /// The steps behind the pooling.
    pub fn projection(&self) -> &[ProjectionStep] {
        &self.projection
    }

    /// Activations `[n, c, h', w']` to embeddings `[n, d]`.
    pub fn forward(&self, activations: Tensor<4>) -> Tensor<2> {
        self.embed(self.pool(activations))
    }

    /// Activations `[n, c, h', w']` to the pooled vector `[n, p]`.
    pub fn pool(&self, activations: Tensor<4>) -> Tensor<2> {
        self.pooling.forward(activations)
    }

    /// The pooled vector `[n, p]` to embeddings `[n, d]`.
    pub fn embed(&self, pooled: Tensor<2>) -> Tensor<2> {
        self.projection.iter().fold(pooled, |x, step| step.forward(x))
    }

    /// The contribution of each position: vectors whose mean over positions is the embedding, exactly.
    ///
    /// Every step here is affine in the pooled vector, except for the division by its length, which is
    /// one number for all positions; and an affine map of a mean is the mean of the maps. A generalised
    /// mean is shared in proportion to Aᵖ, a weighted sum term by term, and a maximum goes to the position that has it. Where
    /// the positions are flattened and a linear step follows, as in ArcFace's head, W·f + b = mean over p of (N·W_p·f_p + b):
    /// W_p are the columns of position p.
    ///
    /// # Shapes
    /// `[n, c, h', w']` to `[n, h'·w', d]`.
    ///
    /// # Errors
    /// [`Error::NotPerPosition`] where the head flattens the positions and no linear step follows at once.
    pub fn per_position(&self, activations: &Tensor<4>) -> Result<Tensor<3>, Error> {
        let pooled = self.pool(activations.clone());
        let flattened = match (&self.pooling, self.projection.as_slice()) {
            (Pooling::Flatten, [ProjectionStep::Linear(linear), rest @ ..]) => {
                let parts = flattened_per_position(activations, linear);
                Some((parts, linear.forward(pooled.clone()), rest))
            }
            _ => None,
        };
        let (parts, whole, steps) = match flattened {
            Some(found) => found,
            None => {
                let parts = self.pooling.per_position(activations, &pooled);
                let parts = parts.ok_or(Error::NotPerPosition {
                    reason: "the head flattens the positions, and no linear step follows at once",
                })?;
                (parts, pooled, self.projection.as_slice())
            }
        };
        let (parts, _) = steps.iter().fold((parts, whole), |(parts, whole), step| {
            (step.forward_per_position(parts, &whole), step.forward(whole))
        });
        Ok(parts)
    }

    /// Whether there are such [parts](Self::per_position).
    pub fn is_per_position(&self) -> bool {
        let first = self.projection.first();
        !matches!(self.pooling, Pooling::Flatten)
            || matches!(first, Some(ProjectionStep::Linear(_)))
    }

    /// ∂s/∂e `[n, k, d]` to ∂s/∂A, exactly.
    pub fn pull_back(&self, activations: &Tensor<4>, gradients: Tensor<3>) -> Gradients {
        let pooled = self.pool(activations.clone());
        let gradients = self.pull_back_to_pooled(&pooled, gradients);
        self.pull_back_pooled(activations, &pooled, gradients)
    }

    /// ∂s/∂e `[n, k, d]` to the gradient at the pooled vector, `[n, k, p]`.
    pub fn pull_back_to_pooled(&self, pooled: &Tensor<2>, gradients: Tensor<3>) -> Tensor<3> {
        // The input of each step, because a step's derivative may depend on it.
        let mut inputs = vec![pooled.clone()];
        for step in &self.projection {
            let last = inputs[inputs.len() - 1].clone();
            inputs.push(step.forward(last));
        }
        let steps = self.projection.iter().zip(&inputs).rev();
        steps.fold(gradients, |g, (step, input)| step.pull_back(input, g))
    }

    /// The gradient at the pooled vector, `[n, k, p]`, to ∂s/∂A.
    pub fn pull_back_pooled(
        &self,
        activations: &Tensor<4>,
        pooled: &Tensor<2>,
        gradients: Tensor<3>,
    ) -> Gradients {
        self.pooling.pull_back(activations, pooled, gradients)
    }
}

/// N·W_p·f_p + b for every position p, `[n, positions, d]`: their mean is W·f + b.
fn flattened_per_position(activations: &Tensor<4>, linear: &Linear) -> Tensor<3> {
    let [n, c, h, w] = activations.dims();
    let positions = h * w;
    let [d, _] = linear.weight.dims();
    // [positions, c, d]: the columns of each position.
    let columns = linear.weight.clone().reshape([d, c, positions]).permute([2, 1, 0]);
    let values = activations.clone().reshape([n, c, positions]).permute([2, 0, 1]);
    let parts = values.matmul(columns).mul_scalar(positions as f32).swap_dims(0, 1);
    match &linear.bias {
        Some(bias) => parts + bias.clone().unsqueeze(),
        None => parts,
    }
}

/// One where a channel has its maximum, the first of equal ones, else zero: `[n, c, positions]`.
fn first_maxima(activations: Tensor<3>) -> Tensor<3> {
    let positions = activations.dims()[2];
    let device = activations.device();
    let numbers = Tensor::<1, Int>::arange(0..positions as i64, &device).reshape([1, 1, positions]);
    numbers.equal(activations.argmax(2)).float()
}

impl Pooling {
    fn forward(&self, activations: Tensor<4>) -> Tensor<2> {
        let [n, c, h, w] = activations.dims();
        match self {
            Self::Average => activations.reshape([n, c, h * w]).mean_dim(2).reshape([n, c]),
            Self::Weighted { weight } => {
                let activations = activations.reshape([n, c, h * w]);
                (activations * weight.as_ref().clone().unsqueeze()).sum_dim(2).reshape([n, c])
            }
            &Self::GeneralizedMean { exponent, epsilon } => activations
                .clamp_min(epsilon)
                .powf_scalar(exponent)
                .reshape([n, c, h * w])
                .mean_dim(2)
                .powf_scalar(exponent.recip())
                .reshape([n, c]),
            Self::Max => activations.reshape([n, c, h * w]).max_dim(2).reshape([n, c]),
            Self::Flatten => activations.reshape([n, c * h * w]),
        }
    }

    /// Vectors whose mean over positions is the pooled vector, `[n, h'·w', c]`; none where positions share
    /// no channels.
    fn per_position(&self, activations: &Tensor<4>, pooled: &Tensor<2>) -> Option<Tensor<3>> {
        let [n, c, h, w] = activations.dims();
        let parts = match self {
            Self::Average => activations.clone().reshape([n, c, h * w]),
            Self::Weighted { weight } => {
                let activations = activations.clone().reshape([n, c, h * w]);
                (activations * weight.as_ref().clone().unsqueeze()).mul_scalar((h * w) as f32)
            }
            &Self::GeneralizedMean { exponent, epsilon } => {
                // e = e^(1−p)·mean(A^p)
                let powers = activations.clone().clamp_min(epsilon).powf_scalar(exponent);
                let factor = pooled.clone().powf_scalar(1.0 - exponent).unsqueeze_dim(2);
                powers.reshape([n, c, h * w]) * factor
            }
            Self::Max => {
                let flat = activations.clone().reshape([n, c, h * w]);
                flat.clone() * first_maxima(flat) * (h * w) as f32
            }
            Self::Flatten => return None,
        };
        Some(parts.swap_dims(1, 2))
    }

    fn pull_back(
        &self,
        activations: &Tensor<4>,
        pooled: &Tensor<2>,
        gradients: Tensor<3>,
    ) -> Gradients {
        let [n, c, h, w] = activations.dims();
        let [_, k, _] = gradients.dims();
        match self {
            Self::Average => Gradients::PerChannel(gradients.div_scalar((h * w) as f32)),
            Self::Weighted { weight } => {
                let weight = weight.as_ref().clone().reshape([1, 1, c, h, w]);
                Gradients::PerPosition(weight * gradients.reshape([n, k, c, 1, 1]))
            }
            &Self::GeneralizedMean { exponent, epsilon } => {
                // ∂e/∂A = e^(1−p) · A^(p−1) / N above ε, zero below.
                let channel = pooled.clone().powf_scalar(1.0 - exponent).div_scalar((h * w) as f32);
                let channel = gradients * channel.unsqueeze_dim(1);
                let position = activations.clone().clamp_min(epsilon).powf_scalar(exponent - 1.0);
                let position =
                    position.mask_fill(activations.clone().lower_equal_scalar(epsilon), 0.0);
                let position = position.unsqueeze_dim::<5>(1);
                Gradients::PerPosition(position * channel.reshape([n, k, c, 1, 1]))
            }
            Self::Max => {
                let maxima = first_maxima(activations.clone().reshape([n, c, h * w]));
                let maxima = maxima.reshape([n, 1, c, h, w]);
                Gradients::PerPosition(maxima * gradients.reshape([n, k, c, 1, 1]))
            }
            Self::Flatten => Gradients::PerPosition(gradients.reshape([n, k, c, h, w])),
        }
    }
}

impl ProjectionStep {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Linear(linear) => linear.forward(x),
            Self::Affine { scale, shift } => {
                x * scale.clone().unsqueeze() + shift.clone().unsqueeze()
            }
            Self::L2Normalize { epsilon } => normalize(x, *epsilon).0,
        }
    }

    /// The step taken for each part `[n, positions, x]` of `whole`, `[n, x]`, their mean.
    fn forward_per_position(&self, parts: Tensor<3>, whole: &Tensor<2>) -> Tensor<3> {
        match self {
            Self::Linear(linear) => {
                let transposed = linear.weight.clone().transpose().unsqueeze_dim(0);
                let parts = parts.matmul(transposed);
                match &linear.bias {
                    Some(bias) => parts + bias.clone().unsqueeze(),
                    None => parts,
                }
            }
            Self::Affine { scale, shift } => {
                parts * scale.clone().unsqueeze() + shift.clone().unsqueeze()
            }
            Self::L2Normalize { epsilon } => {
                parts / normalize(whole.clone(), *epsilon).1.unsqueeze_dim(1)
            }
        }
    }

    fn pull_back(&self, x: &Tensor<2>, gradients: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Linear(linear) => gradients.matmul(linear.weight.clone().unsqueeze_dim(0)),
            Self::Affine { scale, .. } => gradients * scale.clone().unsqueeze(),
            Self::L2Normalize { epsilon } => {
                // ∂s/∂x = (g − (g·y)·y) / ‖x‖ with y = x/‖x‖: what lies along x has no effect.
                // Below ε the divisor is a constant, and everything has one.
                let (y, norm) = normalize(x.clone(), *epsilon);
                let clamped = norm.clone().equal_scalar(*epsilon).unsqueeze_dim::<3>(1);
                let y = y.unsqueeze_dim::<3>(1);
                let along = (gradients.clone() * y.clone()).sum_dim(2) * y;
                let along = along.clone().mask_fill(clamped.expand(along.dims()), 0.0);
                (gradients - along) / norm.unsqueeze_dim(1)
            }
        }
    }
}
