//! What makes an embedding of a transformer's last stream of tokens.

use burn::tensor::Tensor;

use crate::{ProjectionStep, normalize};

/// A step from tokens `[n, N, D]` to the embedding `[n, d]`.
#[derive(Debug, Clone)]
pub enum ReadoutStep {
    /// scale·(x − mean)/√(variance + ε) + shift over channels.
    Norm {
        /// `[D]`.
        scale: Option<Tensor<1>>,
        /// `[D]`.
        shift: Option<Tensor<1>>,
        /// Added to the variance.
        epsilon: f32,
    },
    /// The mean of some tokens; a class token is the mean of one.
    Pool {
        /// The first.
        start: usize,
        /// How many.
        length: usize,
    },
    /// All tokens one behind another.
    Flatten,
    /// A step of every token, or of the vector that was pooled.
    Then(ProjectionStep),
}

/// The steps from a transformer's last stream to its embedding.
///
/// Norms and lengths divide by a number that depends on what they divide. For one image that number is known: with it
/// held, what is left is linear, and the embedding is a sum over everything that was added to the stream. That is how
/// Gandelsman et al. (*Interpreting CLIP's image representation via text-based decomposition*, arXiv 2310.05916) split
/// CLIP's.
#[derive(Debug, Clone)]
pub struct Readout {
    steps: Vec<ReadoutStep>,
}

/// A readout with the divisors of one run.
#[derive(Debug, Clone)]
pub struct FrozenReadout<'a> {
    steps: Vec<(&'a ReadoutStep, Option<Tensor<3>>)>,
    /// `[n, length, D]`.
    zeros: Tensor<3>,
}

/// What a vector at the embedding is worth at the tokens that are read: of any part of the stream, its inner product
/// with this is what the part adds to the score.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The first token that is read.
    pub start: usize,
    /// Of each token that is read, `[n, k, tokens, D]`.
    pub vectors: Tensor<4>,
}

impl Readout {
    /// Of steps in order, one of which pools or flattens.
    pub fn new(steps: Vec<ReadoutStep>) -> Self {
        Self { steps }
    }

    /// Tokens `[n, N, D]`, or only those that are read, to embeddings `[n, d]`. Works under autodiff.
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<2> {
        vector(self.steps.iter().fold(tokens, |x, step| {
            let divisor = step.divisor(&x);
            step.forward(x, divisor)
        }))
    }

    /// The tokens that are read, the first and how many, of so many.
    pub fn reads(&self, tokens: usize) -> (usize, usize) {
        let pooled = self.steps.iter().find_map(|step| match step {
            &ReadoutStep::Pool { start, length } => Some((start, length)),
            _ => None,
        });
        pooled.unwrap_or((0, tokens))
    }

    /// The embedding that each token would have alone: every step but the pooling, `[n, N, D]` to `[n, N, d]`. None
    /// where tokens are flattened.
    pub fn per_token(&self, tokens: Tensor<3>) -> Option<Tensor<3>> {
        self.steps.iter().try_fold(tokens, |x, step| match step {
            ReadoutStep::Pool { .. } => Some(x),
            ReadoutStep::Flatten => None,
            step => {
                let divisor = step.divisor(&x);
                Some(step.forward(x, divisor))
            }
        })
    }

    /// The same with every divisor held at what the tokens that are read give, `[n, length, D]`.
    pub fn frozen(&self, read: Tensor<3>) -> FrozenReadout<'_> {
        let zeros = read.zeros_like();
        let mut x = read;
        let steps = self.steps.iter().map(|step| {
            let divisor = step.divisor(&x);
            x = step.forward(x.clone(), divisor.clone());
            (step, divisor)
        });
        FrozenReadout { steps: steps.collect(), zeros }
    }
}

impl FrozenReadout<'_> {
    /// What shifts and biases alone give, `[n, d]`.
    pub fn constant(&self) -> Tensor<2> {
        let steps = self.steps.iter();
        vector(
            steps.fold(self.zeros.clone(), |x, (step, divisor)| step.forward(x, divisor.clone())),
        )
    }

    /// Vectors at the embedding, `[n, k, d]`, pulled back to the tokens that are read.
    pub fn pull_back(&self, vectors: Tensor<3>) -> Probe {
        let [_, tokens, _] = self.zeros.dims();
        let probe = Probe { start: 0, vectors: vectors.unsqueeze_dim(2) };
        let steps = self.steps.iter().rev();
        steps.fold(probe, |probe, (step, divisor)| step.pull_back(probe, divisor.as_ref(), tokens))
    }
}

impl Probe {
    /// ⟨probe, x⟩ for a part of the stream, of the [tokens](Self::reads) that are read: `[n, tokens, D]` to `[n, k]`.
    pub fn of(&self, x: Tensor<3>) -> Tensor<2> {
        let [n, k, tokens, channels] = self.vectors.dims();
        let read = x.reshape([n, tokens * channels, 1]);
        let vectors = self.vectors.clone().reshape([n, k, tokens * channels]);
        vectors.matmul(read).reshape([n, k])
    }

