//! The numbers between the last convolution and the embedding.

use burn::tensor::{Device, Tensor, TensorData};
use cam_core::{Head, Linear, Pooling, ProjectionStep};

use crate::contract::Values;
use crate::description::{Classifier, Description, HeadStep, PoolingStep};
use crate::weights::ClassifierWeights;

/// The numbers that a description's pooling and necks need, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeadWeights {
    /// The exponent of a generalised mean; positive and finite.
    pub exponent: Option<f32>,
    /// One entry per neck.
    pub necks: Vec<HeadStepWeights>,
}

/// The numbers of one neck.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum HeadStepWeights {
    /// W `[out, in]`, row-major, and b `[out]`, empty where there is none.
    Linear {
        /// W.
        weight: Vec<f32>,
        /// b.
        bias: Vec<f32>,
    },
    /// A batch norm, folded: scale ⊙ x + shift, each `[d]`.
    Affine {
        /// γ / √(σ² + ε).
        scale: Vec<f32>,
        /// β − μ · scale.
        shift: Vec<f32>,
    },
    /// A division by the length, which has no numbers.
    L2Normalize,
}

impl HeadWeights {
    /// Takes what a file held; none where something is missing.
    pub(crate) fn of(description: &Description, values: &mut Values) -> Option<Self> {
        let exponent = match &description.pooling {
            PoolingStep::Average => None,
            PoolingStep::GeneralizedMean { key, .. } => Some(*values.take(key)?.first()?),
        };
        let necks = description.necks.iter().map(|neck| HeadStepWeights::of(neck, values));
        Some(Self { exponent, necks: necks.collect::<Option<_>>()? })
    }

    /// The head on a device; none where the numbers are not those of the description.
    pub(crate) fn on(self, description: &Description, device: &Device) -> Option<Head> {
        let pooling = match (&description.pooling, self.exponent) {
            (PoolingStep::Average, None) => Pooling::Average,
            (PoolingStep::GeneralizedMean { epsilon, .. }, Some(exponent)) => {
                Pooling::GeneralizedMean { exponent, epsilon: *epsilon }
            }
            _ => return None,
        };
        if self.necks.len() != description.necks.len() {
            return None;
        }
        let necks = self.necks.into_iter().zip(&description.necks);
        let necks = necks.map(|(weights, step)| weights.on(step, device)).collect::<Option<_>>()?;
        Some(Head::new(pooling, necks))
    }
}

impl ClassifierWeights {
    /// The layer on a device; none where the numbers are not those of the description.
    pub(crate) fn on(self, shape: &Classifier, device: &Device) -> Option<Linear> {
        let [classes, inputs] = [shape.classes, shape.inputs];
        if self.bias.len() != classes || self.weight.len() != classes * inputs {
            return None;
        }
        let weight = TensorData::new(self.weight, [classes, inputs]);
        let weight = Tensor::from_data(weight, device);
        Some(Linear { weight, bias: Some(vector(self.bias, device)) })
    }
}

impl HeadStepWeights {
    fn of(step: &HeadStep, values: &mut Values) -> Option<Self> {
        Some(match step {
            HeadStep::Linear { key, has_bias, .. } => Self::Linear {
                weight: values.take(&format!("{key}.weight"))?,
                bias: match has_bias {
                    true => values.take(&format!("{key}.bias"))?,
                    false => Vec::new(),
                },
            },
            HeadStep::BatchNorm { norm, width, is_affine } => {
                let mut take = |part: &str| values.take(&format!("{}.{part}", norm.key));
                let (mean, variance) = (take("running_mean")?, take("running_var")?);
                let (gamma, beta) = match is_affine {
                    true => (take("weight")?, take("bias")?),
                    false => (vec![1.0; *width], vec![0.0; *width]),
                };
                folded([&gamma, &beta, &mean, &variance], norm.epsilon)
            }
            HeadStep::L2Normalize { .. } => Self::L2Normalize,
        })
    }

    fn on(self, step: &HeadStep, device: &Device) -> Option<ProjectionStep> {
        Some(match (self, step) {
            (Self::Linear { weight, bias }, HeadStep::Linear { inputs, outputs, has_bias, .. }) => {
                let fits = weight.len() == inputs * outputs
                    && bias.len() == if *has_bias { *outputs } else { 0 };
                let weight = fits.then(|| TensorData::new(weight, [*outputs, *inputs]))?;
                ProjectionStep::Linear(Linear {
                    weight: Tensor::from_data(weight, device),
                    bias: has_bias.then(|| vector(bias, device)),
                })
            }
            (Self::Affine { scale, shift }, HeadStep::BatchNorm { width, .. }) => {
                let fits = scale.len() == *width && shift.len() == *width;
                fits.then(|| ProjectionStep::Affine {
                    scale: vector(scale, device),
                    shift: vector(shift, device),
                })?
            }
            (Self::L2Normalize, HeadStep::L2Normalize { epsilon }) => {
                ProjectionStep::L2Normalize { epsilon: *epsilon }
            }
            _ => return None,
        })
    }
}

/// γ·(x − μ)/√(σ² + ε) + β as scale and shift, in f64.
fn folded([gamma, beta, mean, variance]: [&[f32]; 4], epsilon: f64) -> HeadStepWeights {
    let (scale, shift) = (0..gamma.len())
        .map(|i| {
            let scale = f64::from(gamma[i]) / (f64::from(variance[i]) + epsilon).sqrt();
            (scale as f32, (f64::from(beta[i]) - f64::from(mean[i]) * scale) as f32)
        })
        .unzip();
    HeadStepWeights::Affine { scale, shift }
}

fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}
