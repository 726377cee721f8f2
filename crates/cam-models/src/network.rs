use burn::tensor::{Device, Tensor, TensorData};
use cam_core::{
    Activations, BiasGradients, Footprint, Head, Layer, LayerInfo, Linear, Network, Tail,
};
use cam_graph::ShapeError;
use thiserror::Error;

use crate::body::Body;
use crate::burn_executor::BurnExecutor;
use crate::convolutions::Convolutions;
use crate::description::Description;
use crate::engine_executor::EngineExecutor;
use crate::executor::Executor;
use crate::graph_network::{GraphNetwork, GraphParts};
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
    name: String,
    preprocessing: Preprocessing,
    body: Box<dyn Body>,
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
    /// A graph whose steps do not fit each other.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A graph that nowhere has channels at the positions of an image.
    #[error(
        "the network has no layer that keeps the image's rows and columns, up to which its output depends on them: \
         there is nothing to explain"
    )]
    NoGrid,
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
            name: description.name.clone(),
            preprocessing: description.preprocessing.clone(),
            classifier: classifier.ok_or(NetworkError::Weights)?,
            device: device.clone(),
            body: Box::new(Convolutions {
                layers: description.layers(),
                head: head.on(&description, device).ok_or(NetworkError::Weights)?,
                executor,
                description,
            }),
        })
    }

    /// Any network that is a graph, with the numbers of its parameters.
    ///
    /// If the runtime asks for the engine, that runs the graph from the images as far as it has kernels; what is left is
    /// run by burn's operations, on the runtime's device.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] where the steps do not fit each other, [`NetworkError::NoGrid`] where there is nothing to
    /// cut at, and those of [`new`](Self::new).
    pub fn from_graph(
        network: GraphParts,
        runtime: impl Into<Runtime>,
    ) -> Result<Self, NetworkError> {
        let runtime = runtime.into();
        let GraphParts { name, graph, parameters, classifier, preprocessing } = network;
        let classifier = classifier.map(|head| head.on(&parameters, &runtime.device));
        let classifier = match classifier {
            Some(found) => Some(found.ok_or(NetworkError::Weights)?),
            None => None,
        };
        let Runtime { device, execution } = runtime;
        let (precision, options) = match execution {
            Execution::Engine(options) => (Precision::F32, Some(options)),
            Execution::Burn(precision) if !precision.is_supported_by(&device) => {
                return Err(NetworkError::Precision { precision });
            }
            Execution::Burn(precision) => (precision, None),
        };
        let body = GraphNetwork::new(graph, parameters, &device, (precision, options))?;
        let body: Box<dyn Body> = Box::new(body);
        Ok(Self { name, preprocessing, body, classifier, device })
    }

    /// The same network with images prepared in another way: what its weights were trained with, where their file
    /// does not say it.
    #[must_use]
    pub fn with_preprocessing(self, preprocessing: Preprocessing) -> Self {
        Self { preprocessing, ..self }
    }

    /// That images of that height and width fit.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] for the first step of a graph that does not.
    pub fn check_size(&self, [height, width]: [usize; 2]) -> Result<(), NetworkError> {
        match self.graph() {
            Some((graph, _)) => Ok(graph.shapes(&[3, height, width]).map(drop)?),
            None => Ok(()),
        }
    }

    /// The network's name (`resnet50`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The description that it was made from, where it was made from one.
    pub fn description(&self) -> Option<&Description> {
        self.body.description()
    }

    /// The graph that burn's operations run, with its cuts, where it was made from one.
    pub fn graph(&self) -> Option<(&cam_graph::Graph, &[cam_graph::Cut])> {
        self.body.graph()
    }

    /// Input pixels per position of the layer that is looked at unless told otherwise, along one side: an input whose
    /// sides are multiples of it has no positions that reach beyond its edge.
    pub fn stride(&self) -> usize {
        let layer = self.last_layer().ok().and_then(|layer| self.layers().get(layer.index()));
        layer.map_or(1, |layer| layer.stride)
    }

    /// The fully connected layer behind the embedding, where the weights hold one: what class
    /// targets need.
    pub fn classifier(&self) -> Option<&Linear> {
        self.classifier.as_ref()
    }

    /// How an image becomes this network's input.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
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

    /// Where the weights lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The engine that runs its convolutions, where one does: to ask how.
    pub fn engine(&self) -> Option<&cam_engine::Engine> {
        self.body.engine()
    }

    /// The same network, its weights shared, on one thread of its own: several of them run side by
    /// side, which for many images is faster than all threads on one after the other. None where
    /// the network does not run in the engine.
    pub fn lane(&self) -> Option<Self> {
        Some(Self {
            name: self.name.clone(),
            preprocessing: self.preprocessing.clone(),
            body: self.body.lane()?,
            classifier: self.classifier.clone(),
            device: self.device.clone(),
        })
    }

    /// Images `[n, 3, h, w]` to embeddings `[n, d]`.
    pub fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        self.body.embed(images)
    }
}

impl Network for ConvNet {
    fn layers(&self) -> &[LayerInfo] {
        self.body.layers()
    }

    fn embedding_width(&self) -> usize {
        self.body.embedding_width()
    }

    fn forward_to(&self, images: Tensor<4>, to: Layer) -> Activations {
        self.body.forward_to(images, to)
    }

    fn forward_from(&self, activations: Activations, from: Layer) -> Tensor<2> {
        self.body.forward_from(activations, from)
    }

    fn tail(&self, activations: &Activations, from: Layer) -> Option<Box<dyn Tail + '_>> {
        self.body.tail(activations, from)
    }

    fn recorded(&self, images: &Tensor<4>) -> Option<Box<dyn Tail + '_>> {
        self.body.recorded(images)
    }

    fn bias_gradients(
        &self,
        images: Tensor<4>,
        gradients: Tensor<2>,
    ) -> Option<Vec<BiasGradients>> {
        self.body.bias_gradients(images, gradients)
    }

    fn head(&self, at: Layer) -> Option<&Head> {
        self.body.head(at)
    }

    fn transformer(&self) -> Option<&dyn cam_core::Transformer> {
        self.body.transformer()
    }

    fn attention_pooling(&self) -> Option<&dyn cam_core::AttentionPooling> {
        self.body.attention_pooling()
    }

    fn footprint(&self, size: [usize; 2], from: Option<Layer>) -> Footprint {
        self.body.footprint(size, from)
    }

    fn forward_through(&self, images: Tensor<4>, layers: &[Layer]) -> Vec<Activations> {
        self.body.forward_through(images, layers)
    }

    fn last_layer(&self) -> Result<Layer, cam_core::Error> {
        self.body.last_layer()
    }
}
