use burn::tensor::{Device, Tensor, TensorData};
use cam_core::{BiasGradients, Footprint, Head, Layer, LayerInfo, Linear, Network, Tail};
use thiserror::Error;

use crate::burn_executor::BurnExecutor;
use crate::description::Description;
use crate::engine_executor::EngineExecutor;
use crate::executor::{Executor, Recording};
use crate::head_weights::HeadWeights;
use crate::input::InputImage;
use crate::pixels::Rgb8;
use crate::precision::Precision;
use crate::preprocessing::Preprocessing;
use crate::runtime::{Execution, Runtime};
use crate::weights::{ClassifierWeights, Weights};

/// A convolutional feature extractor: a description, its weights in an executor, and the head
/// that makes an embedding of what it gives, mostly an average.
///
/// # Examples
/// ```no_run
/// use burn::tensor::Device;
/// use cam_core::Network;
/// use cam_engine::Options;
/// use cam_models::{ConvNet, Runtime, Weights, describe};
///
/// // Numbers of the right shapes, where time is all that is asked for.
/// let description = describe("resnet50").expect("it is in the catalogue");
/// let weights = Weights::placeholder(&description);
/// // In the engine on this thread alone; `&device` in its place leaves it to burn.
/// let options = Options { threads: 1, ..Options::default() };
/// let runtime = Runtime::engine(&Device::default(), options);
/// let network = ConvNet::new(description, weights, runtime)?;
/// println!("{}", network.layers().len());
/// # Ok::<(), cam_models::NetworkError>(())
/// ```
pub struct ConvNet {
    description: Description,
    layers: Vec<LayerInfo>,
    executor: Box<dyn Executor>,
    head: Head,
    classifier: Option<Linear>,
    device: Device,
}

/// Why a description and weights make no network.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// Too few, too many, or of other sizes.
    #[error("the weights are not those of the description")]
    Weights,
    /// A device without arithmetic of that kind.
    #[error("this device does not compute in {precision}: run the network in f32 there")]
    Precision {
        /// What was asked for.
        precision: Precision,
    },
    /// The engine refuses the network or its options.
    #[error("the engine cannot run this network: {0}")]
    Engine(#[from] cam_engine::Error),
}

impl ConvNet {
    /// The network, run as the runtime says: on a device with burn's operations
    /// (`ConvNet::new(description, weights, &device)`), or in the engine.
    ///
    /// # Errors
    /// [`NetworkError`].
    pub fn new(
        description: Description,
        weights: Weights,
        runtime: impl Into<Runtime>,
    ) -> Result<Self, NetworkError> {
        let Runtime { device, execution } = runtime.into();
        let executor: Box<dyn Executor> = match execution {
            Execution::Burn(precision) if !precision.is_supported_by(&device) => {
                return Err(NetworkError::Precision { precision });
            }
            Execution::Burn(precision) => {
                let convolutions = weights.convolutions;
                let burn = BurnExecutor::new(&description, convolutions, &device, precision);
                Box::new(burn.ok_or(NetworkError::Weights)?)
            }
            Execution::Engine(options) => {
                Box::new(EngineExecutor::new(&description, weights.convolutions, options)?)
            }
        };
        Self::assembled(description, executor, (weights.head, weights.classifier), &device)
    }

    /// The network, its convolutions run by an executor of one's own.
    ///
    /// The executor must give what [`BurnExecutor`] gives for the description, to rounding, and
    /// keep the tape of tensors that come under autodiff.
    ///
    /// # Errors
    /// [`NetworkError::Weights`] where the classifier is not that of the description, or the
    /// description asks for numbers behind the pooling.
    pub fn with_executor(
        description: Description,
        executor: Box<dyn Executor>,
        classifier: Option<ClassifierWeights>,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        Self::assembled(description, executor, (HeadWeights::default(), classifier), device)
    }

