//! Runs a network that is data with burn's operations: every backend, autodiff included.
//!
//! burn's tensors have a rank that is known when the program is compiled, a graph's values do not. So a value is a
//! [`Dense`], flat numbers and a shape, and every operation sees them at the rank that it needs: axes that it does not
//! tell apart become one. That costs nothing where numbers lie in a row.

mod around;
mod arrange;
mod broadcast;
mod concat;
mod dense;
mod functions;
mod matrices;
mod normalise;
mod parameters;
mod pooling;
mod reduce;
mod resample;
mod resize;
mod rows;
mod step;
mod transpose;
mod values;
mod windows;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};
use cam_core::BiasGradients;
use cam_graph::{Graph, LayerNorm, Linear, Operation, Step, Value};

use crate::precision::Precision;
use parameters::Parameters;
pub(crate) use rows::Rows;
use values::Values;

pub use dense::Dense;
pub use parameters::ParameterError;

/// Walks a graph with burn's own operations.
///
/// The parameters lie on the device that they were uploaded to, without autodiff. Where what is given is on autodiff,
/// they are lifted as constants, so that no gradient of a weight is ever computed. Steps are computed in the
/// [`Precision`] that it is made with, except norms, softmax, means and sums, which need f32; what is given and what
/// comes out is f32.
pub struct GraphExecutor {
    graph: Graph,
    parameters: Parameters,
    precision: Precision,
}

impl GraphExecutor {
    /// Uploads the parameters that a graph names. Others are left out.
    ///
    /// # Errors
    /// [`ParameterError`] for the first that is missing or has another number of values than its shape.
    pub fn new(
        graph: Graph,
        parameters: BTreeMap<String, Vec<f32>>,
        device: &Device,
        precision: Precision,
    ) -> Result<Self, ParameterError> {
        let parameters = Parameters::upload(&graph.parameters, parameters, device, precision)?;
        Ok(Self { graph, parameters, precision })
    }

    /// What it runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Computes the wanted values from those that are given, and of the steps in between only those needed.
    ///
    /// All have their axis of images in front; those of constants have length 1. A value that is no constant and does
    /// not depend on an image comes out once for each image.
    ///
    /// # Panics
    /// Where what is given does not fit, or does not suffice: [`Graph::shapes`] says beforehand what fits, and
    /// [`cam_graph::Cut::held`] what else is read behind a cut.
    pub fn run(&self, given: &[(Value, Dense)], wanted: &[Value]) -> Vec<Dense> {
        self.run_as(&self.graph, given, wanted)
    }

    /// The same by another graph's steps, which read the same parameters.
    pub(crate) fn run_as(
        &self,
        graph: &Graph,
        given: &[(Value, Dense)],
        wanted: &[Value],
    ) -> Vec<Dense> {
        self.walk(graph, (given, wanted, &[]), |_, _, y| y)
    }

    /// The same, and beside it rows of attention weights, so that those need not be kept to the end.
    pub(crate) fn run_cutting(
        &self,
        given: &[(Value, Dense)],
        wanted: &[Value],
        parted: &[(Value, Rows)],
    ) -> (Vec<Dense>, BTreeMap<Value, Dense>) {
        let mut parts = BTreeMap::new();
        let values: Vec<Value> = parted.iter().map(|(value, _)| *value).collect();
        let found = self.walk(&self.graph, (given, wanted, &values), |value, _, y| {
            if let Some((_, rows)) = parted.iter().find(|(parted, _)| *parted == value) {
                parts.insert(value, self.leave(rows.of(&y)));
            }
            y
        });
        (found, parts)
    }

