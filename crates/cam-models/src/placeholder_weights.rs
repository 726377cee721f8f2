//! Weights of nothing, for measurements.

use crate::description::{Convolution, Description, HeadStep, PoolingStep};
use crate::head_weights::{HeadStepWeights, HeadWeights};
use crate::weights::{ClassifierWeights, ConvolutionWeights, Weights};

/// What a layer's numbers are multiplied by where they are added to a residual, and elsewhere. A
/// chain keeps its size by the second, and a sum of sixteen blocks does by the first.
const GAINS: [f32; 2] = [0.25, 0.7];

impl Weights {
    /// Numbers of the described shapes that say nothing and are the same every time.
    ///
    /// Speed does not depend on what weights hold, as long as activations neither vanish nor
    /// grow beyond what f32 can hold, which takes other paths in some processors: these do not.
    /// With them a network can be timed whose weights are not at hand.
    pub fn placeholder(description: &Description) -> Self {
        let classifier = description.classifier.as_ref();
        Self {
            convolutions: description.convolutions().map(convolution).collect(),
            head: HeadWeights::placeholder(description),
            classifier: classifier.map(|classifier| ClassifierWeights {
                weight: numbers(classifier.classes * classifier.inputs, 1.0),
                bias: vec![0.0; classifier.classes],
            }),
        }
    }
}

impl HeadWeights {
    fn placeholder(description: &Description) -> Self {
        let exponent = (description.pooling != PoolingStep::Average).then_some(3.0);
        let necks = description.necks.iter().map(|neck| match neck {
            HeadStep::Linear { inputs, outputs, has_bias, .. } => HeadStepWeights::Linear {
                weight: numbers(inputs * outputs, 1.0),
                bias: if *has_bias { vec![0.0; *outputs] } else { Vec::new() },
            },
            HeadStep::BatchNorm { width, .. } => {
                HeadStepWeights::Affine { scale: vec![1.0; *width], shift: vec![0.0; *width] }
            }
            HeadStep::L2Normalize { .. } => HeadStepWeights::L2Normalize,
        });
        Self { exponent, necks: necks.collect() }
    }
}

fn convolution(step: &Convolution) -> ConvolutionWeights {
    let shape = step.weight_shape();
    let [residual, chain] = GAINS;
    let gain = if step.residual.is_some() { residual } else { chain };
    // He's variance for rectified units, of numbers that are spread evenly.
    let scale = gain * (6.0 / shape[1..].iter().product::<usize>() as f32).sqrt();
    ConvolutionWeights {
        weight: numbers(shape.iter().product(), scale),
        bias: vec![0.0; step.outputs],
    }
}

/// Numbers in −scale..scale without pattern.
fn numbers(len: usize, scale: f32) -> Vec<f32> {
    (0..len as u32).map(|i| scale * ((scrambled(i) >> 8) as f32 / 8_388_608.0 - 1.0)).collect()
}

/// Every bit of the result depends on every bit of the number: odd multipliers carry bits up,
/// shifts bring them down.
fn scrambled(i: u32) -> u32 {
    let x = (i ^ (i >> 16)).wrapping_mul(0x9E37_79B1);
    let x = (x ^ (x >> 15)).wrapping_mul(0x2C1B_3C6D);
    x ^ (x >> 16)
}
