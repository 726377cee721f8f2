use burn::tensor::{Device, Tensor, TensorData};
use cam_core::Linear;
use cam_graph::Graph;

use super::Parameters;
use crate::preprocessing::Preprocessing;

/// All that makes a network of a graph.
#[derive(Debug, Clone)]
pub struct GraphParts {
    /// What it is called.
    pub name: String,
    /// What is computed, from the image to the embedding.
    pub graph: Graph,
    /// The numbers of its parameters.
    pub parameters: Parameters,
    /// The fully connected layer behind the embedding, where there is one.
    pub classifier: Option<GraphClassifier>,
    /// How an image becomes its input.
    pub preprocessing: Preprocessing,
}

/// A fully connected layer by the names of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphClassifier {
    /// `[classes, d]`.
    pub weight: String,
    /// `[classes]`.
    pub bias: Option<String>,
    /// How many.
    pub classes: usize,
}

impl GraphClassifier {
    /// The layer on a device; none where its numbers lack or do not fit.
    pub(crate) fn on(&self, parameters: &Parameters, device: &Device) -> Option<Linear> {
        let weight = parameters.get(&self.weight)?;
        let inputs = weight.len().checked_div(self.classes)?;
        let bias = match &self.bias {
            Some(bias) => Some(parameters.get(bias).filter(|bias| bias.len() == self.classes)?),
            None => None,
        };
        (inputs * self.classes == weight.len()).then(|| Linear {
            weight: Tensor::from_data(
                TensorData::new(weight.clone(), [self.classes, inputs]),
                device,
            ),
            bias: bias.map(|bias| {
                Tensor::from_data(TensorData::new(bias.clone(), [self.classes]), device)
            }),
        })
    }
}