    /// Every convolution's bias and every shift per channel, and ∂s/∂ of what it is added to, in the order of the steps;
    /// none where the network adds other biases to its grids, as transformers do.
    ///
    /// # Shapes
    /// Images `[n, 3, h, w]`, and one ∂s/∂e for each, `[n, d]`.
    pub(crate) fn bias_gradients(
        &self,
        images: Tensor<4>,
        gradients: Tensor<2>,
    ) -> Option<Vec<BiasGradients>> {
        let mut probes = Vec::new();
        let mut others = false;
        let given = [(Value::INPUT, Dense::new(images.autodiff()))];
        let wanted = [self.graph.output];
        let mut output = self.walk(&self.graph, (&given, &wanted, &[]), |_, step, y| {
            let bias = match &step.operation {
                Operation::Convolution(convolution) => convolution.bias.as_ref(),
                Operation::ScaleShift { shift, .. } => Some(shift),
                Operation::LayerNorm(LayerNorm { shift: bias, .. })
                | Operation::Linear(Linear { bias, .. }) => bias.as_ref(),
                _ => None,
            };
            let sides = y.shape().to_vec();
            match (bias, &sides[..]) {
                // Behind the pooling.
                (None, _) | (_, [_, _]) => y,
                (Some(bias), &[n, c, h, w])
                    if !matches!(
                        step.operation,
                        Operation::LayerNorm(_) | Operation::Linear(_)
                    ) =>
                {
                    // Zeros that change nothing, but have a gradient.
                    let numbers = y.clone().numbers();
                    let probe = Tensor::zeros_like(&numbers.clone().without_autodiff());
                    let probe = probe.autodiff().require_grad();
                    probes.push((self.parameters.flat(bias), probe.clone(), [n, c, h, w]));
                    y.map(|numbers| numbers + probe)
                }
                _ => {
                    others = true;
                    y
                }
            }
        });
        if others {
            return None;
        }
        let output = output.pop()?;
        let [n, width] = gradients.dims();
        let output = output.numbers().reshape([n, width]);
        let mut found = (output * gradients.autodiff()).sum().backward();
        let gradients = probes.into_iter().map(|(bias, probe, sides)| {
            let gradients = probe.grad_remove(&mut found)?.without_autodiff();
            Some(self.precision.bias_gradients(bias, gradients.reshape(sides)))
        });
        gradients.collect()
    }

    /// Runs the steps that give what is wanted or seen; what each gives, a convolution's before its residual is added,
    /// goes through `pass`.
    fn walk(
        &self,
        graph: &Graph,
        (given, wanted, seen): (&[(Value, Dense)], &[Value], &[Value]),
        mut pass: impl FnMut(Value, &Step, Dense) -> Dense,
    ) -> Vec<Dense> {
        let find = |value| given.iter().find(|(found, _)| *found == value);
        let needed = graph.needed(|value| find(value).is_some(), &[wanted, seen].concat());
        let tracked = given.iter().any(|(_, dense)| dense.is_autodiff());
        let images = given.iter().map(|(_, dense)| dense.images()).max().unwrap_or(1);

        let mut values = Values::new(graph, &needed, wanted);
        for (value, dense) in given {
            values.put(*value, self.enter(dense.clone(), tracked));
        }
        for (index, step) in graph.steps.iter().enumerate().filter(|(index, _)| needed[*index]) {
            let inputs = step.inputs.iter().map(|&value| values.read(value)).collect();
            let value = Value::of_step(index);
            let pass = |y| pass(value, step, y);
            values.put(value, self.compute(step, inputs, tracked, pass));
        }
        let wanted = wanted.iter().map(|&value| {
            let found = values.read(value);
            match find(value) {
                // Nothing was computed, so nothing is to be rounded.
                Some((_, dense)) => dense.clone(),
                None if graph.is_constant(value) => self.leave(found),
                None => broadcast::for_images(self.leave(found), images),
            }
        });
        wanted.collect()
    }

    fn compute(
        &self,
        step: &Step,
        inputs: Vec<Dense>,
        tracked: bool,
        mut pass: impl FnMut(Dense) -> Dense,
    ) -> Dense {
        let shapes: Vec<&[usize]> = inputs.iter().map(Dense::of_one).collect();
        let shape = step.operation.shape(&shapes, &self.graph.parameters);
        let shape = shape.unwrap_or_else(|reason| {
            panic!("{} does not fit what it reads: {reason}", step.name.node)
        });
        match &step.operation {
            Operation::Constant { parameter } => {
                lifted(Dense::shared(self.parameters.flat(parameter), &shape), tracked)
            }
            Operation::Convolution(convolution) => {
                let mut inputs = inputs.into_iter();
                let x = inputs.next().expect("its shape was worked out, so it reads something");
                let y = windows::convolve(convolution, x, &shape, &self.parameters);
                windows::finish(convolution, pass(y), inputs.next(), &shape)
            }
            operation => pass(step::compute(operation, inputs, &shape, &self.parameters)),
        }
    }

    fn enter(&self, dense: Dense, tracked: bool) -> Dense {
        lifted(dense, tracked).map(|numbers| self.converted(numbers, Precision::enter))
    }

    fn leave(&self, dense: Dense) -> Dense {
        dense.map(|numbers| self.converted(numbers, Precision::leave))
    }

    fn converted(
        &self,
        numbers: Tensor<1>,
        convert: impl Fn(Precision, Tensor<4>) -> Tensor<4>,
    ) -> Tensor<1> {
        let length = numbers.dims()[0];
        convert(self.precision, numbers.reshape([1, 1, 1, length])).reshape([length])
    }
}

/// On autodiff where something else is: not every operation of burn's lifts what it reads by itself.
fn lifted(dense: Dense, tracked: bool) -> Dense {
    if tracked && !dense.is_autodiff() { dense.map(Tensor::autodiff) } else { dense }
}
