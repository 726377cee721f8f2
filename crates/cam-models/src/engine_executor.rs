use std::sync::{Arc, OnceLock};

use burn::tensor::{Device, Tensor, TensorData};
use cam_core::BiasGradients;
use cam_engine::{Engine, Graph, Options};

use crate::burn_executor::BurnExecutor;
use crate::description::{Convolution, Description, Operation};
use crate::executor::{Executor, Recording, Segment};
use crate::precision::Precision;
use crate::weights::ConvolutionWeights;

/// Runs segments on the processor with kernels made for it, and leaves what comes under autodiff
/// to burn's operations.
///
/// Values are copied out of the tensor and the result into a new one: a few hundred kilobytes per
/// segment, beside the many megabytes of activations that never leave the engine.
pub struct EngineExecutor {
    engine: Engine,
    description: Description,
    /// The same network in burn's operations, made from the engine's weights when it is first
    /// wanted: as a rule it never is, and would be a second copy of them.
    burn: Arc<OnceLock<BurnExecutor>>,
}

impl EngineExecutor {
    /// Packs the weights of a description's convolutions, given in order.
    ///
    /// # Errors
    /// [`cam_engine::Error`] where the description contradicts itself or the machine lacks the
    /// instructions asked for.
    pub fn new(
        description: &Description,
        weights: Vec<ConvolutionWeights>,
        options: Options,
    ) -> Result<Self, cam_engine::Error> {
        Ok(Self::around(Engine::new(graph(description, weights), options)?, description))
    }

    /// The graph whose weights are packed, without them and without biases.
    #[cfg(feature = "files")]
    pub(crate) fn graph_to_pack(description: &Description) -> Graph {
        let zeros = |step: &Convolution| ConvolutionWeights {
            weight: Vec::new(),
            bias: vec![0.0; step.outputs],
        };
        graph(description, description.convolutions().map(zeros).collect())
    }

    /// Takes weights that were packed before; biases per convolution, in order.
    ///
    /// # Errors
    /// As for [`new`](Self::new), and where the weights cannot be read.
    #[cfg(feature = "files")]
    pub(crate) fn open_packed(
        description: &Description,
        biases: Vec<Vec<f32>>,
        read: &cam_engine::ReadAt<'_>,
        options: Options,
    ) -> Result<Self, cam_engine::Error> {
        let weights =
            biases.into_iter().map(|bias| ConvolutionWeights { weight: Vec::new(), bias });
        let graph = graph(description, weights.collect());
        Ok(Self::around(Engine::open_packed(graph, read, options)?, description))
    }

    fn around(engine: Engine, description: &Description) -> Self {
        Self { engine, description: description.clone(), burn: Arc::default() }
    }

    fn twin(&self, device: &Device) -> BurnExecutor {
        let convolutions =
            (0..self.engine.steps()).filter_map(|step| self.engine.convolution(step));
        let weights =
            convolutions.map(|step| ConvolutionWeights { weight: step.weight, bias: step.bias });
        BurnExecutor::new(&self.description, weights.collect(), device, Precision::F32)
            .expect("the engine was made from weights of this description")
    }
}

impl Executor for EngineExecutor {
    /// # Panics
    /// If the engine cannot run the input: an activation of more than 2³² numbers.
    fn run(&self, segment: Segment, input: Tensor<4>) -> Tensor<4> {
        if input.is_autodiff() {
            // The weights lie on the plain device: autodiff lifts them as constants.
            let device = input.clone().without_autodiff().device();
            return self.burn.get_or_init(|| self.twin(&device)).run(segment, input);
        }
        let (device, shape) = (input.device(), input.dims());
        let output = self.engine.run(segment, &values(input), shape);
        tensor(output.unwrap_or_else(refused), &device)
    }

    fn record(&self, segment: Segment, input: &Tensor<4>) -> Option<Box<dyn Recording + '_>> {
        let (device, shape) = (input.device(), input.dims());
        let recording = self.engine.record(segment, &values(input.clone()), shape);
        let recording = recording.unwrap_or_else(refused);
        Some(Box::new(EngineRecording { recording, device }))
    }

    /// By autodiff, for it is the one question that the engine's way back does not answer.
    fn bias_gradients(
        &self,
        segment: Segment,
        input: Tensor<4>,
        gradients: Tensor<4>,
    ) -> Option<Vec<BiasGradients>> {
        let device = input.device();
        let burn = self.burn.get_or_init(|| self.twin(&device));
        burn.bias_gradients(segment, input, gradients)
    }

    fn lane(&self) -> Option<Box<dyn Executor>> {
        Some(Box::new(Self {
            engine: self.engine.lane(),
            description: self.description.clone(),
            burn: Arc::clone(&self.burn),
        }))
    }

    fn engine(&self) -> Option<&Engine> {
        Some(&self.engine)
    }
}

/// A run that the engine kept.
struct EngineRecording<'a> {
    recording: cam_engine::Recording<'a>,
    device: Device,
}

impl Recording for EngineRecording<'_> {
    fn output(&self) -> Tensor<4> {
        tensor(self.recording.output().clone(), &self.device)
    }

    fn pull_back(&self, gradients: Tensor<4>, questions: usize) -> Tensor<4> {
        let gradients = self.recording.pull_back(&values(gradients), questions);
        tensor(gradients.unwrap_or_else(refused), &self.device)
    }

    fn pull_back_guided(&self, gradients: Tensor<4>, questions: usize) -> Option<Tensor<4>> {
        let gradients = self.recording.pull_back_guided(&values(gradients), questions);
        Some(tensor(gradients.unwrap_or_else(refused), &self.device))
    }
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    let values = tensor.try_into_vec_as::<f32>();
    values.unwrap_or_else(|error| panic!("reading the engine's input: {error}"))
}

fn tensor(output: cam_engine::Output, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(output.values, output.shape), device)
}

fn refused<T>(error: cam_engine::Error) -> T {
    panic!("running the engine: {error}")
}

/// A description with its numbers, in the engine's words.
fn graph(description: &Description, weights: Vec<ConvolutionWeights>) -> Graph {
    let mut weights = weights.into_iter();
    let steps = description.steps.iter().map(|step| cam_engine::Step {
        input: step.input.index(),
        operation: match &step.operation {
            Operation::MaxPool(pool) => {
                let window = cam_engine::Window::square(pool.kernel, pool.stride, pool.padding);
                cam_engine::Operation::MaxPool(window)
            }
            Operation::Convolution(step) => {
                // Too few of them are an error of lengths, which the engine finds.
                let weights = weights.next().unwrap_or_default();
                cam_engine::Operation::Convolution(convolution(step, weights))
            }
        },
    });
    Graph { steps: steps.collect() }
}

fn convolution(step: &Convolution, weights: ConvolutionWeights) -> cam_engine::Convolution {
    cam_engine::Convolution {
        inputs: step.inputs,
        outputs: step.outputs,
        kernel: [step.kernel; 2],
        stride: [step.stride; 2],
        dilation: [1; 2],
        padding: step.padding.into(),
        groups: step.groups,
        weight: weights.weight,
        bias: weights.bias,
        residual: step.residual.map(|value| value.index()),
        activation: step.activation.into(),
    }
}