    fn assembled(
        description: Description,
        executor: Box<dyn Executor>,
        (head, classifier): (HeadWeights, Option<ClassifierWeights>),
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let classifier = match (&description.classifier, classifier) {
            (Some(shape), Some(weights)) => weights.on(shape, device).map(Some),
            (None, None) => Some(None),
            _ => None,
        };
        Ok(Self {
            layers: description.layers(),
            head: head.on(&description, device).ok_or(NetworkError::Weights)?,
            executor,
            classifier: classifier.ok_or(NetworkError::Weights)?,
            device: device.clone(),
            description,
        })
    }

    /// The network as data.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The fully connected layer behind the embedding, where the weights hold one: what class
    /// targets need.
    pub fn classifier(&self) -> Option<&Linear> {
        self.classifier.as_ref()
    }

    /// How an image becomes this network's input.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.description.preprocessing
    }

    /// Pixels of one size to the network's input `[n, 3, h, w]`, where its weights lie: normalised
    /// on the processor for the engine, and elsewhere on the device, so that a quarter of the bytes
    /// cross over. None for an empty list.
    pub fn images(&self, images: &[Rgb8]) -> Option<Tensor<4>> {
        match self.engine() {
            Some(_) => self.preprocessing().tensor(images, &self.device),
            None => self.preprocessing().tensor_on_device(images, &self.device),
        }
    }

    /// The same of images of which some are prepared already: their values are taken as they are.
    /// None for an empty list, and where sizes differ.
    pub fn inputs(&self, images: &[InputImage]) -> Option<Tensor<4>> {
        let normalized = |pixels: &[&Rgb8]| match self.engine() {
            Some(_) => self.preprocessing().tensor_of(pixels, &self.device),
            None => self.preprocessing().on_device(pixels, &self.device),
        };
        let size = images.first()?.size();
        if images.iter().any(|image| image.size() != size) {
            return None;
        }
        let pixels: Option<Vec<&Rgb8>> = images.iter().map(InputImage::pixels).collect();
        if let Some(pixels) = pixels {
            return normalized(&pixels);
        }
        let one = |image: &InputImage| match image {
            InputImage::Pixels(pixels) => normalized(&[pixels]),
            InputImage::Values(values) => {
                let data = TensorData::new(values.values().to_vec(), [1, 3, size.1, size.0]);
                Some(Tensor::from_data(data, &self.device))
            }
        };
        Some(Tensor::cat(images.iter().map(one).collect::<Option<Vec<_>>>()?, 0))
    }

    /// The same network with images prepared in another way: what its weights were trained with, where their file
    /// does not say it.
    #[must_use]
    pub fn with_preprocessing(mut self, preprocessing: Preprocessing) -> Self {
        self.description.preprocessing = preprocessing;
        self
    }

    /// Where the weights lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The engine that runs its convolutions, where one does: to ask how.
    pub fn engine(&self) -> Option<&cam_engine::Engine> {
        self.executor.engine()
    }

    /// The same network, its weights shared, on one thread of its own: several of them run side by
    /// side, which for many images is faster than all threads on one after the other. None where
    /// the network does not run in the engine.
    pub fn lane(&self) -> Option<Self> {
        Some(Self {
            description: self.description.clone(),
            layers: self.layers.clone(),
            executor: self.executor.lane()?,
            head: self.head.clone(),
            classifier: self.classifier.clone(),
            device: self.device.clone(),
        })
    }

    /// Images `[n, 3, h, w]` to embeddings `[n, d]`.
    pub fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        let all = 0..self.description.steps.len();
        self.head.forward(self.executor.run(all, images))
    }

    /// How many steps have run at a layer.
    fn index(&self, layer: Layer) -> usize {
        self.description.cuts[layer.index()].value.index()
    }
}

impl Network for ConvNet {
    fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    fn embedding_width(&self) -> usize {
        self.description.embedding_width()
    }

