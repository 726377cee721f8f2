//! A description of convolutions, run by an executor of its steps, and the head behind them.

use burn::tensor::Tensor;
use cam_core::{Activations, BiasGradients, Footprint, Head, Layer, LayerInfo, Network, Tail};

use crate::body::Body;
use crate::description::Description;
use crate::executor::{Executor, Recording};

/// Convolutions and what makes an embedding of them.
pub(crate) struct Convolutions {
    pub(crate) layers: Vec<LayerInfo>,
    pub(crate) description: Description,
    pub(crate) executor: Box<dyn Executor>,
    pub(crate) head: Head,
}

impl Convolutions {
    /// How many steps have run at a layer.
    fn index(&self, layer: Layer) -> usize {
        self.description.cuts[layer.index()].value.index()
    }
}

impl Body for Convolutions {
    fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        let all = 0..self.description.steps.len();
        self.head.forward(self.executor.run(all, images))
    }

    fn lane(&self) -> Option<Box<dyn Body>> {
        Some(Box::new(Self {
            layers: self.layers.clone(),
            description: self.description.clone(),
            executor: self.executor.lane()?,
            head: self.head.clone(),
        }))
    }

    fn engine(&self) -> Option<&cam_engine::Engine> {
        self.executor.engine()
    }

    fn description(&self) -> Option<&Description> {
        Some(&self.description)
    }
}

impl Network for Convolutions {
    fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    fn embedding_width(&self) -> usize {
        self.description.embedding_width()
    }

    fn forward_to(&self, images: Tensor<4>, to: Layer) -> Activations {
        self.executor.run(0..self.index(to), images).into()
    }

    fn forward_from(&self, activations: Activations, from: Layer) -> Tensor<2> {
        let tail = self.index(from)..self.description.steps.len();
        self.head.forward(self.executor.run(tail, activations.grid))
    }

    fn tail(&self, activations: &Activations, from: Layer) -> Option<Box<dyn Tail + '_>> {
        let tail = self.index(from)..self.description.steps.len();
        let recording = self.executor.record(tail, &activations.grid)?;
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

    fn forward_through(&self, images: Tensor<4>, layers: &[Layer]) -> Vec<Activations> {
        let mut reached = (0, images);
        let activations = layers.iter().map(|&layer| {
            let (from, input) = &reached;
            let to = self.index(layer);
            reached = (to, self.executor.run(*from..to, input.clone()));
            reached.1.clone().into()
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
pub(crate) fn by_question(gradients: Tensor<4>, [n, k]: [usize; 2]) -> Tensor<5> {
    let [_, c, h, w] = gradients.dims();
    gradients.reshape([n, k, c, h, w])
}
