use burn::tensor::{Device, Int, Tensor, TensorData};
use cam_core::{Linear, Target};

use crate::{Error, Finer};

/// Some classes of a classifier that follows the embedding.
#[derive(Debug, Clone)]
pub struct Classes {
    pub classifier: Linear,
    pub chosen: Vec<usize>,
}

impl Classes {
    pub fn new(classifier: Linear, chosen: Vec<usize>) -> Result<Self, Error> {
        let [classes, _] = classifier.weight.dims();
        if chosen.is_empty() {
            return Err(Error::NoClass);
        }
        match chosen.iter().find(|&&class| class >= classes) {
            Some(&class) => Err(Error::UnknownClass { class, classes }),
            None => Ok(Self { classifier, chosen }),
        }
    }

    /// The same classes, each compared with the classes most similar to it; none where the classifier has one class.
    pub fn versus_alternatives(&self) -> Option<Box<dyn Target>> {
        let finer = Finer::of(self.classifier.clone(), self.chosen.clone(), Finer::STRENGTH);
        finer.ok().map(|finer| Box::new(finer) as Box<dyn Target>)
    }

    pub fn width(&self) -> usize {
        self.classifier.weight.dims()[1]
    }

    /// Rows of `[rows, ..]` or columns of `[.., rows]` that belong to the chosen classes.
    pub fn choose(&self, tensor: Tensor<2>, dim: usize) -> Tensor<2> {
        let indices = self.indices(&tensor.device());
        tensor.select(dim, indices)
    }

    /// The chosen classes' numbers, `[k]`.
    pub fn indices(&self, device: &Device) -> Tensor<1, Int> {
        let indices: Vec<i32> = self.chosen.iter().map(|&class| class as i32).collect();
        Tensor::from_data(TensorData::new(indices, [self.chosen.len()]), device)
    }

    /// The chosen classes' weights, `[k, d]`.
    pub fn weights(&self) -> Tensor<2> {
        self.choose(self.classifier.weight.clone(), 0)
    }
}
