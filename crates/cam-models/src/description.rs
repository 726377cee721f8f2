//! A network as data: what is computed, from which tensors of a weight file.

use cam_core::{HeadKind, Layer, LayerInfo};
use cam_graph::{Cut, Graph, Head, Operation, Pooling, Positions, Shape};

use crate::graph_network::Places;
use crate::{Classifier, Parameters, Preprocessing};

/// A network from the image to the embedding, the classifier behind it, and how images are prepared. It holds no
/// numbers: those are its [`Parameters`](crate::Parameters).
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The network's name (`resnet50`).
    pub name: String,
    /// What is computed, from the image to the embedding.
    pub graph: Graph,
    /// The fully connected layer behind the embedding, where there is one.
    pub classifier: Option<Classifier>,
    /// How an image becomes the network's input.
    pub preprocessing: Preprocessing,
}

impl Description {
    /// The same with the steps that are one made one, as it is run.
    #[must_use]
    pub fn fused(&self) -> Self {
        let mut graph = self.graph.clone();
        // What is fused does not depend on the numbers of weights; one for each output stands for all.
        let one = |(name, shape): (&String, &Shape)| {
            (name.clone(), vec![1.0; shape.first().copied().unwrap_or(1)])
        };
        let mut numbers: Parameters = graph.parameters.iter().map(one).collect();
        for step in &graph.steps {
            if let Operation::Constant { parameter } = &step.operation {
                let length =
                    graph.parameters.get(parameter).map_or(1, |shape| shape.iter().product());
                numbers.insert(parameter.clone(), (0..length).map(|i| i as f32 / 7.0).collect());
            }
        }
        cam_fuse::fuse(&mut graph, &mut numbers, &[]);
        Self { graph, ..self.clone() }
    }

    /// What its cuts offer to those who explain, once it is fused; nothing where the steps do not fit each other.
    pub fn layers(&self) -> Vec<LayerInfo> {
        let Some((_, Places { shapes, cuts, .. })) = self.places() else { return Vec::new() };
        cuts.iter().map(|cut| layer(cut, &shapes)).collect()
    }

    /// The place to look at unless told otherwise.
    pub fn last_layer(&self) -> Option<Layer> {
        self.places().map(|(_, places)| Layer::new(places.automatic))
    }

    /// What kind of head follows a layer, which does not depend on the weights.
    pub fn head_kind(&self, at: Layer) -> HeadKind {
        let Some((graph, Places { shapes, cuts, .. })) = self.places() else {
            return HeadKind::Other;
        };
        let follows = |head: &Head| cuts.get(at.index()).is_some_and(|cut| cut.value == head.value);
        match graph.head(&shapes).filter(follows) {
            Some(head) if head.pooling == Pooling::Average => match head.steps.is_empty() {
                true => HeadKind::Average,
                false => HeadKind::ProjectedAverage,
            },
            _ => HeadKind::Other,
        }
    }

    /// The graph as it is run, and where it can be cut.
    fn places(&self) -> Option<(Graph, Places)> {
        let Self { graph, .. } = self.fused();
        let places = Places::of(&graph).ok()?;
        Some((graph, places))
    }

    /// Width of the embedding; 0 where the steps do not fit each other.
    pub fn embedding_width(&self) -> usize {
        let shapes = self.graph.shapes(&self.graph.input);
        shapes.map_or(0, |shapes| shapes[self.graph.output.index()].iter().product())
    }
}

/// What a cut offers to those who explain.
pub(crate) fn layer(cut: &Cut, shapes: &[Shape]) -> LayerInfo {
    LayerInfo {
        name: cut.name().to_owned(),
        aliases: cut.names.iter().skip(1).cloned().collect(),
        channels: cut.channels(shapes),
        stride: cut.stride(shapes),
        reaches_embedding: cut.reaches_output,
        tokens: match cut.layout.positions {
            Positions::Tokens { before, behind, .. } => before + behind,
            Positions::Grid { .. } => 0,
        },
    }
}
