use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, TensorData};
use cam_core::BiasGradients;

use crate::description::{Activation, Convolution, Description, MaxPool, Operation, Value};
use crate::executor::{Executor, Segment};
use crate::precision::Precision;
use crate::weights::ConvolutionWeights;

/// Walks a network with burn's own operations: every backend, autodiff included.
///
/// The weights lie on the plain device. Under autodiff they are lifted as constants, so that no
/// gradient of a weight is ever computed. Convolutions, residuals and activations are computed in the
/// [`Precision`] that it is made with; what is given and what comes out is f32.
pub struct BurnExecutor {
    steps: Vec<LoadedStep>,
    precision: Precision,
}

struct LoadedStep {
    input: Value,
    operation: LoadedOperation,
}

enum LoadedOperation {
    Convolution(Box<LoadedConvolution>),
    MaxPool(MaxPool),
}

struct LoadedConvolution {
    step: Convolution,
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl BurnExecutor {
    /// Uploads the weights of a description's convolutions, given in order.
    ///
    /// Returns `None` where they are too few or of other sizes.
    pub fn new(
        description: &Description,
        weights: Vec<ConvolutionWeights>,
        device: &Device,
        precision: Precision,
    ) -> Option<Self> {
        let mut weights = weights.into_iter();
        let steps = description.steps.iter().map(|step| {
            let operation = match &step.operation {
                Operation::Convolution(step) => upload(step, weights.next()?, device, precision)?,
                Operation::MaxPool(pool) => LoadedOperation::MaxPool(*pool),
            };
            Some(LoadedStep { input: step.input, operation })
        });
        Some(Self { steps: steps.collect::<Option<_>>()?, precision })
    }
}

fn upload(
    step: &Convolution,
    weights: ConvolutionWeights,
    device: &Device,
    precision: Precision,
) -> Option<LoadedOperation> {
    let length = step.weight_shape().iter().product::<usize>();
    if weights.weight.len() != length || weights.bias.len() != step.outputs {
        return None;
    }
    let weight = TensorData::new(weights.weight, step.weight_shape());
    let bias = TensorData::new(weights.bias, [step.outputs]);
    Some(LoadedOperation::Convolution(Box::new(LoadedConvolution {
        step: step.clone(),
        weight: Tensor::from_data(weight, (device, DType::from(precision.dtype()))),
        bias: Tensor::from_data(bias, (device, DType::from(precision.dtype()))),
    })))
}

impl Executor for BurnExecutor {
    fn run(&self, segment: Segment, input: Tensor<4>) -> Tensor<4> {
        // Nothing is computed, so nothing is to be rounded.
        if segment.is_empty() {
            return input;
        }
        let output = self.walk(segment, self.precision.enter(input), |_, y| y);
        self.precision.leave(output)
    }

    fn bias_gradients(
        &self,
        segment: Segment,
        input: Tensor<4>,
        gradients: Tensor<4>,
    ) -> Option<Vec<BiasGradients>> {
        let mut probes = Vec::new();
        let input = self.precision.enter(input.autodiff());
        let output = self.walk(segment, input, |convolution, y| {
            // Zeros that change nothing, but have a gradient.
            let probe = Tensor::zeros_like(&y.clone().without_autodiff());
            let probe = probe.autodiff().require_grad();
            probes.push((convolution.bias.clone(), probe.clone()));
            y + probe
        });
        let output = self.precision.leave(output);
        let mut found = (output * gradients.autodiff()).sum().backward();
        let gradients = probes.into_iter().map(|(bias, probe)| {
            let gradients = probe.grad_remove(&mut found)?.without_autodiff();
            Some(self.precision.bias_gradients(bias, gradients))
        });
        gradients.collect()
    }
}

impl BurnExecutor {
    /// Runs a segment; every convolution's sum goes through `pass` before the residual is added.
    fn walk(
        &self,
        segment: Segment,
        input: Tensor<4>,
        mut pass: impl FnMut(&LoadedConvolution, Tensor<4>) -> Tensor<4>,
    ) -> Tensor<4> {
        let steps = &self.steps[segment.clone()];
        let mut values = Values::new(segment.start, input, steps);
        for step in steps {
            let output = match &step.operation {
                LoadedOperation::Convolution(convolution) => {
                    let y = pass(convolution, convolution.run(values.read(step.input)));
                    let y = match convolution.step.residual {
                        Some(residual) => y + values.read(residual),
                        None => y,
                    };
                    activate(convolution.step.activation, y)
                }
                LoadedOperation::MaxPool(pool) => max_pool(*pool, values.read(step.input)),
            };
            values.push(output);
        }
        values.into_last()
    }
}

/// The values that later steps still read; the others are dropped, so that memory holds a few
/// activations and not all of them.
struct Values {
    start: usize,
    values: Vec<Option<Tensor<4>>>,
    reads_left: Vec<usize>,
}

impl Values {
    fn new(start: usize, input: Tensor<4>, steps: &[LoadedStep]) -> Self {
        let mut reads_left = vec![0; steps.len() + 1];
        for step in steps {
            reads_left[step.input.index() - start] += 1;
            if let LoadedOperation::Convolution(convolution) = &step.operation
                && let Some(residual) = convolution.step.residual
            {
                reads_left[residual.index() - start] += 1;
            }
        }
        Self { start, values: vec![Some(input)], reads_left }
    }

    fn read(&mut self, value: Value) -> Tensor<4> {
        let index = value.index() - self.start;
        self.reads_left[index] -= 1;
        let value = match self.reads_left[index] {
            0 => self.values[index].take(),
            _ => self.values[index].clone(),
        };
        value.expect("a cut leaves no value behind that a later step reads")
    }

    fn push(&mut self, value: Tensor<4>) {
        self.values.push(Some(value));
    }

    fn into_last(mut self) -> Tensor<4> {
        self.values.pop().flatten().expect("the last value is read by no step")
    }
}

impl LoadedConvolution {
    /// The convolution and its bias; residual and activation are left to the caller.
    fn run(&self, x: Tensor<4>) -> Tensor<4> {
        let Convolution { padding, kernel, stride, groups, .. } = self.step;
        let [_, _, height, width] = x.dims();
        let padding = [height, width].map(|size| padding.before_and_after(size, kernel, stride));
        let options = ConvOptions::new_with_padding([stride; 2], padding, [1; 2], groups);
        conv2d(x, self.weight.clone(), Some(self.bias.clone()), options)
    }
}

fn max_pool(pool: MaxPool, x: Tensor<4>) -> Tensor<4> {
    let options = MaxPoolOptions::new([pool.kernel; 2])
        .with_stride([pool.stride; 2])
        .with_padding([pool.padding; 2]);
    max_pool2d(x, options)
}

fn activate(activation: Activation, x: Tensor<4>) -> Tensor<4> {
    match activation {
        Activation::Identity => x,
        Activation::Relu => relu(x),
        Activation::Relu6 => x.clamp(0.0, 6.0),
    }
}
