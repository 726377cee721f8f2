use burn::tensor::{Device, Tensor, TensorData};
use cam_core::Linear;
use serde::{Deserialize, Serialize};

use crate::Parameters;

/// A fully connected layer behind the embedding, by the names of its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classifier {
    /// `[classes, d]`.
    pub weight: String,
    /// `[classes]`.
    pub bias: Option<String>,
    /// How many.
    pub classes: usize,
}

impl Classifier {
    /// A module of PyTorch's.
    pub fn named(module: &str, classes: usize) -> Self {
        let (weight, bias) = (format!("{module}.weight"), Some(format!("{module}.bias")));
        Self { weight, bias, classes }
    }

    /// The names of its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.weight).chain(&self.bias).map(String::as_str)
    }

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
