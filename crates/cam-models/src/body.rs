use burn::tensor::Tensor;
use cam_core::Network;

use crate::description::Description;

/// What computes a network's embeddings.
pub(crate) trait Body: Network {
    /// Images `[n, 3, h, w]` to embeddings `[n, d]`.
    fn embed(&self, images: Tensor<4>) -> Tensor<2>;

    /// The same with its weights shared, to run beside it.
    fn lane(&self) -> Option<Box<dyn Body>> {
        None
    }

    /// The engine behind it, where there is one.
    fn engine(&self) -> Option<&cam_engine::Engine> {
        None
    }

    /// The description that it was made from, where it was made from one.
    fn description(&self) -> Option<&Description> {
        None
    }

    /// The graph that it runs, with its cuts, where it is one.
    fn graph(&self) -> Option<(&cam_graph::Graph, &[cam_graph::Cut])> {
        None
    }
}