    /// ⟨probe, c⟩ for the same vector at every token, `[D]` to `[n, k]`.
    pub fn of_each(&self, c: &Tensor<1>) -> Tensor<2> {
        let [n, k, _, _] = self.vectors.dims();
        let sum = self.vectors.clone().sum_dim(2).squeeze_dim::<3>(2);
        (sum * c.clone().unsqueeze()).sum_dim(2).reshape([n, k])
    }

    /// The tokens that are read, the first and how many.
    pub fn reads(&self) -> (usize, usize) {
        (self.start, self.vectors.dims()[2])
    }

    /// The vectors of so many tokens, `[n, k, N, D]`: zero at those that are not read.
    pub fn at_all(&self, tokens: usize) -> Tensor<4> {
        let [n, k, read, channels] = self.vectors.dims();
        let zeros = |count| Tensor::zeros([n, k, count, channels], &self.vectors.device());
        let behind = tokens - self.start - read;
        Tensor::cat(vec![zeros(self.start), self.vectors.clone(), zeros(behind)], 2)
    }
}

impl ReadoutStep {
    /// What it divides every token by, `[n, tokens, 1]`; none where it divides by nothing.
    fn divisor(&self, x: &Tensor<3>) -> Option<Tensor<3>> {
        let [n, tokens, channels] = x.dims();
        match self {
            Self::Norm { epsilon, .. } => {
                Some(centred(x.clone()).square().mean_dim(2).add_scalar(*epsilon).sqrt())
            }
            Self::Then(ProjectionStep::L2Normalize { epsilon }) => {
                let rows = x.clone().reshape([n * tokens, channels]);
                Some(normalize(rows, *epsilon).1.reshape([n, tokens, 1]))
            }
            _ => None,
        }
    }

    fn forward(&self, x: Tensor<3>, divisor: Option<Tensor<3>>) -> Tensor<3> {
        let [n, tokens, channels] = x.dims();
        match self {
            Self::Norm { scale, shift, .. } => {
                let x = divided(centred(x), divisor);
                let x = times(x, scale.as_ref());
                match shift {
                    Some(shift) => x + shift.clone().unsqueeze(),
                    None => x,
                }
            }
            // These are those that are read.
            Self::Pool { length, .. } if tokens == *length => x.mean_dim(1),
            Self::Pool { start, length } => x.narrow(1, *start, *length).mean_dim(1),
            Self::Flatten => x.reshape([n, 1, tokens * channels]),
            Self::Then(ProjectionStep::Linear(linear)) => {
                let rows = linear.forward(x.reshape([n * tokens, channels]));
                let [_, outputs] = rows.dims();
                rows.reshape([n, tokens, outputs])
            }
            Self::Then(ProjectionStep::Affine { scale, shift }) => {
                times(x, Some(scale)) + shift.clone().unsqueeze()
            }
            Self::Then(ProjectionStep::L2Normalize { .. }) => divided(x, divisor),
        }
    }

    fn pull_back(&self, probe: Probe, divisor: Option<&Tensor<3>>, tokens: usize) -> Probe {
        let Probe { start, vectors } = probe;
        let [n, k, rows, channels] = vectors.dims();
        let divided = |x: Tensor<4>| match divisor {
            Some(divisor) => x / divisor.clone().unsqueeze_dim(1),
            None => x,
        };
        let vectors = match self {
            Self::Norm { scale, .. } => {
                let x = divided(times(vectors, scale.as_ref()));
                x.clone() - x.mean_dim(3)
            }
            Self::Pool { start, length } => {
                let vectors = vectors.div_scalar(*length as f32).expand([n, k, *length, channels]);
                return Probe { start: *start, vectors };
            }
            Self::Flatten => vectors.reshape([n, k, tokens, channels / tokens]),
            Self::Then(ProjectionStep::Linear(linear)) => {
                let flat = vectors.reshape([n * k * rows, channels]).matmul(linear.weight.clone());
                let [_, inputs] = flat.dims();
                flat.reshape([n, k, rows, inputs])
            }
            Self::Then(ProjectionStep::Affine { scale, .. }) => times(vectors, Some(scale)),
            Self::Then(ProjectionStep::L2Normalize { .. }) => divided(vectors),
        };
        Probe { start, vectors }
    }
}

fn centred(x: Tensor<3>) -> Tensor<3> {
    x.clone() - x.mean_dim(2)
}

fn divided(x: Tensor<3>, divisor: Option<Tensor<3>>) -> Tensor<3> {
    match divisor {
        Some(divisor) => x / divisor,
        None => x,
    }
}

fn times<const D: usize>(x: Tensor<D>, scale: Option<&Tensor<1>>) -> Tensor<D> {
    match scale {
        Some(scale) => x * scale.clone().unsqueeze(),
        None => x,
    }
}

/// `[n, 1, d]` to `[n, d]`.
fn vector(x: Tensor<3>) -> Tensor<2> {
    let [n, tokens, channels] = x.dims();
    x.reshape([n, tokens * channels])
}
