use burn::tensor::Tensor;
use cam_core::{Network as _, Tail};

use super::GraphNetwork;
use crate::graph_engine::Recorded;

/// A run that the engine kept, and what follows it: its head in closed form, or burn's operations under autodiff.
pub(super) struct EngineTail<'a> {
    pub(super) network: &'a GraphNetwork,
    pub(super) recording: Recorded<'a>,
}

impl Tail for EngineTail<'_> {
    fn embeddings(&self) -> Tensor<2> {
        self.network.behind_records(self.recording.output())
    }

    fn pull_back(&self, gradients: Tensor<3>) -> Tensor<5> {
        let [n, k, _] = gradients.dims();
        by_question(self.recording.pull_back(self.behind(gradients), k), [n, k])
    }

    fn pull_back_guided(&self, gradients: Tensor<3>) -> Option<Tensor<5>> {
        // Behind the engine nothing guides.
        let end = self.network.end_of_records()?;
        self.network.head(end)?;
        let [n, k, _] = gradients.dims();
        let gradients = self.recording.pull_back_guided(self.behind(gradients), k);
        Some(by_question(gradients, [n, k]))
    }
}

impl EngineTail<'_> {
    /// ∂s/∂e `[n, k, d]` to ∂s/∂ of what the engine gave, `[n · k, c, h, w]`.
    fn behind(&self, gradients: Tensor<3>) -> Tensor<4> {
        let output = self.recording.output();
        let [n, c, height, width] = output.dims();
        let k = gradients.dims()[1];
        let end = self.network.end_of_records().expect("the engine ran");
        let gradients = match self.network.head(end) {
            Some(head) => head.pull_back(&output, gradients).per_position([height, width]),
            None => {
                let questions = (0..k).map(|question| {
                    let vectors = gradients.clone().narrow(1, question, 1).squeeze_dim(1);
                    self.by_autodiff(&output, vectors)
                });
                Tensor::stack(questions.collect(), 1)
            }
        };
        gradients.reshape([n * k, c, height, width])
    }

    /// ∂(Σ e·g)/∂output for g `[n, d]`.
    fn by_autodiff(&self, output: &Tensor<4>, vectors: Tensor<2>) -> Tensor<4> {
        let leaf = output.clone().autodiff().require_grad();
        let sum = (self.network.behind_records(leaf.clone()) * vectors.autodiff()).sum();
        let mut gradients = sum.backward();
        let gradient = leaf.grad_remove(&mut gradients);
        gradient.map_or_else(|| output.zeros_like(), Tensor::without_autodiff)
    }
}

/// `[n · k, c, h, w]` to `[n, k, c, h, w]`.
fn by_question(gradients: Tensor<4>, [n, k]: [usize; 2]) -> Tensor<5> {
    let [_, c, h, w] = gradients.dims();
    gradients.reshape([n, k, c, h, w])
}
