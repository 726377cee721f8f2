//! A graph as a description of convolutions, where it is one: what the engine runs.

use std::collections::HashMap;

use cam_graph as graph;
use cam_graph::{Function, Graph, Operation as Step};

use crate::description::{
    Activation, BatchNorm, Convolution, Cut, Description, HeadStep, MaxPool, Operation, Padding,
    PoolingStep, Step as DescriptionStep, Value,
};
use crate::graph_network::Parameters;
use crate::head_weights::{HeadStepWeights, HeadWeights};
use crate::preprocessing::Preprocessing;
use crate::weights::{ConvolutionWeights, Weights};

/// The description and weights of a graph of convolutions, max pools and a mean; none where it has anything else.
pub(crate) fn convolutions_of(
    graph: &Graph,
    parameters: &Parameters,
    name: &str,
) -> Option<(Description, Weights)> {
    let shapes = graph.shapes(&graph.input).ok()?;
    let head = graph.head(&shapes)?;
    if head.pooling != graph::Pooling::Average {
        return None;
    }
    let mut values = HashMap::from([(graph::Value::INPUT, Value::INPUT)]);
    let (mut steps, mut convolutions) = (Vec::new(), Vec::new());
    for index in 0..head.value.index() {
        let step = &graph.steps[index];
        let input = *values.get(step.inputs.first()?)?;
        let operation = match &step.operation {
            Step::Convolution(convolution) => {
                let residual = match step.inputs.get(1) {
                    Some(residual) => Some(*values.get(residual)?),
                    None => None,
                };
                let shape = graph.parameters.get(&convolution.weight)?;
                let found = convolved(convolution, shape, residual)?;
                let bias = match &convolution.bias {
                    Some(bias) => parameters.get(bias)?.clone(),
                    None => vec![0.0; found.outputs],
                };
                let weight = parameters.get(&convolution.weight)?.clone();
                convolutions.push(ConvolutionWeights { weight, bias });
                Operation::Convolution(found)
            }
            Step::MaxPool(window) => Operation::MaxPool(pooled(window)?),
            _ => return None,
        };
        values.insert(graph::Value::of_step(index), Value::of_step(steps.len()));
        steps.push(DescriptionStep { input, operation });
    }
    let cuts = graph.cuts(&graph.input).ok()?;
    let cuts = cuts.iter().filter(|cut| cut.is_clean() && cut.value <= head.value).map(|cut| {
        let aliases = cut.names.iter().skip(1).cloned().collect();
        Some(Cut { name: cut.name().to_owned(), aliases, value: *values.get(&cut.value)? })
    });
    let cuts = cuts.collect::<Option<Vec<_>>>()?;
    // The layer to look at is the last one there.
    if cuts.last().map(|cut| cut.value) != Some(Value::of_step(steps.len().checked_sub(1)?)) {
        return None;
    }
    let (necks, weights) = necks(&head, graph, parameters)?;
    let description = Description {
        name: name.to_owned(),
        steps,
        cuts,
        pooling: PoolingStep::Average,
        necks,
        classifier: None,
        preprocessing: Preprocessing::imagenet(),
    };
    let head = HeadWeights { exponent: None, necks: weights };
    Some((description, Weights { convolutions, head, classifier: None }))
}

fn convolved(
    convolution: &graph::Convolution,
    weight: &[usize],
    residual: Option<Value>,
) -> Option<Convolution> {
    let &[outputs, per_group, height, width] = weight else { return None };
    let [down, across] = convolution.stride;
    let padding = match convolution.padding {
        graph::Padding::Fixed(border) if border == graph::Border::all(border.top) => {
            Padding::Each(border.top)
        }
        graph::Padding::Same { lower: false } => Padding::Same,
        _ => return None,
    };
    let activation = match convolution.activation {
        None => Activation::Identity,
        Some(Function::Relu) => Activation::Relu,
        Some(Function::Clip { low: 0.0, high: 6.0 }) => Activation::Relu6,
        Some(_) => return None,
    };
    let fits = height == width && down == across && convolution.dilation == [1, 1];
    fits.then(|| Convolution {
        key: convolution.weight.clone(),
        norm: BatchNorm { key: String::new(), epsilon: 0.0 },
        inputs: per_group * convolution.groups,
        outputs,
        kernel: height,
        stride: down,
        padding,
        groups: convolution.groups,
        residual,
        activation,
    })
}

fn pooled(window: &graph::Window) -> Option<MaxPool> {
    let graph::Padding::Fixed(border) = window.padding else { return None };
    let fits = window.kernel[0] == window.kernel[1]
        && window.stride[0] == window.stride[1]
        && window.dilation == [1, 1]
        && border == graph::Border::all(border.top)
        && 2 * border.top <= window.kernel[0]
        && !window.ceil;
    fits.then(|| MaxPool {
        kernel: window.kernel[0],
        stride: window.stride[0],
        padding: border.top,
    })
}

fn necks(
    head: &graph::Head,
    graph: &Graph,
    parameters: &Parameters,
) -> Option<(Vec<HeadStep>, Vec<HeadStepWeights>)> {
    let necks = head.steps.iter().map(|step| {
        Some(match step {
            graph::HeadStep::Linear { weight, bias } => {
                let &[outputs, inputs, ..] = graph.parameters.get(weight)?.as_slice() else {
                    return None;
                };
                let has_bias = bias.is_some();
                let key = weight.clone();
                let bias = match bias {
                    Some(bias) => parameters.get(bias)?.clone(),
                    None => Vec::new(),
                };
                (
                    HeadStep::Linear { key, inputs, outputs, has_bias },
                    HeadStepWeights::Linear { weight: parameters.get(weight)?.clone(), bias },
                )
            }
            graph::HeadStep::Window { .. } => return None,
            graph::HeadStep::ScaleShift { scale, shift } => {
                let norm = BatchNorm { key: scale.clone(), epsilon: 0.0 };
                let (scale, shift) =
                    (parameters.get(scale)?.clone(), parameters.get(shift)?.clone());
                (
                    HeadStep::BatchNorm { norm, width: scale.len(), is_affine: true },
                    HeadStepWeights::Affine { scale, shift },
                )
            }
            graph::HeadStep::L2Normalize { epsilon } => {
                (HeadStep::L2Normalize { epsilon: *epsilon }, HeadStepWeights::L2Normalize)
            }
        })
    });
    Some(necks.collect::<Option<Vec<_>>>()?.into_iter().unzip())
}
