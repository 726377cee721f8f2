//! A graph's head with its numbers.

use burn::tensor::{Device, Tensor, TensorData};
use cam_core::{Head, Linear, Pooling, ProjectionStep};
use cam_graph::{Graph, HeadStep};

use super::Parameters;

/// The head of a graph with its numbers on a device.
pub(super) fn on_device(
    head: &cam_graph::Head,
    parameters: &Parameters,
    graph: &Graph,
    device: &Device,
) -> Option<Head> {
    let steps = head.steps.iter().map(|found| step(found, parameters, graph, device));
    let mut steps = steps.collect::<Option<Vec<_>>>()?;
    let pooling = match &head.pooling {
        cam_graph::Pooling::Average => Pooling::Average,
        cam_graph::Pooling::Maximum => Pooling::Max,
        cam_graph::Pooling::Flatten => Pooling::Flatten,
        cam_graph::Pooling::GeneralizedMean { exponent, epsilon } => Pooling::GeneralizedMean {
            exponent: *parameters.get(exponent)?.first()?,
            epsilon: *epsilon,
        },
        cam_graph::Pooling::Weighted { weight, bias } => {
            let &[channels, _, height, width] = graph.parameters.get(weight)?.as_slice() else {
                return None;
            };
            if let Some(bias) = bias {
                let shift = vector(parameters, bias, device)?;
                let scale = Tensor::ones([channels], device);
                steps.insert(0, ProjectionStep::Affine { scale, shift });
            }
            let numbers =
                TensorData::new(parameters.get(weight)?.clone(), [channels, height * width]);
            Pooling::Weighted { weight: Box::new(Tensor::from_data(numbers, device)) }
        }
    };
    Some(Head::new(pooling, steps))
}

/// A step of a head with its numbers on a device.
pub(super) fn step(
    step: &HeadStep,
    parameters: &Parameters,
    graph: &Graph,
    device: &Device,
) -> Option<ProjectionStep> {
    let of = |name: &String| vector(parameters, name, device);
    Some(match step {
        HeadStep::Linear { weight, bias } => {
            // A convolution of one pixel has two more sides, of length 1.
            let &[outputs, inputs, ..] = graph.parameters.get(weight)?.as_slice() else {
                return None;
            };
            let numbers = TensorData::new(parameters.get(weight)?.clone(), [outputs, inputs]);
            ProjectionStep::Linear(Linear {
                weight: Tensor::from_data(numbers, device),
                bias: match bias {
                    Some(bias) => Some(of(bias)?),
                    None => None,
                },
            })
        }
        HeadStep::Window { weight, bias, groups } => {
            let shape = graph.parameters.get(weight)?;
            let (numbers, inputs) = dense(parameters.get(weight)?, shape, *groups)?;
            let numbers = TensorData::new(numbers, [shape[0], inputs]);
            ProjectionStep::Linear(Linear {
                weight: Tensor::from_data(numbers, device),
                bias: match bias {
                    Some(bias) => Some(of(bias)?),
                    None => None,
                },
            })
        }
        HeadStep::ScaleShift { scale, shift } => {
            ProjectionStep::Affine { scale: of(scale)?, shift: of(shift)? }
        }
        HeadStep::L2Normalize { epsilon } => ProjectionStep::L2Normalize { epsilon: *epsilon },
    })
}

/// The numbers of a parameter on a device.
pub(super) fn vector(parameters: &Parameters, name: &str, device: &Device) -> Option<Tensor<1>> {
    let numbers = parameters.get(name)?.clone();
    let length = numbers.len();
    Some(Tensor::from_data(TensorData::new(numbers, [length]), device))
}

/// Linear steps as one: `weight` `[out, inputs]` and `bias` `[out]`.
pub(super) struct Folded {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) inputs: usize,
}

/// Whether steps are a linear layer and what scales its outputs.
pub(super) fn can_be_folded(steps: &[HeadStep], graph: &Graph) -> bool {
    let Some((HeadStep::Linear { weight, .. }, scales)) = steps.split_first() else { return false };
    let shape = graph.parameters.get(weight);
    shape.is_some_and(|shape| shape.len() == 2)
        && scales.iter().all(|step| matches!(step, HeadStep::ScaleShift { .. }))
}

/// The parameters of such steps.
pub(super) fn folded_names(steps: &[HeadStep]) -> impl Iterator<Item = &String> {
    steps
        .iter()
        .flat_map(|step| match step {
            HeadStep::Linear { weight, bias } => [Some(weight), bias.as_ref()],
            HeadStep::ScaleShift { scale, shift } => [Some(scale), Some(shift)],
            _ => [None, None],
        })
        .flatten()
}

/// A linear layer and what scales its outputs, as one; none of other steps.
pub(super) fn folded(steps: &[HeadStep], parameters: &Parameters, graph: &Graph) -> Option<Folded> {
    let (HeadStep::Linear { weight, bias }, scales) = steps.split_first()? else { return None };
    let &[outputs, inputs] = graph.parameters.get(weight)?.as_slice() else { return None };
    let mut weight = parameters.get(weight)?.clone();
    let mut bias = match bias {
        Some(bias) => parameters.get(bias)?.clone(),
        None => vec![0.0; outputs],
    };
    for step in scales {
        let HeadStep::ScaleShift { scale, shift } = step else { return None };
        let (scale, shift) = (parameters.get(scale)?, parameters.get(shift)?);
        for ((row, bias), (scale, shift)) in
            weight.chunks_mut(inputs).zip(&mut bias).zip(scale.iter().zip(shift))
        {
            row.iter_mut().for_each(|number| *number *= scale);
            *bias = *bias * scale + shift;
        }
    }
    Some(Folded { weight, bias, inputs })
}

/// Numbers that a convolution over the whole grid may take as a matrix: 256 MB.
const DENSE: usize = 1 << 26;

/// A grouped convolution over the whole grid as a matrix `[out, in · h · w]`, zero where groups do not see each other,
/// and its width; none where it would be too large.
fn dense(weight: &[f32], shape: &[usize], groups: usize) -> Option<(Vec<f32>, usize)> {
    let &[outputs, per_group, height, width] = shape else { return None };
    let row = per_group * height * width;
    let inputs = row * groups;
    if groups == 0 || inputs.checked_mul(outputs)? > DENSE || weight.len() != outputs * row {
        return None;
    }
    let mut matrix = vec![0.0; outputs * inputs];
    for (output, kernel) in weight.chunks(row).enumerate() {
        let start = output * inputs + output / (outputs / groups) * row;
        matrix[start..start + row].copy_from_slice(kernel);
    }
    Some((matrix, inputs))
}
