//! A network's numbers, with batch norm folded away.

use crate::contract::Values;
use crate::description::{Convolution, Description};
use crate::head_weights::HeadWeights;

/// The numbers a [`Description`] needs, in the order of its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// One entry per convolution, in order.
    pub convolutions: Vec<ConvolutionWeights>,
    /// What stands between the last convolution and the embedding.
    pub head: HeadWeights,
    /// The classifier's, where there is one.
    pub classifier: Option<ClassifierWeights>,
}

/// A convolution with its batch norm folded in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConvolutionWeights {
    /// `[out, in / groups, k, k]`, row-major.
    pub weight: Vec<f32>,
    /// `[out]`.
    pub bias: Vec<f32>,
}

/// A fully connected layer.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifierWeights {
    /// `[classes, d]`, row-major.
    pub weight: Vec<f32>,
    /// `[classes]`.
    pub bias: Vec<f32>,
}

impl Weights {
    /// Folds what a file held. Convolutions must all be there; a missing norm does nothing.
    pub(crate) fn fold(description: &Description, mut values: Values) -> Option<Self> {
        let convolutions = description.convolutions().map(|step| fold(step, &mut values));
        let convolutions = convolutions.collect::<Option<_>>()?;
        let head = HeadWeights::of(description, &mut values)?;
        let classifier = description.classifier.as_ref().and_then(|classifier| {
            let weight = values.take(&format!("{}.weight", classifier.key))?;
            let bias = values.take(&format!("{}.bias", classifier.key));
            // A classifier without bias adds zero.
            let bias = bias.unwrap_or_else(|| vec![0.0; classifier.classes]);
            Some(ClassifierWeights { weight, bias })
        });
        Some(Self { convolutions, head, classifier })
    }
}

/// γ·(w∗x − μ)/√(σ² + ε) + β = (γ/√(σ² + ε)·w)∗x + (β − γ·μ/√(σ² + ε)), in f64.
fn fold(step: &Convolution, values: &mut Values) -> Option<ConvolutionWeights> {
    let mut weight = values.take(&format!("{}.weight", step.key))?;
    let mut norm = |part: &str, neutral: f32| {
        let found = values.take(&format!("{}.{part}", step.norm.key));
        found.unwrap_or_else(|| vec![neutral; step.outputs])
    };
    let gamma = norm("weight", 1.0);
    let beta = norm("bias", 0.0);
    let mean = norm("running_mean", 0.0);
    let variance = norm("running_var", 1.0);
    let mut bias = Vec::with_capacity(step.outputs);
    let per_output = weight.len() / step.outputs.max(1);
    for (channel, kernel) in weight.chunks_mut(per_output.max(1)).enumerate() {
        let scale =
            f64::from(gamma[channel]) / (f64::from(variance[channel]) + step.norm.epsilon).sqrt();
        for value in kernel {
            *value = (f64::from(*value) * scale) as f32;
        }
        bias.push((f64::from(beta[channel]) - f64::from(mean[channel]) * scale) as f32);
    }
    Some(ConvolutionWeights { weight, bias })
}