    fn forward_to(&self, images: Tensor<4>, to: Layer) -> Tensor<4> {
        self.executor.run(0..self.index(to), images)
    }

    fn forward_from(&self, activations: Tensor<4>, from: Layer) -> Tensor<2> {
        let tail = self.index(from)..self.description.steps.len();
        self.head.forward(self.executor.run(tail, activations))
    }

    fn tail(&self, activations: &Tensor<4>, from: Layer) -> Option<Box<dyn Tail + '_>> {
        let tail = self.index(from)..self.description.steps.len();
        let recording = self.executor.record(tail, activations)?;
        Some(Box::new(RecordedTail { recording, head: &self.head }))
    }

    fn recorded(&self, images: &Tensor<4>) -> Option<Box<dyn Tail + '_>> {
        let recording = self.executor.record(0..self.description.steps.len(), images)?;
        Some(Box::new(RecordedTail { recording, head: &self.head }))
    }

    fn bias_gradients(
        &self,
        images: Tensor<4>,
        gradients: Tensor<2>,
    ) -> Option<Vec<BiasGradients>> {
        let all = 0..self.description.steps.len();
        let last = self.executor.run(all.clone(), images.clone());
        let [_, _, height, width] = last.dims();
        let gradients = self.head.pull_back(&last, gradients.unsqueeze_dim(1));
        let gradients = gradients.per_position([height, width]).squeeze_dim(1);
        self.executor.bias_gradients(all, images, gradients)
    }

    fn head(&self, at: Layer) -> Option<&Head> {
        (self.index(at) == self.description.steps.len()).then_some(&self.head)
    }

    fn footprint(&self, size: [usize; 2], from: Option<Layer>) -> Footprint {
        let first = from.map_or(0, |layer| self.index(layer));
        self.description.footprint_from(first, size)
    }

    fn forward_through(&self, images: Tensor<4>, layers: &[Layer]) -> Vec<Tensor<4>> {
        let mut reached = (0, images);
        let activations = layers.iter().map(|&layer| {
            let (from, input) = &reached;
            let to = self.index(layer);
            reached = (to, self.executor.run(*from..to, input.clone()));
            reached.1.clone()
        });
        activations.collect()
    }
}

/// Recorded convolutions and the head behind them.
struct RecordedTail<'a> {
    recording: Box<dyn Recording + 'a>,
    head: &'a Head,
}

impl Tail for RecordedTail<'_> {
    fn embeddings(&self) -> Tensor<2> {
        self.head.forward(self.recording.output())
    }

    fn pull_back(&self, gradients: Tensor<3>) -> Tensor<5> {
        let [n, k, _] = gradients.dims();
        let gradients = self.recording.pull_back(self.behind_head(gradients), k);
        by_question(gradients, [n, k])
    }

    fn pull_back_guided(&self, gradients: Tensor<3>) -> Option<Tensor<5>> {
        let [n, k, _] = gradients.dims();
        let gradients = self.recording.pull_back_guided(self.behind_head(gradients), k)?;
        Some(by_question(gradients, [n, k]))
    }
}

impl RecordedTail<'_> {
    /// ∂s/∂e `[n, k, d]` to ∂s/∂ of what the convolutions gave, `[n · k, c, h, w]`.
    fn behind_head(&self, gradients: Tensor<3>) -> Tensor<4> {
        let output = self.recording.output();
        let [_, _, height, width] = output.dims();
        let gradients = self.head.pull_back(&output, gradients).per_position([height, width]);
        let [n, k, c, h, w] = gradients.dims();
        gradients.reshape([n * k, c, h, w])
    }
}

/// `[n · k, c, h, w]` to `[n, k, c, h, w]`.
fn by_question(gradients: Tensor<4>, [n, k]: [usize; 2]) -> Tensor<5> {
    let [_, c, h, w] = gradients.dims();
    gradients.reshape([n, k, c, h, w])
}
