use std::ops::Range;

use burn::tensor::Tensor;

/// Steps of a [`Description`](crate::Description), from one cut to another.
///
/// It reads one value, the one that exists when `start` steps have run, and gives the value of
/// its last step. An empty segment gives what it was given.
pub type Segment = Range<usize>;

/// Runs segments of one network, with that network's weights.
///
/// There is more than one way to do so: with burn's operations on any device and under autodiff
/// ([`BurnExecutor`](crate::BurnExecutor)), or with kernels made for one machine. All must agree.
pub trait Executor: Send + Sync {
    /// Runs a segment between two cuts.
    ///
    /// # Shapes
    /// `[n, c, h, w]` to `[n, c', h', w']`.
    fn run(&self, segment: Segment, input: Tensor<4>) -> Tensor<4>;
}
