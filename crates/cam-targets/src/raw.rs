use burn::tensor::{Int, Tensor, TensorData};
use cam_core::{AlongEmbedding, Target};

use crate::Error;

/// Numbers of the embedding itself: s = e_i, for networks whose outputs mean something each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawScore {
    width: usize,
    chosen: Vec<usize>,
}

impl RawScore {
    /// One question per number, counted from 0, of embeddings that are `width` wide.
    ///
    /// # Errors
    /// [`Error::UnknownOutput`], [`Error::NoOutput`].
    pub fn of(width: usize, chosen: Vec<usize>) -> Result<Self, Error> {
        if chosen.is_empty() {
            return Err(Error::NoOutput);
        }
        match chosen.iter().find(|&&output| output >= width) {
            Some(&output) => Err(Error::UnknownOutput { output, width }),
            None => Ok(Self { width, chosen }),
        }
    }
}

impl Target for RawScore {
    fn width(&self) -> usize {
        self.width
    }

    fn questions(&self) -> usize {
        self.chosen.len()
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let indices: Vec<i32> = self.chosen.iter().map(|&output| output as i32).collect();
        let data = TensorData::new(indices, [self.chosen.len()]);
        let indices = Tensor::<1, Int>::from_data(data, &embeddings.device());
        embeddings.select(1, indices)
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let [n, width] = embeddings.dims();
        let mut ones = vec![0.0; self.chosen.len() * width];
        for (question, &output) in self.chosen.iter().enumerate() {
            ones[question * width + output] = 1.0;
        }
        let data = TensorData::new(ones, [1, self.chosen.len(), width]);
        Some(Tensor::<3>::from_data(data, &embeddings.device()).repeat_dim(0, n))
    }

    fn along_embedding(&self) -> AlongEmbedding {
        AlongEmbedding::Proportional
    }
}
