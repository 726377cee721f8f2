//! Weights of nothing, for measurements.

use cam_graph::{Graph, Operation};

use crate::{Classifier, Parameters};

/// What a layer's numbers are multiplied by where they are added to a residual, and elsewhere. A
/// chain keeps its size by the second, and a sum of sixteen blocks does by the first.
const GAINS: [f32; 2] = [0.25, 0.7];

/// Numbers for a graph that say nothing and are the same every time; constants, which are part of what it computes, stay
/// as they are known.
///
/// Speed does not depend on what weights hold, as long as activations neither vanish nor
/// grow beyond what f32 can hold, which takes other paths in some processors: these do not.
/// With them a network can be timed whose weights are not at hand.
pub(crate) fn placeholder(
    graph: &Graph,
    classifier: Option<(&Classifier, usize)>,
    known: &Parameters,
) -> Parameters {
    let mut made = Parameters::new();
    let length =
        |name: &str| graph.parameters.get(name).map_or(0, |shape| shape.iter().product::<usize>());
    let mut fill =
        |name: &str, number: f32| made.insert(name.to_owned(), vec![number; length(name)]);
    for step in &graph.steps {
        match &step.operation {
            Operation::BatchNorm(norm) => {
                norm.parameters().into_iter().for_each(|name| drop(fill(name, 0.0)));
                norm.scale.iter().chain([&norm.variance]).for_each(|name| drop(fill(name, 1.0)));
            }
            Operation::ScaleShift { scale, shift, .. } => {
                fill(scale, 1.0);
                fill(shift, 0.0);
            }
            Operation::LayerNorm(norm) => {
                norm.scale.iter().for_each(|name| drop(fill(name, 1.0)));
                norm.shift.iter().for_each(|name| drop(fill(name, 0.0)));
            }
            Operation::PRelu { slope, .. } => drop(fill(slope, 0.25)),
            Operation::GeneralizedMean { exponent, .. } => drop(fill(exponent, 3.0)),
            operation => operation.parameters().into_iter().for_each(|name| drop(fill(name, 0.0))),
        }
    }
    for step in &graph.steps {
        let weight = match &step.operation {
            Operation::Convolution(convolution) => &convolution.weight,
            Operation::Linear(linear) => &linear.weight,
            Operation::Constant { parameter } => {
                if let Some(numbers) = known.get(parameter) {
                    made.insert(parameter.clone(), numbers.clone());
                }
                continue;
            }
            _ => continue,
        };
        let [residual, chain] = GAINS;
        let gain = if step.inputs.len() > 1 { residual } else { chain };
        let shape = graph.parameters.get(weight).map(Vec::as_slice).unwrap_or_default();
        // He's variance for rectified units, of numbers that are spread evenly.
        let inputs = shape.iter().skip(1).product::<usize>().max(1);
        made.insert(weight.clone(), numbers(length(weight), gain * (6.0 / inputs as f32).sqrt()));
    }
    if let Some((classifier, width)) = classifier {
        made.insert(classifier.weight.clone(), numbers(classifier.classes * width, 1.0));
        let bias = classifier.bias.iter();
        made.extend(bias.map(|bias| (bias.clone(), vec![0.0; classifier.classes])));
    }
    made
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
