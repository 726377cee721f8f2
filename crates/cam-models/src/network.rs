use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use cam_core::{
    Activations, BiasGradients, Footprint, Head, Layer, LayerInfo, Linear, Network, Tail,
};
use cam_graph::{Cut, Graph, ShapeError};
use thiserror::Error;

use crate::Description;
use crate::classifier::Classifier;
use crate::graph_network::{GraphNetwork, Machine, Parameters, check};
use crate::input::InputImage;
use crate::pixels::Rgb8;
use crate::placeholder::placeholder;
use crate::precision::Precision;
use crate::preprocessing::Preprocessing;
use crate::runtime::{Execution, Runtime};

/// An embedding network, ready to run: its graph with its numbers, and how images become its input. Clones share the
/// numbers.
///
/// # Examples
/// ```no_run
/// use burn::tensor::Device;
/// use cam_core::Network;
/// use cam_engine::Options;
/// use cam_models::{ConvNet, Runtime, describe};
///
/// // Numbers of the right shapes, where time is all that is asked for.
/// let description = describe("resnet50").expect("it is in the catalogue");
/// // In the engine on this thread alone; `&device` in its place leaves it to burn.
/// let options = Options { threads: 1, ..Options::default() };
/// let runtime = Runtime::engine(&Device::default(), options);
/// let network = ConvNet::placeholder(description, runtime)?;
/// println!("{}", network.layers().len());
/// # Ok::<(), cam_models::NetworkError>(())
/// ```
#[derive(Clone)]
pub struct ConvNet {
    name: String,
    preprocessing: Preprocessing,
    body: Arc<GraphNetwork>,
    classifier: Option<(Classifier, Linear)>,
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
    /// The network that a description and its numbers make, run as the runtime says: on a device with burn's operations
    /// (`ConvNet::new(description, parameters, &device)`), or in the engine as far as that has kernels, and what is left
    /// by burn's operations on the runtime's device.
    ///
    /// Steps that are one are made one first ([`cam_fuse`]).
    ///
    /// # Errors
    /// [`NetworkError`].
    pub fn new(
        mut description: Description,
        mut parameters: Parameters,
        runtime: impl Into<Runtime>,
    ) -> Result<Self, NetworkError> {
        let classifier = description.classifier.iter();
        let read_elsewhere: Vec<&str> = classifier.flat_map(Classifier::parameters).collect();
        check(&description.graph, &parameters)?;
        cam_fuse::fuse(&mut description.graph, &mut parameters, &read_elsewhere);
        Self::assembled(description, parameters, runtime.into(), GraphNetwork::new)
    }

    /// The network of a description whose steps are fused, around a body that is made for it.
    pub(crate) fn assembled(
        description: Description,
        mut parameters: Parameters,
        runtime: Runtime,
        body: impl FnOnce(Graph, Parameters, Machine<'_>) -> Result<GraphNetwork, NetworkError>,
    ) -> Result<Self, NetworkError> {
        let Description { name, graph, classifier, preprocessing } = description;
        let Runtime { device, execution } = runtime;
        let (precision, options) = match execution {
            Execution::Engine(options) => (Precision::F32, Some(options)),
            Execution::Burn(precision) if !precision.is_supported_by(&device) => {
                return Err(NetworkError::Precision { precision });
            }
            Execution::Burn(precision) => (precision, None),
        };
        let classifier = classifier.map(|classifier| {
            let layer = classifier.on(&parameters, &device).ok_or(NetworkError::Weights)?;
            Ok::<_, NetworkError>((classifier, layer))
        });
        let classifier = classifier.transpose()?;
        parameters.retain(|name, _| graph.parameters.contains_key(name));
        let machine = Machine { device: &device, precision, options };
        let body = Arc::new(body(graph, parameters, machine)?);
        Ok(Self { name, preprocessing, body, classifier, device })
    }

    /// A network with placeholder weights, which know nothing: where speed or shapes alone are asked for.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn placeholder(
        mut description: Description,
        runtime: impl Into<Runtime>,
    ) -> Result<Self, NetworkError> {
        let none = Parameters::new();
        // Fused first, so that layers that add to a residual are known.
        let mut numbers = placeholder(&description.graph, None, &none);
        cam_fuse::fuse(&mut description.graph, &mut numbers, &[]);
        let width = description.embedding_width();
        let classifier = description.classifier.as_ref().map(|classifier| (classifier, width));
        let parameters = placeholder(&description.graph, classifier, &numbers);
        Self::new(description, parameters, runtime)
    }

    /// The same network with placeholder weights.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn untrained(&self, runtime: impl Into<Runtime>) -> Result<Self, NetworkError> {
        let description = self.description();
        let width = self.embedding_width();
        let classifier = description.classifier.as_ref().map(|classifier| (classifier, width));
        let parameters = placeholder(&description.graph, classifier, &self.body.constants());
        Self::new(description, parameters, runtime)
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
        Ok(self.graph().shapes(&[3, height, width]).map(drop)?)
    }

    /// The network's name (`resnet50`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it computes, as it is run: with its steps fused.
    pub fn description(&self) -> Description {
        Description {
            name: self.name.clone(),
            graph: self.graph().clone(),
            classifier: self.classifier.as_ref().map(|(classifier, _)| classifier.clone()),
            preprocessing: self.preprocessing.clone(),
        }
    }

    /// The graph that is run.
    pub fn graph(&self) -> &Graph {
        self.body.graph()
    }

    /// Where it can be cut, in the order of its layers.
    pub fn cuts(&self) -> &[Cut] {
        self.body.cuts()
    }

    #[cfg(feature = "files")]
    pub(crate) fn body(&self) -> &GraphNetwork {
        &self.body
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
        self.classifier.as_ref().map(|(_, layer)| layer)
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
            body: Arc::new(self.body.lane()?),
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
